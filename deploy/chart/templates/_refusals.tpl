{{/* Values that cannot be honoured, each with what to do. */}}
{{- define "ingot.refusals" -}}
{{- $v := .Values }}
{{- if $v.configInline }}
{{- fail "configInline: MetalLB no longer takes its configuration from values, and neither does Ingot: create IPAddressPool and the other objects instead" }}
{{- end }}
{{- $frr := default dict $v.frrk8s }}
{{- if $frr.external }}
{{- fail "frrk8s.external: Ingot speaks BGP itself and configures no FRR: remove the value, and take over into BGPPeers what else that FRR does" }}
{{- end }}
{{- if $frr.secretPassthrough }}
{{- fail "frrk8s.secretPassthrough: Ingot speaks BGP itself and passes Secrets to nobody: remove the value" }}
{{- end }}
{{- range $role := list "controller" "speaker" }}
{{- $values := index $v $role }}
{{- if regexMatch "(^|/)metallb/(controller|speaker)$" $values.image.repository }}
{{- fail (printf "%s.image.repository: %s is MetalLB's image: name Ingot's, or remove the value" $role $values.image.repository) }}
{{- end }}
{{- if and $values.livenessProbe.enabled $values.readinessProbe.enabled (ne (int $values.livenessProbe.port) (int $values.readinessProbe.port)) }}
{{- fail (printf "%s.readinessProbe.port: give it the port of the livenessProbe; one listener serves both" $role) }}
{{- end }}
{{- end }}
{{- if and (not $v.speaker.memberlist.enabled) $v.speaker.nodeSelector }}
{{- fail "speaker.nodeSelector: without memberlist every node is taken to have a speaker: enable speaker.memberlist or remove the nodeSelector" }}
{{- end }}
{{- if and $v.prometheus.serviceMonitor.enabled $v.prometheus.podMonitor.enabled }}
{{- fail "prometheus.serviceMonitor.enabled and prometheus.podMonitor.enabled: choose one, else everything is scraped twice" }}
{{- end }}
{{- if and $v.prometheus.rbacPrometheus (or $v.prometheus.serviceMonitor.enabled $v.prometheus.podMonitor.enabled) }}
{{- if not (and $v.prometheus.serviceAccount $v.prometheus.namespace) }}
{{- fail "prometheus.rbacPrometheus: give prometheus.serviceAccount and prometheus.namespace, who Prometheus is, or set rbacPrometheus to false" }}
{{- end }}
{{- end }}
{{- end }}

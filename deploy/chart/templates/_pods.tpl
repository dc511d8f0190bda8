{{/* What the Pods of both roles have. Those with a role take a list: the root, the role's values. */}}
{{- define "ingot.sharedArguments" -}}
{{- $root := index . 0 }}{{ $role := index . 1 }}
- --port={{ $root.Values.prometheus.metricsPort }}
- --health-probe-port={{ $role.livenessProbe.port }}
- --log-level={{ $role.logLevel }}
{{- with $root.Values.loadBalancerClass }}
- --lb-class={{ . }}
{{- end }}
{{- with $root.Values.tls.minVersion }}
- --tls-min-version={{ . }}
{{- end }}
{{- with $root.Values.tls.cipherSuites }}
- --tls-cipher-suites={{ . }}
{{- end }}
{{- with $root.Values.tls.curvePreferences }}
- --tls-curve-preferences={{ . }}
{{- end }}
{{- end }}

{{- define "ingot.sharedEnvironment" -}}
- name: METALLB_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: METALLB_POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: INGOT_CACHE_DIR
  value: /var/cache/ingot
{{- end }}

{{- define "ingot.podAnnotations" -}}
{{- $root := index . 0 }}{{ $role := index . 1 }}
{{- if $root.Values.prometheus.scrapeAnnotations }}
prometheus.io/scrape: "true"
prometheus.io/scheme: https
prometheus.io/port: {{ $root.Values.prometheus.metricsPort | quote }}
{{- end }}
{{- with $role.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "ingot.scheduling" -}}
{{- $root := index . 0 }}{{ $role := index . 1 }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $role.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $role.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
nodeSelector:
  kubernetes.io/os: linux
  {{- with $role.nodeSelector }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with $role.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "ingot.image" -}}
{{- $root := index . 0 }}{{ $role := index . 1 -}}
image: {{ printf "%s:%s" $role.image.repository (default $root.Chart.AppVersion $role.image.tag) | quote }}
{{- with $role.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- with $role.command }}
command:
  {{- if kindIs "string" . }}
  - {{ . }}
  {{- else }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* A list: the role's values, and the host that is asked, empty for the Pod's own address. */}}
{{- define "ingot.probes" -}}
{{- $role := index . 0 }}{{ $host := index . 1 }}
{{- range $name, $path := dict "livenessProbe" "/healthz" "readinessProbe" "/readyz" }}
{{- $probe := index $role $name }}
{{- if $probe.enabled }}
{{ $name }}:
  httpGet:
    {{- with $host }}
    host: {{ . }}
    {{- end }}
    path: {{ $path }}
    port: {{ $probe.port }}
  failureThreshold: {{ $probe.failureThreshold }}
  initialDelaySeconds: {{ $probe.initialDelaySeconds }}
  periodSeconds: {{ $probe.periodSeconds }}
  successThreshold: {{ $probe.successThreshold }}
  timeoutSeconds: {{ $probe.timeoutSeconds }}
{{- end }}
{{- end }}
{{- end }}

{{/* written by deploy/generate.ts: change the source there, then run it again */}}
{{- define "ingot.rules.controller.ClusterRole" -}}
# list, watch: Services to give addresses to, namespaces for the selectors on them.
- apiGroups: [""]
  resources: [services, namespaces]
  verbs: [list, watch]
# list: what node selectors mean, when a change is asked about.
- apiGroups: [""]
  resources: [nodes]
  verbs: [list]
# patch: the address, and the annotation that names its pool, in one write.
- apiGroups: [""]
  resources: [services/status]
  verbs: [patch]
# create, patch: a new event; the count of one that happened again.
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
# patch: writes the authority of the webhooks' certificate. list, watch: does it still stand there.
- apiGroups: [admissionregistration.k8s.io]
  resources: [validatingwebhookconfigurations]
  resourceNames: [metallb-webhook-configuration]
  verbs: [list, patch, watch]
# list, patch, watch: the same for the conversion of BGPPeers.
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  resourceNames: [bgppeers.metallb.io]
  verbs: [list, patch, watch]
# create: who is it that asks for the metrics, and may they.
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
{{- end }}

{{- define "ingot.rules.controller.Role" -}}
# list, watch: the configuration that it acts on.
- apiGroups: [metallb.io]
  resources: [ipaddresspools, communities]
  verbs: [list, watch]
# list: the rest of it, when a change is asked about.
- apiGroups: [metallb.io]
  resources: [l2advertisements, bgpadvertisements, bgppeers, bfdprofiles]
  verbs: [list]
# patch: how full the pools are.
- apiGroups: [metallb.io]
  resources: [ipaddresspools/status]
  verbs: [patch]
# create, patch: its verdict on the configuration. list, watch: to write it again when it is deleted.
- apiGroups: [metallb.io]
  resources: [configurationstates]
  verbs: [create, list, patch, watch]
- apiGroups: [metallb.io]
  resources: [configurationstates/status]
  verbs: [patch]
# create: the speakers' shared key, and the webhooks' certificate where there is none.
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
# get: is the speakers' key there.
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [{{ include "ingot.memberlistSecret" . }}]
  verbs: [get]
# list, watch: the certificate, which another replica may have made. patch: one that runs out is renewed.
- apiGroups: [""]
  resources: [secrets]
  resourceNames: [metallb-webhook-cert]
  verbs: [list, patch, watch]
# get: the Deployment owns the speakers' shared key.
- apiGroups: [apps]
  resources: [deployments]
  resourceNames: [{{ include "ingot.fullname" . }}-controller]
  verbs: [get]
# get: its own Pod owns its ConfigurationState.
- apiGroups: [""]
  resources: [pods]
  verbs: [get]
# create, get, update: which of several replicas acts.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [ingot-controller]
  verbs: [get, update]
{{- end }}

{{- define "ingot.rules.speaker.ClusterRole" -}}
# list, watch: what to announce, and which nodes are fit to; namespaces for the selectors on them.
- apiGroups: [""]
  resources: [services, namespaces, nodes]
  verbs: [list, watch]
# list, watch: where a Service has endpoints.
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
# create, patch: a new event; the count of one that happened again.
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
# create: who is it that asks for the metrics, and may they.
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
- apiGroups: [authorization.k8s.io]
  resources: [subjectaccessreviews]
  verbs: [create]
{{- end }}

{{- define "ingot.rules.speaker.Role" -}}
# list, watch: the configuration.
- apiGroups: [metallb.io]
  resources: [ipaddresspools, communities, l2advertisements, bgpadvertisements, bgppeers, bfdprofiles]
  verbs: [list, watch]
# create, patch, delete: what this node announces. list, watch: to put right what others left or changed.
- apiGroups: [metallb.io]
  resources: [servicel2statuses, servicebgpstatuses]
  verbs: [create, delete, list, patch, watch]
- apiGroups: [metallb.io]
  resources: [servicel2statuses/status, servicebgpstatuses/status]
  verbs: [patch]
# create, patch: its verdict on the configuration. list, watch: to write it again when it is deleted.
- apiGroups: [metallb.io]
  resources: [configurationstates]
  verbs: [create, list, patch, watch]
- apiGroups: [metallb.io]
  resources: [configurationstates/status]
  verbs: [patch]
# list, watch: passwords of BGP sessions.
- apiGroups: [""]
  resources: [secrets]
  verbs: [list, watch]
# get: its own Pod owns what it writes. list: the other speakers.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list]
{{- end }}

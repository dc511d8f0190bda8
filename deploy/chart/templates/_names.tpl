{{/* MetalLB's chart names things after itself: with the same names this chart upgrades its release in place. */}}
{{- define "ingot.name" -}}
{{- default "metallb" .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "ingot.fullname" -}}
{{- $name := default "metallb" .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "ingot.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ingot.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ingot.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "ingot.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "ingot.controllerAccount" -}}
{{- $account := .Values.controller.serviceAccount }}
{{- if $account.create }}
{{- default (printf "%s-controller" (include "ingot.fullname" .)) $account.name }}
{{- else }}
{{- default "default" $account.name }}
{{- end }}
{{- end }}

{{- define "ingot.speakerAccount" -}}
{{- $account := .Values.speaker.serviceAccount }}
{{- if $account.create }}
{{- default (printf "%s-speaker" (include "ingot.fullname" .)) $account.name }}
{{- else }}
{{- default "default" $account.name }}
{{- end }}
{{- end }}

{{- define "ingot.memberlistSecret" -}}
{{- default (printf "%s-memberlist" (include "ingot.fullname" .)) .Values.speaker.secretName }}
{{- end }}

{{/* Uninstalling the chart must not delete every pool and peer with their definitions. */}}
{{- define "ingot.crdMetadata" -}}
labels:
  {{- include "ingot.labels" . | nindent 2 }}
annotations:
  helm.sh/resource-policy: keep
{{- end }}

{{/* Without the webhook, versions differ by their name alone: fields that the old one lacks do not show in it. */}}
{{- define "ingot.conversion" -}}
{{- if eq .Values.controller.webhookMode "disabled" -}}
strategy: None
{{- else -}}
strategy: Webhook
webhook:
  clientConfig:
    service:
      name: metallb-webhook-service
      namespace: {{ .Release.Namespace }}
      path: /convert
  conversionReviewVersions:
    - v1
    - v1beta1
{{- end }}
{{- end }}

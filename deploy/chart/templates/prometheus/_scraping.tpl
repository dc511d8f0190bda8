{{/* How often, and what becomes of the labels; of a podMonitor's or serviceMonitor's values. */}}
{{- define "ingot.scraping" -}}
{{- if .interval }}
interval: {{ if kindIs "string" .interval }}{{ .interval }}{{ else }}{{ printf "%ds" (int .interval) }}{{ end }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

/**
 * The CustomResourceDefinitions as text, for kubectl and kustomize, and as templates of the Helm chart.
 *
 * Shape: YAML documents. In the chart, what depends on the release is left to its templates.
 * Not here: where they are written (../generated_files.ts).
 *
 * @module
 */
import { stringify } from "yaml";
import { type Conversion, definitionOf, webhookConversion } from "./definition.ts";
import { KINDS } from "./kinds/all.ts";

/** Stands where a template of the chart decides. */
const DECIDED_BY_CHART = "decided-by-chart";

/** For MetalLB's usual namespace. */
export function plainDefinitions(): string {
  return documents(webhookConversion("metallb-system"));
}

/** For the namespace of the release. */
export function chartDefinitions(): string {
  const text = documents({ strategy: DECIDED_BY_CHART })
    .replace(
      `  conversion:\n    strategy: ${DECIDED_BY_CHART}\n`,
      '  conversion: {{- include "ingot.conversion" . | nindent 4 }}\n',
    )
    .replaceAll(/^metadata:\n( {2}name: .*\n)/gm, '$&  {{- include "ingot.crdMetadata" . | nindent 2 }}\n');
  return `{{- if .Values.crds.enabled }}\n${text}{{- end }}\n`;
}

function documents(conversion: Conversion): string {
  return KINDS.map((kind) => {
    const definition = definitionOf(kind, conversion);
    return `---\n${stringify(definition, { lineWidth: 110, aliasDuplicateObjects: false })}`;
  }).join("");
}

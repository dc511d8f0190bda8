/**
 * The generated files by name and text: the CustomResourceDefinitions for kubectl and kustomize, and for the Helm chart.
 *
 * Shape: paths relative to deploy/. In the chart, what depends on the release is left to its templates.
 * Not here: writing them (generate.ts), showing that they are up to date (files_test.ts).
 *
 * @module
 */
import { stringify } from "yaml";
import { type Conversion, definitionOf, webhookConversion } from "./definition.ts";
import { KINDS } from "./kinds/all.ts";

const MARK =
  "# deno-fmt-ignore-file (written by deploy/crds/generate.ts: change the source there, then run it again)\n";

/** Stands where a template of the chart decides. */
const DECIDED_BY_CHART = "decided-by-chart";

/** The plain and the chart's definitions of every kind. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const ofChart = documents({ strategy: DECIDED_BY_CHART })
    .replace(
      `  conversion:\n    strategy: ${DECIDED_BY_CHART}\n`,
      '  conversion: {{- include "ingot.conversion" . | nindent 4 }}\n',
    )
    .replaceAll(/^metadata:\n( {2}name: .*\n)/gm, '$&  {{- include "ingot.crdMetadata" . | nindent 2 }}\n');
  return new Map([
    ["crds/crds.yaml", MARK + documents(webhookConversion("metallb-system"))],
    ["chart/templates/crds.yaml", `${MARK}{{- if .Values.crds.enabled }}\n${ofChart}{{- end }}\n`],
  ]);
}

function documents(conversion: Conversion): string {
  return KINDS.map((kind) => {
    const definition = definitionOf(kind, conversion);
    return `---\n${stringify(definition, { lineWidth: 110, aliasDuplicateObjects: false })}`;
  }).join("");
}

/**
 * The generated files, by path below deploy/ and text: definitions, and what the chart shares with the plain manifests.
 *
 * Shape: pure; the texts that they are made from come with the import.
 * Not here: writing them (generate.ts).
 *
 * @module
 */
import { chartRules } from "./chart_rules.ts";
import { chartDefinitions, plainDefinitions } from "./crds/files.ts";
import dashboard from "./dashboard/ingot.json" with { type: "text" };
import controllerRoles from "./manifests/controller_roles.yaml" with { type: "text" };
import speakerRoles from "./manifests/speaker_roles.yaml" with { type: "text" };

const MARK = "written by deploy/generate.ts: change the source there, then run it again";

/** See the module comment. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const yamlMark = `# deno-fmt-ignore-file (${MARK})\n`;
  const rules = [chartRules("controller", controllerRoles), chartRules("speaker", speakerRoles)];
  return new Map([
    ["crds/crds.yaml", yamlMark + plainDefinitions()],
    ["chart/templates/crds.yaml", yamlMark + chartDefinitions()],
    ["chart/templates/_rules.tpl", `{{/* ${MARK} */}}\n${rules.join("\n")}`],
    ["chart/files/dashboard.json", dashboard],
  ]);
}

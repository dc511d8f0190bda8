/**
 * The chart's roles, made from those of the plain manifests, so that what Ingot may do is said once.
 *
 * Shape: text of a file with a ClusterRole and a Role in, named templates with their rules out, comments and all. Names
 * that depend on the release become what the chart calls them.
 * Not here: the objects around the rules (chart/templates/access.yaml).
 *
 * @module
 */

/** What depends on the release, by what stands in the manifests. */
const NAMES: readonly (readonly [plain: string, inChart: string])[] = [
  ["[memberlist]", '[{{ include "ingot.memberlistSecret" . }}]'],
  ["resourceNames: [controller]", 'resourceNames: [{{ include "ingot.fullname" . }}-controller]'],
];

/** Templates "ingot.rules.ROLE.ClusterRole" and "ingot.rules.ROLE.Role". */
export function chartRules(role: "controller" | "speaker", manifest: string): string {
  return ["ClusterRole", "Role"].map((kind) => {
    const document = manifest.split(/^---\n/m).find((text) => text.includes(`\nkind: ${kind}\n`));
    const rules = document?.split(/^rules:\n/m)[1];
    if (rules === undefined) throw new Error(`The manifest of the ${role} has no ${kind} with rules`);
    const inChart = NAMES.reduce(
      (text, [plain, name]) => text.replace(plain, name),
      rules.replaceAll(/^ {2}/gm, ""),
    );
    return `{{- define "ingot.rules.${role}.${kind}" -}}\n${inChart}{{- end }}\n`;
  }).join("\n");
}

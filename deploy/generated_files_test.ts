import assert from "node:assert/strict";
import dashboard from "./chart/files/dashboard.json" with { type: "text" };
import rules from "./chart/templates/_rules.tpl" with { type: "text" };
import ofChart from "./chart/templates/crds.yaml" with { type: "text" };
import { chartRules } from "./chart_rules.ts";
import plain from "./crds/crds.yaml" with { type: "text" };
import { generatedFiles } from "./generated_files.ts";

Deno.test("generatedFiles() is what stands in the repository", () => {
  const found = new Map([
    ["crds/crds.yaml", plain],
    ["chart/templates/crds.yaml", ofChart],
    ["chart/templates/_rules.tpl", rules],
    ["chart/files/dashboard.json", dashboard],
  ]);
  for (const [path, text] of generatedFiles()) {
    assert.ok(found.get(path) === text, `deploy/${path} is out of date: run deploy/generate.ts`);
  }
  assert.equal(found.size, generatedFiles().size);
});

Deno.test("chartDefinitions() leaves to the chart what depends on the release", () => {
  assert.equal(ofChart.match(/include "ingot.crdMetadata"/g)?.length, 9);
  assert.equal(ofChart.match(/include "ingot.conversion"/g)?.length, 1);
  assert.ok(!ofChart.includes("decided-by-chart"));
});

Deno.test("chartRules() names what the release names, and refuses a manifest without rules", () => {
  assert.match(
    rules,
    /resourceNames: \[\{\{ include "ingot.memberlistSecret" \. \}\}\]/,
  );
  assert.match(rules, /resourceNames: \[\{\{ include "ingot.fullname" \. \}\}-controller\]/);
  assert.throws(() => chartRules("speaker", "kind: Role\n"), /no ClusterRole with rules/);
});

import assert from "node:assert/strict";
import ofChart from "../chart/templates/crds.yaml" with { type: "text" };
import plain from "./crds.yaml" with { type: "text" };
import { generatedFiles } from "./files.ts";

Deno.test("generatedFiles() is what stands in the repository", () => {
  const found = new Map([["crds/crds.yaml", plain], ["chart/templates/crds.yaml", ofChart]]);
  for (const [path, text] of generatedFiles()) {
    assert.equal(found.get(path), text, `deploy/${path} is out of date: run deploy/crds/generate.ts`);
  }
  assert.equal(found.size, generatedFiles().size);
});

Deno.test("generatedFiles() leaves to the chart what depends on the release", () => {
  assert.equal(ofChart.match(/include "ingot.crdMetadata"/g)?.length, 9);
  assert.equal(ofChart.match(/include "ingot.conversion"/g)?.length, 1);
  assert.ok(!ofChart.includes("decided-by-chart"));
});

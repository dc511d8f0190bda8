import assert from "node:assert/strict";
import { parse } from "yaml";
import config from "../deno.json" with { type: "json" };
import chart from "./chart/Chart.yaml" with { type: "text" };
import kustomization from "./manifests/kustomization.yaml" with { type: "text" };

Deno.test("the chart and the manifests deploy the version that is built", () => {
  const { version, appVersion } = parse(chart);
  assert.deepEqual([version, appVersion], [config.version, config.version]);
  assert.equal(parse(kustomization).images[0].newTag, config.version);
});

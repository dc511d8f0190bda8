import assert from "node:assert/strict";
import { L2_ADVERTISEMENT } from "./metallb.ts";
import { unknownFields } from "./unknown_fields.ts";

Deno.test("unknownFields() finds misspelt fields at any depth, and leaves labels alone", () => {
  const value = {
    spec: {
      interfaces: ["eth0"],
      nodeSelector: [],
      nodeSelectors: [{ matchLabels: { anything: "goes" } }, { matchLabel: {} }],
    },
  };
  const found = unknownFields(L2_ADVERTISEMENT.properties!["spec"]!, value.spec, ["spec"]);
  assert.deepEqual(found.map(({ field }) => field), [
    "spec.nodeSelector",
    "spec.nodeSelectors[1].matchLabel",
  ]);
  assert.match(found[1]!.message, /expected one of matchLabels, matchExpressions/);
});

import assert from "node:assert/strict";
import { slice } from "../../tests/parity/sketch.ts";
import { canServe, servingEndpoints } from "./endpoints.ts";

Deno.test("canServe() is false only for endpoints that are neither ready nor serving", () => {
  for (const ready of [true, false, null, undefined]) {
    for (const serving of [true, false, null, undefined]) {
      const conditions = {
        ...(ready === undefined ? {} : { ready }),
        ...(serving === undefined ? {} : { serving }),
      };
      const expected = !(ready === false && serving !== true);
      assert.equal(canServe({ addresses: [], conditions }), expected, JSON.stringify(conditions));
    }
  }
  assert.equal(canServe({ addresses: [] }), true);
});

Deno.test("servingEndpoints() counts an endpoint without a node, but no node for it", () => {
  assert.deepEqual(servingEndpoints([slice("web", [null, true])]), { any: true, nodes: new Set() });
});

Deno.test("servingEndpoints() gathers nodes over all slices and survives a slice without endpoints", () => {
  const empty = { ...slice("web"), endpoints: null };
  const slices = [
    slice("web", ["a", true], ["b", false]),
    empty,
    slice("web", ["c", false, true], ["a", false]),
  ];
  assert.deepEqual(servingEndpoints(slices), { any: true, nodes: new Set(["a", "c"]) });
  assert.deepEqual(servingEndpoints([empty]), { any: false, nodes: new Set() });
});

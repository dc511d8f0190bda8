import assert from "node:assert/strict";
import type { Node } from "../../k8s/types/core.ts";
import { node } from "../../tests/parity/sketch.ts";
import { clusterViewOf, EXCLUDE_LABEL, sameView } from "./cluster_view.ts";

const known = (...nodes: readonly Node[]): Map<string, Node> =>
  new Map(nodes.map((it) => [it.metadata.name, it]));

const NODES = known(node("a"), node("b", { [EXCLUDE_LABEL]: "false" }), node("c", {}, true), node("d"));

Deno.test("clusterViewOf() takes all known nodes for alive when the live set is unknown", () => {
  assert.deepEqual(clusterViewOf(NODES, null, false), {
    available: new Set(["a", "d"]),
    absent: new Map([["b", "labelledExcluded"], ["c", "networkUnavailable"]]),
  });
});

Deno.test("clusterViewOf() drops nodes whose speaker is not alive", () => {
  assert.deepEqual([...clusterViewOf(NODES, new Set(["a", "c"]), false).available], ["a"]);
});

Deno.test("clusterViewOf() ignores the exclude label when told to", () => {
  assert.deepEqual([...clusterViewOf(NODES, null, true).available], ["a", "b", "d"]);
});

Deno.test("clusterViewOf() does not care whether a Node has a status", () => {
  const bare: Node = { apiVersion: "v1", kind: "Node", metadata: { name: "a" } };
  assert.deepEqual([...clusterViewOf(known(bare), null, false).available], ["a"]);
});

Deno.test("sameView() tells views apart by members and by the reason of absence", () => {
  const view = clusterViewOf(NODES, null, false);
  assert.ok(sameView(view, clusterViewOf(new Map(NODES), null, false)));
  assert.ok(!sameView(view, clusterViewOf(NODES, null, true)));
  assert.ok(!sameView(view, clusterViewOf(NODES, new Set(["a", "c", "d"]), false)));
  assert.ok(
    !sameView(clusterViewOf(known(node("a")), null, false), clusterViewOf(known(node("z")), null, false)),
  );
});

import assert from "node:assert/strict";
import {
  bgpObject,
  communityObject,
  nodeObject,
  parseLists,
  peerObject,
  poolObject,
} from "./config_fixture.ts";
import type { ConfigScope } from "./scope.ts";

const on = (
  node: string,
): { readonly nodeSelectors: readonly [{ readonly matchLabels: { node: string } }] } => ({
  nodeSelectors: [{ matchLabels: { node } }],
});
const nodes = [nodeObject("n1", { node: "n1" }), nodeObject("n2", { node: "n2" })];
const pools = [poolObject("a", ["10.1.0.0/24"])];
const refusals = (lists: Parameters<typeof parseLists>[0], scope: ConfigScope): readonly string[] => {
  const parsed = parseLists({ nodes, pools, ...lists }, scope);
  return parsed.ok ? [] : parsed.errors.map((it) => it.object.split("/")[2]!);
};

Deno.test("parseConfig() for a node is not stopped by a peer of another node", () => {
  const bgpPeers = [
    peerObject("here", { ...on("n1"), bfdProfile: "none" }),
    peerObject("there", { ...on("n2"), peerAddress: "10.0.0.2", passwordSecret: { name: "none" } }),
  ];
  assert.deepEqual(refusals({ bgpPeers }, { node: "n1" }), ["here"]);
  assert.deepEqual(refusals({ bgpPeers }, { node: "n2" }), ["there"]);
  assert.deepEqual(refusals({ bgpPeers }, { node: "n3" }), []);
  assert.deepEqual(refusals({ bgpPeers }, "everything"), ["here", "there"]);
  assert.deepEqual(refusals({ bgpPeers }, "allocation"), []);
});

Deno.test("parseConfig() for a node is not stopped by an advertisement from another node", () => {
  const bgpAdvertisements = [bgpObject("there", { ...on("n2"), communities: ["alias"] })];
  assert.deepEqual(refusals({ bgpAdvertisements }, { node: "n1" }), []);
  assert.deepEqual(refusals({ bgpAdvertisements }, { node: "n2" }), ["there"]);
  assert.deepEqual(refusals({ bgpAdvertisements }, "allocation"), []);
});

Deno.test("parseConfig() refuses selectors that are wrong on every node: nobody knows whom they mean", () => {
  const bgpPeers = [
    peerObject("p", { nodeSelectors: [{ matchExpressions: [{ key: "a", operator: "Like" }] }] }),
  ];
  assert.deepEqual(refusals({ bgpPeers }, { node: "n1" }), ["p"]);
  assert.deepEqual(refusals({ bgpPeers }, "allocation"), []);
});

Deno.test("parseConfig() for a node holds its peers and advertisements alone, with all their nodes", () => {
  const parsed = parseLists({
    nodes,
    pools,
    bgpPeers: [peerObject("all"), peerObject("there", { ...on("n2"), peerAddress: "10.0.0.2" })],
    bgpAdvertisements: [bgpObject("all"), bgpObject("there", on("n2"))],
  }, { node: "n1" });
  assert.ok(parsed.ok);
  assert.deepEqual([...parsed.config.peers.keys()], ["all"]);
  assert.deepEqual(parsed.config.pools.get("a")?.bgpAdvertisements.map((it) => [it.name, [...it.nodes]]), [
    ["all", ["n1", "n2"]],
  ]);
});

Deno.test("parseConfig() for allocation is stopped by pools and communities", () => {
  const communities = [communityObject("c", [["x", "y"]])];
  assert.deepEqual(refusals({ communities }, "allocation"), ["c"]);
});

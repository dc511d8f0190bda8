import assert from "node:assert/strict";
import type { Ip } from "../../protocols/net/ip.ts";
import { electionHash, pickNode } from "./ranking.ts";

const ip = (text: string): Ip => text as Ip;

const VECTORS: readonly (readonly [string, string, Record<string, number>, string])[] = [
  ["node-a,node-b,node-c", "10.0.0.1", {}, "node-b,node-a,node-c"],
  ["node-a,node-b,node-c", "10.0.0.2", {}, "node-b,node-c,node-a"],
  ["node-a,node-b,node-c", "fc00::1", {}, "node-b,node-c,node-a"],
  ["iris1,iris2", "10.20.30.1", {}, "iris2,iris1"],
  ["iris1,iris2", "10.20.30.2", {}, "iris1,iris2"],
  ["iris1,iris2", "1000::1", {}, "iris1,iris2"],
  ["edge-a,edge-b,worker-a,worker-b", "10.20.30.1", {}, "edge-b,worker-a,edge-a,worker-b"],
  [
    "edge-a,edge-b,worker-a,worker-b",
    "10.20.30.1",
    { "edge-a": 100 },
    "edge-a,edge-b,worker-a,worker-b",
  ],
  ["node-a,node-b", "10.20.30.1", { "node-a": 100, "node-b": 100 }, "node-b,node-a"],
];

/** All candidates, each picked once those before it are gone. */
function rank(candidates: readonly string[], address: Ip, scores: ReadonlyMap<string, number>): string[] {
  const picked = pickNode(candidates, address, scores);
  if (picked === null) return [];
  return [picked, ...rank(candidates.filter((node) => node !== picked), address, scores)];
}

for (const [candidates, address, scores, order] of VECTORS) {
  Deno.test(`pickNode() orders ${candidates} for ${address} with scores ${JSON.stringify(scores)}`, () => {
    const map = new Map(Object.entries(scores));
    for (const names of [candidates.split(","), candidates.split(",").reverse()]) {
      assert.deepEqual(rank(names, ip(address), map), order.split(","));
    }
  });
}

Deno.test("electionHash() is SHA-256 of node, number sign and address", () => {
  assert.equal(electionHash("node-a", ip("10.0.0.1")).slice(0, 8), "dd41591f");
  assert.equal(electionHash("node-b", ip("10.0.0.1")).slice(0, 8), "2acae885");
  assert.equal(electionHash("node-c", ip("10.0.0.1")).slice(0, 8), "f949561f");
});

Deno.test("pickNode() agrees with a sort by whole hashes while nodes come and go", () => {
  const names = Array.from({ length: 40 }, (_, i) => `node-${i}`);
  for (let i = 0; i < 60; i++) {
    const address = ip(`10.1.${i % 7}.${i}`);
    const candidates = names.slice(i % 5, 1 + (i * 7) % 40 + i % 5);
    const expected = candidates.toSorted((a, b) =>
      electionHash(a, address) < electionHash(b, address) ? -1 : 1
    );
    assert.deepEqual(rank(candidates, address, new Map()), expected);
  }
});

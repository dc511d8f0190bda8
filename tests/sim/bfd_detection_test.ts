/**
 * Two BFD sessions: a dead path is seen within the detection time, a living one is never called dead.
 *
 * @module
 */
import assert from "node:assert/strict";
import { every, Pair, PERFECT_LINK, seeded, type Side } from "./bfd_pair.ts";

const MINUTES = 60_000;
const LATE_MS = 10;
const BUSY_LINK = { ...PERFECT_LINK, maxDelayMs: 10 };

/** Two at 3 x 50 ms that are Up and have settled, on nodes that wake up to 10 ms late. */
function settled(seed: number, changes = {}): Pair {
  const pair = new Pair(seed, every(50, changes), every(50, { localDiscriminator: 2 }));
  pair.link = BUSY_LINK;
  pair.maxLatenessMs = LATE_MS;
  pair.run(10_000);
  assert.ok(pair.areUp);
  pair.changes.length = 0;
  return pair;
}

Deno.test("3 x 50 ms holds for an hour with jitter, delay and nodes that wake late", () => {
  const pair = settled(1);
  const before = { ...pair.sent };
  pair.run(10_000 + 60 * MINUTES);
  assert.deepEqual(pair.changes, []);
  for (const side of ["a", "b"] as const) {
    const meanMs = 60 * MINUTES / (pair.sent[side] - before[side]);
    assert.ok(meanMs > 37.5 && meanMs < 50, `${side} sends every ${meanMs} ms`);
  }
});

Deno.test("3 x 50 ms holds when every tenth packet is lost alone", () => {
  const pair = settled(2);
  const random = seeded(9);
  for (let at = pair.now; at < 5 * MINUTES; at += 250) {
    // A gap of 40 ms swallows one packet, or none, of either side.
    pair.run(at + random() * 200);
    pair.cut.a = pair.cut.b = true;
    pair.run(pair.now + 30);
    pair.cut.a = pair.cut.b = false;
    pair.run(at + 250);
  }
  assert.deepEqual(pair.changes, []);
});

for (const direction of ["both", "a", "b"] as const) {
  Deno.test(`a path cut in direction ${direction} is Down at both ends in time, whenever it is cut`, () => {
    for (let seed = 0; seed < 100; seed++) {
      const pair = settled(seed);
      const cutAt = 10_000 + seed * 7.3;
      pair.run(cutAt);
      if (direction !== "b") pair.cut.a = true;
      if (direction !== "a") pair.cut.b = true;
      pair.run(cutAt + 2000);
      const downAt = (side: Side): number => pair.changes.find((change) => change.side === side)!.at - cutAt;
      // The side that hears nothing sees it by itself; one that is still heard is told, or sees it too.
      const first = Math.min(downAt("a"), downAt("b"));
      const last = Math.max(downAt("a"), downAt("b"));
      assert.ok(first >= 150 - 50 - LATE_MS, `seed ${seed}: Down after ${first} ms`);
      assert.ok(first <= 150 + BUSY_LINK.maxDelayMs + 2 * LATE_MS, `seed ${seed}: Down after ${first} ms`);
      assert.ok(last <= first + 70, `seed ${seed}: the other end after ${last} ms`);
      assert.ok(pair.changes.every((change) => change.from !== "Up" || change.to === "Down"));
    }
  });
}

/** One octet of every packet set to another value, and what the receiver calls it. */
const damages: readonly (readonly [reason: string, at: number, octet: number])[] = [
  ["version", 0, 0x40],
  ["length-short", 3, 23],
  ["length-beyond-payload", 3, 25],
  ["detect-mult-zero", 2, 0],
  ["multipoint", 1, 0xc1],
  ["my-discriminator-zero", 7, 0],
  ["your-discriminator-zero", 11, 0],
  ["your-discriminator-unknown", 8, 1],
];
for (const [reason, at, octet] of damages) {
  Deno.test(`packets discarded for ${reason} do not keep a session Up`, () => {
    const pair = settled(7);
    pair.alter.b = (payload) => payload.map((old, i) => i === at ? octet : old);
    pair.run(10_200);
    const down = pair.changes.find(({ side }) => side === "a");
    assert.equal(down?.reason, "detection-time-expired");
    assert.deepEqual([...new Set(pair.dropped)], [reason]);
  });
}

Deno.test("packets with authentication do not keep a session Up", () => {
  const pair = settled(8);
  pair.alter.b = (payload) => {
    const signed = Uint8Array.from([...payload, 1, 3, 0]);
    signed[1]! |= 0x04;
    signed[3] = signed.length;
    return signed;
  };
  pair.run(10_200);
  assert.equal(pair.changes.find(({ side }) => side === "a")?.reason, "detection-time-expired");
  assert.deepEqual([...new Set(pair.dropped)], ["authentication-present"]);
});

Deno.test("a path that heals comes Up again", () => {
  const pair = settled(3);
  pair.cut.a = true;
  pair.run(20_000);
  assert.ok(!pair.areUp);
  pair.cut.a = false;
  pair.runUntilUp(24_000).run(30_000);
  assert.deepEqual([pair.state("a").intervals.poll, pair.state("b").intervals.poll], ["Idle", "Idle"]);
});

Deno.test("a neighbor shut down on purpose is no failure, and comes back", () => {
  const pair = settled(4);
  pair.tell("a", { type: "AdminDown" }).run(15_000);
  assert.deepEqual(pair.changes.map(({ side, to, diag, reason }) => [side, to, diag, reason]), [
    ["a", "AdminDown", 7, "admin-down"],
    ["b", "Down", 3, "neighbor-admin-down"],
  ]);
  pair.tell("a", { type: "AdminUp" }).runUntilUp(18_000);
});

Deno.test("echo packets detect what control packets do not, and the session lives on without them", () => {
  const pair = new Pair(
    5,
    every(50, { echoIntervalUs: 20_000 }),
    every(50, { localDiscriminator: 2, requiredMinEchoRxUs: 10_000 }),
  );
  pair.loopsEcho.a = true;
  pair.run(10_000);
  assert.ok(pair.areUp && pair.state("a").echo!.isLooped);
  assert.equal(pair.state("b").transmitIntervalMs, 1000);
  pair.changes.length = 0;
  pair.loopsEcho.a = false;
  pair.run(10_070);
  assert.deepEqual(pair.changes.slice(0, 2).map(({ side, diag, reason }) => [side, diag, reason]), [
    ["a", 2, "echo-function-failed"],
    ["b", 3, "neighbor-signaled-down"],
  ]);
  pair.runUntilUp(13_000);
  pair.changes.length = 0;
  pair.run(2 * MINUTES);
  assert.deepEqual(pair.changes, []);
  assert.equal(pair.state("b").transmitIntervalMs, 50);
});

Deno.test("the same seed tells the same story", () => {
  const story = (): unknown => {
    const pair = settled(6);
    pair.link = { ...BUSY_LINK, loss: 0.4, duplication: 0.2 };
    pair.run(MINUTES);
    return [pair.changes, pair.sent, pair.state("a")];
  };
  assert.deepEqual(story(), story());
});

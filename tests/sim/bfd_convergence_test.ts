/**
 * Two BFD sessions whatever the link did to them: they meet, they agree on their timers, they get over restarts.
 *
 * @module
 */
import assert from "node:assert/strict";
import { localDetectionTimeMs, remoteDetectionTimeMs } from "../../protocols/bfd/state.ts";
import { every, Pair, PERFECT_LINK, seeded } from "./bfd_pair.ts";

const ROUGH_LINK = { loss: 0.25, duplication: 0.2, minDelayMs: 0, maxDelayMs: 60 };

/** Both ends hold their configured intervals, no Poll is open, and each knows the other's detection time. */
function assertAgreed(pair: Pair): void {
  for (const [own, other] of [["a", "b"], ["b", "a"]] as const) {
    const [state, config] = [pair.state(own), pair.config(own)];
    const { desiredMinTxUs, requiredMinRxUs } = config;
    assert.equal(state.sessionState, "Up");
    assert.deepEqual(state.intervals, {
      desiredMinTxUs,
      requiredMinRxUs,
      transmitUs: desiredMinTxUs,
      receiveUs: requiredMinRxUs,
      poll: "Idle",
    });
    assert.equal(remoteDetectionTimeMs(state, config), localDetectionTimeMs(pair.state(other)));
    assert.equal(state.remote.discriminator, pair.config(other).localDiscriminator);
  }
}

Deno.test("two sessions meet within two seconds on a good link, with equal discriminators too", () => {
  for (let seed = 0; seed < 50; seed++) {
    const pair = new Pair(seed, every(50), every(300, { localDiscriminator: 1 + seed % 2 }));
    pair.runUntilUp(2000).run(5000);
    assertAgreed(pair);
    assert.deepEqual(pair.changes.filter(({ to }) => to === "Down"), []);
  }
});

Deno.test("a passive session meets an active one, and two passive ones are silent", () => {
  const pair = new Pair(1, every(50, { passive: true }), every(50));
  pair.runUntilUp(2000);
  const silent = new Pair(1, every(50, { passive: true }), every(50, { passive: true }));
  silent.run(60_000);
  assert.deepEqual(silent.sent, { a: 0, b: 0 });
});

Deno.test("two sessions meet through loss, delay, duplication and reordering", () => {
  for (let seed = 0; seed < 50; seed++) {
    const pair = new Pair(seed, every(300, { detectMult: 10 }), every(200, { detectMult: 10 }));
    pair.link = ROUGH_LINK;
    pair.runUntilUp(30_000);
  }
});

Deno.test("timers changed at random under loss are agreed on once the link is good", () => {
  for (let seed = 0; seed < 50; seed++) {
    const pair = new Pair(seed, every(50), every(50, { localDiscriminator: 2 }));
    pair.link = ROUGH_LINK;
    const random = seeded(1000 + seed);
    for (let i = 0; i < 40; i++) {
      pair.run(pair.now + random() * 500);
      pair.change(random() < 0.5 ? "a" : "b", {
        desiredMinTxUs: Math.ceil(random() * 40) * 10_000,
        requiredMinRxUs: Math.ceil(random() * 40) * 10_000,
        detectMult: 2 + Math.floor(random() * 6),
      });
    }
    pair.link = PERFECT_LINK;
    pair.run(pair.now + 15_000);
    assertAgreed(pair);
  }
});

Deno.test("timers changed at random on a good link never bring a session down", () => {
  for (let seed = 0; seed < 50; seed++) {
    const pair = new Pair(seed, every(50), every(50, { localDiscriminator: 2 }));
    pair.link = { ...PERFECT_LINK, maxDelayMs: 3 };
    pair.run(5000);
    pair.changes.length = 0;
    const random = seeded(2000 + seed);
    for (let i = 0; i < 40; i++) {
      pair.run(pair.now + random() * 300);
      pair.change(random() < 0.5 ? "a" : "b", {
        desiredMinTxUs: Math.ceil(random() * 40) * 10_000,
        requiredMinRxUs: Math.ceil(random() * 40) * 10_000,
      });
    }
    pair.run(pair.now + 10_000);
    assert.deepEqual(pair.changes, [], `seed ${seed}`);
    assertAgreed(pair);
  }
});

Deno.test("a session follows a neighbor that restarts, with the same discriminator or another", () => {
  for (const localDiscriminator of [2, 77]) {
    for (let seed = 0; seed < 50; seed++) {
      const pair = new Pair(seed, every(50), every(50, { localDiscriminator: 2 }));
      pair.run(5000 + seed * 3);
      pair.changes.length = 0;
      pair.restart("b", { localDiscriminator }).runUntilUp(pair.now + 3000).run(12_000);
      const downs = pair.changes.filter(({ from }) => from === "Up");
      assert.deepEqual(downs.map(({ side, reason }) => [side, reason]), [["a", "neighbor-signaled-down"]]);
      assertAgreed(pair);
    }
  }
});

Deno.test("a session silent after a restart is gone in the detection time and found again", () => {
  const pair = new Pair(3, every(50), every(50, { localDiscriminator: 2 }));
  pair.run(5000).restart("b", { passive: true, localDiscriminator: 3 }).runUntilUp(9000).run(12_000);
  assert.ok(pair.changes.some(({ reason }) => reason === "detection-time-expired"));
  assertAgreed(pair);
});

Deno.test("a rough link makes no storm: so many packets as timers, changes and answers allow", () => {
  for (let seed = 0; seed < 20; seed++) {
    const pair = new Pair(seed, every(50), every(50));
    pair.link = { ...ROUGH_LINK, duplication: 1 };
    pair.run(60_000);
    const timers = 60_000 / 37.5;
    for (const side of ["a", "b"] as const) {
      const other = pair.sent[side === "a" ? "b" : "a"];
      assert.ok(pair.sent[side] < timers + 2 * other, `${pair.sent[side]} packets`);
      assert.ok(pair.sent[side] < 3 * timers, `${pair.sent[side]} packets`);
    }
  }
});

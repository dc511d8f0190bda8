import assert from "node:assert/strict";
import fc from "fast-check";
import { type PaceConfig, readyAt, spend, UNUSED_PACE } from "./pace.ts";

const config: PaceConfig = { packetsPerSecond: 100, burstPackets: 4 };

Deno.test("readyAt() lets a burst through and then one packet an interval", () => {
  let pace = UNUSED_PACE;
  for (let i = 0; i < 4; i++) {
    assert.ok(readyAt(pace, 1, config) <= 1000);
    pace = spend(pace, 1, 1000, config);
  }
  assert.equal(readyAt(pace, 1, config), 1010);
  assert.equal(readyAt(pace, 2, config), 1020);
});

Deno.test("readyAt() saves up one burst in a pause, not more", () => {
  let pace = spend(UNUSED_PACE, 4, 0, config);
  for (let i = 0; i < 4; i++) {
    assert.ok(readyAt(pace, 1, config) <= 60_000);
    pace = spend(pace, 1, 60_000, config);
  }
  assert.equal(readyAt(pace, 1, config), 60_010);
});

Deno.test("readyAt() bounds any span to the burst and the rate", () => {
  const gaps = fc.array(
    fc.tuple(fc.double({ min: 0, max: 200, noNaN: true }), fc.integer({ min: 1, max: 4 })),
    {
      maxLength: 100,
    },
  );
  fc.assert(fc.property(gaps, (steps) => {
    let [now, pace] = [0, UNUSED_PACE];
    const sent: { at: number; packets: number }[] = [];
    for (const [gap, packets] of steps) {
      now = Math.max(now + gap, readyAt(pace, packets, config));
      pace = spend(pace, packets, now, config);
      sent.push({ at: now, packets });
    }
    for (let i = 0; i < sent.length; i++) {
      let total = 0;
      for (let j = i; j < sent.length; j++) {
        total += sent[j]!.packets;
        const spanMs = sent[j]!.at - sent[i]!.at;
        assert.ok(total <= config.burstPackets + spanMs * config.packetsPerSecond / 1000 + 1e-6);
      }
    }
  }));
});

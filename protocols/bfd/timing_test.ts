import assert from "node:assert/strict";
import type { Instant } from "../machine.ts";
import { detectionTimeMs, jitteredMs, nextTransmissionAt, transmitIntervalMs } from "./timing.ts";

const intervals: readonly (readonly [desired: number, remoteRequired: number, ms: number])[] = [
  [50_000, 50_000, 50],
  [50_000, 300_000, 300],
  [300_000, 50_000, 300],
  [1_000_000, 1, 1000],
  [12_345, 0, 12.345],
];
for (const [desired, required, ms] of intervals) {
  Deno.test(`transmitIntervalMs(${desired}, ${required}) is ${ms}`, () => {
    assert.equal(transmitIntervalMs(desired, required), ms);
  });
}

const detections: readonly (readonly [mult: number, required: number, remoteDesired: number, ms: number])[] =
  [
    [3, 50_000, 50_000, 150],
    [3, 50_000, 1_000_000, 3000],
    [5, 300_000, 100_000, 1500],
    [1, 10_000, 10_000, 10],
    [255, 1, 4_294_967_295, 1_095_216_660.225],
  ];
for (const [mult, required, desired, ms] of detections) {
  Deno.test(`detectionTimeMs(${mult}, ${required}, ${desired}) is ${ms}`, () => {
    assert.equal(detectionTimeMs(mult, required, desired), ms);
  });
}

const jitters: readonly (readonly [mult: number, random: number, ms: number])[] = [
  [3, 0, 100],
  [3, 0.5, 87.5],
  [3, 1, 75],
  [1, 0, 90],
  [1, 0.5, 82.5],
  [1, 1, 75],
];
for (const [mult, random, ms] of jitters) {
  Deno.test(`jitteredMs(100, ${mult}, ${random}) is ${ms}`, () => {
    assert.ok(Math.abs(jitteredMs(100, mult, random) - ms) < 1e-9);
  });
}

const next: readonly (readonly [lateMs: number, random: number, gapMs: number])[] = [
  [0, 0, 100],
  [10, 0, 90], // caught up
  [10, 1, 75], // not nearer than jitter allows
  [40, 0, 75],
  [5000, 0.5, 75], // nothing is sent twice for what was missed
];
for (const [lateMs, random, gapMs] of next) {
  Deno.test(`nextTransmissionAt() is ${gapMs} ms on when ${lateMs} ms late and random is ${random}`, () => {
    const now = 10_000 as Instant;
    assert.equal(nextTransmissionAt(now - lateMs as Instant, now, 100, 3, random), now + gapMs);
  });
}

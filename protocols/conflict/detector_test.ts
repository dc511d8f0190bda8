import assert from "node:assert/strict";
import type { Context, Instant } from "../machine.ts";
import type { Ip } from "../net/ip.ts";
import type { Mac } from "../net/mac.ts";
import { DEFAULT_CLAIM } from "./claim.ts";
import { ConflictDetector, type DetectorEffect } from "./detector.ts";

const stranger = "02:00:00:00:00:0a" as Mac;
const vip = "10.20.30.1" as Ip;
const unhurried = { packetsPerSecond: 1000, burstPackets: 64 };

function cx(now: number): Context {
  return { now: now as Instant, rng: () => 0.5 };
}

/** Serves every deadline up to `until`; fails when one makes no progress. */
function run(detector: ConflictDetector, from: number, until: number): (DetectorEffect & { at: number })[] {
  const effects: (DetectorEffect & { at: number })[] = [];
  let now = from;
  for (let at = detector.deadline; at !== null && at <= until; at = detector.deadline) {
    now = Math.max(now, at);
    for (const effect of detector.step({ type: "TimerExpired" }, cx(now))) {
      effects.push({ ...effect, at: now });
    }
    assert.ok(detector.deadline === null || detector.deadline > now, `no progress at ${now}`);
  }
  return effects;
}

Deno.test("ConflictDetector says which address and interface an effect is about", () => {
  const detector = new ConflictDetector(DEFAULT_CLAIM, unhurried);
  assert.deepEqual(detector.step({ type: "Claim", ip: vip, interface: "eth0" }, cx(0)), []);
  detector.step({ type: "ConflictSeen", ip: vip, interface: "eth0", mac: stranger }, cx(1001));
  assert.deepEqual(run(detector, 1001, 2100).filter((effect) => effect.type !== "SendProbe"), [
    { type: "ReportConflict", mac: stranger, ip: vip, interface: "eth0", at: 2001 },
    { type: "SendDefence", ip: vip, interface: "eth0", at: 2001 },
  ]);
});

Deno.test("ConflictDetector leaves a known claim as it is", () => {
  const detector = new ConflictDetector(DEFAULT_CLAIM, unhurried);
  detector.step({ type: "Claim", ip: vip, interface: "eth0" }, cx(0));
  assert.equal(run(detector, 0, 60_000).length, 3);
  detector.step({ type: "Claim", ip: vip, interface: "eth0" }, cx(60_000));
  assert.equal(detector.deadline, null);
});

Deno.test("ConflictDetector says nothing about a released address: a handover is no conflict", () => {
  for (
    const release of [
      { type: "Release", ip: vip, interface: "eth0" },
      { type: "ReleaseInterface", interface: "eth0" },
    ] as const
  ) {
    const detector = new ConflictDetector(DEFAULT_CLAIM, unhurried);
    detector.step({ type: "Claim", ip: vip, interface: "eth0" }, cx(0));
    run(detector, 0, 60_000);
    detector.step({ type: "ConflictSeen", ip: vip, interface: "eth0", mac: stranger }, cx(60_000));
    detector.step(release, cx(60_900));
    assert.equal(detector.deadline, null);
    detector.step({ type: "ConflictSeen", ip: vip, interface: "eth0", mac: stranger }, cx(61_000));
    assert.equal(detector.deadline, null);
  }
});

Deno.test("ConflictDetector keeps interfaces apart and ignores what it does not know", () => {
  const detector = new ConflictDetector({ ...DEFAULT_CLAIM, probeCount: 0 }, unhurried);
  detector.step({ type: "Claim", ip: vip, interface: "eth0" }, cx(0));
  detector.step({ type: "ConflictSeen", ip: vip, interface: "eth1", mac: stranger }, cx(5000));
  detector.step({ type: "Release", ip: vip, interface: "eth1" }, cx(5000));
  assert.equal(detector.deadline, null);
  detector.step({ type: "ConflictSeen", ip: vip, interface: "eth0", mac: stranger }, cx(5000));
  assert.equal(detector.deadline, 6000);
});

Deno.test("ConflictDetector spreads the probes of a thousand addresses under the ceiling and loses none", () => {
  const config = { packetsPerSecond: 400, burstPackets: 32 };
  const detector = new ConflictDetector(DEFAULT_CLAIM, config);
  for (let i = 0; i < 1000; i++) {
    detector.step({ type: "Claim", ip: `10.0.${i >> 8}.${i & 255}` as Ip, interface: "eth0" }, cx(0));
  }
  const probes = run(detector, 0, 60_000);
  assert.equal(probes.length, 3000);
  for (let i = 0, j = 0; i < probes.length; i++) {
    while (j < probes.length && probes[j]!.at < probes[i]!.at + 1000) j++;
    assert.ok(2 * (j - i) <= config.packetsPerSecond + config.burstPackets, `${j - i} probes in a second`);
  }
});

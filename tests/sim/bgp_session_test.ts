import assert from "node:assert/strict";
import { attributeSet } from "../../protocols/bgp/attribute_set.ts";
import { FSM_TABLE } from "../../protocols/bgp/fsm_table.ts";
import { DEFAULT_PEER, type PeerConfig } from "../../protocols/bgp/peer_config.ts";
import { CEASE } from "../../protocols/bgp/wire/error.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Prefix } from "../../protocols/net/prefix.ts";
import { Pair, Speaker } from "./bgp_pair.ts";

const LEFT: PeerConfig = {
  ...DEFAULT_PEER,
  localAsn: 65001,
  remoteAsn: 65002,
  bgpIdentifier: "10.0.0.1" as Ip,
};
const RIGHT: PeerConfig = {
  ...DEFAULT_PEER,
  localAsn: 65002,
  remoteAsn: 65001,
  bgpIdentifier: "10.0.0.2" as Ip,
};
const SEEDS = Array.from({ length: 20 }, (_, i) => i + 1);

function pairOf(seed: number, left: Partial<PeerConfig> = {}, right: Partial<PeerConfig> = {}): Pair {
  const pair = new Pair(seed);
  pair.left = new Speaker("left", { ...LEFT, ...left }, pair);
  pair.right = new Speaker("right", { ...RIGHT, ...right }, pair);
  return pair;
}

function started(pair: Pair): Pair {
  pair.left.step({ type: "Start" });
  pair.right.step({ type: "Start" });
  return pair;
}

function count(pair: Pair, type: string, since = 0, speaker: string | null = null): number {
  return pair.log.filter((entry) =>
    entry.effect.type === type && entry.at >= since && (speaker === null || entry.speaker === speaker)
  ).length;
}

/** Each speaker has one session and one connection, the same one. */
function assertConverged(pair: Pair, label: string): void {
  for (const speaker of [pair.left, pair.right]) {
    assert.equal(speaker.fsm, "Established", `${speaker.name}, ${label}`);
    const standing = [speaker.state.dialled, ...speaker.state.accepted].filter((line) =>
      line.connection !== null
    );
    assert.equal(standing.length, 1, `${speaker.name} holds ${standing.length} connections, ${label}`);
  }
  const origins = [pair.left, pair.right].map((speaker) => speaker.state.accepted.length);
  assert.equal(origins[0]! + origins[1]!, 1, `one accepted what the other dialled, ${label}`);
}

function assertReasons(pair: Pair): void {
  const reasons = new Set(Object.values(FSM_TABLE).map((row) => row.reason));
  for (const { effect } of pair.log) {
    if (effect.type === "StateChanged" || effect.type === "SessionDown") {
      assert.ok(reasons.has(effect.reason));
    }
  }
}

const net = (i: number): Prefix => `10.${i >> 16}.${i >> 8 & 255}.${i & 255}/32` as Prefix;
const PLAIN = attributeSet(100);

Deno.test("two speakers that dial at once end with one session, whatever the delays", () => {
  for (const seed of SEEDS) {
    const pair = pairOf(seed);
    pair.delayMs = seed;
    started(pair).run(30_000);
    assertConverged(pair, `seed ${seed}`);
    assert.equal(count(pair, "SessionUp"), 2, `seed ${seed}: no session flaps`);
    assertReasons(pair);
  }
});

Deno.test("in a collision the connection dialled by the higher identifier survives", () => {
  for (
    const [left, right, survivor] of [["10.0.0.1", "10.0.0.2", "right"], [
      "200.0.0.1",
      "10.0.0.2",
      "left",
    ]] as const
  ) {
    const pair = pairOf(1, { bgpIdentifier: left as Ip }, { bgpIdentifier: right as Ip });
    // Both dial in the same instant, and every octet takes the same time: neither is Established first.
    pair.jitter = 0;
    started(pair).run(10_000);
    assertConverged(pair, survivor);
    assert.equal(pair[survivor].state.dialled.fsm.name, "Established", survivor);
    assert.equal(count(pair, "SessionUp"), 2);
  }
});

Deno.test("equal identifiers in two ASes collide by AS number", () => {
  const pair = pairOf(3, {}, { bgpIdentifier: LEFT.bgpIdentifier });
  pair.jitter = 0;
  started(pair).run(10_000);
  assertConverged(pair, "equal identifiers");
  assert.equal(pair.right.state.dialled.fsm.name, "Established");
});

Deno.test("a passive speaker never dials, and two passive ones never meet", () => {
  const one = started(pairOf(1, { passive: true })).run(60_000);
  assertConverged(one, "left passive");
  assert.equal(count(one, "OpenConnection", 0, "left"), 0);
  const both = started(pairOf(1, { passive: true }, { passive: true })).run(600_000);
  assert.equal(both.left.fsm, "Active");
  assert.equal(count(both, "OpenConnection"), 0);
});

Deno.test("a speaker that starts late is found within its first dial or the other's retry", () => {
  const pair = pairOf(2);
  pair.left.step({ type: "Start" });
  pair.run(60_000);
  pair.right.step({ type: "Start" });
  pair.run(61_000);
  assertConverged(pair, "late start");
});

Deno.test("a refused speaker retries quickly, then slower, never faster than the rule", () => {
  const pair = pairOf(4);
  pair.left.step({ type: "Start" });
  pair.run(120_000);
  const dials = pair.log.filter(({ effect }) => effect.type === "OpenConnection").map(({ at }) => at);
  assert.ok(dials.filter((at) => at < 1000).length >= 3, "quick at first");
  assert.ok(dials.length <= 22, `${dials.length} dials in two minutes`);
  for (let i = 5; i < dials.length; i++) assert.ok(dials[i]! - dials[i - 1]! > 2000);
});

Deno.test("wrong AS numbers on both sides make no storm", () => {
  const pair = started(pairOf(5, { remoteAsn: 65099 }, { remoteAsn: 65098 })).run(300_000);
  assert.notEqual(pair.left.fsm, "Established");
  assert.ok(pair.left.sentMessages + pair.right.sentMessages < 600);
  assert.ok(pair.log.some(({ effect }) =>
    effect.type === "Send" && effect.message.type === "Notification" &&
    effect.message.code === 2 && effect.message.subcode === 2
  ));
});

Deno.test("a cut link is noticed when the hold time has passed, and healed when it is back", () => {
  for (const seed of SEEDS) {
    const pair = started(pairOf(seed, { holdTimeSeconds: 9 }, { holdTimeSeconds: 30 })).run(20_000);
    assertConverged(pair, `seed ${seed}`);
    pair.isCut = true;
    pair.run(29_100);
    for (const speaker of [pair.left, pair.right]) {
      assert.notEqual(speaker.fsm, "Established", `seed ${seed}`);
    }
    const downs = pair.log.filter(({ effect }) => effect.type === "SessionDown");
    assert.equal(downs.length, 2);
    for (const { at, effect } of downs) {
      assert.ok(at > 25_000 && at <= 29_100, `${at}`);
      assert.ok(effect.type === "SessionDown" && effect.reason === "hold-timer-expired");
    }
    pair.run(90_000);
    pair.isCut = false;
    pair.run(110_000);
    assertConverged(pair, `healed, seed ${seed}`);
  }
});

Deno.test("keepalives hold a quiet session for a day, at 75 to 100 % of a third of the hold time", () => {
  const pair = started(pairOf(6, { holdTimeSeconds: 90 }, { holdTimeSeconds: 180 })).run(86_400_000);
  assertConverged(pair, "a day");
  assert.equal(count(pair, "SessionUp"), 2);
  const keepalives = pair.log.filter((entry) =>
    entry.speaker === "left" && entry.effect.type === "Send" && entry.effect.message.type === "Keepalive"
  ).slice(2);
  for (let i = 1; i < keepalives.length; i++) {
    const gap = keepalives[i]!.at - keepalives[i - 1]!.at;
    assert.ok(gap >= 22_500 - 1e-6 && gap <= 30_000 + 1e-6, `${gap}`);
  }
});

Deno.test("a hold time of zero sends no keepalives and never expires", () => {
  const pair = started(pairOf(7, { holdTimeSeconds: 0 })).run(10_000);
  const sent = pair.left.sentMessages;
  pair.run(7_200_000);
  assertConverged(pair, "hold time zero");
  assert.equal(pair.left.sentMessages, sent);
});

Deno.test("after a reset the session is back within two seconds", () => {
  for (const seed of SEEDS) {
    const pair = started(pairOf(seed)).run(60_000);
    pair.resetAll();
    pair.run(62_000);
    assertConverged(pair, `seed ${seed}`);
    assert.ok(count(pair, "OpenConnection", 60_000) <= 8);
  }
});

Deno.test("resets in a row end in one session, without a storm and with all routes", () => {
  for (const seed of SEEDS) {
    const pair = pairOf(seed);
    pair.chunkOctets = 1 + seed * 13;
    for (let i = 0; i < 300; i++) pair.left.ribOut.announce(net(i), PLAIN);
    started(pair).run(5000);
    for (let i = 0; i < 10; i++) {
      pair.resetAll();
      pair.run(pair.now + 3000 * pair.rng());
    }
    pair.run(pair.now + 30_000);
    assertConverged(pair, `seed ${seed}`);
    assert.equal(pair.right.learnt.size, 300);
    assert.ok(pair.left.sentMessages + pair.right.sentMessages < 400);
  }
});

Deno.test("a stop says why, and the peer comes back only after a start", () => {
  const pair = started(pairOf(8)).run(5000);
  pair.left.step({ type: "Stop", subcode: CEASE.administrativeShutdown, text: "going down" });
  pair.run(120_000);
  const down = pair.log.findLast(({ speaker, effect }) =>
    speaker === "right" && effect.type === "SessionDown"
  );
  assert.ok(down?.effect.type === "SessionDown" && down.effect.end.type === "NotificationReceived");
  assert.equal(down.effect.end.notification.subcode, CEASE.administrativeShutdown);
  assert.equal(pair.left.fsm, "Idle");
  pair.left.step({ type: "Start" });
  pair.run(135_000);
  assertConverged(pair, "started again");
});

Deno.test("graceful restart: a silent stop keeps routes, a shutdown does not", () => {
  for (
    const [event, kept] of [
      [{ type: "StopForRestart" }, true],
      [{ type: "Stop", subcode: CEASE.administrativeShutdown, text: "" }, false],
      [{ type: "Stop", subcode: CEASE.otherConfigurationChange, text: "" }, true],
    ] as const
  ) {
    const pair = started(pairOf(9, { restartTimeSeconds: 120 }, { restartTimeSeconds: 60 })).run(5000);
    pair.left.step(event);
    const down = pair.log.findLast(({ effect }) => effect.type === "SessionDown");
    assert.ok(down?.effect.type === "SessionDown");
    assert.equal(down.effect.routesKeptMs, kept ? 120_000 : null, JSON.stringify(event));
    pair.left = new Speaker("left", pair.left.config, pair, true);
    pair.left.step({ type: "Start" });
    pair.run(20_000);
    assertConverged(pair, "restarted");
    assert.equal(pair.right.negotiated?.gracefulRestart?.restarting, true);
    pair.resetAll();
    pair.run(40_000);
    assert.equal(
      pair.right.negotiated?.gracefulRestart?.restarting,
      false,
      "the R bit is for the first session",
    );
  }
});

Deno.test("a peer with graceful restart that comes back unnoticed replaces its old session", () => {
  const pair = started(pairOf(10, { restartTimeSeconds: 120 }, { restartTimeSeconds: 60, passive: true }))
    .run(5000);
  // The process is gone without a FIN; a new one dials.
  pair.left.ends.clear();
  pair.left = new Speaker("left", pair.left.config, pair, true);
  pair.left.step({ type: "Start" });
  pair.run(6000);
  assertConverged(pair, "replaced");
});

Deno.test("BFD down ends the session with its own subcode, hard when routes would be kept", () => {
  for (const restartTimeSeconds of [null, 120]) {
    const config = { bfd: "loose", restartTimeSeconds } as const;
    const pair = started(pairOf(11, config, config)).run(5000);
    pair.left.step({ type: "BfdUp" });
    pair.left.step({ type: "BfdDown" });
    const sent = pair.log.findLast(({ effect }) => effect.type === "Send")?.effect;
    assert.ok(sent?.type === "Send" && sent.message.type === "Notification");
    assert.equal(sent.message.subcode, restartTimeSeconds === null ? CEASE.bfdDown : CEASE.hardReset);
    pair.run(10_000);
    assertConverged(pair, "loose coupling lets it come back");
  }
});

Deno.test("strict BFD lets no session start before the path is up", () => {
  const pair = started(pairOf(12, { bfd: "strict" })).run(60_000);
  assert.equal(pair.left.fsm, "Idle");
  pair.left.step({ type: "BfdUp" });
  pair.run(61_000);
  assertConverged(pair, "up");
  pair.left.step({ type: "BfdDown" });
  pair.run(120_000);
  assert.equal(pair.left.fsm, "Idle");
});

Deno.test("routes of both families cross, and a thousand random edits end in the same tables", () => {
  for (const seed of SEEDS.slice(0, 5)) {
    const pair = started(pairOf(seed)).run(5000);
    const wished = new Map<Prefix, string>();
    const sets = [PLAIN, attributeSet(100, ["65001:7" as never]), attributeSet(100, ["65001:8" as never])];
    for (let i = 0; i < 1000; i++) {
      const number = Math.floor(pair.rng() * 200);
      const prefix = pair.rng() < 0.5
        ? net(number)
        : `2001:db8::${number.toString(16)}/128`.replace("::0/", "::/") as Prefix;
      if (pair.rng() < 0.4) {
        pair.left.ribOut.withdraw(prefix);
        wished.delete(prefix);
      } else {
        const set = sets[Math.floor(pair.rng() * sets.length)]!;
        pair.left.ribOut.announce(prefix, set);
        wished.set(prefix, set.communities.join(" "));
      }
      if (pair.rng() < 0.1) pair.left.flush();
    }
    pair.left.flush();
    pair.run(6000);
    const seen = new Map(
      [...pair.right.learnt].map(([prefix, { communities }]) => [prefix, (communities ?? []).join(" ")]),
    );
    assert.deepEqual([...seen].sort(), [...wished].sort());
    assert.equal(count(pair, "SessionUp"), 2);
  }
});

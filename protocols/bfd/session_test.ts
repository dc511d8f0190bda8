import assert from "node:assert/strict";
import type { Context, Instant } from "../machine.ts";
import { DEFAULT_SESSION, type SessionConfig } from "./config.ts";
import type { EchoPacket } from "./echo.ts";
import { type BfdState, type ControlPacket, SESSION_STATES } from "./packet.ts";
import {
  openSession,
  sessionDeadline,
  type SessionEffect,
  type SessionEvent,
  stepSession,
} from "./session.ts";
import { localDetectionTimeMs, remoteDetectionTimeMs, type SessionState } from "./state.ts";

const fast: SessionConfig = {
  ...DEFAULT_SESSION,
  localDiscriminator: 1,
  desiredMinTxUs: 100_000,
  requiredMinRxUs: 100_000,
};

/** What a neighbor at 100 ms says; `state` makes it say it. */
const neighbor: Omit<ControlPacket, "state"> = {
  diag: 0,
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMult: 3,
  myDiscriminator: 2,
  yourDiscriminator: 1,
  desiredMinTxUs: 100_000,
  requiredMinRxUs: 100_000,
  requiredMinEchoRxUs: 0,
};

/** A session opened at 0, without jitter unless a generator is given. */
class Script {
  now = 0;
  state: SessionState;
  readonly log: (readonly [at: number, effect: SessionEffect])[] = [];

  constructor(public config: SessionConfig = fast, readonly rng: () => number = () => 0) {
    this.state = openSession(config, this.#cx());
  }

  /** A session that is Up at 1000, its own Poll answered, the neighbor at 100 ms. */
  static up(changes: Partial<SessionConfig> = {}, says: Partial<ControlPacket> = {}): Script {
    const script = new Script({ ...fast, ...changes });
    script.run(900).hear("Down", says).run(1000).hear("Up", says);
    if (script.state.intervals.poll === "Active") script.hear("Up", { ...says, final: true });
    script.hear("Up", says);
    assert.equal(script.state.sessionState, "Up");
    script.log.length = 0;
    return script;
  }

  #cx(): Context {
    return { now: this.now as Instant, rng: this.rng };
  }

  step(event: SessionEvent): this {
    const { state, effects } = stepSession(this.state, event, this.config, this.#cx());
    this.state = state;
    for (const effect of effects) this.log.push([this.now, effect]);
    return this;
  }

  /** Serves every deadline up to `until`. */
  run(until: number): this {
    for (let at = sessionDeadline(this.state); at !== null && at <= until; at = sessionDeadline(this.state)) {
      const before = this.log.length;
      this.now = Math.max(this.now, at);
      this.step({ type: "TimerExpired" });
      assert.ok(this.log.length > before || sessionDeadline(this.state) !== at, "a deadline makes progress");
    }
    this.now = until;
    return this;
  }

  hear(state: BfdState, says: Partial<ControlPacket> = {}): this {
    return this.step({ type: "PacketReceived", packet: { ...neighbor, ...says, state } });
  }

  /** Hears the same every `everyMs` until then. */
  hearUntil(until: number, everyMs = 100, says: Partial<ControlPacket> = {}): this {
    while (this.now + everyMs <= until) this.run(this.now + everyMs).hear("Up", says);
    return this;
  }

  change(changes: Partial<SessionConfig>): this {
    this.config = { ...this.config, ...changes };
    return this.step({ type: "ConfigChanged" });
  }

  get sent(): (ControlPacket & { readonly at: number })[] {
    return this.log.flatMap(([at, effect]) =>
      effect.type === "SendControl" ? [{ ...effect.packet, at }] : []
    );
  }

  get echoes(): (EchoPacket & { readonly at: number })[] {
    return this.log.flatMap(([at, effect]) => effect.type === "SendEcho" ? [{ ...effect.packet, at }] : []);
  }

  get changes(): string[] {
    return this.log.flatMap(([at, effect]) =>
      effect.type === "StateChanged"
        ? [`${at} ${effect.from} ${effect.to} ${effect.diag} ${effect.reason}`]
        : []
    );
  }
}

/** A session in that state, reached by what leads there. */
function scriptIn(state: BfdState): Script {
  const script = new Script();
  if (state === "AdminDown") script.step({ type: "AdminDown" });
  if (state === "Init" || state === "Up") script.hear("Down");
  if (state === "Up") script.hear("Init");
  assert.equal(script.state.sessionState, state);
  script.log.length = 0;
  return script;
}

const nextStates: Readonly<Record<BfdState, readonly [string, string, string, string]>> = {
  //           AdminDown    Down         Init         Up
  AdminDown: ["AdminDown", "AdminDown", "AdminDown", "AdminDown"],
  Down: ["Down", "Init", "Up", "Down"],
  Init: ["Down", "Init", "Up", "Up"],
  Up: ["Down", "Down", "Up", "Up"],
};
for (const local of SESSION_STATES) {
  for (const [i, received] of SESSION_STATES.entries()) {
    const expected = nextStates[local][i]!;
    Deno.test(`stepSession() in ${local} that hears ${received} is ${expected}`, () => {
      const script = scriptIn(local).hear(received);
      assert.equal(script.state.sessionState, expected);
      assert.equal(script.changes.length, local === expected ? 0 : 1);
      // A change is told at once, nothing else is.
      assert.deepEqual(script.sent.map(({ state }) => state), local === expected ? [] : [expected]);
      const isDiscarded = script.log.some(([, effect]) => effect.type === "Discarded");
      assert.equal(isDiscarded, local === "AdminDown");
    });
  }
}

Deno.test("a session sends once a second before it is Up, then polls with its own interval until F", () => {
  const script = new Script().run(1500);
  assert.deepEqual(script.sent.map(({ at, desiredMinTxUs, poll }) => [at, desiredMinTxUs, poll]), [
    [0, 1_000_000, false],
    [1000, 1_000_000, false],
  ]);
  script.log.length = 0;
  script.hear("Down").run(1550).hear("Up").run(1750).hear("Up", { final: true }).run(1850);
  assert.deepEqual(
    script.sent.map(({ at, state, desiredMinTxUs, poll }) => [at, state, desiredMinTxUs, poll]),
    [
      [1500, "Init", 1_000_000, false],
      [1550, "Up", 100_000, true],
      [1650, "Up", 100_000, true],
      [1750, "Up", 100_000, true],
      [1850, "Up", 100_000, false],
    ],
  );
});

Deno.test("a session whose own interval is longer than a second has nothing to poll for", () => {
  const script = Script.up({ desiredMinTxUs: 2_000_000 });
  assert.deepEqual([script.state.intervals.poll, script.state.transmitIntervalMs], ["Idle", 2000]);
});

Deno.test("a session answers a Poll at once with F and never with P, whatever it is sending", () => {
  for (const state of ["Down", "Init", "Up"] as const) {
    const script = scriptIn(state);
    const before = script.state.deadlines.transmit;
    script.now = 7;
    script.hear(state === "Down" ? "Up" : state, { poll: true });
    const sent = script.sent;
    assert.deepEqual([sent[0]!.at, sent[0]!.final, sent[0]!.poll], [7, true, false]);
    assert.equal(sent.length, 1);
    if (state !== "Init") assert.equal(script.state.deadlines.transmit, before);
  }
});

Deno.test("a session that comes Up with a Poll from the neighbor answers it and then polls itself", () => {
  const script = new Script().run(10).hear("Down").run(20);
  script.log.length = 0;
  script.hear("Init", { poll: true }).run(200);
  const [first, second] = script.sent;
  assert.deepEqual([first?.state, first?.final, first?.poll], ["Up", true, false]);
  assert.deepEqual([second?.state, second?.final, second?.poll], ["Up", false, true]);
  assert.ok(second!.at <= 120);
});

Deno.test("a session sends within 75 to 100 percent of the interval, 75 to 90 with a Detect Mult of 1", () => {
  for (const [detectMult, most] of [[3, 100], [1, 90]] as const) {
    let seed = 1;
    const script = Script.up({ detectMult });
    Object.assign(script, { rng: () => (seed = seed * 48271 % 2147483647) / 2147483647 });
    script.hearUntil(30_000);
    const at = script.sent.slice(1).map((packet) => packet.at);
    const gaps = at.slice(1).map((value, i) => value - at[i]!);
    assert.ok(gaps.length > 290);
    assert.ok(gaps.every((gap) => gap >= 75 - 1e-6 && gap <= most + 1e-6));
    assert.ok(Math.max(...gaps) - Math.min(...gaps) > 10, "there is jitter");
  }
});

Deno.test("a session goes Down when the detection time passes, to the instant, with diagnostic 1", () => {
  const script = Script.up();
  assert.equal(localDetectionTimeMs(script.state), 300);
  script.run(1299.9);
  assert.deepEqual(script.changes, []);
  script.run(1300);
  assert.deepEqual(script.changes, ["1300 Up Down 1 detection-time-expired"]);
  const last = script.sent.at(-1)!;
  assert.deepEqual([last.at, last.state, last.diag, last.yourDiscriminator, last.desiredMinTxUs], [
    1300,
    "Down",
    1,
    0,
    1_000_000,
  ]);
});

Deno.test("a session in Init goes Down when the detection time passes", () => {
  const script = scriptIn("Init").run(300);
  assert.deepEqual(script.changes, ["300 Init Down 1 detection-time-expired"]);
});

Deno.test("a packet of any kind but a discarded one puts the detection time off", () => {
  for (const says of [{}, { final: true }, { poll: true }, { demand: true }]) {
    const script = Script.up().run(1299).hear("Up", says).run(1598);
    assert.deepEqual(script.changes, []);
    assert.equal(script.run(1599).changes.length, 1);
  }
});

Deno.test("a session Down forgets a silent neighbor's discriminator and intervals", () => {
  const script = new Script().hear("AdminDown", { requiredMinRxUs: 5_000_000 });
  assert.equal(script.state.remote.discriminator, 2);
  assert.equal(script.state.transmitIntervalMs, 5000);
  script.run(299);
  assert.equal(script.state.remote.discriminator, 2);
  script.run(300);
  assert.equal(script.state.remote.discriminator, 0);
  assert.equal(script.state.transmitIntervalMs, 1000);
  assert.deepEqual(script.changes, []);
});

Deno.test("AdminDown tells the neighbor at once, again every second, and hears nothing", () => {
  const script = Script.up().step({ type: "AdminDown" });
  assert.deepEqual(script.changes, ["1000 Up AdminDown 7 admin-down"]);
  assert.equal(remoteDetectionTimeMs(script.state, script.config), 3000);
  script.run(1100).hear("Down", { poll: true });
  assert.deepEqual(script.log.at(-1)?.[1], { type: "Discarded", reason: "session-admin-down" });
  script.run(4000);
  const sent = script.sent;
  assert.deepEqual(sent.map(({ at }) => at), [1000, 2000, 3000, 4000]);
  assert.ok(sent.every(({ state, diag, final }) => state === "AdminDown" && diag === 7 && !final));
  script.log.length = 0;
  script.step({ type: "AdminDown" });
  assert.deepEqual(script.log, []);
});

Deno.test("AdminUp begins anew from Down and means nothing in another state", () => {
  const script = Script.up().step({ type: "AdminUp" });
  assert.deepEqual(script.log, []);
  script.step({ type: "AdminDown" }).step({ type: "AdminUp" });
  assert.equal(script.changes.at(-1), "1000 AdminDown Down 0 admin-up");
  script.hear("Down").hear("Up");
  assert.equal(script.state.sessionState, "Up");
});

Deno.test("a passive session is silent until it is spoken to, and again when the neighbor is gone", () => {
  const script = new Script({ ...fast, passive: true }).step({ type: "ConfigChanged" });
  script.step({ type: "AdminDown" }).step({ type: "AdminUp" }).run(60_000);
  assert.deepEqual(script.sent, []);
  assert.equal(sessionDeadline(script.state), null);
  script.hear("Down", { yourDiscriminator: 0 });
  assert.deepEqual(script.sent.map(({ state, at }) => [state, at]), [["Init", 60_000]]);
  script.hear("Up").run(60_300);
  script.log.length = 0;
  script.run(120_000);
  assert.deepEqual(script.sent, []);
});

Deno.test("a session sends nothing of its own accord to one that wants none, but answers Polls", () => {
  const script = Script.up().hear("Up", { requiredMinRxUs: 0 });
  script.hearUntil(5000, 100, { requiredMinRxUs: 0 });
  assert.deepEqual(script.sent, []);
  script.hear("Up", { requiredMinRxUs: 0, poll: true });
  assert.deepEqual(script.sent.map(({ final }) => final), [true]);
  script.hear("Up").hearUntil(5400);
  assert.ok(script.sent.length >= 4);
});

Deno.test("a session stops for a neighbor in demand mode, and sends again while it polls", () => {
  const script = Script.up().hearUntil(5000, 100, { demand: true });
  assert.equal(script.sent.filter(({ at }) => at > 1100).length, 0);
  script.change({ desiredMinTxUs: 200_000 }).run(5200);
  assert.deepEqual(script.sent.slice(-3).map(({ at, poll }) => [at, poll]), [[5000, true], [5100, true], [
    5200,
    true,
  ]]);
  script.hear("Up", { demand: true, final: true });
  assert.equal(script.state.deadlines.transmit, null);
});

Deno.test("a session honours a change of the neighbor's Required Min RX at once, in both directions", () => {
  const script = Script.up().hear("Up", { requiredMinRxUs: 2_000_000 }).run(1100);
  const before = script.state.transmittedAt!;
  assert.equal(script.state.deadlines.transmit, before + 2000);
  script.hearUntil(1500, 100, { requiredMinRxUs: 2_000_000 });
  script.log.length = 0;
  // The last packet is longer ago than the new interval: due now.
  script.hear("Up", { requiredMinRxUs: 50_000 }).run(1500);
  assert.deepEqual(script.sent.map(({ at }) => at), [1500]);
});

Deno.test("a slower transmission waits for the Final, a faster one does not", () => {
  const slower = Script.up().change({ desiredMinTxUs: 500_000 });
  assert.deepEqual(slower.sent.map(({ poll, desiredMinTxUs }) => [poll, desiredMinTxUs]), [[true, 500_000]]);
  assert.equal(slower.state.transmitIntervalMs, 100);
  slower.hear("Up", { final: true });
  assert.equal(slower.state.transmitIntervalMs, 500);
  const faster = Script.up({}, { requiredMinRxUs: 10_000 }).change({ desiredMinTxUs: 50_000 });
  assert.equal(faster.state.transmitIntervalMs, 50);
});

Deno.test("a shorter Required Min RX shortens the detection time after the Final, a longer one lengthens it at once", () => {
  const shorter = Script.up({}, { desiredMinTxUs: 10_000 }).change({ requiredMinRxUs: 50_000 });
  assert.equal(shorter.sent[0]?.requiredMinRxUs, 50_000);
  assert.equal(localDetectionTimeMs(shorter.state), 300);
  shorter.hear("Up", { desiredMinTxUs: 10_000, final: true });
  assert.equal(localDetectionTimeMs(shorter.state), 150);
  assert.equal(shorter.state.deadlines.detection, 1150);
  const longer = Script.up().change({ requiredMinRxUs: 400_000 });
  assert.equal(longer.state.deadlines.detection, 2200);
});

Deno.test("a change during a Poll Sequence waits for its Final and a packet without F", () => {
  const script = Script.up().change({ desiredMinTxUs: 200_000 }).change({ requiredMinRxUs: 200_000 });
  assert.equal(script.state.intervals.requiredMinRxUs, 100_000);
  script.hear("Up", { final: true }).hear("Up", { final: true });
  assert.deepEqual([script.state.intervals.poll, script.state.intervals.requiredMinRxUs], [
    "Settling",
    100_000,
  ]);
  script.hear("Up");
  assert.deepEqual([script.state.intervals.poll, script.state.intervals.requiredMinRxUs], [
    "Active",
    200_000,
  ]);
  assert.equal(script.sent.at(-1)?.poll, true);
});

Deno.test("a Poll Sequence ends with the Up state, and what it was to agree on holds", () => {
  const script = Script.up({ desiredMinTxUs: 2_000_000 }).change({ requiredMinRxUs: 50_000 });
  assert.equal(script.state.intervals.poll, "Active");
  script.hear("Down");
  assert.deepEqual([script.state.intervals.poll, script.state.intervals.receiveUs], ["Idle", 50_000]);
  assert.equal(script.sent.at(-1)?.poll, false);
});

Deno.test("Detect Mult and the echo we take change without a Poll and are told at once", () => {
  const script = Script.up().change({ detectMult: 5, requiredMinEchoRxUs: 20_000 });
  assert.deepEqual(script.sent.map((p) => [p.detectMult, p.requiredMinEchoRxUs, p.poll]), [[
    5,
    20_000,
    false,
  ]]);
  assert.equal(
    Script.up({ multihop: true, requiredMinEchoRxUs: 1 }).run(1100).sent[0]?.requiredMinEchoRxUs,
    0,
  );
});

Deno.test("a session comes Up with a neighbor that chose the same discriminator", () => {
  const script = new Script().hear("Down", { myDiscriminator: 1, yourDiscriminator: 0 });
  script.hear("Init", { myDiscriminator: 1 });
  assert.equal(script.state.sessionState, "Up");
});

Deno.test("a session follows a neighbor that starts anew with another discriminator", () => {
  const script = Script.up().hear("Down", { myDiscriminator: 9, yourDiscriminator: 0, requiredMinRxUs: 1 });
  assert.deepEqual(script.changes, ["1000 Up Down 3 neighbor-signaled-down"]);
  assert.deepEqual(script.sent.map(({ yourDiscriminator }) => yourDiscriminator), [9]);
  script.hear("Down", { myDiscriminator: 9, yourDiscriminator: 0 }).hear("Init", { myDiscriminator: 9 });
  assert.equal(script.state.sessionState, "Up");
});

Deno.test("a session says why it went down until it is Up again", () => {
  const script = Script.up().run(1300).hear("Down");
  assert.deepEqual([script.state.sessionState, script.state.localDiag], ["Init", 1]);
  script.hear("Up");
  assert.equal(script.state.localDiag, 0);
});

Deno.test("a session late by 20 ms each time still keeps its rate", () => {
  const script = Script.up();
  for (let i = 0; i < 100; i++) {
    script.now = script.state.deadlines.transmit! + 20;
    script.hear("Up").step({ type: "TimerExpired" });
  }
  const at = script.sent.map((packet) => packet.at);
  const mean = (at.at(-1)! - at[0]!) / (at.length - 1);
  assert.ok(mean < 101, `${mean} ms`);
});

Deno.test("a packet that says nothing new changes two instants and nothing else", () => {
  const script = Script.up();
  const before = script.state;
  script.now += 50;
  script.hear("Up");
  assert.deepEqual(script.log, []);
  assert.equal(script.state.remote, before.remote);
  assert.equal(script.state.intervals, before.intervals);
  assert.deepEqual(script.state, {
    ...before,
    receivedAt: 1050,
    deadlines: { ...before.deadlines, detection: 1350 },
  });
});

Deno.test("stepSession() has nothing to say before a deadline", () => {
  const script = Script.up();
  const before = script.state;
  script.step({ type: "TimerExpired" });
  assert.deepEqual([script.log, script.state], [[], before]);
});

Deno.test("a session's state is plain JSON", () => {
  for (const { state } of [Script.up(), Script.up({ echoIntervalUs: 50_000 }, { requiredMinEchoRxUs: 1 })]) {
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
  }
});

const echoing: Partial<ControlPacket> = { requiredMinEchoRxUs: 20_000 };

/** A session whose echo packets come back, once. */
function looped(): Script {
  const script = Script.up({ echoIntervalUs: 50_000 }, echoing).run(1000);
  const { at: _, ...packet } = script.echoes[0]!;
  return script.step({ type: "EchoReceived", packet });
}

Deno.test("echo packets go out only while Up, to a neighbor that loops them back, over one hop", () => {
  assert.deepEqual(Script.up({}, echoing).run(1200).echoes, []);
  assert.deepEqual(Script.up({ echoIntervalUs: 50_000 }).run(1200).echoes, []);
  assert.deepEqual(Script.up({ echoIntervalUs: 50_000, multihop: true }, echoing).run(1200).echoes, []);
  const script = Script.up({ echoIntervalUs: 50_000 }, echoing).run(1200);
  assert.deepEqual(script.echoes.map(({ at, sequence }) => [at, sequence]), [
    [1000, 1],
    [1050, 2],
    [1100, 3],
    [1150, 4],
    [1200, 5],
  ]);
  script.hear("Up", { requiredMinEchoRxUs: 0 });
  assert.deepEqual([script.state.echo, script.state.deadlines.echoTransmit], [null, null]);
  script.hear("Up", echoing);
  assert.notEqual(script.state.echo, null);
  script.hear("Down", echoing);
  assert.equal(script.state.echo, null);
});

Deno.test("echo packets are no faster than the neighbor wants them, from the packet that says so", () => {
  const script = Script.up({ echoIntervalUs: 50_000 }, { requiredMinEchoRxUs: 80_000 }).run(1160);
  assert.deepEqual(script.echoes.map(({ at }) => at), [1000, 1080, 1160]);
  script.hear("Up", { requiredMinEchoRxUs: 300_000 }).hearUntil(1460, 100, { requiredMinEchoRxUs: 300_000 });
  assert.deepEqual(script.echoes.slice(3).map(({ at }) => at), [1460]);
});

Deno.test("the first echo that comes back slows the control packets asked for, by a Poll", () => {
  const silent = Script.up({ echoIntervalUs: 50_000 }, echoing).hearUntil(5000, 100, echoing);
  assert.deepEqual([silent.state.intervals.requiredMinRxUs, silent.changes], [100_000, []]);
  const script = looped();
  const { requiredMinRxUs, poll } = script.sent.at(-1)!;
  assert.deepEqual([requiredMinRxUs, poll], [1_000_000, true]);
  assert.equal(script.state.deadlines.echoDetection, 1150);
  script.hear("Up", { ...echoing, final: true }).hear("Up", { requiredMinEchoRxUs: 0 });
  assert.equal(script.state.intervals.requiredMinRxUs, 100_000);
  assert.equal(localDetectionTimeMs(script.state), 3000);
});

Deno.test("a session goes Down with diagnostic 2 when echo packets stop coming back", () => {
  const script = looped().run(1050);
  const { at: _, ...packet } = script.echoes.at(-1)!;
  script.step({ type: "EchoReceived", packet }).hear("Up", echoing).run(1199);
  assert.deepEqual(script.changes, []);
  script.run(1200);
  assert.deepEqual(script.changes, ["1200 Up Down 2 echo-function-failed"]);
  assert.deepEqual([script.state.echo, script.state.deadlines.echoDetection], [null, null]);
});

Deno.test("a slower echo interval gives the echoes on their way their time", () => {
  const script = looped().hear("Up", { requiredMinEchoRxUs: 500_000 });
  assert.deepEqual([script.state.deadlines.echoTransmit, script.state.deadlines.echoDetection], [1500, 2500]);
});

Deno.test("an echo with another key, a copy, or one never sent proves nothing", () => {
  const script = looped().run(1100);
  const { at: _, ...last } = script.echoes.at(-1)!;
  const before = script.state.deadlines.echoDetection;
  const foreign = [
    { ...last, key: last.key + 1 },
    { ...last, sequence: last.sequence + 1 },
    { ...last, sequence: 1 },
    { ...last, sequence: 0 },
  ];
  for (const packet of foreign) {
    script.log.length = 0;
    script.step({ type: "EchoReceived", packet });
    assert.deepEqual(script.log.map(([, effect]) => effect), [{
      type: "Discarded",
      reason: "echo-unexpected",
    }]);
    assert.equal(script.state.deadlines.echoDetection, before);
  }
  script.step({ type: "EchoReceived", packet: last });
  assert.equal(script.state.deadlines.echoDetection, 1250);
  const off = Script.up().step({ type: "EchoReceived", packet: last });
  assert.deepEqual(off.log.map(([, effect]) => effect.type), ["Discarded"]);
});

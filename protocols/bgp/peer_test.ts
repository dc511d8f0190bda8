import assert from "node:assert/strict";
import fc from "fast-check";
import type { Context, Instant } from "../machine.ts";
import type { Ip } from "../net/ip.ts";
import { openPeer, peerDeadline, peerFsmState, stepPeer } from "./peer.ts";
import { canChangeInPlace, DEFAULT_FSM_TIMES, DEFAULT_PEER, type PeerConfig } from "./peer_config.ts";
import type { PeerEffect, PeerEvent, PeerState } from "./peer_state.ts";
import { CEASE, headerError, openError, updateError } from "./wire/error.ts";
import type { BgpMessage } from "./wire/message.ts";
import type { OpenMessage } from "./wire/open.ts";
import type { UpdateMessage } from "./wire/update.ts";

const config: PeerConfig = {
  ...DEFAULT_PEER,
  localAsn: 65001,
  remoteAsn: 65002,
  bgpIdentifier: "10.0.0.1" as Ip,
};
const theirOpen: OpenMessage = {
  type: "Open",
  asn: 65002,
  holdTimeSeconds: 90,
  bgpIdentifier: "10.0.0.2" as Ip,
  capabilities: [
    { type: "Multiprotocol", afi: 1, safi: 1 },
    { type: "RouteRefresh" },
    { type: "FourOctetAsn", asn: 65002 },
  ],
};
const update: UpdateMessage = {
  type: "Update",
  withdrawn: [],
  announced: [],
  attributes: {},
  endOfRib: "ipv4-unicast",
  verdict: null,
  faults: [],
  ignoredFamilies: [],
  ignoredPrefixes: [],
};
const keepalive: BgpMessage = { type: "Keepalive" };

/** A peer, what it was told and what it asked for in the last step. */
class Script {
  state: PeerState;
  effects: readonly PeerEffect[] = [];
  now = 0;

  constructor(readonly peer: PeerConfig = config, restarting = false) {
    this.state = openPeer(peer, restarting, this.#cx());
  }

  #cx(): Context {
    return { now: this.now as Instant, rng: () => 1 };
  }

  step(event: PeerEvent): this {
    const { state, effects } = stepPeer(this.state, event, this.peer, this.#cx());
    this.state = state;
    this.effects = effects;
    return this;
  }

  at(now: number): this {
    this.now = now;
    return this.step({ type: "TimerExpired" });
  }

  hear(connection: number, ...messages: BgpMessage[]): this {
    for (const message of messages) this.step({ type: "MessageReceived", connection, message });
    return this;
  }

  /** Up to Established on the first dialled connection. */
  established(): this {
    return this.step({ type: "Start" }).step({ type: "ConnectionOpened", connection: 1 })
      .hear(1, theirOpen, keepalive);
  }

  /** The last step without reports, in short. */
  get brief(): string {
    return this.effects.map((effect) => {
      switch (effect.type) {
        case "Send":
          return effect.message.type === "Notification"
            ? `N ${effect.message.code}/${effect.message.subcode} on ${effect.connection}`
            : `${effect.message.type} on ${effect.connection}`;
        case "OpenConnection":
        case "AdoptConnection":
        case "CloseConnection":
          return `${effect.type} ${effect.connection}`;
        case "RejectConnection":
          return `${effect.type} ${effect.reason}`;
        case "StateChanged":
          return "";
        default:
          return effect.type;
      }
    }).filter((word) => word !== "").join(", ");
  }

  get fsm(): string {
    return peerFsmState(this.state);
  }
}

Deno.test("stepPeer() takes a peer from Start to a session", () => {
  const script = new Script();
  assert.equal(script.step({ type: "Start" }).brief, "OpenConnection 1");
  assert.equal(script.step({ type: "ConnectionOpened", connection: 1 }).brief, "Open on 1");
  assert.equal(script.hear(1, theirOpen).brief, "Keepalive on 1");
  assert.equal(script.hear(1, keepalive).brief, "SessionUp");
  assert.equal(script.fsm, "Established");
});

Deno.test("stepPeer() refuses a peer's connection before Start and adopts it after", () => {
  const script = new Script();
  assert.equal(script.step({ type: "ConnectionAccepted" }).brief, "RejectConnection not-started");
  script.step({ type: "Start" });
  assert.equal(script.step({ type: "ConnectionAccepted" }).brief, "AdoptConnection 2, Open on 2");
  assert.equal(script.fsm, "OpenSent");
});

Deno.test("stepPeer() gives up dialling once the peer's connection is Established, and rests after it", () => {
  const script = new Script().step({ type: "Start" }).step({ type: "ConnectionAccepted" }).hear(2, theirOpen);
  assert.equal(script.hear(2, keepalive).brief, "SessionUp, CloseConnection 1");
  assert.equal(script.state.dialled.fsm.name, "Idle");
  assert.equal(script.at(29_999).brief, "", "nothing but keepalives until the session ends");
  script.step({ type: "ConnectionFailed", connection: 2 });
  assert.equal(script.brief, "CloseConnection 2, SessionDown");
  assert.equal(script.state.accepted.length, 0);
  assert.equal(peerDeadline(script.state), 30_399);
  assert.equal(script.at(30_399).brief, "OpenConnection 3");
});

Deno.test("stepPeer() ends the loser of a collision with N 6/7 and keeps the other", () => {
  const script = new Script().step({ type: "Start" }).step({ type: "ConnectionOpened", connection: 1 })
    .step({ type: "ConnectionAccepted" }).hear(1, theirOpen);
  assert.equal(script.hear(2, theirOpen).brief, "N 6/7 on 1, CloseConnection 1, Keepalive on 2");
  assert.equal(script.hear(2, keepalive).brief, "SessionUp");
});

Deno.test("stepPeer() answers the OPEN of a second connection with N 6/7 while a session stands", () => {
  const script = new Script().established().step({ type: "ConnectionAccepted" });
  assert.equal(script.brief, "AdoptConnection 2, Open on 2");
  assert.equal(script.hear(2, theirOpen).brief, "N 6/7 on 2, CloseConnection 2");
  assert.equal(script.fsm, "Established");
});

Deno.test("stepPeer() holds at most two accepted connections", () => {
  const script = new Script({ ...config, passive: true }).step({ type: "Start" });
  for (let i = 0; i < 10; i++) script.step({ type: "ConnectionAccepted" });
  assert.equal(script.state.accepted.length, 2);
  assert.equal(script.brief, "N 6/7 on 8, CloseConnection 8, AdoptConnection 10, Open on 10");
});

Deno.test("stepPeer() answers what cannot be decoded by its code in its state", () => {
  const rows = [
    [headerError(1, "marker"), "N 1/1"],
    [updateError(10, "nlri"), "N 3/10"],
    [{ ...updateError(1, "route-refresh-length"), code: 7 }, "N 7/1"],
    [openError(4, "parameter"), "N 5/3"],
  ] as const;
  for (const [error, sent] of rows) {
    const script = new Script().established().step({ type: "MessageRefused", connection: 1, error });
    assert.equal(script.brief, `${sent} on 1, CloseConnection 1, SessionDown`);
  }
  const early = new Script().step({ type: "Start" }).step({ type: "ConnectionOpened", connection: 1 });
  early.step({ type: "MessageRefused", connection: 1, error: openError(4, "parameter") });
  assert.equal(early.brief, "N 2/4 on 1, CloseConnection 1");
});

Deno.test("stepPeer() delivers UPDATEs of a session alone", () => {
  assert.equal(new Script().established().hear(1, update).brief, "DeliverUpdate");
  const early = new Script().step({ type: "Start" }).step({ type: "ConnectionOpened", connection: 1 });
  assert.equal(early.hear(1, update).brief, "N 5/1 on 1, CloseConnection 1");
});

Deno.test("stepPeer() asks for a refresh of agreed families, ignoring other families and subtypes", () => {
  const script = new Script().established();
  assert.equal(
    script.hear(1, { type: "RouteRefresh", afi: 1, safi: 1, subtype: 0 }).brief,
    "RefreshRequested",
  );
  for (const [afi, subtype] of [[2, 0], [99, 0], [1, 1], [1, 2], [1, 77]] as const) {
    assert.equal(script.hear(1, { type: "RouteRefresh", afi, safi: 1, subtype }).brief, "");
    assert.equal(script.fsm, "Established");
  }
});

Deno.test("stepPeer() leaves out what the peer refused, until the next Start", () => {
  const refusal: BgpMessage = { type: "Notification", code: 2, subcode: 4, data: new Uint8Array() };
  const offered = (script: Script): number => {
    const open = script.effects.find((effect) => effect.type === "Send")?.message;
    assert.ok(open?.type === "Open");
    return open.capabilities.length;
  };
  const script = new Script().step({ type: "Start" }).step({ type: "ConnectionOpened", connection: 1 });
  assert.ok(offered(script) > 0);
  assert.equal(script.hear(1, refusal).brief, "CloseConnection 1");
  assert.equal(script.at(200).brief, "OpenConnection 2");
  assert.equal(offered(script.step({ type: "ConnectionOpened", connection: 2 })), 0);
  script.step({ type: "Stop", subcode: CEASE.administrativeReset, text: "" }).step({ type: "Start" });
  assert.ok(offered(script.step({ type: "ConnectionOpened", connection: 3 })) > 0);
});

Deno.test("stepPeer() says the shutdown's text to the peer", () => {
  const script = new Script().established();
  script.step({ type: "Stop", subcode: CEASE.administrativeShutdown, text: "bye" });
  const sent = script.effects.find((effect) => effect.type === "Send")?.message;
  assert.ok(sent?.type === "Notification");
  assert.deepEqual([...sent.data], [3, 98, 121, 101]);
  assert.equal(peerDeadline(script.state), null);
});

Deno.test("Reset ends the session and comes back after a rest", () => {
  const script = new Script().established();
  script.step({ type: "Reset", subcode: CEASE.otherConfigurationChange, text: "" });
  assert.equal(script.brief, "N 6/6 on 1, CloseConnection 1, SessionDown");
  assert.equal(script.at(200).brief, "OpenConnection 2");
});

Deno.test("StopForRestart closes without a word", () => {
  const script = new Script().established().step({ type: "StopForRestart" });
  assert.equal(script.brief, "CloseConnection 1, SessionDown");
  assert.equal(script.fsm, "Idle");
  assert.equal(peerDeadline(script.state), null);
});

Deno.test("the R bit is said within the restart time and until the first session", () => {
  const isRestarting = (script: Script): boolean => {
    const open = script.effects.find((effect) => effect.type === "Send")?.message;
    assert.ok(open?.type === "Open");
    return open.capabilities.some((capability) =>
      capability.type === "GracefulRestart" && capability.restarting
    );
  };
  const graceful = { ...config, restartTimeSeconds: 5 };
  const open: PeerEvent = { type: "ConnectionOpened", connection: 1 };
  assert.ok(isRestarting(new Script(graceful, true).step({ type: "Start" }).step(open)));
  assert.ok(!isRestarting(new Script(graceful, false).step({ type: "Start" }).step(open)));
  const late = new Script(graceful, true).step({ type: "Start" });
  late.now = 5000;
  assert.ok(!isRestarting(late.step(open)));
  const again = new Script(graceful, true).established().step({ type: "ConnectionFailed", connection: 1 }).at(
    200,
  );
  assert.ok(!isRestarting(again.step({ type: "ConnectionOpened", connection: 2 })));
});

Deno.test("BfdDown ends a session only where BFD is coupled, and strict coupling waits for BfdUp", () => {
  assert.equal(new Script().established().step({ type: "BfdDown" }).brief, "");
  const loose = new Script({ ...config, bfd: "loose" }).established().step({ type: "BfdDown" });
  assert.equal(loose.brief, "N 6/10 on 1, CloseConnection 1, SessionDown");
  const strict = new Script({ ...config, bfd: "strict" }).step({ type: "Start" });
  assert.equal(strict.brief, "");
  assert.equal(strict.step({ type: "ConnectionAccepted" }).brief, "RejectConnection bfd-not-up");
  assert.equal(strict.step({ type: "BfdUp" }).brief, "OpenConnection 1");
  assert.equal(strict.step({ type: "BfdDown" }).brief, "CloseConnection 1");
  assert.equal(peerDeadline(strict.state), null);
});

Deno.test("progress in sending keeps a session with a slow reader", () => {
  const slow = { ...config, holdTimeSeconds: 0, times: { ...DEFAULT_FSM_TIMES, sendHoldMs: 10_000 } };
  assert.equal(peerDeadline(new Script(slow).established().state), null, "no hold time, no send hold time");
  const script = new Script({ ...slow, holdTimeSeconds: 90 }).established();
  script.now = 9000;
  script.step({ type: "SendProgressed", connection: 1 });
  assert.equal(script.at(18_999).fsm, "Established");
  assert.equal(script.at(19_000).brief, "N 8/0 on 1, CloseConnection 1, SessionDown");
});

Deno.test("events about connections that are gone change nothing", () => {
  const script = new Script().established();
  const before = script.state;
  const late: readonly PeerEvent[] = [
    { type: "ConnectionOpened", connection: 99 },
    { type: "ConnectionFailed", connection: 99 },
    { type: "MessageReceived", connection: 99, message: keepalive },
    { type: "MessageRefused", connection: 99, error: headerError(1, "marker") },
    { type: "SendProgressed", connection: 99 },
  ];
  for (const event of late) assert.equal(script.step(event).brief, "");
  assert.deepEqual(script.state, before);
});

Deno.test("canChangeInPlace() resets a session only for what the OPENs agreed on", () => {
  const changes: readonly (readonly [Partial<PeerConfig>, boolean])[] = [
    [{}, true],
    [{ families: [...config.families] }, true],
    [{ localAsn: 65009 }, false],
    [{ remoteAsn: "external" }, false],
    [{ bgpIdentifier: "10.0.0.9" as Ip }, false],
    [{ holdTimeSeconds: 30 }, false],
    [{ keepaliveTimeSeconds: 5 }, true],
    [{ connectRetryMs: 5 }, true],
    [{ passive: true }, true],
    [{ families: ["ipv4-unicast"] }, false],
    [{ extendedNextHop: true }, false],
    [{ restartTimeSeconds: 5 }, false],
    [{ bfd: "loose" }, true],
    [{ times: { ...DEFAULT_FSM_TIMES, sendHoldMs: 5 } }, true],
  ];
  for (const [change, inPlace] of changes) {
    assert.equal(canChangeInPlace(config, { ...config, ...change }), inPlace, JSON.stringify(change));
  }
});

Deno.test("a session outlives a change to strict BFD while BFD is down", () => {
  const script = new Script().established();
  const strict: PeerConfig = { ...config, bfd: "strict" };
  const { state, effects } = stepPeer(script.state, { type: "TimerExpired" }, strict, {
    now: 1 as Instant,
    rng: () => 1,
  });
  assert.deepEqual(effects, []);
  assert.equal(peerFsmState(state), "Established");
});

const MESSAGES: readonly BgpMessage[] = [
  theirOpen,
  { ...theirOpen, asn: 65009 },
  keepalive,
  update,
  { type: "RouteRefresh", afi: 1, safi: 1, subtype: 0 },
  { type: "Notification", code: 2, subcode: 4, data: new Uint8Array() },
  { type: "Notification", code: 6, subcode: 4, data: new Uint8Array() },
];

/** Any event; `back` picks one of the last connections, `ms` lets time pass before. */
const anyEvent: fc.Arbitrary<{ kind: number; back: number; message: number; ms: number }> = fc.record({
  kind: fc.nat(19),
  back: fc.nat(3),
  message: fc.nat(MESSAGES.length - 1),
  ms: fc.oneof(fc.constant(0), fc.nat(500), fc.nat(100_000)),
});

function eventOf(kind: number, connection: number, message: number): PeerEvent {
  const stop = { subcode: CEASE.administrativeShutdown, text: "" };
  const rare: readonly PeerEvent[] = [
    { type: "Stop", ...stop },
    { type: "StopForRestart" },
    { type: "Reset", ...stop },
    { type: "BfdUp" },
    { type: "BfdDown" },
    { type: "MessageRefused", connection, error: headerError(1, "marker") },
    { type: "ConnectionFailed", connection },
    { type: "SendProgressed", connection },
    { type: "Start" },
  ];
  if (kind < rare.length) return rare[kind]!;
  if (kind < 12) return { type: "ConnectionAccepted" };
  if (kind < 14) return { type: "ConnectionOpened", connection };
  if (kind < 15) return { type: "TimerExpired" };
  return { type: "MessageReceived", connection, message: MESSAGES[message]! };
}

Deno.test("whatever happens, a peer uses open connections only, has one session at most and never gets stuck", () => {
  const peers: readonly PeerConfig[] = [
    config,
    { ...config, passive: true },
    { ...config, bfd: "strict", restartTimeSeconds: 120 },
    { ...config, bfd: "loose", times: { ...DEFAULT_FSM_TIMES, delayOpenMs: 500 } },
  ];
  fc.assert(
    fc.property(fc.constantFrom(...peers), fc.array(anyEvent, { maxLength: 150 }), (peer, events) => {
      const script = new Script(peer).step({ type: "Start" });
      const open = new Set<number>();
      let sessions = 0;
      const check = (): void => {
        for (const effect of script.effects) {
          if (effect.type === "OpenConnection" || effect.type === "AdoptConnection") {
            open.add(effect.connection);
          }
          if (effect.type === "Send") assert.ok(open.has(effect.connection));
          if (effect.type === "CloseConnection") assert.ok(open.delete(effect.connection));
          if (effect.type === "SessionUp") sessions++;
          if (effect.type === "SessionDown") sessions--;
        }
        assert.ok(sessions === 0 || sessions === 1, `${sessions} sessions`);
        const { state } = script;
        assert.equal(sessions === 1, script.fsm === "Established");
        const waitsForOthers = !state.started || peer.passive || (peer.bfd === "strict" && !state.isBfdUp);
        assert.ok(waitsForOthers || peerDeadline(state) !== null, "nothing will ever happen");
        const held = [state.dialled, ...state.accepted].filter((line) => line.connection !== null);
        assert.deepEqual(held.map((line) => line.connection).sort(), [...open].sort());
      };
      check();
      for (const { kind, back, message, ms } of events) {
        script.now += ms;
        script.step(eventOf(kind, script.state.nextConnection - 1 - back, message));
        check();
        script.step({ type: "TimerExpired" });
        check();
        assert.ok((peerDeadline(script.state) ?? Infinity) > script.now, "a timer that does not go away");
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("a peer's state is plain JSON", () => {
  const script = new Script({ ...config, restartTimeSeconds: 120 }).established();
  assert.deepEqual(JSON.parse(JSON.stringify(script.state)), script.state);
});

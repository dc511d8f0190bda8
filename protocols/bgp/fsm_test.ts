import assert from "node:assert/strict";
import type { Context, Instant } from "../machine.ts";
import type { Ip } from "../net/ip.ts";
import { expireFsm, fsmDeadline, openFsm, sendProgressed, stepFsm } from "./fsm.ts";
import type { FsmEffect, FsmEvent, FsmOptions, FsmState } from "./fsm_state.ts";
import { FSM_STATES, FSM_TABLE, type FsmEventType, type FsmStateName } from "./fsm_table.ts";
import { type Negotiated, openMessage } from "./negotiation.ts";
import { DEFAULT_FSM_TIMES, DEFAULT_PEER, type PeerConfig } from "./peer_config.ts";
import { CEASE, ERROR, FSM_ERROR, headerError, openError, updateError } from "./wire/error.ts";
import { ceaseNotification, type NotificationMessage } from "./wire/notification.ts";

const config: PeerConfig = {
  ...DEFAULT_PEER,
  localAsn: 65001,
  remoteAsn: 65002,
  bgpIdentifier: "10.0.0.1" as Ip,
};
const options: FsmOptions = { config, offer: openMessage(config, [], false) };
const negotiated: Negotiated = {
  peerAsn: 65002,
  peerBgpIdentifier: "10.0.0.2" as Ip,
  holdTimeMs: 90_000,
  keepaliveMs: 30_000,
  wire: {
    peerType: "external",
    fourOctetAsn: true,
    families: ["ipv4-unicast"],
    extendedNextHop: false,
    maxMessageOctets: 4096,
  },
  routeRefresh: true,
  enhancedRouteRefresh: true,
  gracefulRestart: null,
};
const notification: NotificationMessage = {
  type: "Notification",
  code: 6,
  subcode: 4,
  data: new Uint8Array(),
};

function cx(now: number, random = 1): Context {
  return { now: now as Instant, rng: () => random };
}

function optionsWith(times: Partial<PeerConfig["times"]>, rest: Partial<PeerConfig> = {}): FsmOptions {
  return { ...options, config: { ...config, ...rest, times: { ...DEFAULT_FSM_TIMES, ...times } } };
}

/** An event of that type with what it carries. */
function eventOf(type: FsmEventType): FsmEvent {
  switch (type) {
    case "ManualStop":
      return { type, cease: ceaseNotification(CEASE.administrativeShutdown) };
    case "AutomaticStop":
      return { type, cease: ceaseNotification(CEASE.bfdDown) };
    case "BgpOpen":
    case "BgpOpenWithDelayOpenTimerRunning":
      return { type, negotiated };
    case "BgpHeaderErr":
      return { type, error: headerError(1, "marker") };
    case "BgpOpenMsgErr":
      return { type, error: openError(2, "bad-peer-as") };
    case "UpdateMsgErr":
      return { type, error: updateError(1, "update-length") };
    case "NotifMsg":
    case "NotifMsgVerErr":
      return { type, notification };
    default:
      return { type };
  }
}

/** The way to Established, an event a state. */
const PATH: readonly FsmEventType[] = ["ManualStart", "TcpCrAcked", "BgpOpen", "KeepAliveMsg"];
const DEPTH: Readonly<Record<FsmStateName, number>> = {
  Idle: 0,
  Connect: 1,
  Active: 1,
  OpenSent: 2,
  OpenConfirm: 3,
  Established: 4,
};

function inState(name: FsmStateName, at = 0, with_: FsmOptions = options): FsmState {
  if (name === "Active") return openFsm("accepted");
  let state = openFsm("dialled");
  for (const type of PATH.slice(0, DEPTH[name])) state = stepFsm(state, eventOf(type), with_, cx(at)).state;
  assert.equal(state.name, name);
  return state;
}

/** What is sent and asked for, in short: "N 6/2", "OPEN", "KEEPALIVE", "dial", "close", "up", "down". */
function brief(effects: readonly FsmEffect[]): string {
  return effects.map((effect) => {
    switch (effect.type) {
      case "OpenConnection":
        return "dial";
      case "CloseConnection":
        return "close";
      case "SessionUp":
        return "up";
      case "SessionDown":
        return "down";
      case "StateChanged":
        return "";
      case "Send":
        return effect.message.type === "Notification"
          ? `N ${effect.message.code}/${effect.message.subcode}`
          : effect.message.type.toUpperCase();
      default:
        return effect satisfies never;
    }
  }).filter((word) => word !== "").join(", ");
}

/** One word a state: "." stays and does nothing; otherwise the next state, after a colon what is done. */
const RFC4271: Readonly<Record<FsmEventType, string>> = {
  ManualStart: "Connect:dial | . | . | . | . | .",
  ManualStop: ". | Idle:close | Idle:close | Idle:N 6/2, close | Idle:N 6/2, close | Idle:N 6/2, close, down",
  AutomaticStart: "Connect:dial | . | . | . | . | .",
  ManualStartWithPassiveTcpEstablishment: "Active: | . | . | . | . | .",
  AutomaticStartWithPassiveTcpEstablishment: "Active: | . | . | . | . | .",
  AutomaticStartWithDampPeerOscillations: "Connect:dial | . | . | . | . | .",
  AutomaticStartWithDampPeerOscillationsAndPassiveTcpEstablishment: "Active: | . | . | . | . | .",
  AutomaticStop:
    ". | Idle:close | Idle:close | Idle:N 6/10, close | Idle:N 6/10, close | Idle:N 6/10, close, down",
  ConnectRetryTimerExpires:
    ". | Connect:close, dial | Connect:close, dial | Idle:N 5/1, close | Idle:N 5/2, close | Idle:N 5/3, close, down",
  HoldTimerExpires:
    ". | Idle:close | Idle:close | Idle:N 4/0, close | Idle:N 4/0, close | Idle:N 4/0, close, down",
  KeepaliveTimerExpires:
    ". | Idle:close | Idle:close | Idle:N 5/1, close | OpenConfirm:KEEPALIVE | Established:KEEPALIVE",
  DelayOpenTimerExpires:
    ". | OpenSent:OPEN | OpenSent:OPEN | Idle:N 5/1, close | Idle:N 5/2, close | Idle:N 5/3, close, down",
  IdleHoldTimerExpires:
    "Connect:dial | Idle:close | Idle:close | Idle:N 5/1, close | Idle:N 5/2, close | Idle:N 5/3, close, down",
  TcpConnectionValid: ". | . | . | . | . | .",
  TcpCrInvalid: ". | . | . | . | . | .",
  TcpCrAcked: ". | OpenSent:OPEN | OpenSent:OPEN | . | . | .",
  TcpConnectionConfirmed: ". | OpenSent:OPEN | OpenSent:OPEN | . | . | .",
  TcpConnectionFails: ". | Idle:close | Idle:close | Active:close | Idle:close | Idle:close, down",
  BgpOpen:
    ". | Idle:close | Idle:close | OpenConfirm:KEEPALIVE | Idle:N 5/2, close | Idle:N 5/3, close, down",
  BgpOpenWithDelayOpenTimerRunning:
    ". | OpenConfirm:OPEN, KEEPALIVE | OpenConfirm:OPEN, KEEPALIVE | Idle:N 5/1, close | Idle:N 5/2, close | " +
    "Idle:N 5/3, close, down",
  BgpHeaderErr:
    ". | Idle:close | Idle:close | Idle:N 1/1, close | Idle:N 1/1, close | Idle:N 1/1, close, down",
  BgpOpenMsgErr:
    ". | Idle:close | Idle:close | Idle:N 2/2, close | Idle:N 2/2, close | Idle:N 5/3, close, down",
  OpenCollisionDump:
    ". | Idle:close | Idle:close | Idle:N 6/7, close | Idle:N 6/7, close | Idle:N 6/7, close, down",
  NotifMsgVerErr: ". | Idle:close | Idle:close | Idle:close | Idle:close | Idle:close, down",
  NotifMsg: ". | Idle:close | Idle:close | Idle:close | Idle:close | Idle:close, down",
  KeepAliveMsg: ". | Idle:close | Idle:close | Idle:N 5/1, close | Established:up | Established:",
  UpdateMsg: ". | Idle:close | Idle:close | Idle:N 5/1, close | Idle:N 5/2, close | Established:",
  UpdateMsgErr:
    ". | Idle:close | Idle:close | Idle:N 5/1, close | Idle:N 5/2, close | Idle:N 3/1, close, down",
  SendHoldTimerExpires:
    ". | Idle:close | Idle:close | Idle:N 5/1, close | Idle:N 5/2, close | Idle:N 8/0, close, down",
  RouteRefreshMsg: ". | Idle:close | Idle:close | Idle:N 5/1, close | Idle:N 5/2, close | Established:",
};

Deno.test("stepFsm() acts in every cell as RFC 4271 8.2.2 says", () => {
  for (const [type, row] of Object.entries(RFC4271) as [FsmEventType, string][]) {
    const cells = row.split(" | ");
    assert.equal(cells.length, FSM_STATES.length, type);
    for (const [i, name] of FSM_STATES.entries()) {
      const state = inState(name);
      const step = stepFsm(state, eventOf(type), options, cx(1000));
      const done = brief(step.effects);
      const seen = step.state === state && done === "" ? "." : `${step.state.name}:${done}`;
      assert.equal(seen, cells[i], `${type} in ${name}`);
    }
  }
});

Deno.test("stepFsm() reports every change of state once, last, with the row's reason", () => {
  for (const type of Object.keys(FSM_TABLE) as FsmEventType[]) {
    for (const name of FSM_STATES) {
      const step = stepFsm(inState(name), eventOf(type), options, cx(1000));
      const changes = step.effects.filter((effect) => effect.type === "StateChanged");
      if (step.state.name === name) assert.deepEqual(changes, []);
      else {
        const expected = {
          type: "StateChanged",
          from: name,
          to: step.state.name,
          reason: FSM_TABLE[type].reason,
        };
        assert.deepEqual(changes, [expected]);
        assert.equal(step.effects.at(-1), changes[0]);
      }
    }
  }
});

Deno.test("the table has every event of RFC 4271 8.1 and RFC 9687 once, and stable names for reasons", () => {
  const numbers = Object.values(FSM_TABLE).map((row) => row.number).filter((number) => number !== null);
  assert.deepEqual(numbers, Array.from({ length: 29 }, (_, i) => i + 1));
  for (const row of Object.values(FSM_TABLE)) {
    assert.match(row.reason, /^[a-z]+(-[a-z]+)*$/);
    assert.equal(row.cells.length, FSM_STATES.length);
  }
});

Deno.test("a state runs only the timers that mean something in it", () => {
  const running = (name: FsmStateName): string[] =>
    Object.entries(inState(name).deadlines).filter(([, at]) => at !== null).map(([timer]) => timer).sort();
  assert.deepEqual(running("Idle"), []);
  assert.deepEqual(running("Connect"), ["connectRetry"]);
  assert.deepEqual(running("OpenSent"), ["hold"]);
  assert.deepEqual(running("OpenConfirm"), ["hold", "keepalive"]);
  assert.deepEqual(running("Established"), ["hold", "keepalive", "sendHold"]);
});

Deno.test("OpenSent waits four minutes for the peer's OPEN, OpenConfirm the agreed hold time", () => {
  assert.equal(inState("OpenSent", 1000).deadlines.hold, 241_000);
  assert.equal(inState("OpenConfirm", 1000).deadlines.hold, 91_000);
});

Deno.test("keepalives come at 75 to 100 % of their interval", () => {
  const confirmed = inState("OpenSent");
  for (const [random, at] of [[0, 22_500], [1, 30_000]] as const) {
    assert.equal(
      stepFsm(confirmed, eventOf("BgpOpen"), options, cx(0, random)).state.deadlines.keepalive,
      at,
    );
  }
});

Deno.test("a hold time of zero runs no timer once Established, and patience in OpenConfirm", () => {
  const event = { type: "BgpOpen", negotiated: { ...negotiated, holdTimeMs: 0, keepaliveMs: 0 } } as const;
  const confirmed = stepFsm(inState("OpenSent"), event, options, cx(0)).state;
  assert.equal(fsmDeadline(confirmed), 240_000);
  const established = stepFsm(confirmed, eventOf("KeepAliveMsg"), options, cx(1)).state;
  assert.equal(established.name, "Established");
  assert.equal(fsmDeadline(established), null);
});

Deno.test("KEEPALIVE, UPDATE and ROUTE-REFRESH restart the hold timer in Established", () => {
  for (const type of ["KeepAliveMsg", "UpdateMsg", "RouteRefreshMsg"] as const) {
    assert.equal(stepFsm(inState("Established"), { type }, options, cx(5000)).state.deadlines.hold, 95_000);
  }
});

Deno.test("failures in a row rest 0.2 s, then twice as long each time up to ConnectRetryTime", () => {
  let state = openFsm("dialled");
  const rests: number[] = [];
  let now = 0;
  for (let i = 0; i < 8; i++) {
    state = stepFsm(state, eventOf(i === 0 ? "ManualStart" : "IdleHoldTimerExpires"), options, cx(now)).state;
    state = stepFsm(state, eventOf("TcpConnectionFails"), options, cx(now)).state;
    rests.push(state.deadlines.idleHold! - now);
    now = state.deadlines.idleHold!;
  }
  assert.deepEqual(rests, [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
});

Deno.test("a stable session ends without being held against the peer, a short one is", () => {
  for (const [lived, counter] of [[29_999, 5], [30_000, 1]] as const) {
    const established: FsmState = { ...inState("Established"), connectRetryCounter: 4 };
    const ended = stepFsm(established, eventOf("TcpConnectionFails"), options, cx(lived)).state;
    assert.equal(ended.connectRetryCounter, counter, `${lived} ms`);
  }
});

Deno.test("ManualStop leaves nothing running, AutomaticStop a rest", () => {
  for (const name of FSM_STATES.slice(1)) {
    const stopped = stepFsm(inState(name), eventOf("ManualStop"), options, cx(1)).state;
    assert.equal(fsmDeadline(stopped), null);
    assert.equal(stopped.connectRetryCounter, 0);
    assert.notEqual(
      stepFsm(inState(name), eventOf("AutomaticStop"), options, cx(1)).state.deadlines.idleHold,
      null,
    );
  }
});

Deno.test("a connection lost before the peer's OPEN is dialled again from Active after a short rest", () => {
  const { state } = stepFsm(inState("OpenSent"), eventOf("TcpConnectionFails"), options, cx(1000));
  assert.equal(state.deadlines.connectRetry, 1200);
  const again = expireFsm(state, options, cx(1200));
  assert.equal(again.state.name, "Connect");
  assert.equal(brief(again.effects), "close, dial");
});

Deno.test("a passive machine never dials", () => {
  const passive = optionsWith({}, { passive: true });
  for (const name of FSM_STATES) {
    for (const type of Object.keys(FSM_TABLE) as FsmEventType[]) {
      let step = stepFsm(inState(name), eventOf(type), passive, cx(0));
      assert.ok(!brief(step.effects).includes("dial"), `${type} in ${name}`);
      step = expireFsm(step.state, passive, cx(10_000_000));
      assert.ok(!brief(step.effects).includes("dial"), `a timer after ${type} in ${name}`);
    }
  }
});

Deno.test("DelayOpen waits for the peer's OPEN and answers it with OPEN and KEEPALIVE", () => {
  const delayed = optionsWith({ delayOpenMs: 2000 });
  const connect = inState("Connect", 0, delayed);
  const waiting = stepFsm(connect, eventOf("TcpCrAcked"), delayed, cx(10));
  assert.equal(waiting.state.name, "Connect");
  assert.deepEqual([fsmDeadline(waiting.state), brief(waiting.effects)], [2010, ""]);
  const met = stepFsm(waiting.state, eventOf("BgpOpenWithDelayOpenTimerRunning"), delayed, cx(20));
  assert.deepEqual([met.state.name, brief(met.effects)], ["OpenConfirm", "OPEN, KEEPALIVE"]);
  const alone = expireFsm(waiting.state, delayed, cx(2010));
  assert.deepEqual([alone.state.name, brief(alone.effects)], ["OpenSent", "OPEN"]);
  const lost = stepFsm(waiting.state, eventOf("TcpConnectionFails"), delayed, cx(20));
  assert.equal(lost.state.name, "Active");
});

Deno.test("expireFsm() serves all timers that are due, ends before signs of life", () => {
  const late = expireFsm(inState("Established"), options, cx(90_000));
  assert.equal(brief(late.effects), "N 4/0, close, down");
  const early = inState("Established");
  assert.deepEqual(expireFsm(early, options, cx(29_999)), { state: early, effects: [] });
});

Deno.test("without progress in sending a session ends after max(8 min, 2 * hold time), or as configured", () => {
  assert.equal(inState("Established").deadlines.sendHold, 480_000);
  const quick = optionsWith({ sendHoldMs: 10_000 });
  const state = inState("Established", 0, quick);
  assert.equal(state.deadlines.sendHold, 10_000);
  assert.equal(sendProgressed(state, quick.config, cx(4000)).deadlines.sendHold, 14_000);
  const expired = expireFsm(state, quick, cx(10_000));
  assert.equal(brief(expired.effects), `N ${ERROR.sendHoldTimerExpired}/0, close, down`);
  assert.equal(sendProgressed(inState("OpenSent"), quick.config, cx(4000)).deadlines.sendHold, null);
});

Deno.test("a shutdown or a failed path is a hard reset where routes would be kept, other ceases are not", () => {
  const gracefulRestart = {
    restarting: false,
    notification: true,
    restartTimeSeconds: 60,
    families: ["ipv4-unicast"],
  } as const;
  const kept = { ...inState("Established"), negotiated: { ...negotiated, gracefulRestart } };
  const restart = optionsWith({}, { restartTimeSeconds: 120 });
  const cases = [
    [CEASE.administrativeShutdown, CEASE.hardReset, null],
    [CEASE.peerDeconfigured, CEASE.hardReset, null],
    [CEASE.bfdDown, CEASE.hardReset, null],
    [CEASE.administrativeReset, CEASE.administrativeReset, 120_000],
    [CEASE.otherConfigurationChange, CEASE.otherConfigurationChange, 120_000],
  ] as const;
  for (const [subcode, sent, routesKeptMs] of cases) {
    const event: FsmEvent = { type: "AutomaticStop", cease: ceaseNotification(subcode) };
    const { effects } = stepFsm(kept, event, restart, cx(1));
    assert.ok(brief(effects).startsWith(`N 6/${sent}, close`), `${subcode}`);
    const down = effects.find((effect) => effect.type === "SessionDown");
    assert.equal(down?.routesKeptMs, routesKeptMs, `${subcode}`);
  }
});

Deno.test("an unexpected message is answered by the subcode of its state, RFC 6608", () => {
  for (
    const [name, subcode] of [
      ["OpenSent", FSM_ERROR.inOpenSent],
      ["OpenConfirm", FSM_ERROR.inOpenConfirm],
      ["Established", FSM_ERROR.inEstablished],
    ] as const
  ) {
    const { effects } = stepFsm(inState(name), eventOf("IdleHoldTimerExpires"), options, cx(1));
    assert.ok(brief(effects).startsWith(`N ${ERROR.finiteStateMachine}/${subcode}`));
  }
});

Deno.test("a machine's state is plain JSON", () => {
  for (const name of FSM_STATES) {
    const state = inState(name);
    assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
  }
});

/**
 * What the words of the transition table do.
 *
 * Source: RFC 4271 section 8.2.2, paragraph by paragraph; Hard Reset is RFC 8538, the send hold timer RFC 9687.
 * Shape: one function an action, (state, event, options, cx) to a step. The table never asks an action of an event that
 * does not carry what it needs; where the type cannot say so, the action takes the nearest harmless course.
 * Not here: which action when (fsm_table.ts).
 *
 * @module
 */
import { after, type Context, type Instant, type Step } from "../machine.ts";
import { type FsmEffect, type FsmEvent, type FsmOptions, type FsmState, NO_DEADLINES } from "./fsm_state.ts";
import { FSM_TABLE, type FsmAction, type FsmStateName } from "./fsm_table.ts";
import { peerKeepsRoutes, type SessionEnd } from "./graceful_restart.ts";
import { idleHoldMs, jittered } from "./idle_hold.ts";
import type { Negotiated } from "./negotiation.ts";
import type { PeerConfig } from "./peer_config.ts";
import { CEASE, ERROR, FSM_ERROR } from "./wire/error.ts";
import { hardReset, type NotificationMessage, notificationOf } from "./wire/notification.ts";

type FsmStep = Step<FsmState, FsmEffect>;
type Action = (state: FsmState, event: FsmEvent, options: FsmOptions, cx: Context) => FsmStep;

export const ACTIONS: Readonly<Record<FsmAction, Action>> = {
  ignore: (state) => ({ state, effects: [] }),
  start: (state, _event, options, cx) => dial(state, [], options, cx),
  redial: (state, _event, options, cx) => dial(state, [{ type: "CloseConnection" }], options, cx),
  listen,
  stop,
  release: (state, event, options, cx) => leave(state, event, endOf(event), options, cx),
  fail,
  greet,
  sendOpen,
  confirm,
  establish,
  hear,
  keepAlive,
  notify,
  cease,
  ceaseCollision: (state, event, options, cx) => {
    const sent = notification(ERROR.cease, CEASE.connectionCollisionResolution);
    return leaveNotifying(state, event, sent, options, cx);
  },
  expireHold: (state, event, options, cx) => {
    const sent = notification(ERROR.holdTimerExpired, 0);
    return leaveNotifying(state, event, sent, options, cx, { type: "HoldTimerExpired" });
  },
  expireSendHold: (state, event, options, cx) =>
    leaveNotifying(state, event, notification(ERROR.sendHoldTimerExpired, 0), options, cx),
  refuseUnexpected: (state, event, options, cx) =>
    leaveNotifying(state, event, notification(ERROR.finiteStateMachine, fsmErrorIn(state.name)), options, cx),
};

function dial(
  state: FsmState,
  before: readonly FsmEffect[],
  { config }: FsmOptions,
  cx: Context,
): FsmStep {
  if (config.passive) return { state: listen(state).state, effects: before };
  const connectRetry = after(cx.now, config.connectRetryMs);
  return {
    state: { ...state, name: "Connect", offered: null, deadlines: { ...NO_DEADLINES, connectRetry } },
    effects: [...before, { type: "OpenConnection" }],
  };
}

/** DEVIATION: RFC 4271 8.2.2 dials once ConnectRetryTime has passed; a passive speaker here never does. */
function listen(state: FsmState): FsmStep {
  return { state: { ...state, name: "Active", deadlines: NO_DEADLINES }, effects: [] };
}

/** RFC 4271 8.2.2: ConnectRetryCounter becomes zero and nothing runs on. */
function stop(state: FsmState, event: FsmEvent, options: FsmOptions, cx: Context): FsmStep {
  const hasGreeted = state.offered !== null;
  const left = hasGreeted ? cease(state, event, options, cx) : leave(state, event, endOf(event), options, cx);
  return {
    state: { ...left.state, connectRetryCounter: 0, deadlines: NO_DEADLINES },
    effects: left.effects,
  };
}

/** A connection lost before it was of use. DEVIATION: back to dialling after a short rest, not ConnectRetryTime. */
function fail(state: FsmState, event: FsmEvent, options: FsmOptions, cx: Context): FsmStep {
  const mayReturn = state.name === "OpenSent" || state.deadlines.delayOpen !== null;
  if (!mayReturn) return leave(state, event, endOf(event), options, cx);
  const rested = rest(state, options, cx);
  const passive = options.config.passive || state.origin === "accepted";
  const deadlines = { ...NO_DEADLINES, connectRetry: passive ? null : rested.deadlines.idleHold };
  return { state: { ...rested, name: "Active", deadlines }, effects: [{ type: "CloseConnection" }] };
}

function greet(state: FsmState, event: FsmEvent, options: FsmOptions, cx: Context): FsmStep {
  const { delayOpenMs } = options.config.times;
  if (delayOpenMs === null) return sendOpen(state, event, options, cx);
  const delayOpen = after(cx.now, delayOpenMs);
  return { state: { ...state, deadlines: { ...NO_DEADLINES, delayOpen } }, effects: [] };
}

function sendOpen(state: FsmState, _event: FsmEvent, { config, offer }: FsmOptions, cx: Context): FsmStep {
  const hold = after(cx.now, config.times.openHoldMs);
  return {
    state: { ...state, name: "OpenSent", offered: offer, deadlines: { ...NO_DEADLINES, hold } },
    effects: [{ type: "Send", message: offer }],
  };
}

/** Answers an acceptable OPEN with KEEPALIVE, after our own OPEN where it is still owed. */
function confirm(state: FsmState, event: FsmEvent, { config, offer }: FsmOptions, cx: Context): FsmStep {
  if (event.type !== "BgpOpen" && event.type !== "BgpOpenWithDelayOpenTimerRunning") {
    return { state, effects: [] };
  }
  const { negotiated } = event;
  const greeting: readonly FsmEffect[] = state.offered === null ? [{ type: "Send", message: offer }] : [];
  // With a hold time of zero only the patience of OpenSent keeps a half-open session from lasting for ever.
  const holdMs = negotiated.holdTimeMs === 0 ? config.times.openHoldMs : negotiated.holdTimeMs;
  const deadlines = {
    ...NO_DEADLINES,
    hold: after(cx.now, holdMs),
    keepalive: nextKeepalive(negotiated, cx),
  };
  return {
    state: { ...state, name: "OpenConfirm", offered: state.offered ?? offer, negotiated, deadlines },
    effects: [...greeting, { type: "Send", message: { type: "Keepalive" } }],
  };
}

function establish(state: FsmState, _event: FsmEvent, { config }: FsmOptions, cx: Context): FsmStep {
  const { negotiated } = state;
  if (negotiated === null) return { state, effects: [] };
  const sendHold = negotiated.holdTimeMs === 0 ? null : after(cx.now, sendHoldMs(config, negotiated));
  const deadlines = { ...state.deadlines, hold: nextHold(negotiated, cx), sendHold };
  return {
    state: { ...state, name: "Established", establishedAt: cx.now, deadlines },
    effects: [{ type: "SessionUp", negotiated }],
  };
}

function hear(state: FsmState, _event: FsmEvent, _options: FsmOptions, cx: Context): FsmStep {
  if (state.negotiated === null) return { state, effects: [] };
  const deadlines = { ...state.deadlines, hold: nextHold(state.negotiated, cx) };
  return { state: { ...state, deadlines }, effects: [] };
}

function keepAlive(state: FsmState, _event: FsmEvent, _options: FsmOptions, cx: Context): FsmStep {
  if (state.negotiated === null) return { state, effects: [] };
  const deadlines = { ...state.deadlines, keepalive: nextKeepalive(state.negotiated, cx) };
  return { state: { ...state, deadlines }, effects: [{ type: "Send", message: { type: "Keepalive" } }] };
}

function notify(state: FsmState, event: FsmEvent, options: FsmOptions, cx: Context): FsmStep {
  if (!("error" in event)) return leave(state, event, endOf(event), options, cx);
  return leaveNotifying(state, event, notificationOf(event.error), options, cx);
}

/** Subcodes after which the peer should not wait for us: RFC 8538 4, RFC 9384 3. */
const FINAL_CEASES: ReadonlySet<number> = new Set([
  CEASE.administrativeShutdown,
  CEASE.peerDeconfigured,
  CEASE.bfdDown,
]);

function cease(state: FsmState, event: FsmEvent, options: FsmOptions, cx: Context): FsmStep {
  if (!("cease" in event)) return leave(state, event, endOf(event), options, cx);
  const keeps = state.negotiated?.gracefulRestart?.notification === true;
  const hard = keeps && FINAL_CEASES.has(event.cease.subcode);
  return leaveNotifying(state, event, hard ? hardReset(event.cease) : event.cease, options, cx);
}

function leaveNotifying(
  state: FsmState,
  event: FsmEvent,
  sent: NotificationMessage,
  options: FsmOptions,
  cx: Context,
  end: SessionEnd = { type: "NotificationSent", notification: sent },
): FsmStep {
  const left = leave(state, event, end, options, cx);
  return { state: left.state, effects: [{ type: "Send", message: sent }, ...left.effects] };
}

/** Releases everything and goes to Idle to rest. */
function leave(
  state: FsmState,
  event: FsmEvent,
  end: SessionEnd,
  options: FsmOptions,
  cx: Context,
): FsmStep {
  const effects: FsmEffect[] = [{ type: "CloseConnection" }];
  if (state.name === "Established") {
    const agreed = state.negotiated?.gracefulRestart ?? null;
    const kept = peerKeepsRoutes(agreed, end) ? options.config.restartTimeSeconds : null;
    const { reason } = FSM_TABLE[event.type];
    effects.push({ type: "SessionDown", reason, end, routesKeptMs: kept === null ? null : 1000 * kept });
  }
  return { state: rest(state, options, cx), effects };
}

function endOf(event: FsmEvent): SessionEnd {
  return "notification" in event
    ? { type: "NotificationReceived", notification: event.notification }
    : { type: "ConnectionLost" };
}

/** Idle with one failure more, until the idle hold timer expires (DampPeerOscillations, RFC 4271 8.1.1). */
export function rest(state: FsmState, { config }: FsmOptions, cx: Context): FsmState {
  const { times, connectRetryMs } = config;
  const wasStable = state.establishedAt !== null && cx.now >= after(state.establishedAt, times.stableMs);
  const connectRetryCounter = wasStable ? 1 : state.connectRetryCounter + 1;
  const restMs = jittered(idleHoldMs(connectRetryCounter, times.idleHoldMs, connectRetryMs), cx.rng);
  return {
    ...state,
    name: "Idle",
    connectRetryCounter,
    offered: null,
    negotiated: null,
    establishedAt: null,
    deadlines: { ...NO_DEADLINES, idleHold: after(cx.now, restMs) },
  };
}

/** RFC 9687 4: eight minutes or twice the hold time, whichever is more. */
export function sendHoldMs(config: PeerConfig, negotiated: Negotiated): number {
  return config.times.sendHoldMs ?? Math.max(480_000, 2 * negotiated.holdTimeMs);
}

function nextHold({ holdTimeMs }: Negotiated, cx: Context): Instant | null {
  return holdTimeMs === 0 ? null : after(cx.now, holdTimeMs);
}

function nextKeepalive({ keepaliveMs }: Negotiated, cx: Context): Instant | null {
  return keepaliveMs === 0 ? null : after(cx.now, jittered(keepaliveMs, cx.rng));
}

function notification(code: number, subcode: number): NotificationMessage {
  return { type: "Notification", code, subcode, data: new Uint8Array() };
}

function fsmErrorIn(state: FsmStateName): number {
  if (state === "OpenSent") return FSM_ERROR.inOpenSent;
  if (state === "OpenConfirm") return FSM_ERROR.inOpenConfirm;
  return state === "Established" ? FSM_ERROR.inEstablished : FSM_ERROR.unspecific;
}

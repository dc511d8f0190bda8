/**
 * One BGP connection from Idle to Established and back.
 *
 * Source: RFC 4271 section 8; the send hold timer is RFC 9687.
 * Shape: a machine (machine.ts) driven by the table of fsm_table.ts; what the table's words do stands in fsm_actions.ts.
 * Milliseconds. An accepted connection is a machine of its own that begins in Active; its owner drops it once it is over.
 * Not here: two connections with one peer, and which event a message is (peer.ts).
 * Before changing this file read RFC 4271 sections 8.1 and 8.2.2.
 *
 * @module
 */
import { after, type Context, earliest, type Instant, type Step } from "../machine.ts";
import type { Origin } from "./collision.ts";
import { ACTIONS, rest, sendHoldMs } from "./fsm_actions.ts";
import {
  type FsmEffect,
  type FsmEvent,
  type FsmOptions,
  type FsmState,
  type FsmTimer,
  NO_DEADLINES,
} from "./fsm_state.ts";
import { actionFor, FSM_TABLE } from "./fsm_table.ts";
import type { PeerConfig } from "./peer_config.ts";

/** A machine that has not begun: Idle to dial from, or Active with the peer's connection about to be confirmed. */
export function openFsm(origin: Origin): FsmState {
  return {
    name: origin === "dialled" ? "Idle" : "Active",
    origin,
    connectRetryCounter: 0,
    offered: null,
    negotiated: null,
    establishedAt: null,
    deadlines: NO_DEADLINES,
  };
}

/** Takes one event; a change of state is reported after all it causes. */
export function stepFsm(
  state: FsmState,
  event: FsmEvent,
  options: FsmOptions,
  cx: Context,
): Step<FsmState, FsmEffect> {
  const action = ACTIONS[actionFor(state.name, event.type)];
  const step = action(state, event, options, cx);
  if (step.state.name === state.name) return step;
  const { reason } = FSM_TABLE[event.type];
  const change: FsmEffect = { type: "StateChanged", from: state.name, to: step.state.name, reason };
  return { state: step.state, effects: [...step.effects, change] };
}

/** When to call {@linkcode expireFsm}. */
export function fsmDeadline({ deadlines }: FsmState): Instant | null {
  return earliest(
    deadlines.connectRetry,
    deadlines.hold,
    deadlines.keepalive,
    deadlines.delayOpen,
    deadlines.idleHold,
    deadlines.sendHold,
  );
}

/** Timers that end something come before those that keep it going. */
const EXPIRIES: readonly (readonly [FsmTimer, FsmEvent])[] = [
  ["hold", { type: "HoldTimerExpires" }],
  ["sendHold", { type: "SendHoldTimerExpires" }],
  ["delayOpen", { type: "DelayOpenTimerExpires" }],
  ["connectRetry", { type: "ConnectRetryTimerExpires" }],
  ["idleHold", { type: "IdleHoldTimerExpires" }],
  ["keepalive", { type: "KeepaliveTimerExpires" }],
];

/** Serves every deadline that has passed. */
export function expireFsm(before: FsmState, options: FsmOptions, cx: Context): Step<FsmState, FsmEffect> {
  const effects: FsmEffect[] = [];
  let state = before;
  for (const [timer, event] of EXPIRIES) {
    const at = state.deadlines[timer];
    if (at === null || at > cx.now) continue;
    const stopped = { ...state, deadlines: { ...state.deadlines, [timer]: null } };
    const step = stepFsm(stopped, event, options, cx);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

/** RFC 9687 3: octets of a message have left, so the peer still reads. */
export function sendProgressed(state: FsmState, config: PeerConfig, cx: Context): FsmState {
  if (state.negotiated === null || state.deadlines.sendHold === null) return state;
  const sendHold = after(cx.now, sendHoldMs(config, state.negotiated));
  return { ...state, deadlines: { ...state.deadlines, sendHold } };
}

/** Idle until the owner says otherwise: another connection with the peer stands. */
export function withoutIdleHold(state: FsmState): FsmState {
  return state.deadlines.idleHold === null
    ? state
    : { ...state, deadlines: { ...state.deadlines, idleHold: null } };
}

/** Idle, to try again after a rest: the other connection has ended. */
export function restAfter(
  state: FsmState,
  connectRetryCounter: number,
  options: FsmOptions,
  cx: Context,
): FsmState {
  return rest({ ...state, connectRetryCounter }, options, cx);
}

/**
 * One BFD session: decides when the path to a neighbor is up or down, and what to send and when.
 *
 * Source: RFC 5880 section 6.8 (asynchronous mode and echo function), RFC 5881 section 3, RFC 5883.
 * Shape: a machine (machine.ts). Milliseconds inside, microseconds on the wire. A received packet is one that demux.ts
 * found this session for. Whoever drives it reads what has arrived before it says TimerExpired: a packet that waits in a
 * socket while the deadline passes was not lost.
 * Not here: sockets (agent/network), what BGP makes of it (RFC 5882: agent), demand mode of our own, authentication.
 * Before changing this file read RFC 5880 sections 6.2, 6.5 and 6.8.2 to 6.8.9.
 *
 * @module
 */
import { after, type Context, type Deadlines, earliest, type Instant, type Step } from "../machine.ts";
import type { SessionConfig } from "./config.ts";
import type { EchoPacket } from "./echo.ts";
import {
  ADMINISTRATIVELY_DOWN,
  type BfdState,
  CONTROL_DETECTION_TIME_EXPIRED,
  type ControlPacket,
  ECHO_FUNCTION_FAILED,
  NO_DIAGNOSTIC,
} from "./packet.ts";
import { isPolling, openIntervals, pollAnswered, pollSent } from "./poll.ts";
import {
  echoIntervalMs,
  type EchoState,
  type RemoteEnd,
  type SessionState,
  type SessionTimer,
  settledIntervals,
  settledTransmitIntervalMs,
  UNKNOWN_REMOTE,
  wantedIntervals,
} from "./state.ts";
import { detectionTimeMs, jitteredMs, nextTransmissionAt } from "./timing.ts";
import { type Transition, type TransitionReason, TRANSITIONS } from "./transition.ts";

export type SessionEvent =
  | { readonly type: "PacketReceived"; readonly packet: ControlPacket }
  /** An echo packet with this session's discriminator came back. */
  | { readonly type: "EchoReceived"; readonly packet: EchoPacket }
  | { readonly type: "TimerExpired" }
  /** RFC 5880 6.8.16, both directions. Not for a restart: it would take the routes down with it. */
  | { readonly type: "AdminDown" }
  | { readonly type: "AdminUp" }
  /** From this step on `config` is another, one that canChangeInPlace allows. */
  | { readonly type: "ConfigChanged" };

export type SessionEffect =
  | { readonly type: "SendControl"; readonly packet: ControlPacket }
  | { readonly type: "SendEcho"; readonly packet: EchoPacket }
  | {
    readonly type: "StateChanged";
    readonly from: BfdState;
    readonly to: BfdState;
    readonly diag: number;
    readonly reason: TransitionReason;
  }
  /** What was received counts for nothing. */
  | { readonly type: "Discarded"; readonly reason: SessionDiscardReason };

export type SessionDiscardReason = "session-admin-down" | "echo-unexpected";

const NO_DEADLINES: Deadlines<SessionTimer> = {
  transmit: null,
  detection: null,
  echoTransmit: null,
  echoDetection: null,
};

/** A session that is Down; unless passive it sends at once. */
export function openSession(config: SessionConfig, cx: Context): SessionState {
  const closed: SessionState = {
    sessionState: "Down",
    localDiag: NO_DIAGNOSTIC,
    remote: UNKNOWN_REMOTE,
    intervals: openIntervals(wantedIntervals("Down", null, config)),
    echo: null,
    transmitIntervalMs: null,
    transmittedAt: null,
    receivedAt: null,
    deadlines: NO_DEADLINES,
  };
  const turn: Turn = { state: closed, effects: [], config, cx };
  settle(turn);
  return turn.state;
}

/** Takes one event; TimerExpired serves every deadline that has passed. */
export function stepSession(
  state: SessionState,
  event: SessionEvent,
  config: SessionConfig,
  cx: Context,
): Step<SessionState, SessionEffect> {
  const turn: Turn = { state, effects: [], config, cx };
  switch (event.type) {
    case "PacketReceived":
      packetReceived(turn, event.packet);
      break;
    case "EchoReceived":
      echoReceived(turn, event.packet);
      break;
    case "TimerExpired":
      timerExpired(turn);
      break;
    case "AdminDown":
      if (state.sessionState !== "AdminDown") changeState(turn, ADMIN_DOWN);
      break;
    case "AdminUp":
      if (state.sessionState === "AdminDown") changeState(turn, ADMIN_UP);
      break;
    case "ConfigChanged":
      settle(turn);
      announce(turn);
      break;
    default:
      return event satisfies never;
  }
  return { state: turn.state, effects: turn.effects };
}

/** When to step with TimerExpired. */
export function sessionDeadline(state: SessionState): Instant | null {
  const { transmit, detection, echoTransmit, echoDetection } = state.deadlines;
  return earliest(transmit, detection, echoTransmit, echoDetection);
}

/** One step at work: the state so far and what is to be sent. */
interface Turn {
  state: SessionState;
  readonly effects: SessionEffect[];
  readonly config: SessionConfig;
  readonly cx: Context;
}

const ADMIN_DOWN: Transition = { to: "AdminDown", diag: ADMINISTRATIVELY_DOWN, reason: "admin-down" };
const ADMIN_UP: Transition = { to: "Down", diag: NO_DIAGNOSTIC, reason: "admin-up" };
const DETECTION_TIME_EXPIRED: Transition = {
  to: "Down",
  diag: CONTROL_DETECTION_TIME_EXPIRED,
  reason: "detection-time-expired",
};
const ECHO_FAILED: Transition = { to: "Down", diag: ECHO_FUNCTION_FAILED, reason: "echo-function-failed" };

/** RFC 5880 6.8.6 from "Set bfd.RemoteDiscr" on. */
function packetReceived(turn: Turn, packet: ControlPacket): void {
  const before = turn.state;
  const next = TRANSITIONS[before.sessionState][packet.state];
  turn.state = {
    ...before,
    remote: learnt(before.remote, packet),
    intervals: pollAnswered(before.intervals, packet.final),
    receivedAt: turn.cx.now,
  };
  if (next !== undefined) enter(turn, next);
  settle(turn);
  if (before.sessionState === "AdminDown") {
    turn.effects.push({ type: "Discarded", reason: "session-admin-down" });
  } else if (packet.poll) {
    // Answered at once whatever the timers say; a Poll Sequence of our own begins with the next packet.
    turn.effects.push({ type: "SendControl", packet: controlPacket(turn, false, true) });
  } else if (isNews(before, turn.state)) {
    transmit(turn, turn.cx.now);
  }
}

/** What the packet says of its sender; the same object when it says nothing new. */
function learnt(remote: RemoteEnd, packet: ControlPacket): RemoteEnd {
  if (
    remote.discriminator === packet.myDiscriminator &&
    remote.sessionState === packet.state &&
    remote.diag === packet.diag &&
    remote.demandMode === packet.demand &&
    remote.controlPlaneIndependent === packet.controlPlaneIndependent &&
    remote.detectMult === packet.detectMult &&
    remote.desiredMinTxUs === packet.desiredMinTxUs &&
    remote.requiredMinRxUs === packet.requiredMinRxUs &&
    remote.requiredMinEchoRxUs === packet.requiredMinEchoRxUs
  ) return remote;
  return {
    discriminator: packet.myDiscriminator,
    sessionState: packet.state,
    diag: packet.diag,
    demandMode: packet.demand,
    controlPlaneIndependent: packet.controlPlaneIndependent,
    detectMult: packet.detectMult,
    desiredMinTxUs: packet.desiredMinTxUs,
    requiredMinRxUs: packet.requiredMinRxUs,
    requiredMinEchoRxUs: packet.requiredMinEchoRxUs,
  };
}

/** RFC 5880 6.8.7: what the neighbor should hear of before the next periodic packet. */
function isNews(before: SessionState, now: SessionState): boolean {
  return before.sessionState !== now.sessionState ||
    before.intervals.desiredMinTxUs !== now.intervals.desiredMinTxUs ||
    before.intervals.requiredMinRxUs !== now.intervals.requiredMinRxUs;
}

/** RFC 5880 6.8.8. A copy, a latecomer and somebody else's packet prove nothing. */
function echoReceived(turn: Turn, packet: EchoPacket): void {
  const before = turn.state;
  const echo = before.echo;
  const behind = echo === null ? 0 : packet.sequence - echo.returned >>> 0;
  if (
    echo === null || packet.key !== echo.key || behind === 0 || behind > (echo.sent - echo.returned >>> 0)
  ) {
    turn.effects.push({ type: "Discarded", reason: "echo-unexpected" });
    return;
  }
  const echoDetection = after(turn.cx.now, turn.config.detectMult * echo.intervalMs);
  turn.state = {
    ...before,
    echo: { ...echo, returned: packet.sequence, isLooped: true },
    deadlines: { ...before.deadlines, echoDetection },
  };
  if (echo.isLooped) return;
  settle(turn);
  if (isNews(before, turn.state)) transmit(turn, turn.cx.now);
}

function timerExpired(turn: Turn): void {
  const { now } = turn.cx;
  const isDue = (timer: SessionTimer): boolean => {
    const at = turn.state.deadlines[timer];
    return at !== null && at <= now;
  };
  if (isDue("detection")) detectionTimeExpired(turn);
  if (isDue("echoDetection")) changeState(turn, ECHO_FAILED);
  if (isDue("transmit")) transmit(turn, turn.state.deadlines.transmit!);
  if (isDue("echoTransmit")) transmitEcho(turn, turn.state.deadlines.echoTransmit!);
}

/** RFC 5880 6.8.4 for Init and Up; 6.8.1 "bfd.RemoteDiscr" for every state. */
function detectionTimeExpired(turn: Turn): void {
  turn.state = { ...turn.state, remote: UNKNOWN_REMOTE, receivedAt: null };
  const { sessionState } = turn.state;
  if (sessionState === "Init" || sessionState === "Up") changeState(turn, DETECTION_TIME_EXPIRED);
  else settle(turn);
}

/** Enters another state and tells the neighbor. */
function changeState(turn: Turn, transition: Transition): void {
  enter(turn, transition);
  settle(turn);
  announce(turn);
}

/** Sends what has changed on our side; a passive end that has never spoken stays silent (RFC 5880 6.1). */
function announce(turn: Turn): void {
  if (!turn.config.passive || turn.state.transmittedAt !== null) transmit(turn, turn.cx.now);
}

function enter(turn: Turn, { to, diag, reason }: Transition): void {
  const from = turn.state.sessionState;
  const localDiag = diag ?? turn.state.localDiag;
  turn.state = { ...turn.state, sessionState: to, localDiag };
  turn.effects.push({ type: "StateChanged", from, to, diag: localDiag, reason });
}

/** Sends a packet that was due at `dueAt` and sets the time of the next. */
function transmit(turn: Turn, dueAt: Instant): void {
  const { config, cx } = turn;
  turn.effects.push({
    type: "SendControl",
    packet: controlPacket(turn, isPolling(turn.state.intervals), false),
  });
  const intervalMs = turn.state.transmitIntervalMs;
  const next = intervalMs === null
    ? null
    : nextTransmissionAt(dueAt, cx.now, intervalMs, config.detectMult, cx.rng());
  turn.state = {
    ...turn.state,
    intervals: pollSent(turn.state.intervals),
    transmittedAt: cx.now,
    deadlines: { ...turn.state.deadlines, transmit: next },
  };
}

/** RFC 5880 6.8.7, "The contents of transmitted BFD Control packets". */
function controlPacket({ state, config }: Turn, poll: boolean, final: boolean): ControlPacket {
  return {
    diag: state.localDiag,
    state: state.sessionState,
    poll,
    final,
    controlPlaneIndependent: config.controlPlaneIndependent,
    demand: false,
    detectMult: config.detectMult,
    myDiscriminator: config.localDiscriminator,
    yourDiscriminator: state.remote.discriminator,
    desiredMinTxUs: state.intervals.desiredMinTxUs,
    requiredMinRxUs: state.intervals.requiredMinRxUs,
    // RFC 5883 3: no echo over several hops.
    requiredMinEchoRxUs: config.multihop ? 0 : config.requiredMinEchoRxUs,
  };
}

function transmitEcho(turn: Turn, dueAt: Instant): void {
  const { state, config, cx } = turn;
  const echo = state.echo!;
  const sequence = echo.sent + 1 >>> 0;
  const packet = { myDiscriminator: config.localDiscriminator, key: echo.key, sequence };
  turn.effects.push({ type: "SendEcho", packet });
  const echoTransmit = nextTransmissionAt(dueAt, cx.now, echo.intervalMs, config.detectMult, cx.rng());
  turn.state = {
    ...state,
    echo: { ...echo, sent: sequence },
    deadlines: { ...state.deadlines, echoTransmit },
  };
}

/** Brings into line with state and configuration what follows from them: echo, intervals, deadlines. */
function settle(turn: Turn): void {
  settleEcho(turn);
  const { state, config, cx } = turn;
  const intervals = settledIntervals(state, config);
  const transmitIntervalMs = settledTransmitIntervalMs(state, intervals, config);
  const { receivedAt, remote } = state;
  const detection = receivedAt === null ? null : after(
    receivedAt,
    detectionTimeMs(remote.detectMult, intervals.receiveUs, remote.desiredMinTxUs),
  );
  let { transmit } = state.deadlines;
  if (transmitIntervalMs === null) transmit = null;
  else if (transmitIntervalMs !== state.transmitIntervalMs) {
    // RFC 5880 6.8.3: a new interval counts from the packet last sent, however long the old one was.
    const sinceLast = jitteredMs(transmitIntervalMs, config.detectMult, cx.rng());
    const at = state.transmittedAt === null ? cx.now : after(state.transmittedAt, sinceLast);
    transmit = at > cx.now ? at : cx.now;
  }
  turn.state = {
    ...state,
    intervals,
    transmitIntervalMs,
    deadlines: { ...state.deadlines, transmit, detection },
  };
}

/** Starts, stops or paces the echo function (RFC 5880 6.8.9). */
function settleEcho(turn: Turn): void {
  const { state, config, cx } = turn;
  const intervalMs = echoIntervalMs(state, config);
  if (intervalMs === (state.echo?.intervalMs ?? null)) return;
  if (intervalMs === null) {
    const deadlines = { ...state.deadlines, echoTransmit: null, echoDetection: null };
    turn.state = { ...state, echo: null, deadlines };
  } else if (state.echo === null) {
    const key = Math.floor(cx.rng() * 2 ** 32);
    const echo: EchoState = { key, intervalMs, sent: 0, returned: 0, isLooped: false };
    turn.state = { ...state, echo, deadlines: { ...state.deadlines, echoTransmit: cx.now } };
  } else {
    const echoTransmit = after(cx.now, jitteredMs(intervalMs, config.detectMult, cx.rng()));
    const echoDetection = state.echo.isLooped ? after(cx.now, config.detectMult * intervalMs) : null;
    const deadlines = { ...state.deadlines, echoTransmit, echoDetection };
    turn.state = { ...state, echo: { ...state.echo, intervalMs }, deadlines };
  }
}

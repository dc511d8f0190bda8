/**
 * What a BFD session knows, and what follows from it: intervals, detection times, whether echo packets may run.
 *
 * Source: RFC 5880 sections 6.8.1 (variables), 6.8.3 (timer manipulation), 6.8.4, 6.8.7 and 6.8.9.
 * Shape: a plain value and pure functions of it and the configuration.
 * Not here: what changes it (session.ts), bare arithmetic (timing.ts).
 *
 * @module
 */
import type { Deadlines, Instant } from "../machine.ts";
import type { SessionConfig } from "./config.ts";
import { type BfdState, NO_DIAGNOSTIC } from "./packet.ts";
import { changeIntervals, type Intervals, isPolling, type LocalIntervals, openIntervals } from "./poll.ts";
import { detectionTimeMs, ECHO_MIN_RX_US, SLOW_MIN_TX_US, transmitIntervalMs } from "./timing.ts";

export type SessionTimer = "transmit" | "detection" | "echoTransmit" | "echoDetection";

/** A session; the names of RFC 5880 6.8.1 without their "bfd." */
export interface SessionState {
  readonly sessionState: BfdState;
  /** Why the session last changed its state. */
  readonly localDiag: number;
  readonly remote: RemoteEnd;
  readonly intervals: LocalIntervals;
  /** Null while echo packets may not be sent. */
  readonly echo: EchoState | null;
  /** The time between two periodic packets, before jitter; null while none may be sent. */
  readonly transmitIntervalMs: number | null;
  /** The last packet that was not an answer to a Poll, and the last one that was received. */
  readonly transmittedAt: Instant | null;
  readonly receivedAt: Instant | null;
  readonly deadlines: Deadlines<SessionTimer>;
}

/** What the neighbor's last packet said. */
export interface RemoteEnd {
  /** Zero while no packet is younger than the detection time. */
  readonly discriminator: number;
  readonly sessionState: BfdState;
  readonly diag: number;
  readonly demandMode: boolean;
  readonly controlPlaneIndependent: boolean;
  readonly detectMult: number;
  readonly desiredMinTxUs: number;
  readonly requiredMinRxUs: number;
  readonly requiredMinEchoRxUs: number;
}

/** The echo function while it may run. */
export interface EchoState {
  readonly key: number;
  readonly intervalMs: number;
  /** Sequence numbers, modulo 2^32. */
  readonly sent: number;
  readonly returned: number;
  /**
   * One has come back, so silence means something. FRR advertises an echo interval whether its kernel forwards or not;
   * until then control packets alone tell, at their full rate.
   */
  readonly isLooped: boolean;
}

/** A neighbor never heard of, or silent for a detection time (RFC 5880 6.8.1). */
export const UNKNOWN_REMOTE: RemoteEnd = {
  discriminator: 0,
  sessionState: "Down",
  diag: NO_DIAGNOSTIC,
  demandMode: false,
  controlPlaneIndependent: false,
  detectMult: 0,
  desiredMinTxUs: 0,
  requiredMinRxUs: 1,
  requiredMinEchoRxUs: 0,
};

/** How long the neighbor may be silent before it counts as gone; zero before its first packet. */
export function localDetectionTimeMs(state: SessionState): number {
  return detectionTimeMs(state.remote.detectMult, state.intervals.receiveUs, state.remote.desiredMinTxUs);
}

/**
 * How long we may be silent before the neighbor calls us gone. An owner who shuts a session down steps it for so long
 * after AdminDown before it forgets it, that the neighbor learns why (RFC 5880 6.8.16).
 */
export function remoteDetectionTimeMs(state: SessionState, config: SessionConfig): number {
  return detectionTimeMs(config.detectMult, state.remote.requiredMinRxUs, state.intervals.desiredMinTxUs);
}

/**
 * DEVIATION: RFC 5880 6.8.3 asks for a Poll Sequence in every state. While the session is not Up nothing depends on the
 * old intervals, so the new ones hold at once and the next packet tells them.
 */
export function settledIntervals(state: SessionState, config: SessionConfig): LocalIntervals {
  const { intervals, sessionState } = state;
  const wanted = wantedIntervals(sessionState, state.echo, config);
  if (sessionState === "Up") return changeIntervals(intervals, wanted);
  const isInForce = intervals.poll === "Idle" &&
    intervals.desiredMinTxUs === wanted.desiredMinTxUs &&
    intervals.requiredMinRxUs === wanted.requiredMinRxUs;
  return isInForce ? intervals : openIntervals(wanted);
}

/** RFC 5880 6.8.3: at least a second while not Up; asking for at least a second while echo packets do the work. */
export function wantedIntervals(
  sessionState: BfdState,
  echo: EchoState | null,
  config: SessionConfig,
): Intervals {
  const { desiredMinTxUs, requiredMinRxUs } = config;
  return {
    desiredMinTxUs: sessionState === "Up" ? desiredMinTxUs : Math.max(desiredMinTxUs, SLOW_MIN_TX_US),
    requiredMinRxUs: echo?.isLooped === true ? Math.max(requiredMinRxUs, ECHO_MIN_RX_US) : requiredMinRxUs,
  };
}

/** RFC 5880 6.8.7: when nothing may be sent periodically, else how often. */
export function settledTransmitIntervalMs(
  { remote, sessionState }: SessionState,
  intervals: LocalIntervals,
  config: SessionConfig,
): number | null {
  if (config.passive && remote.discriminator === 0) return null;
  if (remote.requiredMinRxUs === 0) return null;
  const isDemandActive = remote.demandMode && sessionState === "Up" && remote.sessionState === "Up";
  if (isDemandActive && !isPolling(intervals)) return null;
  return transmitIntervalMs(intervals.transmitUs, remote.requiredMinRxUs);
}

/** RFC 5880 6.8.9: only while Up, only if the neighbor's last packet allowed it, and never faster than it said. */
export function echoIntervalMs({ sessionState, remote }: SessionState, config: SessionConfig): number | null {
  if (config.echoIntervalUs === null || config.multihop) return null;
  if (sessionState !== "Up" || remote.requiredMinEchoRxUs === 0) return null;
  return Math.max(config.echoIntervalUs, remote.requiredMinEchoRxUs) / 1000;
}

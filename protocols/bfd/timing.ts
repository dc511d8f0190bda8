/**
 * The arithmetic of BFD timers.
 *
 * Source: RFC 5880 sections 6.8.2 (transmit interval), 6.8.4 (detection time), 6.8.7 (jitter), 6.8.9 (echo).
 * Shape: pure formulas from microseconds on the wire to milliseconds on the clock.
 * Not here: which values are in force (poll.ts), the deadlines made of them (session.ts).
 *
 * @module
 */
import { after, type Instant } from "../machine.ts";

/** RFC 5880 6.8.3: while a session is not Up it sends no faster than this. */
export const SLOW_MIN_TX_US = 1_000_000;

/** RFC 5880 6.8.3: while the echo function is active, control packets are asked for no faster than this. */
export const ECHO_MIN_RX_US = 1_000_000;

/** The negotiated time between two packets: the slower of what one end wants to send and the other to receive. */
export function transmitIntervalMs(desiredMinTxUs: number, remoteRequiredMinRxUs: number): number {
  return Math.max(desiredMinTxUs, remoteRequiredMinRxUs) / 1000;
}

/** How long after the last packet the neighbor is gone: so many of its packets as it says itself (asynchronous mode). */
export function detectionTimeMs(
  remoteDetectMult: number,
  requiredMinRxUs: number,
  remoteDesiredMinTxUs: number,
): number {
  return remoteDetectMult * Math.max(requiredMinRxUs, remoteDesiredMinTxUs) / 1000;
}

/** No two periodic packets are nearer than this part of the interval. */
const LEAST_OF_INTERVAL = 0.75;

/**
 * The interval less its jitter: 0 to 25 percent, so that sessions do not fall into step; with a Detect Mult of 1 at
 * least 10 percent, for nothing may be late. `random` is in [0, 1).
 */
export function jitteredMs(intervalMs: number, detectMult: number, random: number): number {
  const most = detectMult === 1 ? 0.9 : 1;
  return intervalMs * (most - random * (most - LEAST_OF_INTERVAL));
}

/**
 * When the packet after the one sent now is due, from when that one was. A step that comes late does not push all
 * later packets back, but the gap is never shorter than jitter allows.
 */
export function nextTransmissionAt(
  dueAt: Instant,
  now: Instant,
  intervalMs: number,
  detectMult: number,
  random: number,
): Instant {
  const onTime = after(dueAt, jitteredMs(intervalMs, detectMult, random));
  const soonest = after(now, LEAST_OF_INTERVAL * intervalMs);
  return onTime > soonest ? onTime : soonest;
}

/**
 * A ceiling on packets per second that still lets a small burst through.
 *
 * Source: the generic cell rate algorithm in its virtual scheduling form (ITU-T I.371 annex A): one instant is the whole
 * state, and the instant it names is exactly the instant it accepts, so nobody is woken too early by a rounding.
 * Shape: costs in packets, at most `burstPackets` each; in any span of t seconds at most burstPackets + t * rate pass.
 *
 * @module
 */
import { after, type Instant } from "./machine.ts";

/** The ceiling. */
export interface PaceConfig {
  /** Above 0. */
  readonly packetsPerSecond: number;
  /** How many may go at one instant after a pause, at least 1. Keep it below the shortest transmit queue. */
  readonly burstPackets: number;
}

/** Where a sender stands; null before its first packet. */
export type Pace = Instant | null;

/** The soonest instant at which `packets` may go; in the past when they may go now. */
export function readyAt(pace: Pace, packets: number, config: PaceConfig): Instant {
  if (pace === null) return -Infinity as Instant;
  return after(pace, (packets - config.burstPackets) * intervalMs(config));
}

/** Accounts for `packets` that go at `now`. */
export function spend(pace: Pace, packets: number, now: Instant, config: PaceConfig): Pace {
  const start = pace === null || pace < now ? now : pace;
  return after(start, packets * intervalMs(config));
}

function intervalMs(config: PaceConfig): number {
  return 1000 / config.packetsPerSecond;
}

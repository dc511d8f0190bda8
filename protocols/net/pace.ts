/**
 * A ceiling on packets per second that still lets a small burst through.
 *
 * Source: the generic cell rate algorithm in its virtual scheduling form (ITU-T I.371 annex A): one instant is the whole
 * state, and the instant it names is exactly the instant it accepts, so nobody is woken too early by a rounding.
 * Shape: costs in packets, at most `burstPackets` each; in any span of t seconds at most burstPackets + t * rate pass.
 * Instants are milliseconds on the owner's clock.
 *
 * @module
 */
/** The ceiling. */
export interface PaceConfig {
  /** Above 0. */
  readonly packetsPerSecond: number;
  /** How many may go at one instant after a pause, at least 1. Keep it below the shortest transmit queue. */
  readonly burstPackets: number;
}

/** Where a sender stands: the instant up to which its past packets are paid for. */
export type Pace = number;

/** A sender that has sent nothing yet. */
export const UNUSED_PACE: Pace = -Infinity;

/** The soonest instant at which `packets` may go; in the past when they may go now. */
export function readyAt(pace: Pace, packets: number, config: PaceConfig): number {
  return pace + (packets - config.burstPackets) * intervalMs(config);
}

/** Accounts for `packets` that go at `now`. */
export function spend(pace: Pace, packets: number, now: number, config: PaceConfig): Pace {
  return Math.max(pace, now) + packets * intervalMs(config);
}

function intervalMs(config: PaceConfig): number {
  return 1000 / config.packetsPerSecond;
}

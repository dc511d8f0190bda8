/**
 * How long to rest after a failure before the next attempt: quick at first, then slower up to a bound.
 *
 * Source: RFC 4271 section 8.1.1 (DampPeerOscillations, which leaves the method to us) and section 10 (jitter).
 * Shape: arithmetic; milliseconds, randomness as an argument.
 *
 * @module
 */
import type { Rng } from "../machine.ts";

/** RFC 4271 10: a timer of 75 to 100 % of its value, so that many speakers do not act as one. */
export function jittered(ms: number, rng: Rng): number {
  return ms * (0.75 + 0.25 * rng());
}

/** The rest after the `failureCount`-th failure in a row, before jitter: doubled each time, at most `capMs`. */
export function idleHoldMs(failureCount: number, firstMs: number, capMs: number): number {
  return Math.min(capMs, firstMs * 2 ** Math.min(30, Math.max(0, failureCount - 1)));
}

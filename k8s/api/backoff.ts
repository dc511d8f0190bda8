/**
 * How long to wait after failures in a row: doubling, bounded, and never in step with others.
 *
 * Source: client-go's reflector, whose bounds are 0.8 s and 30 s; ours begin lower, so that a restarted API server is
 * found at once.
 *
 * @module
 */

const LEAST_MS = 200;
const MOST_MS = 30_000;

/** The pause after the `attempt`th failure in a row, from 1; `random` is from 0 to 1. */
export function backoffMs(attempt: number, random: number): number {
  const fullMs = Math.min(LEAST_MS * 2 ** (attempt - 1), MOST_MS);
  return Math.max(LEAST_MS, fullMs * (0.5 + random / 2));
}

/**
 * The monotonic clock of this thread, the only one machines are ever shown.
 *
 * Shape: milliseconds with microsecond fractions; instants of different threads do not compare.
 *
 * @module
 */
import type { Instant } from "../../protocols/machine.ts";

/** Now, on this thread's monotonic clock. */
export function monotonicNow(): Instant {
  return performance.now() as Instant;
}

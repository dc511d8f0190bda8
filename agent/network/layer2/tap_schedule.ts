/**
 * When taps are opened and closed: one in a turn, idle ones a little later, broken ones again after a growing pause.
 *
 * Why: opening a capture takes the kernel about 10 ms and closing one twice that. A node with many interfaces would
 * otherwise answer nobody for seconds while it opens them all.
 * Shape (S): taps and times in, the one tap to look at out; deterministic. What is to be done with it, the owner sees.
 * Not here: opening and closing (layer2.ts, tap.ts).
 *
 * @module
 */
import { after, type Instant } from "../../../protocols/machine.ts";

/** An idle tap stays open so long: what was just withdrawn may come back. */
const IDLE_MS = 1000;
const RETRY_LEAST_MS = 1000;
const RETRY_MOST_MS = 30_000;

interface Failure {
  readonly message: string;
  readonly count: number;
}

/** See the module comment. */
export class TapSchedule<Tap> {
  readonly #lookAt = new Map<Tap, Instant>();
  readonly #failures = new Map<Tap, Failure>();

  /** When to ask for {@linkcode takeDue}; null when nothing is to be done. */
  get deadline(): Instant | null {
    return this.#earliest()?.[1] ?? null;
  }

  /** The taps that could not be opened when last tried. */
  get failing(): readonly Tap[] {
    return [...this.#failures.keys()];
  }

  /** Has the tap looked at soon; one that waits after a failure goes on waiting. */
  soon(tap: Tap, now: Instant): void {
    if (!this.#failures.has(tap)) this.#lookAt.set(tap, now);
  }

  /** Has the tap looked at once it has been idle for a while. */
  whenIdle(tap: Tap, now: Instant): void {
    if (!this.#failures.has(tap)) this.#lookAt.set(tap, after(now, IDLE_MS));
  }

  /** Tries again after a pause that doubles; true when this failure is worth telling. */
  failed(tap: Tap, message: string, now: Instant): boolean {
    const before = this.#failures.get(tap);
    const count = (before?.count ?? 0) + 1;
    this.#failures.set(tap, { message, count });
    this.#lookAt.set(tap, after(now, Math.min(RETRY_LEAST_MS * 2 ** (count - 1), RETRY_MOST_MS)));
    return before?.message !== message;
  }

  /** Notes that the tap works, or is no longer wanted; true when it had failed before. */
  works(tap: Tap): boolean {
    return this.#failures.delete(tap);
  }

  /** The tap to look at now, which is then no longer due; null when none is. */
  takeDue(now: Instant): Tap | null {
    const earliest = this.#earliest();
    if (earliest === null || earliest[1] > now) return null;
    this.#lookAt.delete(earliest[0]);
    return earliest[0];
  }

  #earliest(): readonly [Tap, Instant] | null {
    let first: readonly [Tap, Instant] | null = null;
    for (const entry of this.#lookAt) {
      if (first === null || entry[1] < first[1]) first = entry;
    }
    return first;
  }
}

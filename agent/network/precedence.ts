/**
 * Whether the network thread goes before every ordinary one on the machine: while something urgent has a deadline, as long as
 * the thread sleeps at least as much as it works.
 *
 * Source: sched(7). A nice value counts only among the threads of one cgroup, or of one session; on a busy node a thread that
 * needs a tenth of a millisecond would wait tens of them for a processor, and a BFD session of 3 x 50 ms be lost.
 * Shape: told of every turn, it keeps the time worked beyond the time slept of late. A flood, or a table of a hundred
 * thousand routes, runs that up within milliseconds; the thread then shares like everybody until it has slept as long again.
 * Without anything urgent it always does: the kernel wakes a real-time thread where it ran last, not where its packet is, and
 * answers to ARP come 40 us later for it.
 * Not here: the system calls (ffi/priority.ts). What never ends a turn is left to the kernel, which keeps a twentieth of each
 * second for the others, and to port.ts, which looks for life.
 *
 * @module
 */

/** LIMIT: the most it works beyond what it sleeps before it gives way. */
const MOST_MS = 20;

/** See the module comment. */
export class Precedence {
  readonly #setRealTime: (wanted: boolean) => boolean;
  #isTaken = false;
  #isRefused = false;
  #beyondMs = 0;

  /** `setRealTime` grants precedence to the calling thread, or takes it back; false when it has no right to. */
  constructor(setRealTime: (wanted: boolean) => boolean) {
    this.#setRealTime = setRealTime;
  }

  /** The thread worked, and then slept, that long; `isUrgent` while something is to be done to the millisecond. */
  turned(workedMs: number, sleptMs: number, isUrgent: boolean): void {
    this.#beyondMs = Math.min(Math.max(0, this.#beyondMs + workedMs - sleptMs), MOST_MS);
    const wanted = isUrgent && (this.#isTaken ? this.#beyondMs < MOST_MS : this.#beyondMs === 0);
    if (wanted === this.#isTaken || this.#isRefused) return;
    this.#isRefused = !this.#setRealTime(wanted);
    this.#isTaken = wanted && !this.#isRefused;
  }
}

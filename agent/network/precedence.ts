/**
 * Whether the network thread goes before every ordinary one on the machine: as long as it sleeps at least as much as it works.
 *
 * Source: sched(7). A nice value counts only among the threads of one cgroup, or of one session; on a busy node a packet would
 * wait tens of milliseconds for a thread that needs a tenth of one, and a BFD session of 3 x 50 ms be lost.
 * Shape: told of every turn, it keeps the time worked beyond the time slept of late. A flood, or a table of a hundred
 * thousand routes, runs that up within milliseconds; the thread then shares like everybody until it has slept as long again.
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
  /** False where this process has no right to it, or the kernel none to give. */
  readonly isAllowed: boolean;
  #isTaken: boolean;
  #beyondMs = 0;

  /** Takes precedence, if `setRealTime` grants it to the calling thread. */
  constructor(setRealTime: (wanted: boolean) => boolean) {
    this.#setRealTime = setRealTime;
    this.isAllowed = this.#isTaken = setRealTime(true);
  }

  /** The thread worked, and then slept, that long. */
  turned(workedMs: number, sleptMs: number): void {
    if (!this.isAllowed) return;
    this.#beyondMs = Math.min(Math.max(0, this.#beyondMs + workedMs - sleptMs), MOST_MS);
    const edge = this.#isTaken ? MOST_MS : 0;
    if (this.#beyondMs !== edge) return;
    this.#isTaken = !this.#isTaken;
    this.#setRealTime(this.#isTaken);
  }
}

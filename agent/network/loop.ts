/**
 * The network thread's loop: one blocking poll(2) over every descriptor, machines stepped to completion.
 *
 * Shape: readers are drained when their descriptor is ready, a bounded amount per turn so that a flood on one cannot
 * starve the others; timers are asked for their next deadline each turn and served before any descriptor. Nothing here
 * is asynchronous: while the loop runs, the thread never returns to its event loop.
 * Not here: what readers and timers do (layer2.ts, commands.ts).
 *
 * @module
 */
import { Poller, POLLIN } from "../../ffi/poller.ts";
import { earliest, type Instant } from "../../protocols/machine.ts";

/** Reads one descriptor; must not block, and must return after a bounded amount of work. */
export interface Reader {
  onReadable(now: Instant): void;
}

/** Something that wants to be woken at a time of its own choosing. */
export interface Timer {
  nextDeadline(): Instant | null;
  onDeadline(now: Instant): void;
}

/** How late deadlines were served. */
export interface LoopLag {
  readonly turns: number;
  readonly maxMs: number;
  readonly meanMs: number;
}

/** See the module comment. */
export class Loop {
  readonly #poller = new Poller<Reader>();
  readonly #timers: Timer[] = [];
  readonly #clock: () => Instant;
  #stopping = false;
  #turns = 0;
  #served = 0;
  #lagSumMs = 0;
  #lagMaxMs = 0;

  constructor(clock: () => Instant) {
    this.#clock = clock;
  }

  /** Drains this reader whenever `fd` is readable; the caller unwatches before closing it. */
  watch(fd: number, reader: Reader): void {
    this.#poller.watch(fd, POLLIN, reader);
  }

  unwatch(fd: number): void {
    this.#poller.unwatch(fd);
  }

  addTimer(timer: Timer): void {
    this.#timers.push(timer);
  }

  /** Turns until {@linkcode stop}; an exception of a reader or timer ends the loop with it. */
  run(): void {
    while (!this.#stopping) this.#turn();
  }

  /** Ends the loop after this turn. */
  stop(): void {
    this.#stopping = true;
  }

  /** The lag since the last call, and the turns since the start. */
  takeLag(): LoopLag {
    const lag = {
      turns: this.#turns,
      maxMs: this.#lagMaxMs,
      meanMs: this.#served === 0 ? 0 : this.#lagSumMs / this.#served,
    };
    this.#lagMaxMs = this.#lagSumMs = this.#served = 0;
    return lag;
  }

  #turn(): void {
    const wakeAt = this.#nextDeadline();
    const ready = this.#poller.wait(wakeAt === null ? null : Math.max(0, wakeAt - this.#clock()));
    const now = this.#clock();
    this.#turns++;
    if (wakeAt !== null && wakeAt <= now) this.#serveDeadlines(now);
    for (let i = 0; i < ready && !this.#stopping; i++) this.#poller.owner(i)?.onReadable(now);
  }

  #nextDeadline(): Instant | null {
    let next: Instant | null = null;
    for (const timer of this.#timers) next = earliest(next, timer.nextDeadline());
    return next;
  }

  #serveDeadlines(now: Instant): void {
    for (const timer of this.#timers) {
      const deadline = timer.nextDeadline();
      if (deadline === null || deadline > now) continue;
      const lagMs = now - deadline;
      this.#served++;
      this.#lagSumMs += lagMs;
      this.#lagMaxMs = Math.max(this.#lagMaxMs, lagMs);
      timer.onDeadline(now);
    }
  }
}

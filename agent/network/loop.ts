/**
 * The network thread's loop: one blocking poll(2) over every descriptor, machines stepped to completion.
 *
 * Shape: readers are drained when their descriptor is ready, a bounded amount per turn so that a flood on one cannot
 * starve the others; timers are asked for their next deadline each turn and served before any descriptor. Urgent timers
 * are served between two descriptors as well: BFD has milliseconds where the others have seconds. Nothing here is
 * asynchronous: while the loop runs, the thread never returns to its event loop.
 * Not here: what readers and timers do (layer2/, bgp/, bfd/, commands.ts).
 *
 * @module
 */
import { Poller, POLLIN, POLLOUT } from "../../ffi/poller.ts";
import { earliest, type Instant } from "../../protocols/machine.ts";
import type { Precedence } from "./precedence.ts";

/** Reads one descriptor; must not block, and must return after a bounded amount of work. */
export interface Reader {
  onReadable(now: Instant): void;
}

/** Reads and writes one descriptor; the rules for a reader hold for writing too. */
export interface Duplex extends Reader {
  onWritable(now: Instant): void;
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
  readonly #poller = new Poller<Reader & Partial<Duplex>>();
  /** Urgent ones first. */
  readonly #timers: Timer[] = [];
  #urgentCount = 0;
  /** An urgent timer has a deadline. */
  #isUrgent = false;
  readonly #clock: () => Instant;
  readonly #precedence: Precedence;
  #awakeAt: Instant;
  #stopping = false;
  #turns = 0;
  #served = 0;
  #lagSumMs = 0;
  #lagMaxMs = 0;

  constructor(clock: () => Instant, precedence: Precedence) {
    this.#clock = clock;
    this.#precedence = precedence;
    this.#awakeAt = clock();
  }

  /** Drains this reader whenever `fd` is readable; the caller unwatches before closing it. */
  watch(fd: number, reader: Reader): void {
    this.#poller.watch(fd, POLLIN, reader);
  }

  /** As {@linkcode Loop.watch}, and says when there is room to write, or a connection is decided, if `forOutput`. */
  watchDuplex(fd: number, duplex: Duplex, forOutput: boolean): void {
    this.#poller.watch(fd, forOutput ? POLLIN | POLLOUT : POLLIN, duplex);
  }

  unwatch(fd: number): void {
    this.#poller.unwatch(fd);
  }

  addTimer(timer: Timer): void {
    this.#timers.push(timer);
  }

  /** Adds a timer that is served before the others, and between two descriptors. */
  addUrgentTimer(timer: Timer): void {
    this.#timers.splice(this.#urgentCount++, 0, timer);
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
    const asleepAt = this.#clock();
    const ready = this.#poller.wait(wakeAt === null ? null : Math.max(0, wakeAt - asleepAt));
    const now = this.#clock();
    this.#precedence.turned(asleepAt - this.#awakeAt, now - asleepAt, this.#isUrgent);
    this.#awakeAt = now;
    this.#turns++;
    if (wakeAt !== null && wakeAt <= now) this.#serveDeadlines(now, this.#timers.length);
    for (let i = 0; i < ready && !this.#stopping; i++) this.#serveReady(i);
  }

  #serveReady(i: number): void {
    const events = this.#poller.events(i);
    // Errors and hang-ups are told to whoever reads, and to whoever waits to write.
    if ((events & ~POLLOUT) !== 0) this.#poller.owner(i)?.onReadable(this.#clock());
    if ((events & ~POLLIN) !== 0) this.#poller.owner(i)?.onWritable?.(this.#clock());
    if (this.#urgentCount > 0) this.#serveDeadlines(this.#clock(), this.#urgentCount);
  }

  #nextDeadline(): Instant | null {
    let next: Instant | null = null;
    this.#isUrgent = false;
    for (let i = 0; i < this.#timers.length; i++) {
      const deadline = this.#timers[i]!.nextDeadline();
      next = earliest(next, deadline);
      if (i < this.#urgentCount && deadline !== null) this.#isUrgent = true;
    }
    return next;
  }

  /** Serves the first so many timers. */
  #serveDeadlines(now: Instant, count: number): void {
    for (let i = 0; i < count; i++) {
      const timer = this.#timers[i]!;
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

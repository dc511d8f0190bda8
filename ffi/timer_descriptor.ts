/**
 * A timerfd on the monotonic clock: a deadline that is a descriptor.
 *
 * Source: timerfd_create(2).
 * Shape: armed once for a delay in milliseconds (fractions count); readable when it has passed.
 * Not here: the deadlines of machines, which need no descriptor: the loop gives the earliest one to `Poller.wait`.
 *
 * @module
 */
import { check, ERRNO, lastErrno, SystemError } from "./errno.ts";
import { Handle } from "./handle.ts";
import { allocate, ITIMERSPEC_OCTETS, TIMESPEC_OCTETS, viewOf, writeTimespec } from "./layout.ts";
import { libc } from "./libc.ts";

const CLOCK_MONOTONIC = 1;
const TFD_NONBLOCK = 0x800;
const TFD_CLOEXEC = 0x80000;
/** An it_value of zero would disarm the timer instead of firing at once. */
const SHORTEST_DELAY_MS = 1e-6;

/** An owned timerfd. */
export class TimerDescriptor extends Handle {
  readonly #spec = allocate(ITIMERSPEC_OCTETS);
  readonly #specView = viewOf(this.#spec);
  readonly #expirations = allocate(8);

  /** Fires once after `delayMs`; replaces an earlier delay. */
  arm(delayMs: number): void {
    this.#set(Math.max(delayMs, SHORTEST_DELAY_MS));
  }

  /** Fires no more; an expiration that was not drained is forgotten. */
  disarm(): void {
    this.#set(0);
  }

  /** True when the delay has passed since the last call, and makes the descriptor unreadable again. */
  drain(): boolean {
    if (libc().read(this.fd, this.#expirations, 8n) >= 0) return true;
    const errno = lastErrno();
    if (errno === ERRNO.EAGAIN) return false;
    throw new SystemError(`read ${this.name}`, errno);
  }

  #set(delayMs: number): void {
    writeTimespec(this.#specView, TIMESPEC_OCTETS, delayMs);
    check(libc().timerfd_settime(this.fd, 0, this.#spec, null), `set ${this.name}`);
  }
}

/** Opens a timer that is not armed. */
export function openTimerDescriptor(): TimerDescriptor {
  const name = "timer descriptor";
  const fd = check(libc().timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), `open ${name}`);
  return new TimerDescriptor(fd, name);
}

/**
 * An eventfd: wakes a thread that blocks in poll(2).
 *
 * Source: eventfd(2).
 * Shape: the thread that opens it owns and closes it; every other thread of the program may signal or drain it by its
 * number, which is all that can be sent between threads.
 *
 * @module
 */
import { check, ERRNO, lastErrno, SystemError } from "./errno.ts";
import { Handle } from "./handle.ts";
import { allocate } from "./layout.ts";
import { libc } from "./libc.ts";

const EFD_NONBLOCK = 0x800;
const EFD_CLOEXEC = 0x80000;

/** The 64-bit number one, to be added to the counter. */
const ONE = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0);
const counter = allocate(8);

/** An owned eventfd. */
export class EventDescriptor extends Handle {
  /** Makes the descriptor readable until it is drained. */
  signal(): void {
    signalEvent(this.fd);
  }

  /** Takes all signals; false when there was none. */
  drain(): boolean {
    return drainEvent(this.fd);
  }
}

/** Opens an eventfd that nobody has signalled. */
export function openEventDescriptor(): EventDescriptor {
  const name = "event descriptor";
  return new EventDescriptor(check(libc().eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), `open ${name}`), name);
}

/** Signals the eventfd with that number; it must be open, in this or another thread of the program. */
export function signalEvent(fd: number): void {
  // EAGAIN: the counter is full, so the descriptor is readable already.
  if (libc().write(fd, ONE, 8n) < 0 && lastErrno() !== ERRNO.EAGAIN) {
    throw new SystemError(`signal event descriptor ${fd}`, lastErrno());
  }
}

/** Takes all signals of the eventfd with that number; false when there was none. */
export function drainEvent(fd: number): boolean {
  if (libc().read(fd, counter, 8n) >= 0) return true;
  const errno = lastErrno();
  if (errno === ERRNO.EAGAIN) return false;
  throw new SystemError(`drain event descriptor ${fd}`, errno);
}

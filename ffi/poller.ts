/**
 * Waits for a changing set of descriptors: the one place where the network thread blocks.
 *
 * Source: ppoll(2), for a timeout finer than poll(2)'s millisecond.
 * Shape: `watch` and `unwatch` descriptors with an owner each, then `wait` and read the ready ones by index. A turn
 * allocates nothing. The poller never owns a descriptor: unwatch before closing.
 * Not here: what the owners do, and when to wake up (agent/network/loop.ts).
 *
 * @module
 */
import { ERRNO, lastErrno, SystemError } from "./errno.ts";
import { allocate, POLLFD_OCTETS, TIMESPEC_OCTETS, viewOf, writeTimespec } from "./layout.ts";
import { libc } from "./libc.ts";

/** What to wait for; POLLERR (8), POLLHUP (16) and POLLNVAL are reported whether asked for or not. */
export const POLLIN = 0x1;
export const POLLOUT = 0x4;
export const POLLNVAL = 0x20;

/** A set of descriptors, each with the value its owner wants back when it is ready. */
export class Poller<Owner> {
  /** Slot i of #owners belongs to the i-th struct pollfd. */
  readonly #owners: Owner[] = [];
  readonly #slotOf = new Map<number, number>();
  /** An array of struct pollfd, doubled when it is full. */
  #pollfds: Uint8Array<ArrayBuffer> = allocate(16 * POLLFD_OCTETS);
  #view: DataView = viewOf(this.#pollfds);
  readonly #timeout = allocate(TIMESPEC_OCTETS);
  readonly #timeoutView = viewOf(this.#timeout);

  readonly #ready: (Owner | null)[] = [];
  readonly #readyFds: number[] = [];
  readonly #readyEvents: number[] = [];
  #readyCount = 0;

  get size(): number {
    return this.#owners.length;
  }

  /** Starts waiting for `events` on `fd`, or changes what is waited for. */
  watch(fd: number, events: number, owner: Owner): void {
    let slot = this.#slotOf.get(fd);
    if (slot === undefined) {
      slot = this.#owners.length;
      this.#slotOf.set(fd, slot);
      if ((slot + 1) * POLLFD_OCTETS > this.#pollfds.length) this.#grow();
    }
    this.#owners[slot] = owner;
    this.#write(slot, fd, events);
  }

  /** Stops waiting for `fd`; if it is ready in this turn, its place in the result turns null. */
  unwatch(fd: number): void {
    const slot = this.#slotOf.get(fd);
    if (slot === undefined) return;
    const last = this.#owners.length - 1;
    const lastFd = this.#view.getInt32(last * POLLFD_OCTETS, true);
    this.#owners[slot] = this.#owners[last]!;
    this.#write(slot, lastFd, this.#view.getInt16(last * POLLFD_OCTETS + 4, true));
    this.#slotOf.set(lastFd, slot);
    this.#owners.pop();
    this.#slotOf.delete(fd);
    for (let i = 0; i < this.#readyCount; i++) {
      if (this.#readyFds[i] === fd) this.#ready[i] = null;
    }
  }

  /**
   * Blocks until a descriptor is ready or `timeoutMs` (fractions count) has passed; null waits for ever. Returns how
   * many are ready. A signal does not shorten the wait.
   */
  wait(timeoutMs: number | null): number {
    const count = this.#poll(timeoutMs);
    this.#readyCount = 0;
    if (count === 0) return 0;
    const view = this.#view;
    for (let slot = 0; slot < this.#owners.length && this.#readyCount < count; slot++) {
      const events = view.getInt16(slot * POLLFD_OCTETS + 6, true);
      if (events === 0) continue;
      this.#ready[this.#readyCount] = this.#owners[slot]!;
      this.#readyFds[this.#readyCount] = view.getInt32(slot * POLLFD_OCTETS, true);
      this.#readyEvents[this.#readyCount] = events;
      this.#readyCount++;
    }
    return this.#readyCount;
  }

  /** The owner of the i-th ready descriptor; null when it was unwatched during this turn. */
  owner(i: number): Owner | null {
    return i < this.#readyCount ? this.#ready[i]! : null;
  }

  /** What is ready on it: a mask of POLLIN and its kin. */
  events(i: number): number {
    return i < this.#readyCount ? this.#readyEvents[i]! : 0;
  }

  #poll(timeoutMs: number | null): number {
    const { ppoll } = libc();
    const endsAt = timeoutMs === null ? 0 : performance.now() + timeoutMs;
    let remainingMs = timeoutMs ?? 0;
    for (;;) {
      if (timeoutMs !== null) writeTimespec(this.#timeoutView, 0, remainingMs);
      const count = ppoll(
        this.#pollfds,
        BigInt(this.#owners.length),
        timeoutMs === null ? null : this.#timeout,
        null,
      );
      if (count >= 0) return count;
      const errno = lastErrno();
      if (errno !== ERRNO.EINTR) throw new SystemError(`poll ${this.#owners.length} descriptors`, errno);
      remainingMs = endsAt - performance.now();
    }
  }

  #write(slot: number, fd: number, events: number): void {
    this.#view.setInt32(slot * POLLFD_OCTETS, fd, true);
    this.#view.setInt16(slot * POLLFD_OCTETS + 4, events, true);
    this.#view.setInt16(slot * POLLFD_OCTETS + 6, 0, true);
  }

  #grow(): void {
    const wider = allocate(this.#pollfds.length * 2);
    wider.set(this.#pollfds);
    this.#pollfds = wider;
    this.#view = viewOf(wider);
  }
}

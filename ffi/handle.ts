/**
 * An owned descriptor: closed once, by its owner, and never used afterwards.
 *
 * Shape: a class to extend; gives `fd`, `close()` and `using` support. Closing twice is harmless, because the number may
 * already belong to somebody else; using a closed handle is a SystemError with code EBADF.
 * Not here: waiting for descriptors (poller.ts).
 *
 * @module
 */
import { check, ERRNO, SystemError } from "./errno.ts";
import { libc } from "./libc.ts";

const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** One open descriptor and its name in messages, "packet socket on eth0". */
export class Handle implements Disposable {
  readonly name: string;
  #fd: number;
  #closed = false;

  /** Takes ownership of `fd`. */
  constructor(fd: number, name: string) {
    this.#fd = fd;
    this.name = name;
  }

  /** The descriptor's number, to poll; throws when the handle is closed. */
  get fd(): number {
    if (this.#closed) throw new SystemError(`use ${this.name}`, ERRNO.EBADF, "it is closed, open a new one");
    return this.#fd;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Keeps the descriptor from programs this one starts; for descriptors that others have opened for us. */
  closeOnExec(): void {
    check(libc().fcntl(this.fd, F_SETFD, FD_CLOEXEC), `set FD_CLOEXEC on ${this.name}`);
  }

  /** Gives the descriptor back; later calls have no effect. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.release(this.#fd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Gives the descriptor back to the kernel. Linux frees the number even when close(2) reports an error. */
  protected release(fd: number): void {
    libc().close(fd);
  }
}

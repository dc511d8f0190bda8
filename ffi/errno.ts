/**
 * errno and the error every failed system call becomes: what was tried, what the kernel said, what to do about it.
 *
 * Source: errno(3); the numbers are those of Linux asm-generic, the same on x86_64 and aarch64.
 * Shape: `lastErrno()` right after a synchronous FFI call; `SystemError` is thrown for every failure of the world.
 * Not here: errors of foreign input, which are returned values (netlink_message.ts).
 *
 * @module
 */
import { libc } from "./libc.ts";

/** The error numbers Ingot can meet, by name. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOSPC: 28,
  EPIPE: 32,
  ENOKEY: 126,
  ENOTSOCK: 88,
  EDESTADDRREQ: 89,
  EMSGSIZE: 90,
  ENOPROTOOPT: 92,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
} as const;

const NAME_OF: ReadonlyMap<number, string> = new Map(Object.entries(ERRNO).map(([name, n]) => [n, name]));

/** What a person can do about an error number when the failed operation has nothing better to say. */
const ADVICE: Readonly<Record<string, string>> = {
  EPERM: "run as root or add CAP_NET_RAW",
  EACCES: "run as root or add CAP_NET_BIND_SERVICE (ports below 1024)",
  ENODEV: "there is no such interface, see `ip link`",
  ENXIO: "there is no such interface, see `ip link`",
  ENETDOWN: "the interface is down, bring it up with `ip link set`",
  EMFILE: "raise the limit of open files (ulimit -n)",
  ENFILE: "raise the system's limit of open files (sysctl fs.file-max)",
  ENOPROTOOPT: "this kernel does not know the option",
  EAFNOSUPPORT: "this kernel lacks the address family",
  EADDRINUSE: "another program holds the address and port, see `ss -lnp`",
  EADDRNOTAVAIL: "the address is not on this host, see `ip address`",
};

/** A system call that failed; `message` reads "Cannot <operation>: <code>; <advice>". */
export class SystemError extends Error {
  /** What was tried, as it reads after "Cannot". */
  readonly operation: string;
  /** The name of the error, "EPERM"; "E<number>" for a number without a name here. */
  readonly code: string;
  readonly errno: number;
  /** What to do next; null when there is nothing to say. */
  readonly advice: string | null;

  constructor(operation: string, errno: number, advice: string | null = null, options?: ErrorOptions) {
    const code = errnoName(errno);
    const next = advice ?? ADVICE[code] ?? null;
    super(`Cannot ${operation}: ${code}${next === null ? "" : `; ${next}`}`, options);
    this.name = "SystemError";
    this.operation = operation;
    this.code = code;
    this.errno = errno;
    this.advice = next;
  }
}

/** The name of an error number. */
export function errnoName(errno: number): string {
  return NAME_OF.get(errno) ?? `E${errno}`;
}

// errno belongs to a thread and so does this module's instance: each Worker evaluates it anew.
let errnoView: Deno.UnsafePointerView | null = null;

/** errno of this thread; meaningful only right after a synchronous FFI call that reported failure. */
export function lastErrno(): number {
  if (errnoView === null) errnoView = locateErrno();
  return errnoView.getInt32();
}

function locateErrno(): Deno.UnsafePointerView {
  const location = libc().__errno_location();
  if (location === null) throw new Error("__errno_location returned no address");
  return new Deno.UnsafePointerView(location);
}

/** Passes a result on, or throws the SystemError it stands for when it is negative. */
export function check(result: number, operation: string, advice: string | null = null): number {
  if (result < 0) throw new SystemError(operation, lastErrno(), advice);
  return result;
}

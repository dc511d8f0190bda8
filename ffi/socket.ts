/**
 * What every kind of socket shares: opening, binding, options, reading and writing without blocking.
 *
 * Source: socket(2), setsockopt(2), recv(2), send(2).
 * Shape: a Handle with typed options; `receive` fills the caller's buffer, null means nothing is waiting. Names in
 * messages say which socket on which address or interface failed.
 * Not here: what the bytes mean; one file per kind of socket (packet_socket.ts, udp_socket.ts, tcp_socket.ts, netlink.ts).
 *
 * @module
 */
import { check, ERRNO, lastErrno, SystemError } from "./errno.ts";
import { Handle } from "./handle.ts";
import {
  allocate,
  decodeSocketAddress,
  encodeCString,
  encodeInt,
  SOCKADDR_STORAGE_OCTETS,
  type SocketAddress,
  unshared,
  viewOf,
} from "./layout.ts";
import { libc } from "./libc.ts";

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0x800;
export const SOCK_CLOEXEC = 0x80000;

/** Report a send to a closed connection as EPIPE instead of a signal. */
const MSG_NOSIGNAL = 0x4000;

const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_ERROR = 4;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;

/** One option of one protocol level, and its name in messages. */
export interface SocketOption {
  readonly level: number;
  readonly option: number;
  readonly name: string;
}

const REUSE_ADDRESS: SocketOption = { level: SOL_SOCKET, option: SO_REUSEADDR, name: "SO_REUSEADDR" };
const RECEIVE_BUFFER: SocketOption = { level: SOL_SOCKET, option: SO_RCVBUF, name: "SO_RCVBUF" };
const BIND_TO_DEVICE: SocketOption = { level: SOL_SOCKET, option: SO_BINDTODEVICE, name: "SO_BINDTODEVICE" };

/** An owned, non-blocking socket. */
export class Socket extends Handle {
  /** Sets an option to an integer or to the bytes of a structure. */
  setOption(option: SocketOption, value: number | Uint8Array<ArrayBuffer>): void {
    const bytes = typeof value === "number" ? encodeInt(value) : value;
    const result = libc().setsockopt(this.fd, option.level, option.option, bytes, bytes.length);
    check(result, `set ${option.name} on ${this.name}`);
  }

  /** Reads an option whose value is an integer. */
  getOption(option: SocketOption): number {
    const value = encodeInt(0);
    const result = libc().getsockopt(this.fd, option.level, option.option, value, encodeInt(value.length));
    check(result, `read ${option.name} of ${this.name}`);
    return viewOf(value).getInt32(0, true);
  }

  /** Lets a restarted program bind while old connections linger. */
  reuseAddress(): void {
    this.setOption(REUSE_ADDRESS, 1);
  }

  /** Asks for room for that many octets of unread input; the kernel bounds it by net.core.rmem_max. */
  setReceiveBuffer(octets: number): void {
    this.setOption(RECEIVE_BUFFER, octets);
  }

  /** Restricts the socket to one interface, for sending and receiving. */
  bindToDevice(interfaceName: string): void {
    this.setOption(BIND_TO_DEVICE, encodeCString(interfaceName));
  }

  /** bind(2) to an encoded address. */
  bind(address: Uint8Array<ArrayBuffer>): void {
    check(libc().bind(this.fd, address, address.length), `bind ${this.name}`);
  }

  /** The address the socket is bound to; null for a family without one. */
  localAddress(): SocketAddress | null {
    const address = allocate(SOCKADDR_STORAGE_OCTETS);
    check(
      libc().getsockname(this.fd, address, encodeInt(address.length)),
      `read the address of ${this.name}`,
    );
    return decodeSocketAddress(address);
  }

  /** Reads into `buffer`: how many octets, 0 at the end of a stream, null when nothing is waiting. */
  receive(buffer: Uint8Array): number | null {
    for (;;) {
      const count = libc().recv(this.fd, unshared(buffer), BigInt(buffer.length), 0);
      if (count >= 0) return count;
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN) return null;
      if (errno !== ERRNO.EINTR) throw new SystemError(`receive from ${this.name}`, errno);
    }
  }

  /** Writes `bytes`: how many octets the kernel took, null when it has no room now. */
  send(bytes: Uint8Array): number | null {
    for (;;) {
      const count = libc().send(this.fd, unshared(bytes), BigInt(bytes.length), MSG_NOSIGNAL);
      if (count >= 0) return count;
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN) return null;
      if (errno !== ERRNO.EINTR) throw sendError(`send on ${this.name}`, errno);
    }
  }

  /** The error the kernel has kept for this socket, taken away by reading it; null when there is none. */
  takeError(operation: string): SystemError | null {
    const errno = this.getOption({ level: SOL_SOCKET, option: SO_ERROR, name: "SO_ERROR" });
    return errno === 0 ? null : new SystemError(operation, errno);
  }
}

/** The error of a failed send: EPERM there is the host's own firewall, not a missing capability. */
export function sendError(operation: string, errno: number): SystemError {
  return new SystemError(
    operation,
    errno,
    errno === ERRNO.EPERM ? "a firewall rule on this host forbids it" : null,
  );
}

/** Opens a non-blocking, close-on-exec socket descriptor; `name` is how messages call it. */
export function openDescriptor(domain: number, type: number, protocol: number, name: string): number {
  return check(libc().socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), `open ${name}`);
}

/** Finishes opening a resource and returns it; closes it when that fails. */
export function orClose<Resource extends Disposable>(resource: Resource, open: () => void): Resource {
  try {
    open();
    return resource;
  } catch (error) {
    resource[Symbol.dispose]();
    throw error;
  }
}

/** The index of an interface by name; throws ENODEV when there is none. */
export function interfaceIndex(interfaceName: string, operation: string): number {
  const index = libc().if_nametoindex(encodeCString(interfaceName));
  if (index !== 0) return index;
  const errno = lastErrno();
  // glibc asks through a socket, and says ENOENT for every reason for which it gets none.
  throw new SystemError(operation, errno === ERRNO.ENOENT ? ERRNO.EMFILE : errno);
}

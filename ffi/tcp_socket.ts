/**
 * TCP connections and listeners with the options BGP needs: MD5 keys, TTL, minimum TTL, class, source address, interface.
 *
 * Source: tcp(7); TCP MD5 signatures RFC 2385 (TCP_MD5SIG, and TCP_MD5SIG_EXT for prefixes); GTSM RFC 5082.
 * Shape: nothing blocks. A connection under way is writable when it is decided; then `connectError` says how. Input goes
 * into the caller's buffer. Nagle's algorithm is off: BGP writes whole messages.
 * A listener needs the MD5 keys and the minimum TTL of its peers itself: the SYN arrives before there is a connection.
 *
 * @module
 */
import { type Family, familyOf, type Ip } from "../protocols/net/ip.ts";
import { check, ERRNO, lastErrno, SystemError } from "./errno.ts";
import { applyIpOptions, DOMAIN, type IpOptions, setMinimumTtl } from "./ip_options.ts";
import {
  allocate,
  decodeSocketAddress,
  encodeInt,
  encodeSocketAddress,
  encodeTcpMd5sig,
  SOCKADDR_STORAGE_OCTETS,
  type SocketAddress,
  TCP_MD5SIG_MAXKEYLEN,
} from "./layout.ts";
import { libc } from "./libc.ts";
import {
  openDescriptor,
  orClose,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  Socket,
  type SocketOption,
} from "./socket.ts";

const SOL_TCP = 6;
const NO_DELAY: SocketOption = { level: SOL_TCP, option: 1, name: "TCP_NODELAY" };
const MD5SIG: SocketOption = { level: SOL_TCP, option: 14, name: "TCP_MD5SIG" };
const MD5SIG_EXT: SocketOption = { level: SOL_TCP, option: 32, name: "TCP_MD5SIG_EXT" };

const SHUT_WR = 1;

/** What connections and listeners share. */
export interface TcpOptions extends IpOptions {
  /** Packets received with a lower TTL or hop limit are dropped by the kernel (RFC 5082 section 3). */
  readonly minimumTtl?: number;
}

/** A connection to open. */
export interface ConnectOptions extends TcpOptions {
  readonly remote: SocketAddress;
  /** The source address; the kernel chooses when absent. Port 0 lets it choose the port. */
  readonly local?: SocketAddress;
  /** 1 to 80 octets (RFC 2385); no signature when absent. */
  readonly md5Key?: Uint8Array;
}

/** A listener to open. */
export interface ListenOptions extends TcpOptions {
  readonly local: SocketAddress;
  /** Connections the kernel completes before accept() takes them. */
  readonly backlog: number;
}

/** An owned TCP connection, perhaps still under way. */
export class TcpSocket extends Socket {
  /** How the connecting ended, once the socket is writable: null when it is established. */
  connectError(): SystemError | null {
    return this.takeError(`connect ${this.name}`);
  }

  /** The peer's address; throws ENOTCONN before the connection is established. */
  remoteAddress(): SocketAddress | null {
    const address = allocate(SOCKADDR_STORAGE_OCTETS);
    check(libc().getpeername(this.fd, address, encodeInt(address.length)), `read the peer of ${this.name}`);
    return decodeSocketAddress(address);
  }

  /** Sends what is queued, then tells the peer that nothing more will come; receiving goes on. */
  shutdown(): void {
    check(libc().shutdown(this.fd, SHUT_WR), `shut down ${this.name}`);
  }
}

/** An owned listening socket. */
export class TcpListener extends Socket {
  readonly #peer = allocate(SOCKADDR_STORAGE_OCTETS);

  /** The next connection that is ready; null when there is none. */
  accept(): { readonly socket: TcpSocket; readonly remote: SocketAddress } | null {
    for (;;) {
      const length = encodeInt(this.#peer.length);
      const fd = libc().accept4(this.fd, this.#peer, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) return this.#accepted(fd);
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN) return null;
      // ECONNABORTED: the peer has given up between its handshake and this call (accept(2)).
      if (errno !== ERRNO.EINTR && errno !== ERRNO.ECONNABORTED) {
        throw new SystemError(`accept on ${this.name}`, errno);
      }
    }
  }

  #accepted(fd: number): { readonly socket: TcpSocket; readonly remote: SocketAddress } {
    const remote = decodeSocketAddress(this.#peer);
    const socket = new TcpSocket(fd, `TCP connection from ${remote?.ip} port ${remote?.port}`);
    if (remote !== null) return { socket, remote };
    socket.close();
    throw new SystemError(`read the peer of a connection on ${this.name}`, ERRNO.EAFNOSUPPORT);
  }

  /**
   * Demands signatures with this key from a peer, or from every peer in a prefix when `prefixLength` is given; a null
   * key ends that. Established connections keep the key they began with.
   */
  setMd5Key(peer: Ip, prefixLength: number | null, key: Uint8Array | null): void {
    setMd5Key(this, peer, prefixLength, key);
  }
}

/** Starts connecting; errors the kernel knows at once (ENETUNREACH, EADDRNOTAVAIL...) are thrown. */
export function connectTcp(options: ConnectOptions): TcpSocket {
  const { remote, local, md5Key } = options;
  const family = familyOf(remote.ip);
  const name = `TCP connection to ${remote.ip} port ${remote.port}`;
  const socket = new TcpSocket(openStream(family, name), name);
  return orClose(socket, () => {
    applyTcpOptions(socket, family, options);
    if (md5Key !== undefined) setMd5Key(socket, remote.ip, null, md5Key);
    if (local !== undefined) socket.bind(encodeSocketAddress(local));
    const address = encodeSocketAddress(remote);
    if (libc().connect(socket.fd, address, address.length) === 0) return;
    const errno = lastErrno();
    if (errno !== ERRNO.EINPROGRESS) throw new SystemError(`connect ${name}`, errno);
  });
}

/** Opens a listener; accepted connections inherit its TTL, minimum TTL, class and interface. */
export function listenTcp(options: ListenOptions): TcpListener {
  const { local } = options;
  const family = familyOf(local.ip);
  const name = `TCP listener on ${local.ip} port ${local.port}`;
  const listener = new TcpListener(openStream(family, name), name);
  return orClose(listener, () => {
    applyTcpOptions(listener, family, options);
    listener.reuseAddress();
    listener.bind(encodeSocketAddress(local));
    check(libc().listen(listener.fd, options.backlog), `listen on ${name}`);
  });
}

function applyTcpOptions(socket: Socket, family: Family, options: TcpOptions): void {
  applyIpOptions(socket, family, options);
  if (options.minimumTtl !== undefined) setMinimumTtl(socket, family, options.minimumTtl);
  socket.setOption(NO_DELAY, 1);
}

function openStream(family: Family, name: string): number {
  return openDescriptor(DOMAIN[family], SOCK_STREAM, 0, name);
}

function setMd5Key(socket: Socket, peer: Ip, prefixLength: number | null, key: Uint8Array | null): void {
  const octets = key?.length ?? 0;
  if (key !== null && (octets === 0 || octets > TCP_MD5SIG_MAXKEYLEN)) {
    const advice = `an MD5 key has 1 to ${TCP_MD5SIG_MAXKEYLEN} octets, this one ${octets}`;
    throw new SystemError(`set the MD5 key for ${peer} on ${socket.name}`, ERRNO.EINVAL, advice);
  }
  const option = prefixLength === null ? MD5SIG : MD5SIG_EXT;
  socket.setOption(option, encodeTcpMd5sig(peer, prefixLength, key ?? new Uint8Array()));
}

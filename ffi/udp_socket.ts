/**
 * UDP sockets over IPv4 and IPv6, with the TTL of each datagram, where it was sent to and where it came in.
 *
 * Source: udp(7), ip(7), ipv6(7), cmsg(3), RFC 3542 section 6; group membership RFC 3493 section 5.2.
 * Shape: datagrams in and out, nothing blocks. A received payload is a view of one buffer, valid until the next call.
 * Linux takes a minimum TTL for a UDP socket and does not enforce it (IP_MINTTL is TCP's), so there is none here: whoever
 * follows RFC 5082 compares `ttl`.
 *
 * @module
 */
import { type Family, familyOf, type Ip, ipFromBytes } from "../protocols/net/ip.ts";
import { ERRNO, lastErrno, SystemError } from "./errno.ts";
import {
  applyIpOptions,
  DOMAIN,
  type IpOptions,
  IPV6_JOIN_GROUP,
  IPV6_LEAVE_GROUP,
  RECEIVED_DESTINATION,
  RECEIVED_TTL,
  receiveDestination,
  receiveTtl,
  setMulticastTtl,
} from "./ip_options.ts";
import {
  allocate,
  CMSGHDR,
  decodeSocketAddress,
  encodeIpv6Mreq,
  encodeSocketAddress,
  IOVEC_OCTETS,
  MSGHDR,
  SOCKADDR_STORAGE_OCTETS,
  type SocketAddress,
  unshared,
  viewOf,
  writePointer,
} from "./layout.ts";
import { libc } from "./libc.ts";
import { openDescriptor, orClose, sendError, SOCK_DGRAM, Socket } from "./socket.ts";

/** Binding to the unspecified address with port 0 leaves both to the kernel. */
export interface UdpOptions extends IpOptions {
  readonly local: SocketAddress;
  /** Octets kept of each datagram; longer ones are cut. */
  readonly maximumOctets: number;
  /** Share the port with sockets of this program that are bound to another interface. */
  readonly reuseAddress?: boolean;
}

/** One received datagram. */
export interface Datagram {
  /** Valid until the next call. */
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly from: SocketAddress;
  /** TTL or hop limit it arrived with; null when the kernel did not tell. */
  readonly ttl: number | null;
  /** The address it was sent to, and the index of the interface it came in by; null when the kernel did not tell. */
  readonly destination: Ip | null;
  readonly interfaceIndex: number | null;
}

/** Control messages with a TTL and a destination, and room for one that was not asked for. */
const CONTROL_OCTETS = 128;

/** What the control messages of a datagram say. */
type Ancillary = Pick<Datagram, "ttl" | "destination" | "interfaceIndex">;

/** An owned UDP socket. */
export class UdpSocket extends Socket {
  readonly family: Family;
  readonly #payload: Uint8Array<ArrayBuffer>;
  readonly #from = allocate(SOCKADDR_STORAGE_OCTETS);
  readonly #control = allocate(CONTROL_OCTETS);
  readonly #controlView = viewOf(this.#control);
  readonly #iovec = allocate(IOVEC_OCTETS);
  readonly #msghdr = allocate(MSGHDR.octets);
  readonly #msghdrView = viewOf(this.#msghdr);
  /** Encoded destinations; a driver sends to the same few SocketAddress values for ever. */
  readonly #encoded = new WeakMap<SocketAddress, Uint8Array<ArrayBuffer>>();

  constructor(fd: number, name: string, family: Family, maximumOctets: number) {
    super(fd, name);
    this.family = family;
    this.#payload = allocate(maximumOctets);
    writePointer(viewOf(this.#iovec), 0, this.#payload);
    viewOf(this.#iovec).setUint32(8, maximumOctets, true);
    writePointer(this.#msghdrView, MSGHDR.name, this.#from);
    writePointer(this.#msghdrView, MSGHDR.iov, this.#iovec);
    this.#msghdrView.setUint32(MSGHDR.iovlen, 1, true);
    writePointer(this.#msghdrView, MSGHDR.control, this.#control);
  }

  /** The next datagram; null when none is waiting. */
  receiveFrom(): Datagram | null {
    // recvmsg(2) replaces these lengths by what it has filled.
    this.#msghdrView.setUint32(MSGHDR.namelen, SOCKADDR_STORAGE_OCTETS, true);
    this.#msghdrView.setUint32(MSGHDR.controllen, CONTROL_OCTETS, true);
    const count = libc().recvmsg(this.fd, this.#msghdr, 0);
    if (count < 0) {
      const errno = lastErrno();
      if (errno === ERRNO.EAGAIN || errno === ERRNO.EINTR) return null;
      throw new SystemError(`receive from ${this.name}`, errno);
    }
    const from = decodeSocketAddress(this.#from);
    if (from === null) {
      throw new SystemError(`read the sender of a datagram on ${this.name}`, ERRNO.EAFNOSUPPORT);
    }
    return { payload: this.#payload.subarray(0, count), from, ...this.#ancillary() };
  }

  /** Sends one datagram; false when the kernel has no room for it now. ECONNREFUSED may belong to an earlier one. */
  sendTo(payload: Uint8Array, to: SocketAddress): boolean {
    let address = this.#encoded.get(to);
    if (address === undefined) this.#encoded.set(to, address = encodeSocketAddress(to));
    const count = libc().sendto(
      this.fd,
      unshared(payload),
      BigInt(payload.length),
      0,
      address,
      address.length,
    );
    if (count >= 0) return true;
    const errno = lastErrno();
    if (errno === ERRNO.EAGAIN || errno === ERRNO.ENOBUFS) return false;
    throw sendError(`send to ${to.ip} port ${to.port} from ${this.name}`, errno);
  }

  /** Receives what is sent to an IPv6 group on that interface, and has switches told so (MLD). */
  joinGroup(group: Ip, interfaceIndex: number): void {
    this.setOption(IPV6_JOIN_GROUP, encodeIpv6Mreq(group, interfaceIndex));
  }

  /** Ends what joinGroup began; harmless when the interface and its membership are gone already. */
  leaveGroup(group: Ip, interfaceIndex: number): void {
    try {
      this.setOption(IPV6_LEAVE_GROUP, encodeIpv6Mreq(group, interfaceIndex));
    } catch (error) {
      const gone = error instanceof SystemError &&
        (error.code === "EADDRNOTAVAIL" || error.code === "ENODEV");
      if (!gone) throw error;
    }
  }

  #ancillary(): Ancillary {
    const [ttlOption, destinationOption] = [RECEIVED_TTL[this.family], RECEIVED_DESTINATION[this.family]];
    const view = this.#controlView;
    const end = this.#msghdrView.getUint32(MSGHDR.controllen, true);
    let ttl: number | null = null;
    let destination: Ip | null = null;
    let interfaceIndex: number | null = null;
    for (let at = 0; at + CMSGHDR.octets + 4 <= end;) {
      const octets = view.getUint32(at, true);
      if (octets < CMSGHDR.octets) break;
      const level = view.getInt32(at + CMSGHDR.level, true);
      const type = view.getInt32(at + CMSGHDR.type, true);
      const body = at + CMSGHDR.octets;
      if (level === ttlOption.level && type === ttlOption.type) ttl = view.getInt32(body, true);
      if (level === destinationOption.level && type === destinationOption.type) {
        const { address, addressOctets, index } = destinationOption;
        destination = ipFromBytes(this.#control.subarray(body + address, body + address + addressOctets));
        interfaceIndex = view.getInt32(body + index, true);
      }
      at += (octets + 7) & ~7;
    }
    return { ttl, destination, interfaceIndex };
  }
}

/** Opens and binds a UDP socket of the local address's family. */
export function openUdpSocket(options: UdpOptions): UdpSocket {
  const { local } = options;
  const family = familyOf(local.ip);
  const name = `UDP socket on ${local.ip} port ${local.port}`;
  const socket = new UdpSocket(
    openDescriptor(DOMAIN[family], SOCK_DGRAM, 0, name),
    name,
    family,
    options.maximumOctets,
  );
  return orClose(socket, () => {
    applyIpOptions(socket, family, options);
    if (options.ttl !== undefined) setMulticastTtl(socket, family, options.ttl);
    receiveTtl(socket, family);
    receiveDestination(socket, family);
    if (options.reuseAddress === true) socket.reuseAddress();
    socket.bind(encodeSocketAddress(local));
  });
}

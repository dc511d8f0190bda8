/**
 * C structures as bytes: offsets, sizes, and the few values that cross the FFI boundary.
 *
 * Source: Linux uapi headers on LP64, little-endian: linux/in.h, linux/in6.h, linux/if_packet.h, linux/tcp.h, linux/netlink.h,
 * poll.h, time.h, sys/socket.h, pcap/pcap.h.
 * Shape: `encodeX` returns a new structure, `writeX` fills one in place, `decodeX` reads one. Every structure is
 * allocated through an ArrayBuffer of its own, so that its address never moves.
 * Not here: rtnetlink messages (netlink_message.ts).
 *
 * @module
 */
import { familyOf, type Ip, ipFromBytes, ipToBytes } from "../protocols/net/ip.ts";

export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;

/** struct sockaddr_storage. */
export const SOCKADDR_STORAGE_OCTETS = 128;
const SOCKADDR_IN_OCTETS = 16;
const SOCKADDR_IN6_OCTETS = 28;
const SOCKADDR_LL_OCTETS = 20;
const SOCKADDR_NL_OCTETS = 12;

/** struct timespec: tv_sec @0, tv_nsec @8. struct itimerspec is two of them: it_interval, it_value. */
export const TIMESPEC_OCTETS = 16;
export const ITIMERSPEC_OCTETS = 32;

/** struct pollfd: fd @0, events @4, revents @6. */
export const POLLFD_OCTETS = 8;

/** struct bpf_program: bf_len @0, bf_insns @8. */
export const BPF_PROGRAM_OCTETS = 16;

/** struct pcap_pkthdr: ts @0, caplen @16 (octets kept), len @20 (octets on the wire). */
export const PCAP_PKTHDR = { octets: 24, caplen: 16 } as const;

/** struct pcap_stat: ps_recv @0, ps_drop @4, ps_ifdrop @8. */
export const PCAP_STAT_OCTETS = 12;

/** struct msghdr; a control message starts with struct cmsghdr: cmsg_len @0, cmsg_level @8, cmsg_type @12. */
export const MSGHDR = {
  octets: 56,
  name: 0,
  namelen: 8,
  iov: 16,
  iovlen: 24,
  control: 32,
  controllen: 40,
} as const;
export const CMSGHDR = { octets: 16, level: 8, type: 12 } as const;
/** struct iovec: iov_base @0, iov_len @8. */
export const IOVEC_OCTETS = 16;

/** The longest key struct tcp_md5sig holds (TCP_MD5SIG_MAXKEYLEN). */
export const TCP_MD5SIG_MAXKEYLEN = 80;
const TCP_MD5SIG = { octets: 216, flags: 128, prefixlen: 129, keylen: 130, key: 136 } as const;
/** tcpm_flags: tcpm_prefixlen counts. */
const TCP_MD5SIG_FLAG_PREFIX = 1;

/** An address and port, and for IPv6 link-local addresses the index of the interface (sin6_scope_id). */
export interface SocketAddress {
  readonly ip: Ip;
  readonly port: number;
  readonly scopeId?: number;
}

/** `octets` zeroed octets whose address stays where it is. */
export function allocate(octets: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(octets));
}

/** Bytes from elsewhere as the FFI types want them; nothing in Ingot keeps packets in shared memory. */
export function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}

/** A view for reading and writing fields. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 32-bit integer, the usual value of a socket option. */
export function encodeInt(value: number): Uint8Array<ArrayBuffer> {
  const bytes = allocate(4);
  viewOf(bytes).setInt32(0, value, true);
  return bytes;
}

/** Zero-terminated text. */
export function encodeCString(text: string): Uint8Array<ArrayBuffer> {
  const encoded = new TextEncoder().encode(text);
  const bytes = allocate(encoded.length + 1);
  bytes.set(encoded);
  return bytes;
}

/** struct sockaddr_in or sockaddr_in6, as the address's family asks. */
export function encodeSocketAddress(address: SocketAddress): Uint8Array<ArrayBuffer> {
  const isV4 = familyOf(address.ip) === "ipv4";
  const bytes = allocate(isV4 ? SOCKADDR_IN_OCTETS : SOCKADDR_IN6_OCTETS);
  const view = viewOf(bytes);
  view.setUint16(0, isV4 ? AF_INET : AF_INET6, true);
  view.setUint16(2, address.port, false);
  bytes.set(ipToBytes(address.ip), isV4 ? 4 : 8);
  if (!isV4) view.setUint32(24, address.scopeId ?? 0, true);
  return bytes;
}

/** The address in a struct sockaddr; null for another family. */
export function decodeSocketAddress(bytes: Uint8Array): SocketAddress | null {
  if (bytes.length < SOCKADDR_IN_OCTETS) return null;
  const view = viewOf(bytes);
  const family = view.getUint16(0, true);
  const port = view.getUint16(2, false);
  if (family === AF_INET) return { ip: ipFromBytes(bytes.subarray(4, 8)), port };
  if (family !== AF_INET6 || bytes.length < SOCKADDR_IN6_OCTETS) return null;
  const ip = ipFromBytes(bytes.subarray(8, 24));
  const scopeId = view.getUint32(24, true);
  return scopeId === 0 ? { ip, port } : { ip, port, scopeId };
}

/** struct sockaddr_ll for bind(2): sll_protocol @2 (network order), sll_ifindex @4. */
export function encodeSockaddrLl(ethertype: number, interfaceIndex: number): Uint8Array<ArrayBuffer> {
  const bytes = allocate(SOCKADDR_LL_OCTETS);
  const view = viewOf(bytes);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, ethertype, false);
  view.setInt32(4, interfaceIndex, true);
  return bytes;
}

/** struct sockaddr_nl: nl_pid @4 (0: the kernel chooses), nl_groups @8. */
export function encodeSockaddrNl(groups: number): Uint8Array<ArrayBuffer> {
  const bytes = allocate(SOCKADDR_NL_OCTETS);
  const view = viewOf(bytes);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, groups, true);
  return bytes;
}

/** struct ipv6_mreq: group @0, interface index @16. */
export function encodeIpv6Mreq(group: Ip, interfaceIndex: number): Uint8Array<ArrayBuffer> {
  const bytes = allocate(20);
  bytes.set(ipToBytes(group));
  viewOf(bytes).setUint32(16, interfaceIndex, true);
  return bytes;
}

/**
 * struct tcp_md5sig: the key for a peer, or for a prefix of peers when `prefixLength` is given (TCP_MD5SIG_EXT).
 * An empty key removes the peer's key. The caller keeps the key within TCP_MD5SIG_MAXKEYLEN.
 */
export function encodeTcpMd5sig(
  peer: Ip,
  prefixLength: number | null,
  key: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = allocate(TCP_MD5SIG.octets);
  bytes.set(encodeSocketAddress({ ip: peer, port: 0 }));
  if (prefixLength !== null) {
    bytes[TCP_MD5SIG.flags] = TCP_MD5SIG_FLAG_PREFIX;
    bytes[TCP_MD5SIG.prefixlen] = prefixLength;
  }
  viewOf(bytes).setUint16(TCP_MD5SIG.keylen, key.length, true);
  bytes.set(key, TCP_MD5SIG.key);
  return bytes;
}

/** Fills a struct timespec at `offset` with a duration; fractions of a millisecond count, negatives become zero. */
export function writeTimespec(view: DataView, offset: number, ms: number): void {
  const seconds = ms > 0 ? Math.floor(ms / 1000) : 0;
  // Rounded up: a wait that ends a fraction of a nanosecond early would turn into a second, empty one.
  const nanoseconds = ms > 0 ? Math.min(Math.ceil((ms - seconds * 1000) * 1e6), 999_999_999) : 0;
  view.setUint32(offset, seconds, true);
  view.setUint32(offset + 4, 0, true);
  view.setUint32(offset + 8, nanoseconds, true);
  view.setUint32(offset + 12, 0, true);
}

/** Stores the address of `target` at `offset`; the caller keeps `target` alive as long as the structure. */
export function writePointer(view: DataView, offset: number, target: Uint8Array<ArrayBuffer>): void {
  view.setBigUint64(offset, Deno.UnsafePointer.value(Deno.UnsafePointer.of(target)), true);
}

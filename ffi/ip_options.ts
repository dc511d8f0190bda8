/**
 * Options that UDP and TCP sockets share: interface, class of traffic and time to live, with GTSM's minimum for TCP.
 *
 * Source: ip(7), ipv6(7); the minimum is the Generalized TTL Security Mechanism, RFC 5082; the class is RFC 2474's.
 * Shape: one record of optional wishes, applied to a new socket before it is bound or connected.
 *
 * @module
 */
import type { Family } from "../protocols/net/ip.ts";
import { AF_INET, AF_INET6 } from "./layout.ts";
import type { Socket, SocketOption } from "./socket.ts";

const SOL_IP = 0;
const SOL_IPV6 = 41;

/** What a UDP or TCP socket may be told about the packets it sends and accepts. */
export interface IpOptions {
  /** TTL or hop limit of unicast packets sent; the system's default when absent. */
  readonly ttl?: number;
  /** IPv4's TOS or IPv6's traffic class of packets sent; 0 when absent. */
  readonly trafficClass?: number;
  /** Only this interface, for sending and receiving. */
  readonly interface?: string;
}

/** Routing protocols' own: class selector 6, "network control" (RFC 4594 section 3.1), as routers mark them. */
export const NETWORK_CONTROL = 0xc0;

/** The kernel's number of an address family. */
export const DOMAIN: Readonly<Record<Family, number>> = { ipv4: AF_INET, ipv6: AF_INET6 };

const TTL: Readonly<Record<Family, SocketOption>> = {
  ipv4: { level: SOL_IP, option: 2, name: "IP_TTL" },
  ipv6: { level: SOL_IPV6, option: 16, name: "IPV6_UNICAST_HOPS" },
};
const TRAFFIC_CLASS: Readonly<Record<Family, SocketOption>> = {
  ipv4: { level: SOL_IP, option: 1, name: "IP_TOS" },
  ipv6: { level: SOL_IPV6, option: 67, name: "IPV6_TCLASS" },
};
const MULTICAST_TTL: Readonly<Record<Family, SocketOption>> = {
  ipv4: { level: SOL_IP, option: 33, name: "IP_MULTICAST_TTL" },
  ipv6: { level: SOL_IPV6, option: 18, name: "IPV6_MULTICAST_HOPS" },
};
const MINIMUM_TTL: Readonly<Record<Family, SocketOption>> = {
  ipv4: { level: SOL_IP, option: 21, name: "IP_MINTTL" },
  ipv6: { level: SOL_IPV6, option: 73, name: "IPV6_MINHOPCOUNT" },
};
const RECEIVE_TTL: Readonly<Record<Family, SocketOption>> = {
  ipv4: { level: SOL_IP, option: 12, name: "IP_RECVTTL" },
  ipv6: { level: SOL_IPV6, option: 51, name: "IPV6_RECVHOPLIMIT" },
};
const RECEIVE_DESTINATION: Readonly<Record<Family, SocketOption>> = {
  ipv4: { level: SOL_IP, option: 8, name: "IP_PKTINFO" },
  ipv6: { level: SOL_IPV6, option: 49, name: "IPV6_RECVPKTINFO" },
};
const IPV6_ONLY: SocketOption = { level: SOL_IPV6, option: 26, name: "IPV6_V6ONLY" };
export const IPV6_JOIN_GROUP: SocketOption = { level: SOL_IPV6, option: 20, name: "IPV6_JOIN_GROUP" };
export const IPV6_LEAVE_GROUP: SocketOption = { level: SOL_IPV6, option: 21, name: "IPV6_LEAVE_GROUP" };

/** The control message that carries a received TTL (IP_TTL) or hop limit (IPV6_HOPLIMIT). */
export const RECEIVED_TTL: Readonly<Record<Family, { readonly level: number; readonly type: number }>> = {
  ipv4: { level: SOL_IP, type: 2 },
  ipv6: { level: SOL_IPV6, type: 52 },
};

/** The control message that carries a destination: struct in_pktinfo or in6_pktinfo, and where they hold what. */
export interface DestinationMessage {
  readonly level: number;
  readonly type: number;
  /** Offset of the interface's index. */
  readonly index: number;
  /** Offset of the address, and its length. */
  readonly address: number;
  readonly addressOctets: number;
}

/** IP_PKTINFO and IPV6_PKTINFO. */
export const RECEIVED_DESTINATION: Readonly<Record<Family, DestinationMessage>> = {
  ipv4: { level: SOL_IP, type: 8, index: 0, address: 8, addressOctets: 4 },
  ipv6: { level: SOL_IPV6, type: 50, index: 16, address: 0, addressOctets: 16 },
};

/** Applies the wishes; an IPv6 socket never takes IPv4 traffic, so one of each can share a port. */
export function applyIpOptions(socket: Socket, family: Family, options: IpOptions): void {
  if (family === "ipv6") socket.setOption(IPV6_ONLY, 1);
  if (options.interface !== undefined) socket.bindToDevice(options.interface);
  if (options.trafficClass !== undefined) socket.setOption(TRAFFIC_CLASS[family], options.trafficClass);
  if (options.ttl !== undefined) setUnicastTtl(socket, family, options.ttl);
}

/** Sets the TTL or hop limit of unicast packets, at any time. */
export function setUnicastTtl(socket: Socket, family: Family, ttl: number): void {
  socket.setOption(TTL[family], ttl);
}

/** Sets the TTL or hop limit of multicast packets, which is 1 otherwise. */
export function setMulticastTtl(socket: Socket, family: Family, ttl: number): void {
  socket.setOption(MULTICAST_TTL[family], ttl);
}

/** Has the kernel drop what arrives with a lower TTL or hop limit; Linux does so for TCP alone. */
export function setMinimumTtl(socket: Socket, family: Family, minimumTtl: number): void {
  socket.setOption(MINIMUM_TTL[family], minimumTtl);
}

/** Asks the kernel to tell the TTL or hop limit of each datagram. */
export function receiveTtl(socket: Socket, family: Family): void {
  socket.setOption(RECEIVE_TTL[family], 1);
}

/** Asks the kernel to tell where each datagram was sent to and came in. */
export function receiveDestination(socket: Socket, family: Family): void {
  socket.setOption(RECEIVE_DESTINATION[family], 1);
}

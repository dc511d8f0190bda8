/**
 * Router Solicitations and Advertisements, as far as BGP's unnumbered peers need them: who is the router on this link?
 *
 * Source: RFC 4861 sections 4.1, 4.2 (formats), 6.1.1, 6.1.2 (validity). What an advertisement says of prefixes and
 * routes is of no interest here.
 * Shape: frames in, the sender out; the advertisement we send makes nobody use us as a router: its lifetime is zero.
 * Not here: when it is sent (agent/network/bgp).
 *
 * @module
 */
import { ICMPV6, icmpv6Checksum, IPV6_HEADER_OCTETS } from "../net/checksum.ts";
import { readUint16 } from "../net/bytes.ts";
import { ethernetPayload, ETHERTYPE_IPV6, frameOctets, writeEthernet } from "../net/ethernet.ts";
import { type Ip, ipToBytes, ipv6At } from "../net/ip.ts";
import type { Mac } from "../net/mac.ts";
import { ALL_NODES, ALL_ROUTERS, groupMac } from "./group.ts";
import { optionsFault, optionsOctets, writeOptions } from "./option.ts";
import { MESSAGE, SOURCE, writeNdpChecksum, writeNdpHeader } from "./packet.ts";

const ROUTER_SOLICITATION = 133;
const ROUTER_ADVERTISEMENT = 134;

/** What one frame says. */
export type RouterFrame =
  | { readonly type: "RouterSolicitation" }
  /** The sender's link-local address is where it can be reached on the link. */
  | { readonly type: "RouterAdvertisement"; readonly source: Ip };

/** Octets before the options. */
const SOLICITATION_OCTETS = 8;
const ADVERTISEMENT_OCTETS = 16;
const HOP_LIMIT = 255;

/** Decodes a frame; null when it is neither, or not valid. */
export function decodeRouterFrame(frame: Uint8Array): RouterFrame | null {
  const at = ethernetPayload(frame, ETHERTYPE_IPV6);
  if (typeof at === "string" || frame.length < at + IPV6_HEADER_OCTETS) return null;
  const length = readUint16(frame, at + 4);
  if (frame[at]! >>> 4 !== 6 || frame[at + 6] !== ICMPV6 || frame[at + 7] !== HOP_LIMIT) return null;
  const end = at + MESSAGE + length;
  const type = frame[at + MESSAGE];
  const fixedOctets = type === ROUTER_ADVERTISEMENT ? ADVERTISEMENT_OCTETS : SOLICITATION_OCTETS;
  if (length < fixedOctets || frame.length < end || frame[at + MESSAGE + 1] !== 0) return null;
  if (icmpv6Checksum(frame, at, length) !== 0) return null;
  if (optionsFault(frame, at + MESSAGE + fixedOctets, end) !== null) return null;
  if (type === ROUTER_SOLICITATION) return { type: "RouterSolicitation" };
  if (type !== ROUTER_ADVERTISEMENT) return null;
  // RFC 4861 6.1.2: the source must be link-local.
  if (frame[at + SOURCE] !== 0xfe || (frame[at + SOURCE + 1]! & 0xc0) !== 0x80) return null;
  return { type: "RouterAdvertisement", source: ipv6At(frame, at + SOURCE) };
}

/**
 * An advertisement to every node on the link.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   Type (134)  |   Code (0)    |           Checksum            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     | Hop Limit (0) |M|O|  Reserved |     Router Lifetime (0)       |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                     Reachable Time (0)                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                     Retrans Timer (0)                         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   Source Link-Layer Address option
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-
 */
export function encodeRouterAdvertisement(mac: Mac, source: Ip): Uint8Array {
  return encode(ROUTER_ADVERTISEMENT, ADVERTISEMENT_OCTETS, ALL_NODES, mac, source);
}

/**
 * A question to every router on the link, which has them advertise at once (RFC 4861 6.2.6).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   Type (133)  |   Code (0)    |           Checksum            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                           Reserved                            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   Source Link-Layer Address option
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-
 */
export function encodeRouterSolicitation(mac: Mac, source: Ip): Uint8Array {
  return encode(ROUTER_SOLICITATION, SOLICITATION_OCTETS, ALL_ROUTERS, mac, source);
}

/** A message whose fixed part is zero behind the header, with the sender's link-layer address. */
function encode(type: number, fixedOctets: number, group: Ip, mac: Mac, source: Ip): Uint8Array {
  const options = [{ type: "SourceLinkLayerAddress", mac } as const];
  const octets = fixedOctets + optionsOctets(options);
  const frame = new Uint8Array(frameOctets(MESSAGE + octets));
  const at = writeNdpHeader(frame, type, octets);
  writeEthernet(frame, groupMac(group), mac, ETHERTYPE_IPV6);
  frame.set(ipToBytes(source), at + SOURCE);
  frame.set(ipToBytes(group), at + SOURCE + 16);
  writeOptions(frame, at + MESSAGE + fixedOctets, options);
  writeNdpChecksum(frame, at, octets);
  return frame;
}

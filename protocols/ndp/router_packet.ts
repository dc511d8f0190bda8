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
import { ALL_NODES, groupMac } from "./group.ts";
import { optionsFault, optionsOctets, writeOptions } from "./option.ts";
import { MESSAGE, SOURCE, writeNdpChecksum, writeNdpHeader } from "./packet.ts";

export const ROUTER_SOLICITATION = 133;
export const ROUTER_ADVERTISEMENT = 134;

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
  const options = [{ type: "SourceLinkLayerAddress", mac } as const];
  const octets = ADVERTISEMENT_OCTETS + optionsOctets(options);
  const frame = new Uint8Array(frameOctets(MESSAGE + octets));
  const at = writeNdpHeader(frame, ROUTER_ADVERTISEMENT, octets);
  writeEthernet(frame, groupMac(ALL_NODES), mac, ETHERTYPE_IPV6);
  frame.set(ipToBytes(source), at + SOURCE);
  frame.set(ipToBytes(ALL_NODES), at + SOURCE + 16);
  writeOptions(frame, at + MESSAGE + ADVERTISEMENT_OCTETS, options);
  writeNdpChecksum(frame, at, octets);
  return frame;
}

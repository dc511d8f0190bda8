/**
 * MP_REACH_NLRI and MP_UNREACH_NLRI: routes of any family, with a next hop of any family.
 *
 * Source: RFC 4760 sections 3 to 7, RFC 2545 section 3 (IPv6 next hops), RFC 8950 section 3 (IPv6 next hops for IPv4),
 * RFC 7606 sections 5.3 and 7.11.
 * Shape: the value of one attribute in, routes out, or a named reason for which the session is reset.
 * Not here: attribute headers (attribute_list.ts), writing MP attributes around packed prefixes (update_packing.ts).
 *
 * @module
 */
import { readUint16 } from "../../net/bytes.ts";
import { type Ip, ipv4At, ipv6At, isIpv4MappedAt } from "../../net/ip.ts";
import { isIpv4Host } from "./attribute_table.ts";
import { type DecodedNlri, decodeNlri } from "./nlri.ts";
import { AFI_IPV4, type AfiSafi, type BgpFamily, familyOfAfiSafi } from "./registry.ts";

/** Where to send packets for a route. */
export interface NextHop {
  /** IPv4, or IPv6 of any scope. */
  readonly address: Ip;
  /** The link-local address beside a global one (RFC 2545 3); null when none was or is to be given. */
  readonly linkLocal: Ip | null;
}

/** A family we did not agree on; what it says is not read (RFC 4760 7). */
export interface ForeignRoutes extends AfiSafi {
  readonly family: null;
}

/** The contents of MP_REACH_NLRI. */
export interface MpReach extends DecodedNlri {
  readonly family: BgpFamily;
  /** Null when nothing can be sent to the address, or the session did not agree on IPv6 next hops for IPv4. */
  readonly nextHop: NextHop | null;
}

/** The contents of MP_UNREACH_NLRI. */
export interface MpUnreach extends DecodedNlri {
  readonly family: BgpFamily;
}

/** Why an MP attribute cannot be read; all of them reset the session, as prefixes may be lost. */
export type MpFault = "mp-attribute-short" | "mp-next-hop-length" | "mp-nlri-malformed";

/** The families of the session, and whether its IPv4 routes may have IPv6 next hops. */
export interface MpOptions {
  readonly families: readonly BgpFamily[];
  readonly extendedNextHop: boolean;
}

/** The agreed family at the start of a value. */
function familyAt(value: Uint8Array, options: MpOptions): BgpFamily | ForeignRoutes {
  const afiSafi = { afi: readUint16(value, 0), safi: value[2]! };
  const family = familyOfAfiSafi(afiSafi);
  return family !== null && options.families.includes(family) ? family : { family: null, ...afiSafi };
}

/**
 * Decodes the value of MP_REACH_NLRI, RFC 4760 3.
 *
 *     +---------------------------------------------------------+
 *     | Address Family Identifier (2 octets)                    |
 *     +---------------------------------------------------------+
 *     | Subsequent Address Family Identifier (1 octet)          |
 *     +---------------------------------------------------------+
 *     | Length of Next Hop Network Address (1 octet)            |
 *     +---------------------------------------------------------+
 *     | Network Address of Next Hop (variable)                  |
 *     +---------------------------------------------------------+
 *     | Reserved (1 octet)                                      |
 *     +---------------------------------------------------------+
 *     | Network Layer Reachability Information (variable)       |
 *     +---------------------------------------------------------+
 */
export function decodeMpReach(value: Uint8Array, options: MpOptions): MpReach | ForeignRoutes | MpFault {
  if (value.length < 5) return "mp-attribute-short";
  const family = familyAt(value, options);
  const nextHopOctets = value[3]!;
  const nlriAt = 5 + nextHopOctets;
  if (value.length < nlriAt) return "mp-attribute-short";
  if (typeof family !== "string") return family;
  const lengths = readUint16(value, 0) === AFI_IPV4 ? [4, 16, 32] : [16, 32];
  if (!lengths.includes(nextHopOctets)) return "mp-next-hop-length";
  const nlri = decodeNlri(value, nlriAt, value.length, family);
  if (nlri === null) return "mp-nlri-malformed";
  const isAgreed = family === "ipv6-unicast" || nextHopOctets === 4 || options.extendedNextHop;
  return { family, nextHop: isAgreed ? decodeNextHop(value.subarray(4, 4 + nextHopOctets)) : null, ...nlri };
}

/** Decodes the value of MP_UNREACH_NLRI, RFC 4760 4: the family, then prefixes. */
export function decodeMpUnreach(value: Uint8Array, options: MpOptions): MpUnreach | ForeignRoutes | MpFault {
  if (value.length < 3) return "mp-attribute-short";
  const family = familyAt(value, options);
  if (typeof family !== "string") return family;
  const nlri = decodeNlri(value, 3, value.length, family);
  return nlri === null ? "mp-nlri-malformed" : { family, ...nlri };
}

/** 4, 16 or 32 octets; null for an address that is no host's. */
function decodeNextHop(octets: Uint8Array): NextHop | null {
  if (octets.length === 4) return isIpv4Host(octets) ? { address: ipv4At(octets, 0), linkLocal: null } : null;
  const linkLocal = octets.length === 32 && isLinkLocalAt(octets, 16) ? ipv6At(octets, 16) : null;
  // On a link without global addresses some put nothing there, and some the link-local address twice.
  if (linkLocal !== null && isZeroAt(octets)) return { address: linkLocal, linkLocal: null };
  return isIpv6Host(octets) ? { address: ipv6At(octets, 0), linkLocal } : null;
}

function isLinkLocalAt(octets: Uint8Array, at: number): boolean {
  return octets[at] === 0xfe && (octets[at + 1]! & 0xc0) === 0x80;
}

function isZeroAt(octets: Uint8Array): boolean {
  for (let i = 0; i < 16; i++) if (octets[i] !== 0) return false;
  return true;
}

/** Not "::", loopback, multicast or IPv4-mapped. */
function isIpv6Host(octets: Uint8Array): boolean {
  if (octets[0] === 0xff || isIpv4MappedAt(octets, 0)) return false;
  for (let i = 0; i < 15; i++) if (octets[i] !== 0) return true;
  return octets[15]! > 1;
}

/**
 * The numbers of BGP: message types, capabilities, path attributes, families, roles and well-known communities.
 *
 * Source: IANA's "Border Gateway Protocol (BGP) Parameters", "Capability Codes", "Address Family Numbers" and "BGP
 * Well-known Communities"; AS_TRANS is RFC 6793 section 9.
 * Shape: open registries are numbers, so that unknown values survive; the two families we route are names.
 * Not here: error codes and subcodes (error.ts).
 *
 * @module
 */

/** RFC 4271 4.1, RFC 2918 3. */
export const MESSAGE_TYPE = { open: 1, update: 2, notification: 3, keepalive: 4, routeRefresh: 5 } as const;

/** One of the five message types. */
export type MessageType = typeof MESSAGE_TYPE[keyof typeof MESSAGE_TYPE];

/** The families routes are exchanged for. */
export type BgpFamily = "ipv4-unicast" | "ipv6-unicast";

/** An address family and its subsequent identifier as they stand on the wire; RFC 4760 3. */
export interface AfiSafi {
  readonly afi: number;
  readonly safi: number;
}

export const AFI_IPV4 = 1;
export const AFI_IPV6 = 2;
export const SAFI_UNICAST = 1;

/** Both families in the order messages are sent. */
export const BGP_FAMILIES: readonly BgpFamily[] = ["ipv4-unicast", "ipv6-unicast"];

/** How a family is written on the wire. */
export const AFI_SAFI: Readonly<Record<BgpFamily, AfiSafi>> = {
  "ipv4-unicast": { afi: AFI_IPV4, safi: SAFI_UNICAST },
  "ipv6-unicast": { afi: AFI_IPV6, safi: SAFI_UNICAST },
};

/** The family of these numbers, or null when we do not route it. */
export function familyOfAfiSafi({ afi, safi }: AfiSafi): BgpFamily | null {
  if (safi !== SAFI_UNICAST) return null;
  return afi === AFI_IPV4 ? "ipv4-unicast" : afi === AFI_IPV6 ? "ipv6-unicast" : null;
}

/** Capability codes we decode. */
export const CAPABILITY = {
  /** RFC 4760 8. */
  multiprotocol: 1,
  /** RFC 2918 2. */
  routeRefresh: 2,
  /** RFC 8950 4. */
  extendedNextHop: 5,
  /** RFC 8654 2. */
  extendedMessage: 6,
  /** RFC 9234 4.1. */
  role: 9,
  /** RFC 4724 3, RFC 8538 2. */
  gracefulRestart: 64,
  /** RFC 6793 3. */
  fourOctetAsn: 65,
  /** RFC 7313 3.1. */
  enhancedRouteRefresh: 70,
  /** draft-walton-bgp-hostname-capability. */
  fqdn: 73,
} as const;

/** Optional parameter types of an OPEN: RFC 5492 4, RFC 9072 2. */
export const PARAMETER = { capabilities: 2, extendedLength: 255 } as const;

/** Path attribute type codes that mean something to us. */
export const ATTRIBUTE = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  multiExitDisc: 4,
  localPref: 5,
  atomicAggregate: 6,
  aggregator: 7,
  /** RFC 1997. */
  communities: 8,
  /** RFC 4456 8. */
  originatorId: 9,
  clusterList: 10,
  /** RFC 4760 3, 4. */
  mpReachNlri: 14,
  mpUnreachNlri: 15,
  /** RFC 4360. */
  extendedCommunities: 16,
  /** RFC 6793 3. */
  as4Path: 17,
  as4Aggregator: 18,
  /** RFC 8092. */
  largeCommunities: 32,
} as const;

/** Bits of the attribute flags octet, RFC 4271 4.3; the low four are unused and ignored. */
export const ATTRIBUTE_FLAG = {
  optional: 0x80,
  transitive: 0x40,
  partial: 0x20,
  extendedLength: 0x10,
} as const;

/** AS_PATH segment types: RFC 4271 4.3, RFC 5065 3. */
export const AS_SEGMENT = { set: 1, sequence: 2, confedSequence: 3, confedSet: 4 } as const;

/** Stands for a number above 65535 where only two octets are understood, RFC 6793 9. */
export const AS_TRANS = 23456;

/** ROUTE-REFRESH message subtypes, RFC 7313 3.2. */
export const ROUTE_REFRESH_SUBTYPE = { request: 0, beginning: 1, end: 2 } as const;

/** No message is larger until extended messages are agreed (RFC 4271 4); RFC 8654 4 raises it. */
export const MAX_MESSAGE_OCTETS = 4096;
export const MAX_EXTENDED_MESSAGE_OCTETS = 65535;

/** Marker, length and type in front of every message, RFC 4271 4.1. */
export const HEADER_OCTETS = 19;

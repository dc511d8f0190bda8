/**
 * AS paths in both widths, and what a peer of two-octet AS numbers needs beside them.
 *
 * Source: RFC 4271 sections 4.3, 5.1.2 and 6.3; RFC 6793 section 4.2 (AS4_PATH, AS4_AGGREGATOR), RFC 7606 section 7.2,
 * RFC 7607 section 2 (AS 0), RFC 9774 (no sets), RFC 5065 section 5 (confederation segments stay inside).
 * Shape: what remains of a legal path is AS_SEQUENCE segments alone, hence a list of numbers, nearest first.
 * Not here: which path to send, and the loop check (the policy's matter).
 *
 * @module
 */
import { readUint16 } from "../../net/bytes.ts";
import type { Aggregator } from "./attribute.ts";
import { readUint32, uint16Octets, uint32Octets } from "./octets.ts";
import { AS_SEGMENT, AS_TRANS } from "./registry.ts";

/** How wide AS numbers are on this session. */
export type AsnOctets = 2 | 4;

/** One segment counts its numbers in one octet. */
const MAX_SEGMENT_ASNS = 255;
const MAX_TWO_OCTET_ASN = 0xffff;

/** Why a path is refused. */
export type AsPathFault = "as-path-malformed" | "as-path-zero" | "as-path-set" | "as-path-confederation";

/**
 * Decodes segments that fill the attribute.
 *
 *     +-----------------------+--------------------------+--------------------+
 *     | Segment Type (1 octet)| Segment Length (1 octet) | AS numbers ...     |
 *     +-----------------------+--------------------------+--------------------+
 */
export function decodeAsPath(octets: Uint8Array, asnOctets: AsnOctets): readonly number[] | AsPathFault {
  const asns: number[] = [];
  // Whatever else is wrong, a path of broken segments is malformed.
  let fault: AsPathFault | null = null;
  for (let at = 0; at < octets.length;) {
    const type = octets[at]!;
    const count = octets[at + 1] ?? 0;
    const end = at + 2 + count * asnOctets;
    if (!isSegmentType(type) || count === 0 || end > octets.length) return "as-path-malformed";
    if (type === AS_SEGMENT.set || type === AS_SEGMENT.confedSet) fault ??= "as-path-set";
    if (type === AS_SEGMENT.confedSequence) fault ??= "as-path-confederation";
    for (at += 2; at < end; at += asnOctets) {
      const asn = asnOctets === 4 ? readUint32(octets, at) : readUint16(octets, at);
      if (asn === 0) fault ??= "as-path-zero";
      asns.push(asn);
    }
  }
  return fault ?? asns;
}

function isSegmentType(type: number): boolean {
  return type >= AS_SEGMENT.set && type <= AS_SEGMENT.confedSet;
}

/** Encodes as few AS_SEQUENCE segments as will do; none for an empty path. */
export function encodeAsPath(asns: readonly number[], asnOctets: AsnOctets): readonly number[] {
  const octets: number[] = [];
  for (let at = 0; at < asns.length; at += MAX_SEGMENT_ASNS) {
    const segment = asns.slice(at, at + MAX_SEGMENT_ASNS);
    octets.push(AS_SEGMENT.sequence, segment.length);
    for (const asn of segment) octets.push(...asnOctetsOf(asn, asnOctets));
  }
  return octets;
}

/** An AS number in that width, AS_TRANS when it does not fit. */
export function asnOctetsOf(asn: number, asnOctets: AsnOctets): readonly number[] {
  if (asnOctets === 4) return uint32Octets(asn);
  return uint16Octets(asn > MAX_TWO_OCTET_ASN ? AS_TRANS : asn);
}

/** The attributes of which a two-octet peer sees a part. */
export interface AsAttributes {
  readonly asPath?: readonly number[];
  readonly aggregator?: Aggregator;
}

/** The same in full, for those behind that peer who understand it. */
export interface As4Attributes {
  readonly as4Path?: readonly number[];
  readonly as4Aggregator?: Aggregator;
}

/** What must go beside the attributes to a two-octet peer so that nothing is lost, RFC 6793 4.2.2. */
export function as4AttributesOf({ asPath, aggregator }: AsAttributes): As4Attributes {
  const isWide = (asn: number): boolean => asn > MAX_TWO_OCTET_ASN;
  return {
    ...(asPath?.some(isWide) ? { as4Path: asPath } : {}),
    ...(aggregator !== undefined && isWide(aggregator.asn) ? { as4Aggregator: aggregator } : {}),
  };
}

/** The attributes as they were before a two-octet peer cut them, RFC 6793 4.2.3. */
export function withAs4Attributes(seen: AsAttributes, full: As4Attributes): AsAttributes {
  const { asPath, aggregator } = seen;
  const { as4Path, as4Aggregator } = full;
  if (aggregator !== undefined && as4Aggregator !== undefined) {
    // An aggregator that is not AS_TRANS was set by someone who knew nothing of the wide attributes.
    if (aggregator.asn !== AS_TRANS) return seen;
    return { ...withAs4Attributes({ ...(asPath ? { asPath } : {}) }, full), aggregator: as4Aggregator };
  }
  if (asPath === undefined || as4Path === undefined || as4Path.length > asPath.length) return seen;
  return { ...seen, asPath: [...asPath.slice(0, asPath.length - as4Path.length), ...as4Path] };
}

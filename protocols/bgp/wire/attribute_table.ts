/**
 * Every path attribute we know, one row each: its flags, how it is read and written, and how bad it is when malformed.
 *
 * Source: RFC 4271 sections 4.3 and 6.3, RFC 7606 section 7 (classes), RFC 1997, 4360, 4456, 6793, 7607, 8092.
 * Shape: a table. A row reads the value of one attribute into a draft, or names the fault.
 * Not here: headers, order, doubled and missing attributes (attribute_list.ts), MP_REACH and MP_UNREACH (mp_nlri.ts).
 *
 * @module
 */
import { type Ip, ipToBytes, ipv4At } from "../../net/ip.ts";
import { type AsnOctets, asnOctetsOf, decodeAsPath, encodeAsPath } from "./as_path.ts";
import type { Aggregator, FaultClass, Origin, PathAttributes } from "./attribute.ts";
import {
  COMMUNITY_OCTETS,
  decodeCommunities,
  decodeExtendedCommunities,
  decodeLargeCommunities,
  encodeCommunities,
  encodeExtendedCommunities,
  encodeLargeCommunities,
  EXTENDED_COMMUNITY_OCTETS,
  LARGE_COMMUNITY_OCTETS,
} from "./communities.ts";
import { UPDATE_ERROR } from "./error.ts";
import { readUint32, uint32Octets } from "./octets.ts";
import { ATTRIBUTE, ATTRIBUTE_FLAG } from "./registry.ts";

/** The attributes as they stand in an UPDATE, those included that are merged or moved afterwards. */
export interface ListedAttributes extends PathAttributes {
  readonly nextHop?: Ip;
  readonly as4Path?: readonly number[];
  readonly as4Aggregator?: Aggregator;
}

/** Attributes while they are read. */
export type AttributeDraft = { -readonly [K in keyof ListedAttributes]: ListedAttributes[K] };

/** Why a value is malformed, and the subcode RFC 4271 6.3 has for it. */
export interface AttributeMalformation {
  readonly subcode: number;
  readonly reason: string;
}

/** From whom an attribute is read; from others it is discarded unread. */
export type AttributeSource = "anyone" | "internal-peers" | "two-octet-peers";

/** One row. */
export interface AttributeSpec {
  readonly code: number;
  /** Optional and transitive, as the attribute must have them. */
  readonly flags: number;
  /** RFC 7606 7: what a malformed value leads to. */
  readonly onMalformed: FaultClass;
  readonly source: AttributeSource;
  /** Reads a value into the draft; what is wrong with it otherwise. */
  readonly decode: (
    value: Uint8Array,
    asnOctets: AsnOctets,
    into: AttributeDraft,
  ) => AttributeMalformation | null;
  /** The value, or null when the attribute is absent. */
  readonly encode: (from: ListedAttributes, asnOctets: AsnOctets) => readonly number[] | null;
}

const WELL_KNOWN = ATTRIBUTE_FLAG.transitive;
const OPTIONAL_TRANSITIVE = ATTRIBUTE_FLAG.optional | ATTRIBUTE_FLAG.transitive;
const OPTIONAL_NON_TRANSITIVE = ATTRIBUTE_FLAG.optional;

const ORIGINS: readonly Origin[] = ["igp", "egp", "incomplete"];
const BAD_LENGTH: AttributeMalformation = {
  subcode: UPDATE_ERROR.attributeLength,
  reason: "attribute-length",
};

/** The rows in the order of their codes, which is the order attributes are sent in (RFC 4271 5). */
export const ATTRIBUTE_TABLE: readonly AttributeSpec[] = [
  {
    code: ATTRIBUTE.origin,
    flags: WELL_KNOWN,
    onMalformed: "treat-as-withdraw",
    source: "anyone",
    decode: (value, _asnOctets, into) => {
      if (value.length !== 1) return BAD_LENGTH;
      const origin = ORIGINS[value[0]!];
      if (origin === undefined) return { subcode: UPDATE_ERROR.invalidOrigin, reason: "origin-value" };
      into.origin = origin;
      return null;
    },
    encode: ({ origin }) => origin === undefined ? null : [ORIGINS.indexOf(origin)],
  },
  {
    code: ATTRIBUTE.asPath,
    flags: WELL_KNOWN,
    onMalformed: "treat-as-withdraw",
    source: "anyone",
    decode: (value, asnOctets, into) => {
      const path = decodeAsPath(value, asnOctets);
      if (typeof path === "string") return { subcode: UPDATE_ERROR.malformedAsPath, reason: path };
      into.asPath = path;
      return null;
    },
    encode: ({ asPath }, asnOctets) => asPath === undefined ? null : encodeAsPath(asPath, asnOctets),
  },
  {
    code: ATTRIBUTE.nextHop,
    flags: WELL_KNOWN,
    onMalformed: "treat-as-withdraw",
    source: "anyone",
    decode: (value, _asnOctets, into) => {
      if (value.length !== 4) return BAD_LENGTH;
      if (!isIpv4Host(value)) return { subcode: UPDATE_ERROR.invalidNextHop, reason: "next-hop-value" };
      into.nextHop = ipv4At(value, 0);
      return null;
    },
    encode: ({ nextHop }) => nextHop === undefined ? null : [...ipToBytes(nextHop)],
  },
  uint32Row(ATTRIBUTE.multiExitDisc, OPTIONAL_NON_TRANSITIVE, "anyone", "multiExitDisc"),
  uint32Row(ATTRIBUTE.localPref, WELL_KNOWN, "internal-peers", "localPref"),
  {
    code: ATTRIBUTE.atomicAggregate,
    flags: WELL_KNOWN,
    onMalformed: "attribute-discard",
    source: "anyone",
    decode: (value, _asnOctets, into) => {
      if (value.length !== 0) return BAD_LENGTH;
      into.atomicAggregate = true;
      return null;
    },
    encode: ({ atomicAggregate }) => atomicAggregate ? [] : null,
  },
  aggregatorRow(ATTRIBUTE.aggregator, "anyone", "aggregator", null),
  listRow(ATTRIBUTE.communities, OPTIONAL_TRANSITIVE, "anyone", COMMUNITY_OCTETS, {
    decode: (value, into) => into.communities = decodeCommunities(value),
    encode: ({ communities }) => encodeCommunities(communities ?? []),
  }),
  {
    code: ATTRIBUTE.originatorId,
    flags: OPTIONAL_NON_TRANSITIVE,
    onMalformed: "treat-as-withdraw",
    source: "internal-peers",
    decode: (value, _asnOctets, into) => {
      if (value.length !== 4) return BAD_LENGTH;
      into.originatorId = ipv4At(value, 0);
      return null;
    },
    encode: ({ originatorId }) => originatorId === undefined ? null : [...ipToBytes(originatorId)],
  },
  listRow(ATTRIBUTE.clusterList, OPTIONAL_NON_TRANSITIVE, "internal-peers", 4, {
    decode: (value, into) => into.clusterList = decodeClusterList(value),
    encode: ({ clusterList }) => (clusterList ?? []).flatMap((id) => [...ipToBytes(id)]),
  }),
  listRow(ATTRIBUTE.extendedCommunities, OPTIONAL_TRANSITIVE, "anyone", EXTENDED_COMMUNITY_OCTETS, {
    decode: (value, into) => into.extendedCommunities = decodeExtendedCommunities(value),
    encode: ({ extendedCommunities }) => encodeExtendedCommunities(extendedCommunities ?? []),
  }),
  {
    code: ATTRIBUTE.as4Path,
    flags: OPTIONAL_TRANSITIVE,
    // DEVIATION: RFC 6793 6 keeps what is left of the attribute without its confederation segments; we discard it whole.
    onMalformed: "attribute-discard",
    source: "two-octet-peers",
    decode: (value, _asnOctets, into) => {
      const path = decodeAsPath(value, 4);
      if (typeof path === "string") return { subcode: UPDATE_ERROR.optionalAttribute, reason: path };
      into.as4Path = path;
      return null;
    },
    encode: ({ as4Path }) => as4Path === undefined ? null : encodeAsPath(as4Path, 4),
  },
  aggregatorRow(ATTRIBUTE.as4Aggregator, "two-octet-peers", "as4Aggregator", 4),
  listRow(ATTRIBUTE.largeCommunities, OPTIONAL_TRANSITIVE, "anyone", LARGE_COMMUNITY_OCTETS, {
    decode: (value, into) => into.largeCommunities = decodeLargeCommunities(value),
    encode: ({ largeCommunities }) => encodeLargeCommunities(largeCommunities ?? []),
  }),
];

/** The row of a code, or undefined for one we do not know. */
export const ATTRIBUTE_BY_CODE: ReadonlyMap<number, AttributeSpec> = new Map(
  ATTRIBUTE_TABLE.map((spec) => [spec.code, spec]),
);

/** A number of 32 bits. */
function uint32Row(
  code: number,
  flags: number,
  source: AttributeSource,
  key: "multiExitDisc" | "localPref",
): AttributeSpec {
  return {
    code,
    flags,
    onMalformed: "treat-as-withdraw",
    source,
    decode: (value, _asnOctets, into) => {
      if (value.length !== 4) return BAD_LENGTH;
      into[key] = readUint32(value, 0);
      return null;
    },
    encode: ({ [key]: number }) => number === undefined ? null : uint32Octets(number),
  };
}

/** An AS number, in a width of its own or the session's, and an address. */
function aggregatorRow(
  code: number,
  source: AttributeSource,
  key: "aggregator" | "as4Aggregator",
  ownAsnOctets: AsnOctets | null,
): AttributeSpec {
  return {
    code,
    flags: OPTIONAL_TRANSITIVE,
    onMalformed: "attribute-discard",
    source,
    decode: (value, sessionAsnOctets, into) => {
      const asnOctets = ownAsnOctets ?? sessionAsnOctets;
      if (value.length !== asnOctets + 4) return BAD_LENGTH;
      const asn = asnOctets === 4 ? readUint32(value, 0) : value[0]! << 8 | value[1]!;
      // RFC 7607 2: nobody is AS 0.
      if (asn === 0) return { subcode: UPDATE_ERROR.optionalAttribute, reason: "aggregator-as-zero" };
      into[key] = { asn, address: ipv4At(value, asnOctets) };
      return null;
    },
    encode: ({ [key]: aggregator }, sessionAsnOctets) => {
      if (aggregator === undefined) return null;
      return [
        ...asnOctetsOf(aggregator.asn, ownAsnOctets ?? sessionAsnOctets),
        ...ipToBytes(aggregator.address),
      ];
    },
  };
}

/** Items of one size, at least one of them: RFC 7606 7.8, 7.10, 7.14, RFC 8092 5. */
function listRow(
  code: number,
  flags: number,
  source: AttributeSource,
  itemOctets: number,
  items: {
    readonly decode: (value: Uint8Array, into: AttributeDraft) => void;
    readonly encode: (from: ListedAttributes) => readonly number[];
  },
): AttributeSpec {
  return {
    code,
    flags,
    onMalformed: "treat-as-withdraw",
    source,
    decode: (value, _asnOctets, into) => {
      if (value.length === 0 || value.length % itemOctets !== 0) return BAD_LENGTH;
      items.decode(value, into);
      return null;
    },
    encode: (from) => {
      const octets = items.encode(from);
      return octets.length === 0 ? null : octets;
    },
  };
}

function decodeClusterList(value: Uint8Array): readonly Ip[] {
  const ids: Ip[] = [];
  for (let at = 0; at < value.length; at += 4) ids.push(ipv4At(value, at));
  return ids;
}

/** RFC 4271 6.3: an address a host could have; not "this network", loopback, multicast or reserved. */
export function isIpv4Host(octets: Uint8Array): boolean {
  const first = octets[0]!;
  return first !== 0 && first !== 127 && first < 224;
}

/**
 * Communities of all three kinds as branded canonical text: "65000:1", "4200000001:1:2", and sixteen hexadecimal digits.
 *
 * Source: RFC 1997 (standard), RFC 8092 (large, the text is its section 4), RFC 4360 (extended), IANA's registries of
 * well-known ones; RFC 10005 for link bandwidth.
 * Shape: text and octets; equal communities are equal strings.
 * Not here: the attributes that carry them (attribute_table.ts), the names users give them (agent/config).
 *
 * @module
 */
import { formatHex, parseHex, readUint16 } from "../../net/bytes.ts";
import { readUint32, uint16Octets, uint32Octets } from "./octets.ts";
import { AS_TRANS } from "./registry.ts";

declare const communityBrand: unique symbol;
declare const largeCommunityBrand: unique symbol;
declare const extendedCommunityBrand: unique symbol;

/** Two numbers of 16 bits, "65000:1". */
export type Community = string & { readonly [communityBrand]: true };

/** Three numbers of 32 bits, "4200000001:1:2". */
export type LargeCommunity = string & { readonly [largeCommunityBrand]: true };

/** Eight octets in lower-case hexadecimal, type first. */
export type ExtendedCommunity = string & { readonly [extendedCommunityBrand]: true };

export const COMMUNITY_OCTETS = 4;
export const EXTENDED_COMMUNITY_OCTETS = 8;
export const LARGE_COMMUNITY_OCTETS = 12;

/** IANA's well-known communities by the names RFCs give them. */
export const WELL_KNOWN_COMMUNITY = {
  /** RFC 8326. */
  gracefulShutdown: "65535:0" as Community,
  /** RFC 9494. */
  llgrStale: "65535:6" as Community,
  noLlgr: "65535:7" as Community,
  /** RFC 7999. */
  blackhole: "65535:666" as Community,
  /** RFC 1997. */
  noExport: "65535:65281" as Community,
  noAdvertise: "65535:65282" as Community,
  noExportSubconfed: "65535:65283" as Community,
  /** RFC 3765. */
  noPeer: "65535:65284" as Community,
} as const;

const MAX_UINT16 = 0xffff;
const MAX_UINT32 = 0xffff_ffff;

/** Parses "number:number"; null when a part is missing or takes more than 16 bits. */
export function parseCommunity(text: string): Community | null {
  const parts = parseNumbers(text, 2, MAX_UINT16);
  return parts === null ? null : parts.join(":") as Community;
}

/** Parses "number:number:number"; null when a part is missing or takes more than 32 bits. */
export function parseLargeCommunity(text: string): LargeCommunity | null {
  const parts = parseNumbers(text, 3, MAX_UINT32);
  return parts === null ? null : parts.join(":") as LargeCommunity;
}

function parseNumbers(text: string, count: number, max: number): readonly number[] | null {
  const parts = text.split(":");
  if (parts.length !== count || !parts.every((part) => /^[0-9]+$/.test(part))) return null;
  const numbers = parts.map(Number);
  return numbers.every((number) => number <= max) ? numbers : null;
}

/** Parses sixteen hexadecimal digits. */
export function parseExtendedCommunity(text: string): ExtendedCommunity | null {
  return /^[0-9a-f]{16}$/i.test(text) ? text.toLowerCase() as ExtendedCommunity : null;
}

/**
 * How much traffic a path can carry, in octets a second; a peer weighs equal paths by it. The AS number is 16 bits wide
 * there, hence AS_TRANS for a larger one.
 */
export function linkBandwidth(
  asn: number,
  octetsPerSecond: number,
  scope: "transitive" | "non-transitive",
): ExtendedCommunity {
  const view = new DataView(new ArrayBuffer(EXTENDED_COMMUNITY_OCTETS));
  view.setUint16(0, scope === "transitive" ? 0x0004 : 0x4004);
  view.setUint16(2, asn > MAX_UINT16 ? AS_TRANS : asn);
  view.setFloat32(4, octetsPerSecond);
  return formatHex(new Uint8Array(view.buffer)) as ExtendedCommunity;
}

/** The communities of a span whose length is a multiple of 4. */
export function decodeCommunities(octets: Uint8Array): Community[] {
  return every(octets, COMMUNITY_OCTETS, (at) => {
    return `${readUint16(octets, at)}:${readUint16(octets, at + 2)}` as Community;
  });
}

/** The extended communities of a span whose length is a multiple of 8. */
export function decodeExtendedCommunities(octets: Uint8Array): ExtendedCommunity[] {
  return every(octets, EXTENDED_COMMUNITY_OCTETS, (at) => {
    return formatHex(octets.subarray(at, at + EXTENDED_COMMUNITY_OCTETS)) as ExtendedCommunity;
  });
}

/** The large communities of a span whose length is a multiple of 12, each once (RFC 8092 5). */
export function decodeLargeCommunities(octets: Uint8Array): LargeCommunity[] {
  const communities = every(octets, LARGE_COMMUNITY_OCTETS, (at) => {
    const numbers = [0, 4, 8].map((offset) => readUint32(octets, at + offset));
    return numbers.join(":") as LargeCommunity;
  });
  return [...new Set(communities)];
}

function every<T>(octets: Uint8Array, size: number, decode: (at: number) => T): T[] {
  const values: T[] = [];
  for (let at = 0; at + size <= octets.length; at += size) values.push(decode(at));
  return values;
}

export function encodeCommunities(communities: readonly Community[]): readonly number[] {
  return communities.flatMap((community) => community.split(":").flatMap((n) => uint16Octets(Number(n))));
}

export function encodeExtendedCommunities(communities: readonly ExtendedCommunity[]): readonly number[] {
  return communities.flatMap((community) => [...parseHex(community)!]);
}

export function encodeLargeCommunities(communities: readonly LargeCommunity[]): readonly number[] {
  return communities.flatMap((community) => community.split(":").flatMap((n) => uint32Octets(Number(n))));
}

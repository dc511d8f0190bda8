/**
 * Communities of all three kinds as branded canonical text: "65000:1", "4200000001:1:2", and sixteen hexadecimal digits.
 *
 * Source: RFC 1997 (standard), RFC 8092 (large, the text is its section 4), RFC 4360 (extended), RFC 8326 (graceful
 * shutdown).
 * Shape: text and octets; equal communities are equal strings.
 * Not here: the attributes that carry them (attribute_table.ts), the names users give them (agent/config).
 *
 * @module
 */
import { formatHex, parseHex, readUint16 } from "../../net/bytes.ts";
import { readUint32, uint16Octets, uint32Octets } from "./octets.ts";

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

/** RFC 8326 section 4.2: a path that will go away soon. */
export const GRACEFUL_SHUTDOWN = "65535:0" as Community;

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

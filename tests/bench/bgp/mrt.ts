/**
 * The benchmark's prefixes as an MRT table dump, the one way to fill GoBGP's table at once.
 *
 * Source: RFC 6396 section 4.3.
 *
 * @module
 */
import { addresses } from "./prefixes.ts";

const TABLE_DUMP_V2 = 13;
const PEER_INDEX_TABLE = 1;
const RIB_IPV4_UNICAST = 2;
const AT_SECONDS = 1_700_000_000;

/** The first `count` prefixes with this next hop. */
export function formatMrt(count: number, nextHop: string, asn: number): Uint8Array<ArrayBuffer> {
  const host = nextHop.split(".").map(Number);
  // ORIGIN IGP, an empty AS_PATH, NEXT_HOP.
  const attributes = [0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, ...host];
  const peerIndex = [...host, 0, 0, 0, 1, 2, ...host, ...host, ...u32(asn)];
  const octets = [
    record(PEER_INDEX_TABLE, peerIndex),
    ...addresses(count).map((address, i) =>
      record(RIB_IPV4_UNICAST, [
        ...u32(i),
        32,
        ...address.split(".").map(Number),
        ...[0, 1, 0, 0],
        ...u32(AT_SECONDS),
        ...[0, attributes.length],
        ...attributes,
      ])
    ),
  ];
  return new Uint8Array(octets.flat());
}

function record(subtype: number, body: readonly number[]): number[] {
  return [...u32(AT_SECONDS), 0, TABLE_DUMP_V2, 0, subtype, ...u32(body.length), ...body];
}

function u32(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);
}

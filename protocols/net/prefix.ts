/**
 * Address prefixes (CIDR blocks) as branded canonical text, and ranges broken into them.
 *
 * Source: RFC 4632 section 3.1; which texts are accepted follows MetalLB (Go's net.ParseCIDR: host bits are masked away,
 * no blanks, no bare address, leading zeros in the length allowed).
 *
 * @module
 */
import { ADDRESS_BITS, type Family, familyOf, type Ip, ipFromBigInt, ipToBigInt, parseIp } from "./ip.ts";

declare const prefixBrand: unique symbol;

/** A prefix in canonical text, host bits zero: "10.20.30.0/24". */
export type Prefix = string & { readonly [prefixBrand]: true };

/** The numbers behind a prefix: first and last address, inclusive. */
export interface PrefixBounds {
  readonly family: Family;
  readonly length: number;
  readonly first: bigint;
  readonly last: bigint;
}

/** Parses "address/length"; null when it is not a prefix. */
export function parsePrefix(text: string): Prefix | null {
  const slash = text.indexOf("/");
  if (slash < 0) return null;
  const address = text.slice(0, slash);
  const digits = text.slice(slash + 1);
  const ip = parseIp(address);
  if (ip === null || !/^[0-9]+$/.test(digits)) return null;
  const bits = ADDRESS_BITS[familyOf(ip)];
  // An IPv4-mapped literal is IPv4, but its length still counts from the first of 128 bits.
  const length = Number(digits) - (address.includes(":") ? ADDRESS_BITS.ipv6 - bits : 0);
  return length >= 0 && length <= bits ? prefixOf(ip, length) : null;
}

/** The prefix of that length that contains the address. */
export function prefixOf(ip: Ip, length: number): Prefix {
  const family = familyOf(ip);
  const hostBits = BigInt(ADDRESS_BITS[family] - length);
  return `${ipFromBigInt((ipToBigInt(ip) >> hostBits) << hostBits, family)}/${length}` as Prefix;
}

/** First and last address of a prefix as numbers. */
export function boundsOf(prefix: Prefix): PrefixBounds {
  const slash = prefix.indexOf("/");
  const ip = prefix.slice(0, slash) as Ip;
  const family = familyOf(ip);
  const length = Number(prefix.slice(slash + 1));
  const first = ipToBigInt(ip);
  return { family, length, first, last: first + (1n << BigInt(ADDRESS_BITS[family] - length)) - 1n };
}

/** True when the address lies in the prefix. */
export function prefixContains(prefix: Prefix, ip: Ip): boolean {
  const bounds = boundsOf(prefix);
  if (bounds.family !== familyOf(ip)) return false;
  const value = ipToBigInt(ip);
  return value >= bounds.first && value <= bounds.last;
}

/** True when two prefixes share an address: equal, or one inside the other. */
export function prefixesOverlap(a: Prefix, b: Prefix): boolean {
  const [x, y] = [boundsOf(a), boundsOf(b)];
  return x.family === y.family && x.first <= y.last && y.first <= x.last;
}

/** The minimal ascending list of prefixes that covers first..last exactly; the caller keeps first <= last, one family. */
export function prefixesOfRange(first: Ip, last: Ip): Prefix[] {
  const family = familyOf(first);
  const bits = ADDRESS_BITS[family];
  const end = ipToBigInt(last);
  const prefixes: Prefix[] = [];
  for (let start = ipToBigInt(first); start <= end;) {
    let hostBits = 0;
    while (hostBits < bits) {
      const size = 1n << BigInt(hostBits + 1);
      if (start % size !== 0n || start + size - 1n > end) break;
      hostBits++;
    }
    prefixes.push(`${ipFromBigInt(start, family)}/${bits - hostBits}` as Prefix);
    start += 1n << BigInt(hostBits);
  }
  return prefixes;
}

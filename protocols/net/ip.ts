/**
 * IP addresses as branded canonical text: IPv4 dotted quad, IPv6 compressed lower case (RFC 5952).
 *
 * Source: RFC 4291 section 2.2, RFC 5952; accepted text follows Go's net.ParseIP, as MetalLB does: no zone, no blanks,
 * no leading zeros in IPv4, and an IPv4-mapped IPv6 literal is IPv4.
 * Shape: `Ip` works as a map key, compares with ===, and prints as itself. Bytes exist only at the codecs.
 * Not here: prefixes and ranges (prefix.ts).
 *
 * @module
 */
import ipaddr from "ipaddr.js";

declare const ipBrand: unique symbol;

/** An IP address in canonical text. */
export type Ip = string & { readonly [ipBrand]: true };

/** The two address families, in the words MetalLB prints. */
export type Family = "ipv4" | "ipv6";

/** 2^32 and 2^128 hold this many bits of address. */
export const ADDRESS_BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };

/** The all-zero addresses: "unspecified" (RFC 1122 3.2.1.3, RFC 4291 2.5.2). */
export const UNSPECIFIED: Readonly<Record<Family, Ip>> = { ipv4: "0.0.0.0" as Ip, ipv6: "::" as Ip };

/** Parses text as Go's net.ParseIP does; null when it is not an address. */
export function parseIp(text: string): Ip | null {
  if (!text.includes(":")) return ipaddr.IPv4.isValidFourPartDecimal(text) ? text as Ip : null;
  const hex = withHexTail(text);
  if (hex === null || hex.includes("%") || !ipaddr.IPv6.isValid(hex)) return null;
  return ipFromBytes(Uint8Array.from(ipaddr.IPv6.parse(hex).toByteArray()));
}

/** Rewrites a dotted-quad tail (RFC 4291 2.2.3) as two groups: the library takes "::1.2.3.4" for a mapped address. */
function withHexTail(text: string): string | null {
  const tail = text.lastIndexOf(":") + 1;
  const quad = text.slice(tail);
  if (!quad.includes(".")) return text;
  if (!ipaddr.IPv4.isValidFourPartDecimal(quad)) return null;
  const [a, b, c, d] = ipaddr.IPv4.parse(quad).toByteArray() as [number, number, number, number];
  return `${text.slice(0, tail)}${(a << 8 | b).toString(16)}:${(c << 8 | d).toString(16)}`;
}

/** Canonical text of 4 or 16 octets in network order; a mapped IPv4 address becomes IPv4. */
export function ipFromBytes(bytes: Uint8Array): Ip {
  if (bytes.length === 4) return ipv4At(bytes, 0);
  return isIpv4MappedAt(bytes, 0) ? ipv4At(bytes, 12) : ipv6At(bytes, 0);
}

/** Canonical text of the four octets at `offset`. */
export function ipv4At(bytes: Uint8Array, offset: number): Ip {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}` as Ip;
}

/**
 * Canonical text of the sixteen octets at `offset`, read for every NDP frame and hence written out here. The caller has
 * refused IPv4-mapped addresses ({@linkcode isIpv4MappedAt}): their text would name another address than the octets.
 */
export function ipv6At(bytes: Uint8Array, offset: number): Ip {
  // RFC 5952 4.2: "::" takes the first of the longest runs of zero groups, and no run of one.
  let [runStart, runLength] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && bytes[offset + 2 * end] === 0 && bytes[offset + 2 * end + 1] === 0) end++;
    if (end - i > runLength) [runStart, runLength] = [i, end - i];
    if (end > i) i = end;
  }
  let text = "";
  for (let i = 0; i < 8; i++) {
    if (i === runStart) {
      text += "::";
      i += runLength - 1;
      continue;
    }
    if (i > 0 && i !== runStart + runLength) text += ":";
    text += (bytes[offset + 2 * i]! << 8 | bytes[offset + 2 * i + 1]!).toString(16);
  }
  return text as Ip;
}

/** True when the sixteen octets at `offset` are an IPv4-mapped address (RFC 4291 2.5.5.2). */
export function isIpv4MappedAt(bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[offset + i] !== 0) return false;
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
}

/** The 4 or 16 octets of an address in network order. */
export function ipToBytes(ip: Ip): Uint8Array {
  return Uint8Array.from(ipaddr.parse(ip).toByteArray());
}

/** The family an address belongs to. */
export function familyOf(ip: Ip): Family {
  return ip.includes(":") ? "ipv6" : "ipv4";
}

/** The address as a number. */
export function ipToBigInt(ip: Ip): bigint {
  if (familyOf(ip) === "ipv4") return BigInt(ipv4ToNumber(ip));
  let value = 0n;
  for (const octet of ipToBytes(ip)) value = (value << 8n) | BigInt(octet);
  return value;
}

/** Read by hand: allocation asks this several times for every Service, and canonical text needs no parser. */
function ipv4ToNumber(ip: Ip): number {
  let [value, octet] = [0, 0];
  for (let at = 0; at < ip.length; at++) {
    const code = ip.charCodeAt(at);
    if (code === 0x2e) {
      value = value * 256 + octet;
      octet = 0;
    } else {
      octet = octet * 10 + code - 0x30;
    }
  }
  return value * 256 + octet;
}

/** The address of that number; the caller keeps it below 2^32 or 2^128. */
export function ipFromBigInt(value: bigint, family: Family): Ip {
  const bytes = new Uint8Array(ADDRESS_BITS[family] / 8);
  let rest = value;
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return ipFromBytes(bytes);
}

/** Orders IPv4 before IPv6, then numerically. */
export function compareIps(a: Ip, b: Ip): number {
  if (a === b) return 0;
  const [fa, fb] = [familyOf(a), familyOf(b)];
  if (fa !== fb) return fa === "ipv4" ? -1 : 1;
  return ipToBigInt(a) < ipToBigInt(b) ? -1 : 1;
}

/**
 * The Internet checksum, and the ICMPv6 checksum over its pseudo-header.
 *
 * Source: RFC 1071 (one's complement sum), RFC 8200 section 8.1 (pseudo-header), RFC 4443 section 2.3 (ICMPv6).
 * Shape: octets in, 16 bits out. A span whose checksum field is already filled sums to a checksum of 0 when it is right.
 *
 * @module
 */

/** Next Header value of ICMPv6 (RFC 4443 section 1). */
export const ICMPV6 = 58;

/** Octets of the fixed IPv6 header (RFC 8200 section 3); its two addresses are the last 32 of them. */
export const IPV6_HEADER_OCTETS = 40;

/** The checksum of `length` octets at `offset`; `sum` is what a pseudo-header added before. */
export function internetChecksum(bytes: Uint8Array, offset: number, length: number, sum = 0): number {
  return ~folded(wordSum(bytes, offset, length, sum)) & 0xffff;
}

/**
 * The checksum of the ICMPv6 message of `length` octets that follows the IPv6 header at `headerOffset`. The addresses
 * are taken from the header; its Payload Length and Next Header are not, so a header may be filled in later.
 */
export function icmpv6Checksum(bytes: Uint8Array, headerOffset: number, length: number): number {
  const addresses = wordSum(bytes, headerOffset + 8, 32, length + ICMPV6);
  return internetChecksum(bytes, headerOffset + IPV6_HEADER_OCTETS, length, addresses);
}

/** Adds 16-bit words; an odd last octet counts as the high half (RFC 1071 section 1). */
function wordSum(bytes: Uint8Array, offset: number, length: number, initial: number): number {
  let sum = initial;
  const end = offset + length;
  let at = offset;
  for (; at + 1 < end; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  if (at < end) sum += bytes[at]! << 8;
  return sum;
}

/** Adds the carries back in until none is left (RFC 1071 section 2, "deferred carries"). */
function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest & 0xffff) + Math.floor(rest / 0x10000);
  return rest;
}

/**
 * Octets of BGP under construction, and 32-bit numbers.
 *
 * Shape: small parts grow as arrays of numbers, because their length is known only when they are done; prefixes, of which
 * there are many, are written in place instead (nlri.ts).
 *
 * @module
 */

/** The unsigned 32-bit number at `offset`. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) |
    bytes[offset + 3]!) >>> 0;
}

/** The two octets of the low 16 bits, in network order. */
export function uint16Octets(value: number): readonly number[] {
  return [value >>> 8 & 0xff, value & 0xff];
}

/** The four octets of an unsigned 32-bit number, in network order. */
export function uint32Octets(value: number): readonly number[] {
  return [value >>> 24, value >>> 16 & 0xff, value >>> 8 & 0xff, value & 0xff];
}

/**
 * The prefixes every BGP benchmark announces: number i is 100.64.0.0 plus i, as ../native/bgp.h has it.
 *
 * @module
 */

/** The pool that holds them all. */
export const POOL = "100.64.0.0/10";

/** Address number i. */
export function addressOf(i: number): string {
  return `100.${64 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
}

/** The first `count` addresses. */
export function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => addressOf(i));
}

/**
 * How many addresses a pool can hand out.
 *
 * Source: MetalLB's allocator, poolCount, as IPAddressPool.status and the pool metrics show it.
 * Shape: bigint counts, because the largest, 2^63 - 1, is not a safe JavaScript number.
 * Not here: how many are in use (agent/allocate).
 *
 * @module
 */
import { ipFromBigInt } from "../../protocols/net/ip.ts";
import { boundsOf, type PrefixBounds } from "../../protocols/net/prefix.ts";
import type { Pool } from "./config.ts";
import { isBuggy } from "./pool_membership.ts";

/** Addresses of a pool, at most {@linkcode UNCOUNTABLE} each. */
export interface Capacity {
  readonly total: bigint;
  readonly ipv4: bigint;
  readonly ipv6: bigint;
}

/** The largest int64: what a counter shows when there are this many addresses or more. */
export const UNCOUNTABLE = 9_223_372_036_854_775_807n;

/** METALLB: a block with this many host bits already counts as uncountable there. */
const UNCOUNTABLE_HOST_BITS = 62;

const capacities = new WeakMap<Pool, Capacity>();

/** The pool's capacity; addresses that avoidBuggyIPs rules out do not count. */
export function capacityOf(pool: Pool): Capacity {
  let capacity = capacities.get(pool);
  if (capacity === undefined) {
    const sums = { ipv4: 0n, ipv6: 0n };
    for (const prefix of pool.prefixes) {
      const bounds = boundsOf(prefix);
      sums[bounds.family] = saturate(sums[bounds.family] + sizeOf(bounds, pool.avoidBuggyIPs));
    }
    capacity = { ...sums, total: saturate(sums.ipv4 + sums.ipv6) };
    capacities.set(pool, capacity);
  }
  return capacity;
}

/** METALLB: counts listed after an uncountable block overflow there; here they stay at the largest value. */
function saturate(count: bigint): bigint {
  return count < UNCOUNTABLE ? count : UNCOUNTABLE;
}

function sizeOf({ family, length, first, last }: PrefixBounds, avoidBuggyIPs: boolean): bigint {
  if (family === "ipv6") return 128 - length >= UNCOUNTABLE_HOST_BITS ? UNCOUNTABLE : last - first + 1n;
  const size = last - first + 1n;
  if (!avoidBuggyIPs) return size;
  if (length <= 24) return size - 2n * (size / 256n);
  // METALLB: a /32 that ends in .0 or .255 counts -1 there, because its first and its last address are both taken off.
  const ends = size === 1n ? [first] : [first, last];
  return size - BigInt(ends.filter((end) => isBuggy(ipFromBigInt(end, family))).length);
}

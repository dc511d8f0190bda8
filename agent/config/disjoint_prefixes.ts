/**
 * Prefixes that share no address, in address order: which one holds an address, which one a new one would collide with.
 *
 * Shape: grows by `insert`; both questions are a binary search. Inserting moves array elements, which for tens of
 * thousands of prefixes costs less than any tree.
 * Not here: what an overlap means to the person who wrote it (pool.ts).
 *
 * @module
 */
import { type Family, familyOf, type Ip, ipToBigInt } from "../../protocols/net/ip.ts";
import { boundsOf, type Prefix } from "../../protocols/net/prefix.ts";

/** One prefix and what it stands for. */
export interface PrefixEntry<T> {
  readonly prefix: Prefix;
  readonly value: T;
}

interface Block<T> extends PrefixEntry<T> {
  readonly first: bigint;
  readonly last: bigint;
}

/** See the module comment. */
export class DisjointPrefixes<T> {
  readonly #blocks: Readonly<Record<Family, Block<T>[]>> = { ipv4: [], ipv6: [] };

  /** The prefix that holds the address, or null. */
  at(ip: Ip): PrefixEntry<T> | null {
    const blocks = this.#blocks[familyOf(ip)];
    if (blocks.length === 0) return null;
    const value = ipToBigInt(ip);
    const block = blocks[countStartingUpTo(blocks, value) - 1];
    return block !== undefined && value <= block.last ? block : null;
  }

  /** Takes the prefix in and returns null, or leaves it out and returns one that shares an address with it. */
  insert(prefix: Prefix, value: T): PrefixEntry<T> | null {
    const { family, first, last } = boundsOf(prefix);
    const blocks = this.#blocks[family];
    const position = countStartingUpTo(blocks, first);
    const before = blocks[position - 1];
    if (before !== undefined && before.last >= first) return before;
    const after = blocks[position];
    if (after !== undefined && after.first <= last) return after;
    blocks.splice(position, 0, { prefix, value, first, last });
    return null;
  }
}

/** How many blocks begin at or below the address; the blocks ascend. */
function countStartingUpTo(blocks: readonly { readonly first: bigint }[], address: bigint): number {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((blocks[middle] as { first: bigint }).first <= address) low = middle + 1;
    else high = middle;
  }
  return low;
}

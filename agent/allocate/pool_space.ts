/**
 * The addresses of one pool: which the next Service could have, and how many are in use.
 *
 * Source: MetalLB's allocator: blocks are searched in the order they are declared, and an unused lower address wins over a
 * shareable higher one.
 * Shape: knows addresses and sharing texts, not Services. S: changed in place by address_table.ts.
 * Not here: who holds an address (address_table.ts), how many a pool can hand out (agent/config/pool_capacity.ts).
 *
 * @module
 */
import type { Pool } from "../config/config.ts";
import { isBuggy } from "../config/pool_membership.ts";
import { ADDRESS_BITS, type Family, type Ip, ipFromBigInt } from "../../protocols/net/ip.ts";
import { boundsOf, type Prefix } from "../../protocols/net/prefix.ts";
import type { Claim } from "./request.ts";
import { FreeAddresses } from "./free_addresses.ts";
import { type SharedAddress, SharedAddresses } from "./shared_addresses.ts";

/** An address in use, as its block sees it. */
export interface UsedAddress extends SharedAddress {
  /** The sharing text it is held under; empty when nobody may join. */
  readonly sharing: string;
}

/** One prefix of a pool. */
export class Block {
  readonly prefix: Prefix;
  readonly space: PoolSpace;
  readonly family: Family;
  readonly #first: bigint;
  readonly #free: FreeAddresses;
  readonly #sharedBy = new Map<string, SharedAddresses<UsedAddress>>();

  constructor(prefix: Prefix, space: PoolSpace) {
    const { family, length, first } = boundsOf(prefix);
    this.prefix = prefix;
    this.space = space;
    this.family = family;
    this.#first = first;
    this.#free = new FreeAddresses(ADDRESS_BITS[family] - length);
  }

  /** Marks an address as used. */
  use(address: UsedAddress): void {
    this.#free.take(address.value - this.#first);
    this.space.inUse[this.family]++;
    if (address.sharing === "") return;
    let shared = this.#sharedBy.get(address.sharing);
    if (shared === undefined) {
      shared = new SharedAddresses();
      this.#sharedBy.set(address.sharing, shared);
    }
    shared.insert(address);
  }

  /** Marks an address as free again. */
  disuse(address: UsedAddress): void {
    this.#free.release(address.value - this.#first);
    this.space.inUse[this.family]--;
    const shared = this.#sharedBy.get(address.sharing);
    shared?.remove(address);
    if (shared?.isEmpty) this.#sharedBy.delete(address.sharing);
  }

  /** Notes that ports of a shared address became free. */
  noteFreedPorts(address: UsedAddress): void {
    this.#sharedBy.get(address.sharing)?.noteFreedPorts(address.value);
  }

  /** The lowest address this claim could have, or null. */
  candidate(claim: Claim): Ip | null {
    const free = this.#lowestFree();
    const shared = claim.sharing === "" ? undefined : this.#sharedBy.get(claim.sharing);
    const shareable = shared?.lowestWith(claim.ports)?.value ?? null;
    const lowest = shareable !== null && (free === null || shareable < free) ? shareable : free;
    return lowest === null ? null : ipFromBigInt(lowest, this.family);
  }

  /** Addresses that avoidBuggyIPs rules out are taken for good when first met, so no search meets them twice. */
  #lowestFree(): bigint | null {
    for (;;) {
      const offset = this.#free.lowest();
      if (offset === null) return null;
      const value = this.#first + offset;
      if (!this.space.pool.avoidBuggyIPs || !isBuggy(ipFromBigInt(value, this.family))) return value;
      this.#free.take(offset);
    }
  }
}

/** See the module comment. */
export class PoolSpace {
  readonly pool: Pool;
  readonly blocks: readonly Block[];
  /** Distinct addresses held, whoever shares them. */
  readonly inUse: Record<Family, number> = { ipv4: 0, ipv6: 0 };

  constructor(pool: Pool) {
    this.pool = pool;
    this.blocks = pool.prefixes.map((prefix) => new Block(prefix, this));
  }

  /** The first address of the family, in the order of the pool's blocks, that this claim could have. */
  candidate(family: Family, claim: Claim): Ip | null {
    for (const block of this.blocks) {
      if (block.family !== family) continue;
      const ip = block.candidate(claim);
      if (ip !== null) return ip;
    }
    return null;
  }

  /** True when the pool has any address of the family, used or not. */
  has(family: Family): boolean {
    return this.blocks.some((block) => block.family === family);
  }
}

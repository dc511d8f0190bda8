/**
 * Who holds which address, and who may join them.
 *
 * Source: MetalLB's allocator: Assign, checkSharing, Unassign, SetPools.
 * Shape: claims and addresses in, a {@linkcode Refusal} or null out. Owns one record per held address and one per Service
 * that holds any. A new configuration re-homes the addresses and drops none: whoever holds one outside every pool loses it when
 * its claim is next put. S: changed in place, the same calls in the same order give the same table.
 * Not here: which address to pick (pool_choice.ts), when (converge.ts).
 *
 * @module
 */
import type { Config } from "../config/config.ts";
import { DisjointPrefixes } from "../config/disjoint_prefixes.ts";
import { capacityOf } from "../config/pool_capacity.ts";
import { poolAdmits, poolOwning } from "../config/pool_membership.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { ObjectKey } from "../../k8s/types/meta.ts";
import { type Ip, ipToBigInt } from "../../protocols/net/ip.ts";
import type { Refusal } from "./decision.ts";
import { type Block, PoolSpace, type UsedAddress } from "./pool_space.ts";
import { inUseMessage, notInOnePoolMessage, portInUseMessage } from "./refusals.ts";
import { type Claim, familiesOf } from "./request.ts";

/** The addresses of one Service. */
export interface Holding {
  readonly claim: Claim;
  readonly ips: readonly Ip[];
}

/** What IPAddressPool.status and the pool metrics show; never below zero, at most 2^63 - 1. */
export interface PoolCounters {
  readonly assignedIPv4: bigint;
  readonly assignedIPv6: bigint;
  readonly availableIPv4: bigint;
  readonly availableIPv6: bigint;
}

/** One held address. */
interface HeldAddress extends UsedAddress {
  readonly ip: Ip;
  block: Block | null;
  /** Those who hold it; more than one only under one sharing text. */
  readonly holders: Holding[];
  /** Port to who has it; kept only where others may join. */
  readonly portsTaken: Map<string, ObjectKey>;
}

/** Stands for a Service of which nothing but its name is known. */
const UNREADABLE: Service = { apiVersion: "v1", kind: "Service", metadata: { name: "" } };

const NOBODY_JOINS: Map<string, ObjectKey> = new Map();

/** See the module comment. */
export class AddressTable {
  #config: Config = { pools: new Map(), communities: new Map(), peers: new Map() };
  #spaces = new Map<string, PoolSpace>();
  #blocks = new DisjointPrefixes<Block>();
  readonly #held = new Map<Ip, HeldAddress>();
  readonly #holdings = new Map<ObjectKey, Holding>();

  get config(): Config {
    return this.#config;
  }

  /** Puts a configuration in force. */
  load(config: Config): void {
    this.#config = config;
    this.#spaces = new Map();
    this.#blocks = new DisjointPrefixes();
    for (const pool of config.pools.values()) {
      const space = new PoolSpace(pool);
      this.#spaces.set(pool.name, space);
      for (const block of space.blocks) this.#blocks.insert(block.prefix, block);
    }
    for (const held of this.#held.values()) {
      held.block = this.#blocks.at(held.ip)?.value ?? null;
      held.block?.use(held);
    }
  }

  /** What the Service holds. */
  holdingOf(key: ObjectKey): Holding | null {
    return this.#holdings.get(key) ?? null;
  }

  /** The space of a pool by name. */
  spaceOf(pool: string): PoolSpace | null {
    return this.#spaces.get(pool) ?? null;
  }

  /** The space of the pool that contains all these addresses, or null. */
  spaceOwning(ips: readonly Ip[]): PoolSpace | null {
    const pool = poolOwning(this.#config, ips);
    return pool === null ? null : this.spaceOf(pool.name);
  }

  /** The spaces of all pools, in order of name. */
  spaces(): PoolSpace[] {
    return [...this.#spaces.values()];
  }

  /** Why the claim cannot have exactly these addresses; null when it can. */
  check(claim: Claim, ips: readonly Ip[]): Refusal | null {
    if (familiesOf(ips) === "unknown") {
      const message = `${ips.join(", ")}: a Service can hold one address, or one IPv4 and one IPv6`;
      return { reason: "invalidRequest", message };
    }
    const pool = poolOwning(this.#config, ips);
    if (pool === null) return { reason: "addressNotInPool", message: notInOnePoolMessage(ips, this.#config) };
    if (!poolAdmits(pool, claim.service)) {
      const message = `The serviceAllocation of pool "${pool.name}" does not admit this Service; ` +
        `change the namespaces or selectors there, or ask for another pool`;
      return { reason: "poolNotAllowed", message };
    }
    for (const ip of ips) {
      const refusal = this.#checkSharing(claim, ip);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  /** Gives exactly these addresses to the claim, in place of whatever its Service held; changes nothing when refused. */
  assign(claim: Claim, ips: readonly Ip[]): Refusal | null {
    const refusal = this.check(claim, ips);
    if (refusal !== null) return refusal;
    this.release(claim.key);
    const holding = { claim, ips };
    this.#holdings.set(claim.key, holding);
    for (const ip of ips) this.#hold(holding, ip);
    return null;
  }

  /** Frees whatever the Service holds and returns it. */
  release(key: ObjectKey): Holding | null {
    const holding = this.#holdings.get(key);
    if (holding === undefined) return null;
    this.#holdings.delete(key);
    for (const ip of holding.ips) this.#letGo(holding, ip);
    return holding;
  }

  /**
   * Keeps free addresses from being given away: they belong to Services that cannot be read. An address somebody holds
   * stays with its holder. The result gives them back.
   */
  reserve(owners: ReadonlyMap<Ip, ObjectKey>): () => void {
    const reserved: [Holding, Ip][] = [];
    for (const [ip, key] of owners) {
      if (this.#held.has(ip)) continue;
      const holding: Holding = { claim: { key, service: UNREADABLE, ports: [], sharing: "" }, ips: [ip] };
      this.#hold(holding, ip);
      reserved.push([holding, ip]);
    }
    return () => {
      for (const [holding, ip] of reserved) this.#letGo(holding, ip);
    };
  }

  /** Counters of every pool, by name. */
  counters(): Map<string, PoolCounters> {
    const counters = new Map<string, PoolCounters>();
    for (const { pool, inUse } of this.#spaces.values()) {
      const capacity = capacityOf(pool);
      const [assignedIPv4, assignedIPv6] = [BigInt(inUse.ipv4), BigInt(inUse.ipv6)];
      counters.set(pool.name, {
        assignedIPv4,
        assignedIPv6,
        availableIPv4: atLeastZero(capacity.ipv4 - assignedIPv4),
        availableIPv6: atLeastZero(capacity.ipv6 - assignedIPv6),
      });
    }
    return counters;
  }

  #checkSharing(claim: Claim, ip: Ip): Refusal | null {
    const held = this.#held.get(ip);
    const others = held?.holders.filter((holder) => holder.claim.key !== claim.key) ?? [];
    if (held === undefined || others.length === 0) return null;
    if (claim.sharing === "" || claim.sharing !== held.sharing) {
      return { reason: "addressInUse", message: inUseMessage(ip, claim, others.map((it) => it.claim)) };
    }
    for (const port of claim.ports) {
      const holder = held.portsTaken.get(port);
      if (holder !== undefined && holder !== claim.key) {
        return { reason: "portInUse", message: portInUseMessage(ip, port, holder) };
      }
    }
    return null;
  }

  #hold(holding: Holding, ip: Ip): void {
    const { sharing, ports, key } = holding.claim;
    const known = this.#held.get(ip);
    if (known !== undefined) {
      known.holders.push(holding);
      for (const port of ports) known.portsTaken.set(port, key);
      return;
    }
    const portsTaken = sharing === "" ? NOBODY_JOINS : new Map(ports.map((port) => [port, key]));
    const block = this.#blocks.at(ip)?.value ?? null;
    const held: HeldAddress = { ip, value: ipToBigInt(ip), sharing, block, holders: [holding], portsTaken };
    this.#held.set(ip, held);
    block?.use(held);
  }

  #letGo(holding: Holding, ip: Ip): void {
    const held = this.#held.get(ip);
    if (held === undefined) return;
    held.holders.splice(held.holders.indexOf(holding), 1);
    if (held.holders.length === 0) {
      this.#held.delete(ip);
      held.block?.disuse(held);
      return;
    }
    for (const port of holding.claim.ports) held.portsTaken.delete(port);
    held.block?.noteFreedPorts(held);
  }
}

function atLeastZero(count: bigint): bigint {
  return count < 0n ? 0n : count;
}

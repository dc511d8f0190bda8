/**
 * Which pool an address belongs to, and which pools a Service may use, in which order.
 *
 * Source: MetalLB's allocator: poolFor, isPoolCompatibleWithService, pinnedPoolsForService.
 * Shape: pure questions to a Config. Indexes are memoised by the identity of the Pool or Config they are made from.
 * Not here: which address of a pool is free (agent/allocate), how large a pool is (pool_capacity.ts).
 *
 * @module
 */
import type { Service } from "../../k8s/types/core.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Config, Pool } from "./config.ts";
import { DisjointPrefixes } from "./disjoint_prefixes.ts";

/** True for IPv4 addresses that some old network gear takes for a network or broadcast address: .0 and .255. */
export function isBuggy(ip: Ip): boolean {
  return ip.endsWith(".0") || ip.endsWith(".255");
}

const blocksOfPool = new WeakMap<Pool, DisjointPrefixes<null>>();

/** True when the pool may hand out the address at all. */
export function poolContains(pool: Pool, ip: Ip): boolean {
  if (pool.avoidBuggyIPs && isBuggy(ip)) return false;
  let blocks = blocksOfPool.get(pool);
  if (blocks === undefined) {
    blocks = new DisjointPrefixes<null>();
    for (const prefix of pool.prefixes) blocks.insert(prefix, null);
    blocksOfPool.set(pool, blocks);
  }
  return blocks.at(ip) !== null;
}

const blocksOfConfig = new WeakMap<Config, DisjointPrefixes<Pool>>();

/** The pool that contains every one of these addresses, or null; relies on pools that do not overlap. */
export function poolOwning(config: Config, ips: readonly Ip[]): Pool | null {
  const [first] = ips;
  if (first === undefined) return null;
  let blocks = blocksOfConfig.get(config);
  if (blocks === undefined) {
    blocks = new DisjointPrefixes<Pool>();
    for (const pool of config.pools.values()) {
      for (const prefix of pool.prefixes) blocks.insert(prefix, pool);
    }
    blocksOfConfig.set(config, blocks);
  }
  const owner = blocks.at(first)?.value ?? null;
  return owner !== null && ips.every((ip) => poolContains(owner, ip)) ? owner : null;
}

/** True when the pool's serviceAllocation, if any, lets this Service have its addresses. */
export function poolAdmits(pool: Pool, service: Service): boolean {
  const allocation = pool.serviceAllocation;
  if (allocation === null) return true;
  if (allocation.namespaces !== null && !allocation.namespaces.has(namespaceOf(service))) return false;
  const selectors = allocation.serviceSelectors;
  return selectors.length === 0 || selectors.some((it) => it.matches(service.metadata.labels));
}

/** The pools to try for a Service that asks for no pool and no address: all pinned ones first. */
export interface AutomaticPools {
  /** Pools with a serviceAllocation that admits the Service, by priority, then by name. */
  readonly pinned: readonly Pool[];
  /** Pools without a serviceAllocation, by name. */
  readonly unpinned: readonly Pool[];
}

/** See {@linkcode AutomaticPools}; only pools with autoAssign are in it. */
export function automaticPools(config: Config, service: Service): AutomaticPools {
  const { byNamespace, byServiceSelector, unpinned } = automaticIndexOf(config);
  const named = byNamespace.get(namespaceOf(service)) ?? NO_POOLS;
  if (named.length === 0 && byServiceSelector.length === 0) return { pinned: NO_POOLS, unpinned };
  const pinned = [...new Set([...named, ...byServiceSelector])]
    .filter((pool) => poolAdmits(pool, service))
    .sort(compareByPriority);
  return { pinned, unpinned };
}

interface AutomaticIndex {
  readonly byNamespace: ReadonlyMap<string, readonly Pool[]>;
  /** Pools that have a service selector, the implied match-all one included. */
  readonly byServiceSelector: readonly Pool[];
  readonly unpinned: readonly Pool[];
}

const NO_POOLS: readonly Pool[] = [];
const automaticIndexes = new WeakMap<Config, AutomaticIndex>();

function automaticIndexOf(config: Config): AutomaticIndex {
  const known = automaticIndexes.get(config);
  if (known !== undefined) return known;
  const byNamespace = new Map<string, Pool[]>();
  const byServiceSelector: Pool[] = [];
  const unpinned: Pool[] = [];
  for (const pool of config.pools.values()) {
    if (!pool.autoAssign) continue;
    if (pool.serviceAllocation === null) {
      unpinned.push(pool);
      continue;
    }
    if (pool.serviceAllocation.serviceSelectors.length > 0) byServiceSelector.push(pool);
    for (const namespace of pool.serviceAllocation.namespaces ?? []) {
      const pools = byNamespace.get(namespace);
      if (pools === undefined) byNamespace.set(namespace, [pool]);
      else pools.push(pool);
    }
  }
  const index = { byNamespace, byServiceSelector, unpinned };
  automaticIndexes.set(config, index);
  return index;
}

/**
 * METALLB: equal priorities, and everything from 0 down, come in random order there; here positive priorities ascend,
 * the rest comes last, and the name decides.
 */
function compareByPriority(a: Pool, b: Pool): number {
  const [x, y] = [rankOf(a), rankOf(b)];
  if (x !== y) return x < y ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function rankOf(pool: Pool): number {
  const priority = pool.serviceAllocation?.priority ?? 0;
  return priority > 0 ? priority : Infinity;
}

function namespaceOf(service: Service): string {
  return service.metadata.namespace ?? "default";
}

/**
 * On which interfaces of a node advertisements let an address be answered, and how often it is repeated.
 *
 * Source: MetalLB's layer2Controller.SetBalancer: one advertisement without interfaces means every interface, otherwise
 * the union of the names; Services that share an address share their interfaces.
 *
 * @module
 */
import type { L2Advert } from "../config/config.ts";

/** Where and how an address is announced on one node. */
export interface Reach {
  /** Sorted names, or null for every interface. */
  readonly interfaces: readonly string[] | null;
  /** Period of the slow repetition in milliseconds; null when off. */
  readonly refreshMs: number | null;
}

/** What these advertisements say of the node; null when none of them includes it. */
export function reachOn(node: string, adverts: readonly L2Advert[]): Reach | null {
  return uniteReach(
    adverts.filter((it) => it.nodes.has(node)).map(({ interfaces, refreshMs }) => ({
      interfaces: interfaces === null ? null : [...interfaces],
      refreshMs,
    })),
  );
}

/** Every interface that one of them names, and the shortest period; null for none. */
export function uniteReach(reaches: readonly Reach[]): Reach | null {
  if (reaches.length === 0) return null;
  const names = new Set<string>();
  let every = false;
  let refreshMs: number | null = null;
  for (const reach of reaches) {
    if (reach.interfaces === null) every = true;
    for (const name of reach.interfaces ?? []) names.add(name);
    if (reach.refreshMs !== null) refreshMs = Math.min(reach.refreshMs, refreshMs ?? Infinity);
  }
  return { interfaces: every ? null : [...names].sort(), refreshMs };
}

/** True when one of the interfaces exists, or when that is not known. */
export function canReach(reach: Reach, localInterfaces: ReadonlySet<string> | null): boolean {
  return reach.interfaces === null || localInterfaces === null ||
    reach.interfaces.some((name) => localInterfaces.has(name));
}

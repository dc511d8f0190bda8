/**
 * IPAddressPool objects as pools: names unique, addresses sound, no two blocks overlapping.
 *
 * Source: MetalLB's poolsFor and addressPoolFromCR (internal/config).
 * Shape: objects in order of name in, pools without advertisements out; of two that clash the later one is refused.
 * Not here: one entry of `addresses` (addresses.ts), serviceAllocation (service_allocation.ts), advertisements.
 *
 * @module
 */
import type { Namespace } from "../../k8s/types/core.ts";
import type { Labels } from "../../k8s/types/meta.ts";
import type { IPAddressPool } from "../../k8s/types/metallb.ts";
import type { Prefix } from "../../protocols/net/prefix.ts";
import { parseAddresses } from "./addresses.ts";
import type { Pool } from "./config.ts";
import { DisjointPrefixes } from "./disjoint_prefixes.ts";
import type { ErrorList, Refuse } from "./error_list.ts";
import { parseServiceAllocation } from "./service_allocation.ts";

/** A pool, and the labels by which advertisements select it. */
export interface LabelledPool {
  readonly pool: Omit<Pool, "l2Advertisements" | "bgpAdvertisements">;
  /** Each sound entry of `addresses` and its blocks; they are never none. */
  readonly entries: readonly PoolEntry[];
  readonly labels: Labels | undefined;
}

/** One entry of a pool's `addresses`. */
export interface PoolEntry {
  readonly text: string;
  readonly prefixes: readonly Prefix[];
}

/** Parses all pools; what has errors may be missing or incomplete in the result. */
export function parsePools(
  objects: readonly IPAddressPool[],
  namespaces: readonly Namespace[],
  errors: ErrorList,
): LabelledPool[] {
  const taken = new DisjointPrefixes<string>();
  const names = new Set<string>();
  return objects.map((object) => {
    const { name, labels } = object.metadata;
    const refuse = errors.of("IPAddressPool", object);
    if (name === "") refuse("metadata.name", "missing pool name");
    if (names.has(name)) {
      refuse("metadata.name", `duplicate definition of pool "${name}": rename one of the two`);
    }
    names.add(name);
    const { addresses, autoAssign, avoidBuggyIPs, serviceAllocation } = object.spec;
    const entries = parseEntries(name, addresses ?? [], taken, refuse);
    const pool = {
      name,
      prefixes: entries.flatMap((entry) => entry.prefixes),
      autoAssign: autoAssign ?? true,
      avoidBuggyIPs: avoidBuggyIPs ?? false,
      serviceAllocation: parseServiceAllocation(serviceAllocation, namespaces, refuse),
    };
    return { pool, labels, entries };
  });
}

/** The sound entries in declaration order, each of their blocks added to those taken. */
function parseEntries(
  pool: string,
  addresses: readonly string[],
  taken: DisjointPrefixes<string>,
  refuse: Refuse,
): PoolEntry[] {
  if (addresses.length === 0) {
    refuse("spec.addresses", `parsing address pool ${pool}: pool has no prefixes defined`);
  }
  const entries: PoolEntry[] = [];
  for (const [index, entry] of addresses.entries()) {
    const parsed = parseAddresses(entry);
    if (!parsed.ok) {
      refuse(`spec.addresses[${index}]`, parsed.message);
      continue;
    }
    const clash = takeAll(parsed.prefixes, pool, taken);
    if (clash !== null) refuse(`spec.addresses[${index}]`, clash);
    else entries.push({ text: entry, prefixes: parsed.prefixes });
  }
  return entries;
}

/** Takes the blocks of one entry; the message about the first that is taken already, or null. */
function takeAll(prefixes: readonly Prefix[], pool: string, taken: DisjointPrefixes<string>): string | null {
  let message: string | null = null;
  for (const prefix of prefixes) {
    const earlier = taken.insert(prefix, pool);
    if (earlier === null) continue;
    message ??= `CIDR "${prefix}" in pool "${pool}" overlaps with already defined CIDR "${earlier.prefix}" ` +
      `of pool "${earlier.value}"`;
  }
  return message;
}

/**
 * From what the cluster says to what it means: a whole configuration, or every error in it.
 *
 * Source: MetalLB's config.For (internal/config), which stops at the first error.
 * Shape: a snapshot in, {@linkcode Parsed} out. Objects are taken in order of name, whatever order they arrived in.
 * Not here: each kind of object, in the file of its name; what stays in force meanwhile (last_good.ts).
 *
 * @module
 */
import { keyOf, type KubernetesObject, type ObjectKey } from "../../k8s/types/meta.ts";
import type { Snapshot } from "../snapshot.ts";
import { parseCommunities } from "./community.ts";
import type { Parsed, Pool } from "./config.ts";
import { compareText, ErrorList } from "./error_list.ts";
import { l2AdvertsOf, parseL2Advertisements } from "./l2_advertisement.ts";
import { parsePools } from "./pool.ts";

/** The kinds of objects a configuration is made of. */
export type ConfigObjects = Pick<
  Snapshot,
  "ipAddressPools" | "l2Advertisements" | "communities" | "nodes" | "namespaces"
>;

/** Parses the configuration in these objects; never throws. */
export function parseConfig(objects: ConfigObjects): Parsed {
  const errors = new ErrorList();
  const communities = parseCommunities(byName(objects.communities), errors);
  const labelledPools = parsePools(byName(objects.ipAddressPools), byName(objects.namespaces), errors);
  const l2Advertisements = parseL2Advertisements(
    byName(objects.l2Advertisements),
    byName(objects.nodes),
    errors,
  );
  const refused = errors.sorted();
  if (refused.length > 0) return { ok: false, errors: refused };
  const pools = labelledPools.map((it): Pool => ({
    ...it.pool,
    l2Advertisements: l2AdvertsOf(it, l2Advertisements),
  }));
  return { ok: true, config: { pools: new Map(pools.map((pool) => [pool.name, pool])), communities } };
}

/** METALLB: its reconcilers sort by name, which decides who of two clashing objects is refused. */
function byName<T extends KubernetesObject>(objects: ReadonlyMap<ObjectKey, T>): T[] {
  return [...objects.values()].sort((a, b) =>
    compareText(a.metadata.name, b.metadata.name) || compareText(keyOf(a), keyOf(b))
  );
}

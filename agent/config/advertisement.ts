/**
 * What every kind of advertisement says alike: for which pools, and from which nodes.
 *
 * Source: MetalLB's setL2AdvertisementsToPools, setBGPAdvertisementsToPools, selectedNodes (internal/config).
 * Shape: fields of the object's spec in, a test on pools and a list of nodes out.
 * Not here: what a kind adds to it (l2_advertisement.ts).
 *
 * @module
 */
import type { Node } from "../../k8s/types/core.ts";
import type { LabelSelector } from "../../k8s/types/meta.ts";
import type { Refuse } from "./error_list.ts";
import type { LabelledPool } from "./pool.ts";
import { matchesAny, parseSelectors, refuseRepeated } from "./selectors.ts";

/** True for the pools that an advertisement is for. */
export type PoolTest = (pool: LabelledPool) => boolean;

/**
 * Pools named or selected; all of them when neither is given. A name without a pool selects nothing, and so does a
 * selector without a match.
 */
export function parsePoolTest(
  spec: {
    readonly ipAddressPools?: readonly string[] | null;
    readonly ipAddressPoolSelectors?: readonly LabelSelector[] | null;
  },
  refuse: Refuse,
): PoolTest {
  const names = new Set(spec.ipAddressPools ?? []);
  refuseRepeated(spec.ipAddressPools, "spec.ipAddressPools", "ipAddressPool", refuse);
  const selectors = parseSelectors(spec.ipAddressPoolSelectors, "spec.ipAddressPoolSelectors", refuse);
  if (names.size === 0 && selectors.length === 0) return () => true;
  return ({ pool, labels }) => names.has(pool.name) || matchesAny(selectors, labels);
}

/** The nodes that any selector matches, in the order given; all of them without selectors. */
export function parseNodes(
  nodeSelectors: readonly LabelSelector[] | null | undefined,
  nodes: readonly Node[],
  refuse: Refuse,
): readonly Node[] {
  const selectors = parseSelectors(nodeSelectors, "spec.nodeSelectors", refuse);
  return selectors.length === 0 ? nodes : nodes.filter((node) => matchesAny(selectors, node.metadata.labels));
}

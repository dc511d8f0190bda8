/**
 * Whom a pool is reserved for: `serviceAllocation` of an IPAddressPool.
 *
 * Source: MetalLB's addressPoolServiceAllocationsFromCR (internal/config).
 * Shape: the field and the Namespaces in, namespaces by name and compiled Service selectors out.
 * Not here: the question whether a Service is admitted (pool_membership.ts).
 *
 * @module
 */
import { MATCH_ALL } from "../../k8s/selector.ts";
import type { Namespace } from "../../k8s/types/core.ts";
import type { ServiceAllocationSpec } from "../../k8s/types/metallb.ts";
import type { ServiceAllocation } from "./config.ts";
import type { Refuse } from "./error_list.ts";
import { matchesAny, parseSelectors, refuseRepeated } from "./selectors.ts";

/** Parses the field; absent means that the pool is open to all, `{}` that it is pinned to every Service. */
export function parseServiceAllocation(
  spec: ServiceAllocationSpec | null | undefined,
  namespaces: readonly Namespace[],
  refuse: Refuse,
): ServiceAllocation | null {
  if (spec === null || spec === undefined) return null;
  const field = "spec.serviceAllocation";
  const names = spec.namespaces ?? [];
  refuseRepeated(names, `${field}.namespaces`, "namespace", refuse);
  const namespaceSelectors = parseSelectors(spec.namespaceSelectors, `${field}.namespaceSelectors`, refuse);
  const serviceSelectors = parseSelectors(spec.serviceSelectors, `${field}.serviceSelectors`, refuse);
  const byNamespace = names.length > 0 || namespaceSelectors.length > 0;
  const selected = namespaces.filter((it) => matchesAny(namespaceSelectors, it.metadata.labels));
  return {
    priority: spec.priority ?? 0,
    // METALLB: there namespaceSelectors that match no Namespace restrict nothing, so a pool kept for some namespaces
    // opens to requests from all of them as soon as the last label goes; here it then admits nobody.
    namespaces: byNamespace ? new Set([...names, ...selected.map((it) => it.metadata.name)].sort()) : null,
    serviceSelectors: byNamespace || serviceSelectors.length > 0 ? serviceSelectors : [MATCH_ALL],
  };
}

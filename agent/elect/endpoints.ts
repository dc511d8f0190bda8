/**
 * Which endpoints of a Service can take traffic, and on which nodes they run.
 *
 * Source: discovery.k8s.io/v1 EndpointConditions; MetalLB's IsConditionServing: ready, or not said, or still serving
 * while it terminates.
 *
 * @module
 */
import type { Endpoint, EndpointSlice } from "../../k8s/types/core.ts";

/** The nodes with an endpoint that can serve, and whether there is any such endpoint at all. */
export interface ServingEndpoints {
  /** True even when the only one names no node. */
  readonly any: boolean;
  readonly nodes: ReadonlySet<string>;
}

/** True when the endpoint may be sent traffic. */
export function canServe(endpoint: Endpoint): boolean {
  const { ready, serving } = endpoint.conditions ?? {};
  return (ready ?? true) || serving === true;
}

/** What the slices of one Service offer; addresses are not looked at, as in MetalLB. */
export function servingEndpoints(slices: readonly EndpointSlice[]): ServingEndpoints {
  let any = false;
  const nodes = new Set<string>();
  for (const slice of slices) {
    for (const endpoint of slice.endpoints ?? []) {
      if (!canServe(endpoint)) continue;
      any = true;
      if (typeof endpoint.nodeName === "string") nodes.add(endpoint.nodeName);
    }
  }
  return { any, nodes };
}

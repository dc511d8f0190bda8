/**
 * How much of the configuration a component reads: who does not act on an object is not stopped by its errors.
 *
 * Source: MetalLB: its controller parses pools and communities, a speaker the peers and BGP advertisements that select its
 * own node.
 *
 * @module
 */
import { compileSelector } from "../../k8s/selector.ts";
import type { Labels, LabelSelector } from "../../k8s/types/meta.ts";
import type { ClusterObjects } from "../../k8s/source.ts";

/** The kinds of objects a configuration is made of. */
export type ConfigObjects = Pick<
  ClusterObjects,
  | "ipAddressPools"
  | "l2Advertisements"
  | "communities"
  | "bgpPeers"
  | "bgpAdvertisements"
  | "bfdProfiles"
  | "secrets"
  | "nodes"
  | "namespaces"
>;

/** Everything; what addresses are allocated by, all but BGP and BFD; or what concerns one node, by its name. */
export type ConfigScope = "everything" | "allocation" | { readonly node: string };

/** The objects that are in scope. */
export function objectsInScope(objects: ConfigObjects, scope: ConfigScope): ConfigObjects {
  if (scope === "everything") return objects;
  if (scope === "allocation") {
    const none = new Map<string, never>();
    return { ...objects, bgpPeers: none, bgpAdvertisements: none, bfdProfiles: none, secrets: none };
  }
  const labels = objects.nodes.get(scope.node)?.metadata.labels;
  return {
    ...objects,
    bgpPeers: selecting(objects.bgpPeers, labels),
    bgpAdvertisements: selecting(objects.bgpAdvertisements, labels),
  };
}

interface SelectsNodes {
  readonly spec?: { readonly nodeSelectors?: readonly LabelSelector[] };
}

/** Those whose nodeSelectors match, and those whose selectors are wrong: nobody knows whom they mean. */
function selecting<T extends SelectsNodes>(
  objects: ReadonlyMap<string, T>,
  labels: Labels | undefined,
): ReadonlyMap<string, T> {
  return new Map([...objects].filter(([, { spec }]) => {
    const selectors = spec?.nodeSelectors ?? [];
    return selectors.length === 0 || selectors.some((selector) => {
      const compiled = compileSelector(selector);
      return !compiled.ok || compiled.selector.matches(labels);
    });
  }));
}

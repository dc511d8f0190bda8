/**
 * The kinds that are read from manifests, and what is known of each.
 *
 * Source: Kubernetes API reference; metallb.io/v1beta1.
 * Not here: their fields (../schema/).
 *
 * @module
 */
import * as core from "../schema/core.ts";
import * as metallb from "../schema/metallb.ts";
import type { JsonSchema } from "../schema/schema.ts";
import type { ClusterObjects } from "../source.ts";

/** One kind. */
export interface ManifestKind {
  readonly kind: string;
  /** The only version that is read. */
  readonly apiVersion: string;
  readonly isNamespaced: boolean;
  /** A custom resource: counts only in the namespace that configuration is read from. */
  readonly isCustomResource: boolean;
  readonly collection: keyof ClusterObjects;
  readonly schema: JsonSchema;
}

function builtIn(
  kind: string,
  apiVersion: string,
  isNamespaced: boolean,
  collection: keyof ClusterObjects,
  schema: JsonSchema,
): ManifestKind {
  return { kind, apiVersion, isNamespaced, isCustomResource: false, collection, schema };
}

function custom(kind: string, collection: keyof ClusterObjects, schema: JsonSchema): ManifestKind {
  return {
    kind,
    apiVersion: "metallb.io/v1beta1",
    isNamespaced: true,
    isCustomResource: true,
    collection,
    schema,
  };
}

/** By their name in `kind`. */
export const MANIFEST_KINDS: ReadonlyMap<string, ManifestKind> = new Map(
  [
    builtIn("Service", "v1", true, "services", core.SERVICE),
    builtIn("EndpointSlice", "discovery.k8s.io/v1", true, "endpointSlices", core.ENDPOINT_SLICE),
    builtIn("Node", "v1", false, "nodes", core.NODE),
    builtIn("Namespace", "v1", false, "namespaces", core.NAMESPACE),
    custom("IPAddressPool", "ipAddressPools", metallb.IP_ADDRESS_POOL),
    custom("L2Advertisement", "l2Advertisements", metallb.L2_ADVERTISEMENT),
    custom("Community", "communities", metallb.COMMUNITY),
  ].map((kind) => [kind.kind, kind]),
);

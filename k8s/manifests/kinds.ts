/**
 * The kinds that are read from manifests, and what is known of each.
 *
 * Source: Kubernetes API reference; metallb.io/v1beta1 and v1beta2.
 * Not here: their fields (../schema/), what becomes of older versions and of secrets (adoption.ts).
 *
 * @module
 */
import * as core from "../schema/core.ts";
import * as metallb from "../schema/metallb.ts";
import type { JsonSchema } from "../schema/schema.ts";
import type { ClusterObjects } from "../source.ts";
import { type Adopt, peerFromV1beta1, sealedPeer, sealedSecret } from "./adoption.ts";

/** One kind. */
export interface ManifestKind {
  readonly kind: string;
  /** By apiVersion: the versions that are read, the current one first. */
  readonly versions: ReadonlyMap<string, ManifestVersion>;
  readonly isNamespaced: boolean;
  /** Part of the configuration: counts only in the namespace that configuration is read from. */
  readonly isConfiguration: boolean;
  readonly collection: keyof ClusterObjects;
}

/** One version of a kind. */
export interface ManifestVersion {
  readonly schema: JsonSchema;
  /** Makes of an object that keeps the schema the one that is stored. */
  readonly adopt: Adopt;
}

const asItIs: Adopt = (object) => object;

function builtIn(
  kind: string,
  apiVersion: string,
  isNamespaced: boolean,
  collection: keyof ClusterObjects,
  schema: JsonSchema,
): ManifestKind {
  const versions = new Map([[apiVersion, { schema, adopt: asItIs }]]);
  return { kind, versions, isNamespaced, isConfiguration: false, collection };
}

function configuration(
  kind: string,
  collection: keyof ClusterObjects,
  versions: Readonly<Record<string, ManifestVersion>>,
): ManifestKind {
  return {
    kind,
    versions: new Map(Object.entries(versions)),
    isNamespaced: true,
    isConfiguration: true,
    collection,
  };
}

function custom(kind: string, collection: keyof ClusterObjects, schema: JsonSchema): ManifestKind {
  return configuration(kind, collection, { "metallb.io/v1beta1": { schema, adopt: asItIs } });
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
    custom("BGPAdvertisement", "bgpAdvertisements", metallb.BGP_ADVERTISEMENT),
    custom("BFDProfile", "bfdProfiles", metallb.BFD_PROFILE),
    configuration("BGPPeer", "bgpPeers", {
      "metallb.io/v1beta2": { schema: metallb.BGP_PEER, adopt: sealedPeer },
      "metallb.io/v1beta1": { schema: metallb.BGP_PEER_V1BETA1, adopt: peerFromV1beta1 },
    }),
    configuration("Secret", "secrets", { "v1": { schema: core.SECRET, adopt: sealedSecret } }),
  ].map((kind) => [kind.kind, kind]),
);

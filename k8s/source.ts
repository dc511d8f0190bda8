/**
 * The door to whatever says what should be: a cluster's API server, or a folder of manifests.
 *
 * Shape: immutable objects in, by kind and key; status writes out. Level-triggered: a listener learns only that
 * something changed and reads `objects()` again. Objects that did not change keep their identity between reads, and so
 * does each kind's map, so results may be memoised by either.
 * Not here: the folder (manifest_source.ts).
 *
 * @module
 */
import type { EndpointSlice, Namespace, Node, Secret, Service } from "./types/core.ts";
import type {
  BFDProfile,
  BGPAdvertisement,
  BGPPeer,
  Community,
  IPAddressPool,
  L2Advertisement,
} from "./types/metallb.ts";
import type { LoadBalancerIngress } from "./types/core.ts";
import type { KubernetesObject, ObjectKey } from "./types/meta.ts";

/** Every object Ingot reads, by kind, then by key. */
export interface ClusterObjects {
  readonly services: ReadonlyMap<ObjectKey, Service>;
  readonly endpointSlices: ReadonlyMap<ObjectKey, EndpointSlice>;
  readonly nodes: ReadonlyMap<ObjectKey, Node>;
  readonly namespaces: ReadonlyMap<ObjectKey, Namespace>;
  readonly ipAddressPools: ReadonlyMap<ObjectKey, IPAddressPool>;
  readonly l2Advertisements: ReadonlyMap<ObjectKey, L2Advertisement>;
  readonly communities: ReadonlyMap<ObjectKey, Community>;
  readonly bgpPeers: ReadonlyMap<ObjectKey, BGPPeer>;
  readonly bgpAdvertisements: ReadonlyMap<ObjectKey, BGPAdvertisement>;
  readonly bfdProfiles: ReadonlyMap<ObjectKey, BFDProfile>;
  readonly secrets: ReadonlyMap<ObjectKey, Secret>;
}

/** What `kind` says in the objects of each collection. */
export const KIND_OF: Readonly<Record<keyof ClusterObjects, string>> = {
  services: "Service",
  endpointSlices: "EndpointSlice",
  nodes: "Node",
  namespaces: "Namespace",
  ipAddressPools: "IPAddressPool",
  l2Advertisements: "L2Advertisement",
  communities: "Community",
  bgpPeers: "BGPPeer",
  bgpAdvertisements: "BGPAdvertisement",
  bfdProfiles: "BFDProfile",
  secrets: "Secret",
};

/** The collections of MetalLB's own kinds. */
export type CustomCollection = typeof CUSTOM_COLLECTIONS[number];

export const CUSTOM_COLLECTIONS = [
  "ipAddressPools",
  "l2Advertisements",
  "communities",
  "bgpPeers",
  "bgpAdvertisements",
  "bfdProfiles",
] as const;

/** The collection of a custom kind; undefined of any other kind. */
export function customCollectionOf(kind: string): CustomCollection | undefined {
  return CUSTOM_COLLECTIONS.find((collection) => KIND_OF[collection] === kind);
}

/** An object that cannot be used as it stands: what, where in it, why and what to do. */
export interface ObjectError {
  /** "Kind/namespace/name", or "File/path" where no object could be read. */
  readonly object: string;
  /** Path of the field, "spec.addresses[1]"; empty when the whole object is meant. */
  readonly field: string;
  readonly message: string;
}

/** What can be read of an object that is not of the form its schema asks for; nobody acts on it. */
export interface FaultyObject {
  readonly collection: keyof ClusterObjects;
  readonly key: ObjectKey;
  /** Without its faults, which are among the source's errors. */
  readonly object: KubernetesObject;
  /** Paths of the faults, as in their errors. */
  readonly fields: readonly string[];
}

/** What the controller writes onto a Service: its addresses, and annotations to set (string) or remove (null). */
export interface ServiceStatusWrite {
  readonly key: ObjectKey;
  readonly ingress: readonly LoadBalancerIngress[];
  readonly annotations: Readonly<Record<string, string | null>>;
}

/** See the module comment. Opened by its constructor function, closed by disposal. */
export interface ClusterSource extends AsyncDisposable {
  /** All objects, or null until every kind has been read once. */
  objects(): ClusterObjects | null;
  /** What the source itself could not use (unreadable files, malformed objects), sorted by object and field. */
  errors(): readonly ObjectError[];
  /** The objects among them that could be read in part; the same list as long as nothing changes in it. */
  faulty(): readonly FaultyObject[];
  /** True when an object that is not here is known to be gone, and one that is here to be as it is meant. */
  isWhole(): boolean;
  /**
   * Addresses that a status gives to a Service which cannot be read now, by address: unknown is not absent, so nobody
   * else may be given them. Sorted out by the source, as only it knows what it could not read.
   */
  heldByUnreadable(): ReadonlyMap<string, ObjectKey>;
  /** Calls the listener after each change, coalesced; the first call follows the first complete read. */
  onChange(listener: () => void): void;
  /**
   * Writes one Service's status; resolves once it is durable, rejects with an Error that says what to do, with
   * {@linkcode OutdatedDecision} when there is nothing to do but to decide on what the Service is by now.
   */
  writeServiceStatus(write: ServiceStatusWrite): Promise<void>;
}

/** What a write was decided on has changed: the next `objects()` has it, and the same write may still be right. */
export class OutdatedDecision extends Error {
  override readonly name = "OutdatedDecision";
}

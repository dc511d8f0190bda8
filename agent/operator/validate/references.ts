/**
 * What manifests refer to and do not hold.
 *
 * Shape: pure; objects in, findings out. Names that match nothing are no error to the parser, as to MetalLB: an
 * advertisement of a pool that is yet to come is as good as none. A person who misspelt one wants to hear of it.
 *
 * @module
 */
import type { ClusterObjects, FaultyObject, ObjectError } from "../../../k8s/source.ts";
import { keyOf } from "../../../k8s/types/meta.ts";
import type { Lack } from "../../config/error_list.ts";

const KINDS: Readonly<Partial<Record<Lack["collection"], string>>> = {
  secrets: "Secret",
  bfdProfiles: "BFDProfile",
  ipAddressPools: "IPAddressPool",
  bgpPeers: "BGPPeer",
};

/** What is taken for granted, where the parser lacks an object. */
export function formatLack({ message }: ObjectError, { collection, name }: Lack): string {
  if (name !== null) return assumed(collection, name);
  return collection === "nodes"
    ? `Not in these files: the Nodes, so it is taken for granted that these two are for different ones: ${message}`
    : `Not in these files: a Community with this alias, which is taken to be in the cluster`;
}

function assumed(collection: Lack["collection"], name: string): string {
  return `Not in these files: ${
    KINDS[collection] ?? collection
  } "${name}", which is taken to be in the cluster`;
}

/** Names of pools and peers that stand nowhere. */
export function looseReferences(objects: ClusterObjects, faulty: readonly FaultyObject[]): ObjectError[] {
  const namesIn = (collection: Lack["collection"]): ReadonlySet<string> =>
    new Set([
      ...[...objects[collection].values()].map((it) => it.metadata.name),
      ...faulty.filter((it) => it.collection === collection).map((it) => it.object.metadata.name),
    ]);
  const pools = namesIn("ipAddressPools");
  const peers = namesIn("bgpPeers");
  const found: ObjectError[] = [];
  const look = (
    object: string,
    field: string,
    names: readonly string[] | null | undefined,
    known: ReadonlySet<string>,
    collection: Lack["collection"],
  ): void => {
    for (const [index, name] of (names ?? []).entries()) {
      if (known.has(name)) continue;
      found.push({ object, field: `${field}[${index}]`, message: assumed(collection, name) });
    }
  };
  for (const it of objects.l2Advertisements.values()) {
    const object = `L2Advertisement/${keyOf(it)}`;
    look(object, "spec.ipAddressPools", it.spec?.ipAddressPools, pools, "ipAddressPools");
  }
  for (const it of objects.bgpAdvertisements.values()) {
    const object = `BGPAdvertisement/${keyOf(it)}`;
    look(object, "spec.ipAddressPools", it.spec?.ipAddressPools, pools, "ipAddressPools");
    look(object, "spec.peers", it.spec?.peers, peers, "bgpPeers");
  }
  return found;
}

/**
 * An immutable picture of what the cluster says, indexed the way decisions read it.
 *
 * Shape: {@linkcode ClusterObjects} in, {@linkcode Snapshot} out. Indexes are memoised by the identity of the map they
 * are made from, so a change of one kind costs nothing for the others.
 * Not here: what the objects mean (config/), how they arrive (k8s/).
 *
 * @module
 */
import type { ClusterObjects } from "../k8s/source.ts";
import { type EndpointSlice, SERVICE_NAME_LABEL } from "../k8s/types/core.ts";
import type { ObjectKey } from "../k8s/types/meta.ts";

/** All objects of one instant, EndpointSlices also by the Service they belong to. */
export interface Snapshot extends ClusterObjects {
  readonly slicesByService: ReadonlyMap<ObjectKey, readonly EndpointSlice[]>;
}

const sliceIndexes = new WeakMap<ReadonlyMap<ObjectKey, EndpointSlice>, Snapshot["slicesByService"]>();

/** The snapshot of these objects. */
export function snapshotOf(objects: ClusterObjects): Snapshot {
  let slicesByService = sliceIndexes.get(objects.endpointSlices);
  if (slicesByService === undefined) {
    slicesByService = indexByService(objects.endpointSlices);
    sliceIndexes.set(objects.endpointSlices, slicesByService);
  }
  return { ...objects, slicesByService };
}

function indexByService(slices: ReadonlyMap<ObjectKey, EndpointSlice>): Map<ObjectKey, EndpointSlice[]> {
  const index = new Map<ObjectKey, EndpointSlice[]>();
  for (const slice of slices.values()) {
    const service = slice.metadata.labels?.[SERVICE_NAME_LABEL];
    if (service === undefined) continue;
    const key = `${slice.metadata.namespace ?? "default"}/${service}`;
    const list = index.get(key);
    if (list === undefined) index.set(key, [slice]);
    else list.push(slice);
  }
  return index;
}

/**
 * An immutable picture of what the cluster says, indexed the way decisions read it.
 *
 * Shape: {@linkcode ClusterObjects} in, {@linkcode Snapshot} out. The index is made again for the Services whose slices changed
 * since the last one, whatever that was of.
 * Not here: what the objects mean (config/), how they arrive (k8s/).
 *
 * @module
 */
import type { ClusterObjects } from "../k8s/source.ts";
import { type EndpointSlice, SERVICE_NAME_LABEL } from "../k8s/types/core.ts";
import { keyOf, type ObjectKey } from "../k8s/types/meta.ts";
import { keysToCompare, VersionedMap } from "../k8s/versioned_map.ts";

/** All objects of one instant, EndpointSlices also by the Service they belong to. */
export interface Snapshot extends ClusterObjects {
  readonly slicesByService: ReadonlyMap<ObjectKey, readonly EndpointSlice[]>;
}

/** An index and what it was made from. */
interface Indexed {
  readonly slices: ReadonlyMap<ObjectKey, EndpointSlice>;
  readonly byService: VersionedMap<ObjectKey, readonly EndpointSlice[]>;
}

/** The newest: what comes next differs from it in a few slices, mostly in none. */
let newest: Indexed = { slices: new Map(), byService: VersionedMap.of(new Map()) };

/** The snapshot of these objects. */
export function snapshotOf(objects: ClusterObjects): Snapshot {
  if (newest.slices !== objects.endpointSlices) newest = indexAfter(newest, objects.endpointSlices);
  return { ...objects, slicesByService: newest.byService };
}

function indexAfter({ slices: before, byService }: Indexed, slices: Indexed["slices"]): Indexed {
  const gone = new Set<EndpointSlice>();
  const come = new Map<ObjectKey, EndpointSlice[]>();
  const comeOf = (slice: EndpointSlice): EndpointSlice[] => {
    const service = serviceOf(slice);
    const list = service === null ? [] : come.get(service) ?? [];
    if (service !== null) come.set(service, list);
    return list;
  };
  for (const key of keysToCompare(before, slices)) {
    const [old, now] = [before.get(key), slices.get(key)];
    if (old === now) continue;
    if (now !== undefined) comeOf(now).push(now);
    if (old === undefined) continue;
    gone.add(old);
    comeOf(old);
  }
  const entries = [...come].map(([service, list]) => {
    const all = [...(byService.get(service) ?? []).filter((slice) => !gone.has(slice)), ...list];
    return [service, all.length === 0 ? null : all] as const;
  });
  return { slices, byService: entries.length === 0 ? byService : byService.with(entries) };
}

/** The Service a slice belongs to; null when it does not say. */
function serviceOf({ metadata: { labels, namespace } }: EndpointSlice): ObjectKey | null {
  const name = labels?.[SERVICE_NAME_LABEL];
  return name === undefined ? null : keyOf({ metadata: { name, namespace: namespace ?? "default" } });
}

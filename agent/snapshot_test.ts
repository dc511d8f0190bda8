import assert from "node:assert/strict";
import fc from "fast-check";
import type { ClusterObjects } from "../k8s/source.ts";
import { type EndpointSlice, SERVICE_NAME_LABEL } from "../k8s/types/core.ts";
import { keyOf, type ObjectKey } from "../k8s/types/meta.ts";
import { VersionedMap } from "../k8s/versioned_map.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

function slice(name: string, service: string | null): EndpointSlice {
  const labels = service === null ? {} : { [SERVICE_NAME_LABEL]: service };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace: "shop", labels },
  };
}

function indexOf(slices: ReadonlyMap<ObjectKey, EndpointSlice>): Snapshot["slicesByService"] {
  return snapshotOf({ endpointSlices: slices } as unknown as ClusterObjects).slicesByService;
}

/** Every Service's slices by name, sorted. */
function namesIn(index: Snapshot["slicesByService"]): unknown {
  const names = (slices: readonly EndpointSlice[]): string[] =>
    slices.map(({ metadata }) => metadata.name).sort();
  return [...index].map(([service, slices]) => [service, names(slices)]).sort();
}

/** The same, counted one by one. */
function namesOf(slices: ReadonlyMap<ObjectKey, EndpointSlice>): unknown {
  const index = new Map<ObjectKey, EndpointSlice[]>();
  for (const one of slices.values()) {
    const service = one.metadata.labels?.[SERVICE_NAME_LABEL];
    if (service === undefined) continue;
    index.set(`shop/${service}`, [...index.get(`shop/${service}`) ?? [], one]);
  }
  return namesIn(index);
}

Deno.test("snapshotOf() indexes slices by Service, whatever they were before", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const service = fc.constantFrom("web", "shop", null);
  const step = fc.record({ name, service, isGone: fc.boolean() });
  fc.assert(fc.property(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 8 }), (rounds) => {
    let slices = VersionedMap.of<ObjectKey, EndpointSlice>(new Map());
    for (const round of rounds) {
      slices = slices.with(
        round.map(({ name, service, isGone }) => {
          const one = slice(name, service);
          return [keyOf(one), isGone ? null : one];
        }),
      );
      assert.deepEqual(namesIn(indexOf(slices)), namesOf(slices));
    }
    assert.deepEqual(namesIn(indexOf(new Map(slices))), namesOf(slices));
  }));
});

Deno.test("snapshotOf() leaves the slices of other Services and the index of the same slices what they were", () => {
  const [web, shop] = [slice("web-1", "web"), slice("shop-1", "shop")];
  const before = VersionedMap.of(new Map([[keyOf(web), web], [keyOf(shop), shop]]));
  const kept = indexOf(before).get("shop/web");
  const after = before.with([[keyOf(shop), slice("shop-1", "shop")]]);
  assert.equal(indexOf(after).get("shop/web"), kept);
  assert.equal(indexOf(after), indexOf(after));
});

import assert from "node:assert/strict";
import type { StatusObject } from "./service_statuses.ts";
import { StatusIndex } from "./status_index.ts";

function objectOf(name: string, service: string): StatusObject {
  const labels = {
    "metallb.io/node": "n1",
    "metallb.io/service-name": service,
    "metallb.io/service-namespace": "shop",
  };
  return { apiVersion: "v", kind: "k", metadata: { name, namespace: "m", labels } };
}

const mapOf = (...objects: readonly StatusObject[]): Map<string, StatusObject> =>
  new Map(objects.map((object) => [`m/${object.metadata.name}`, object]));

Deno.test("StatusIndex.replace() names the Services whose objects came, changed or went, and no others", () => {
  const index = new StatusIndex();
  const [a, b, c] = [objectOf("1", "a"), objectOf("2", "b"), objectOf("3", "c")];
  assert.deepEqual([...index.replace(mapOf(a, b, c))], ["shop/a", "shop/b", "shop/c"]);
  assert.deepEqual([...index.replace(mapOf(a, b, c))], []);
  const moved = objectOf("2", "d");
  assert.deepEqual([...index.replace(mapOf(a, moved))], ["shop/b", "shop/d", "shop/c"]);
  assert.deepEqual([...index.services()], ["shop/a", "shop/d"]);
  assert.deepEqual(index.of("shop/d"), [moved]);
  assert.deepEqual(index.of("shop/c"), []);
});

Deno.test("StatusIndex keeps several objects of a Service, and forgets each by its key", () => {
  const index = new StatusIndex();
  const [one, two] = [objectOf("1", "a"), objectOf("2", "a")];
  index.put(one);
  index.put(two);
  assert.deepEqual(index.of("shop/a"), [one, two]);
  index.remove("m/1");
  index.remove("m/1");
  assert.deepEqual(index.of("shop/a"), [two]);
});

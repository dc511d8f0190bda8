import assert from "node:assert/strict";
import type { ClusterObjects } from "../source.ts";
import { Catalog } from "./catalog.ts";

const service = (name: string, spec: unknown = {}): unknown => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { namespace: "shop", name },
  spec,
});
const list = (...items: unknown[]): string => JSON.stringify({ apiVersion: "v1", kind: "List", items });
const pool = (namespace: string): string =>
  JSON.stringify({
    apiVersion: "metallb.io/v1beta1",
    kind: "IPAddressPool",
    metadata: { namespace, name: "gold" },
    spec: { addresses: ["192.0.2.0/24"] },
  });
const read = (catalog: Catalog): ClusterObjects => catalog.objects(new Map());

Deno.test("objects() keeps the identity of objects and maps that did not change", () => {
  const catalog = new Catalog(null);
  catalog.read("a.json", list(service("one"), service("two")));
  catalog.read("pool.json", pool("x"));
  const before = read(catalog);
  catalog.read("a.json", list(service("one"), service("two", { type: "LoadBalancer" })));
  const after = read(catalog);
  assert.notEqual(after.services, before.services);
  assert.equal(after.services.get("shop/one"), before.services.get("shop/one"));
  assert.equal(after.services.get("shop/two")?.spec?.type, "LoadBalancer");
  assert.equal(after.ipAddressPools, before.ipAddressPools);
  catalog.read("a.json", list(service("two", { type: "LoadBalancer" }), service("one")));
  assert.equal(read(catalog).services, after.services);
});

Deno.test("read() keeps everything a file held in force while the file is broken", () => {
  const catalog = new Catalog(null);
  catalog.read("a.json", list(service("one"), service("two")));
  const before = read(catalog).services;
  for (const broken of ['{"kind": "Li', list(service("one", { type: 5 })), '"text"']) {
    catalog.read("a.json", broken);
    assert.equal(read(catalog).services, before);
    assert.equal(catalog.isWhole, false);
    assert.notDeepEqual(catalog.errors(), []);
  }
  catalog.read("a.json", list(service("two")));
  assert.deepEqual([...read(catalog).services.keys()], ["shop/two"]);
  assert.equal(catalog.isWhole, true);
  assert.deepEqual(catalog.errors(), []);
});

Deno.test("read() uses what it can of a faulty file that has nothing in force", () => {
  const catalog = new Catalog(null);
  catalog.read("a.json", list(service("one"), service("two", { type: 5 })));
  assert.deepEqual([...read(catalog).services.keys()], ["shop/one"]);
  assert.equal(catalog.errors()[0]?.object, "Service/shop/two");
});

Deno.test("cannotRead() keeps what the file held, forget() does not", () => {
  const catalog = new Catalog(null);
  catalog.read("a.json", list(service("one")));
  catalog.cannotRead("a.json", "No");
  assert.equal(read(catalog).services.size, 1);
  assert.deepEqual(catalog.errors(), [{ object: "File/a.json", field: "", message: "No" }]);
  catalog.forget("a.json");
  assert.equal(read(catalog).services.size, 0);
  assert.deepEqual(catalog.errors(), []);
});

Deno.test("objects() takes the first of two objects by path and reports the second", () => {
  const catalog = new Catalog(null);
  catalog.read("b.json", list(service("one", { type: "NodePort" })));
  catalog.read("a.json", list(service("one", { type: "LoadBalancer" })));
  assert.equal(read(catalog).services.get("shop/one")?.spec?.type, "LoadBalancer");
  assert.deepEqual(catalog.errors(), [{
    object: "Service/shop/one",
    field: "",
    message: "Stands in a.json already and is ignored in b.json: remove one of the two",
  }]);
  catalog.forget("a.json");
  assert.equal(read(catalog).services.get("shop/one")?.spec?.type, "NodePort");
  assert.deepEqual(catalog.errors(), []);
});

Deno.test("objects() counts custom resources of the given namespace only, or of any", () => {
  for (const [namespace, size] of [["metallb-system", 1], [null, 2], ["elsewhere", 0]] as const) {
    const catalog = new Catalog(namespace);
    catalog.read("a.json", pool("metallb-system"));
    catalog.read("b.json", pool("default"));
    assert.equal(read(catalog).ipAddressPools.size, size);
  }
});

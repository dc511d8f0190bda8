import assert from "node:assert/strict";
import type { IPAddressPool } from "../../types/metallb.ts";
import { SERVED_KINDS } from "../kinds.ts";
import { Store } from "./store.ts";

const node = (revision: number, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  metadata: { name: "n1", uid: "u", resourceVersion: String(revision), labels: { zone: "a" }, ...more },
  status: { conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: `at ${revision}` }] },
});
const nodes = (): Store => new Store(SERVED_KINDS.get("nodes")!);
const pools = (): Store => new Store(SERVED_KINDS.get("ipAddressPools")!);
const pool = (revision: number, addresses: unknown): unknown => ({
  apiVersion: "metallb.io/v1beta1",
  kind: "IPAddressPool",
  metadata: { name: "gold", namespace: "m", resourceVersion: String(revision) },
  spec: { addresses },
  status: { assignedIPv4: revision },
});

Deno.test("put() is no news when only what is not read has changed, and keeps object and map", () => {
  const store = nodes();
  assert.ok(store.put(node(1)));
  const { objects } = store;
  assert.ok(
    !store.put(node(2, { managedFields: [{ manager: "kubelet" }], annotations: { "x.io/beat": "2" } })),
  );
  assert.equal(store.objects, objects);
  assert.equal(store.revisionOf("n1"), "2");
});

Deno.test("put() leaves the map that was handed out as it was", () => {
  const store = nodes();
  store.put(node(1));
  const { objects } = store;
  assert.ok(store.put(node(2, { labels: { zone: "b" } })));
  assert.equal(objects.get("n1")?.metadata.labels?.["zone"], "a");
  assert.equal(store.objects.get("n1")?.metadata.labels?.["zone"], "b");
});

Deno.test("put() ignores what is older than what is known", () => {
  const store = nodes();
  store.put(node(10, { labels: { zone: "new" } }));
  assert.ok(!store.put(node(9)));
  assert.equal(store.get("n1")?.metadata.labels?.["zone"], "new");
});

Deno.test("putWritten() brings nothing back: not what is gone, nor another of that name", () => {
  const store = nodes();
  store.put(node(1));
  // The answer to a write that made revision 2 comes after the watch has told of the deletion.
  store.remove(node(3));
  assert.ok(!store.putWritten(node(2)));
  store.replace([], "4");
  assert.ok(!store.putWritten(node(4)));
  store.put(node(5, { uid: "other" }));
  assert.ok(!store.putWritten(node(6, { labels: {} })));
  assert.ok(store.putWritten(node(6, { uid: "other", labels: {} })));
});

Deno.test("putWritten() takes in what it made before the watch tells of it", () => {
  const store = nodes();
  store.replace([], "4");
  assert.ok(store.putWritten(node(5)));
  assert.ok(!store.put(node(5)));
});

Deno.test("putWritten() counts revisions anew after they went backwards", () => {
  const store = nodes();
  store.put(node(100));
  store.remove(node(101));
  store.forgetRevisions();
  assert.ok(store.putWritten(node(5)));
});

Deno.test("replace() does not take back what a write of ours has said since the list was made", () => {
  const store = nodes();
  const page = [store.listed(node(1))!];
  store.replace([page], "1");
  store.putWritten(node(3, { labels: { zone: "written" } }));
  assert.ok(!store.replace([page], "1"));
  assert.equal(store.get("n1")?.metadata.labels?.["zone"], "written");
});

Deno.test("replace() drops what is not listed", () => {
  const store = nodes();
  store.put(node(1));
  assert.ok(store.replace([], "2"));
  assert.deepEqual([store.objects.size, store.isComplete], [0, true]);
  assert.ok(!store.replace([], "2"));
});

Deno.test("an object that cannot be used leaves the last good one in force and is reported until it is mended", () => {
  const store = pools();
  store.put(pool(1, ["192.0.2.0/24"]));
  const good = store.get("m/gold");
  assert.ok(store.put(pool(2, "192.0.2.0/25")));
  assert.equal(store.get("m/gold"), good);
  assert.deepEqual(store.errors.map(({ object, field }) => [object, field]), [
    ["IPAddressPool/m/gold", "spec.addresses"],
  ]);
  assert.ok(!store.put(pool(3, "192.0.2.0/25")), "the same error is no news");
  assert.ok(store.put(pool(4, ["192.0.2.0/25"])));
  assert.deepEqual(store.errors, []);
  assert.deepEqual((store.get("m/gold") as IPAddressPool).spec.addresses, ["192.0.2.0/25"]);
  store.put(pool(5, 7));
  store.remove(pool(6, 7));
  assert.deepEqual([store.errors, store.objects.size], [[], 0]);
});

Deno.test("put() of an object that cannot be used is news when another part of it has changed", () => {
  const store = pools();
  const bad = (revision: number, addresses: readonly string[]): unknown => ({
    ...pool(revision, addresses) as object,
    spec: { addresses, autoAssign: "often" },
  });
  assert.ok(store.put(bad(1, ["nonsense"])));
  const [before] = store.faulty;
  assert.ok(!store.put(bad(2, ["nonsense"])));
  assert.equal(store.faulty[0]?.object, before?.object);
  assert.ok(store.put(bad(3, ["192.0.2.0/24"])));
  assert.deepEqual((store.faulty[0]?.object as IPAddressPool).spec.addresses, ["192.0.2.0/24"]);
});

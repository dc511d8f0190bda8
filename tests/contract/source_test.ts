/**
 * What every ClusterSource keeps, shown on each there is: a folder of manifests, and a cluster's API server.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { ClusterSource } from "../../k8s/source.ts";
import type { Service } from "../../k8s/types/core.ts";
import { apiFixtures } from "./api_fixture.ts";
import { manifestFixtures } from "./manifest_fixture.ts";
import { type Fixtures, NAMESPACE, until } from "./fixture.ts";

const service = (name: string, labels: Record<string, string> = {}): unknown => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: "shop", labels },
  spec: { type: "LoadBalancer", ports: [{ name: "http", port: 80 }] },
});
const pool = (name: string, namespace: string = NAMESPACE): unknown => ({
  apiVersion: "metallb.io/v1beta1",
  kind: "IPAddressPool",
  metadata: { name, namespace },
  spec: { addresses: ["192.0.2.0/24"], autoAssign: true },
});
const secret = (name: string, type: string): unknown => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: NAMESPACE },
  type,
  stringData: { username: "u", password: "hunter2" },
});

function serviceOf(source: ClusterSource, name: string): Service | undefined {
  return source.objects()?.services.get(`shop/${name}`);
}

function addressOf(source: ClusterSource, name: string): string | undefined {
  return serviceOf(source, name)?.status?.loadBalancer?.ingress?.[0]?.ip;
}

for (const fixtures of [manifestFixtures, apiFixtures]) contract(fixtures);

function contract({ name, test, open }: Fixtures): void {
  test(`${name} is a ClusterSource`, async (t) => {
    await using fixture = await open();
    const { source } = fixture;
    await fixture.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } });
    await until(source, () => source.objects()?.namespaces.has("shop") === true);

    await t.step("objects() shows what is created, changed and removed", async () => {
      await fixture.put(service("web"));
      await until(source, () => serviceOf(source, "web") !== undefined);
      assert.equal(serviceOf(source, "web")?.kind, "Service");
      assert.equal(serviceOf(source, "web")?.apiVersion, "v1");
      assert.deepEqual(
        serviceOf(source, "web")?.spec?.ports?.map(({ name, port }) => [name, port]),
        [["http", 80]],
      );
      await fixture.put(service("web", { tier: "front" }));
      await until(source, () => serviceOf(source, "web")?.metadata.labels?.["tier"] === "front");
      await fixture.put(service("other"));
      await until(source, () => serviceOf(source, "other") !== undefined);
      await fixture.remove(service("other"));
      await until(source, () => serviceOf(source, "other") === undefined);
    });

    await t.step("what does not change keeps its identity, object by object and kind by kind", async () => {
      await fixture.put(pool("gold"));
      await until(source, () => source.objects()?.ipAddressPools.size === 1);
      const before = source.objects()!;
      await fixture.put(service("second"));
      await until(source, () => serviceOf(source, "second") !== undefined);
      const after = source.objects()!;
      assert.notEqual(after.services, before.services);
      assert.equal(after.services.get("shop/web"), before.services.get("shop/web"));
      assert.equal(after.ipAddressPools, before.ipAddressPools);
      assert.equal(after.namespaces, before.namespaces);
    });

    await t.step("objects cannot be changed by who reads them", () => {
      const { spec, metadata } = serviceOf(source, "web")!;
      assert.ok(Object.isFrozen(spec) && Object.isFrozen(metadata) && Object.isFrozen(spec?.ports));
    });

    await t.step("configuration counts in its namespace alone", async () => {
      await fixture.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "elsewhere" } });
      await fixture.put(pool("foreign", "elsewhere"));
      await fixture.put(pool("silver"));
      await until(source, () => source.objects()?.ipAddressPools.size === 2);
      assert.deepEqual([...source.objects()!.ipAddressPools.keys()].sort(), [
        `${NAMESPACE}/gold`,
        `${NAMESPACE}/silver`,
      ]);
    });

    await t.step("a Secret of use is there, its password wrapped; of others nothing is", async () => {
      await fixture.put(secret("other", "Opaque"));
      await fixture.put(secret("peer", "kubernetes.io/basic-auth"));
      await until(source, () => source.objects()?.secrets.has(`${NAMESPACE}/peer`) === true);
      const { secrets } = source.objects()!;
      const password = secrets.get(`${NAMESPACE}/peer`)?.data?.["password"];
      assert.equal(new TextDecoder().decode(password?.reveal()), "hunter2");
      assert.deepEqual(Object.keys(secrets.get(`${NAMESPACE}/other`)?.data ?? {}), []);
      assert.ok(!Deno.inspect([...secrets.values()], { depth: 9 }).includes("hunter2"));
    });

    await t.step("a status that was written is read, and stays", async () => {
      const key = "shop/web";
      const annotations = { "metallb.io/ip-allocated-from-pool": "gold" };
      await source.writeServiceStatus({ key, ingress: [{ ip: "192.0.2.1" }], annotations });
      await until(source, () => addressOf(source, "web") === "192.0.2.1");
      assert.deepEqual(serviceOf(source, "web")?.metadata.annotations, annotations);
      assert.equal(serviceOf(source, "web")?.metadata.labels?.["tier"], "front");
      await fixture.put(service("third"));
      await until(source, () => serviceOf(source, "third") !== undefined);
      assert.equal(addressOf(source, "web"), "192.0.2.1");
    });

    await t.step("a status is replaced whole, and an annotation removed by null", async () => {
      const key = "shop/web";
      const annotations = { "metallb.io/ip-allocated-from-pool": null };
      await source.writeServiceStatus({ key, ingress: [], annotations });
      await until(source, () => addressOf(source, "web") === undefined);
      assert.deepEqual(serviceOf(source, "web")?.metadata.annotations ?? {}, {});
    });

    await t.step("a status cannot be written onto a name that no Service can have", async () => {
      const write = { key: "../../etc/x", ingress: [], annotations: {} };
      await assert.rejects(source.writeServiceStatus(write), /Cannot write the status of Service/);
    });

    await t.step("a listener that comes late hears that there is something to read", async () => {
      const heard = Promise.withResolvers<void>();
      source.onChange(heard.resolve);
      await heard.promise;
      assert.deepEqual(source.errors(), []);
    });
  });
}

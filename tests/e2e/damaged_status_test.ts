/**
 * A status file that was damaged, by a full disk, a power cut or a hand: what still stands in it stays the Service's, the
 * configuration is taken all the same, and the writer writes the file anew.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openManifestSource } from "../../k8s/manifest_source.ts";
import { formatStatus } from "../../k8s/manifests/status.ts";
import { Allocation } from "../../agent/allocate/allocation.ts";
import { parseConfig } from "../../agent/config/parse.ts";
import { snapshotOf } from "../../agent/snapshot.ts";

const KEY = "shop/web";
const FILE = "status/service.shop.web.json";
const POOL = {
  apiVersion: "metallb.io/v1beta1",
  kind: "IPAddressPool",
  metadata: { name: "lan", namespace: "metallb-system" },
  spec: { addresses: ["192.0.2.0/24"] },
};

function service(name: string): unknown {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "shop" },
    spec: { type: "LoadBalancer", clusterIP: "10.96.0.1" },
  };
}

/** A folder with two Services and a pool, the status of one of them damaged as said. */
class Folder implements AsyncDisposable {
  readonly path: string = Deno.makeTempDirSync({ prefix: "ingot-status-" });

  constructor(damaged: string) {
    Deno.mkdirSync(`${this.path}/status`);
    this.write("objects.json", [POOL, service("web"), service("new")]);
    Deno.writeTextFileSync(`${this.path}/${FILE}`, damaged);
  }

  write(name: string, items: readonly unknown[]): void {
    Deno.writeTextFileSync(
      `${this.path}/${name}`,
      JSON.stringify({ apiVersion: "v1", kind: "List", items }),
    );
  }

  read(): string {
    return Deno.readTextFileSync(`${this.path}/${FILE}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

const WRITTEN = formatStatus({ key: KEY, ingress: [{ ip: "192.0.2.7" }], annotations: {} });
const CUT = WRITTEN.slice(0, WRITTEN.indexOf("192.0.2.7") + 12);

Deno.test("a damaged status keeps its address, holds nothing else up, and is written anew by the writer", async () => {
  await using folder = new Folder(CUT);
  const opening = { directory: folder.path, namespace: null, watch: false };
  {
    await using reader = await openManifestSource(opening);
    await using writer = await openManifestSource({ ...opening, writesStatus: true });
    for (const source of [reader, writer]) {
      const objects = source.objects()!;
      assert.deepEqual(objects.services.get(KEY)?.status?.loadBalancer?.ingress, [{ ip: "192.0.2.7" }]);
      assert.equal(source.isWhole(), true, "the manifests are");
    }
    assert.equal(reader.errors()[0]?.object, `Service/${KEY}`, "and it is told");
  }
  assert.equal(folder.read(), WRITTEN);
});

Deno.test("a status of which nothing can be read gives its Service an address that no other Service has", async () => {
  await using folder = new Folder("\0\0\0\0");
  await using writer = await openManifestSource({
    directory: folder.path,
    namespace: null,
    watch: false,
    writesStatus: true,
  });
  assert.equal(writer.errors()[0]?.object, `Service/${KEY}`);
  const objects = writer.objects()!;
  const parsed = parseConfig(objects);
  assert(parsed.ok);
  const allocation = new Allocation({ loadBalancerClass: null });
  const decisions = allocation.reconcile(snapshotOf(objects), parsed.config, writer.heldByUnreadable());
  for (const { write } of decisions) await writer.writeServiceStatus(write!);
  assert.deepEqual(writer.errors(), []);
  const ips = [...writer.objects()!.services.values()].map((it) => it.status?.loadBalancer?.ingress?.[0]?.ip);
  assert.equal(new Set(ips).size, 2);
  assert.match(folder.read(), /192\.0\.2\.\d/);
});

Deno.test("a damaged manifest, unlike a damaged status, leaves open what it said", async () => {
  await using folder = new Folder(WRITTEN);
  Deno.writeTextFileSync(`${folder.path}/more.json`, "{");
  await using source = await openManifestSource({ directory: folder.path, namespace: null, watch: false });
  assert.equal(source.isWhole(), false);
});

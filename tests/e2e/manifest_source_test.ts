/**
 * The folder of manifests on a real file system: what is seen, when, and what is never seen.
 *
 * Waits are for events, with a bound; nothing here passes because enough time went by.
 * Not here: damaged text (tests/fuzz/yaml_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type ManifestSourceOptions, openManifestSource } from "../../k8s/manifest_source.ts";
import { isSameLook, SHRUNK_SETTLE_MS } from "../../k8s/manifests/settling.ts";
import { lookAt } from "../../k8s/manifests/scan.ts";
import type { ClusterObjects, ClusterSource } from "../../k8s/source.ts";

const WAIT_MS = 10_000;

function serviceYaml(name: string, label = "a"): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: shop
  labels: {version: ${label}}
spec:
  type: LoadBalancer
`;
}

/** A folder and a source on it, both gone at the end of the test. */
class Fixture implements AsyncDisposable {
  readonly #resources = new AsyncDisposableStack();
  readonly directory: string;
  source!: ClusterSource;
  /** Asked of every state that is ever seen. */
  invariant: (objects: ClusterObjects) => boolean = () => true;
  violations = 0;

  constructor() {
    this.directory = Deno.makeTempDirSync({ prefix: "ingot-manifests-" });
    this.#resources.defer(() => Deno.remove(this.directory, { recursive: true }));
  }

  static async open(
    files: Record<string, string>,
    options: Partial<ManifestSourceOptions> = {},
  ): Promise<Fixture> {
    const fixture = new Fixture();
    for (const [path, text] of Object.entries(files)) fixture.write(path, text);
    fixture.source = await fixture.openSource(options);
    fixture.source.onChange(() => {
      if (!fixture.invariant(fixture.source.objects()!)) fixture.violations++;
    });
    return fixture;
  }

  async openSource(options: Partial<ManifestSourceOptions> = {}): Promise<ClusterSource> {
    const source = await openManifestSource({
      directory: this.directory,
      namespace: null,
      watch: true,
      ...options,
    });
    return this.#resources.use(source);
  }

  path(path: string): string {
    return join(this.directory, path);
  }

  write(path: string, text: string): void {
    Deno.writeTextFileSync(this.path(path), text);
  }

  services(): string[] {
    return [...this.source.objects()!.services.keys()].sort();
  }

  label(key: string): string | undefined {
    return this.source.objects()!.services.get(key)?.metadata.labels?.["version"];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

/** Resolves when the source says so; rejects with what it says instead after a bound. */
function until(source: ClusterSource, isReached: () => boolean): Promise<void> {
  if (isReached()) return Promise.resolve();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const bound = setTimeout(() => {
    const seen = [...source.objects()!.services.keys()].slice(0, 20).join();
    reject(
      new Error(`Not reached in ${WAIT_MS} ms: services ${seen}, errors ${JSON.stringify(source.errors())}`),
    );
  }, WAIT_MS);
  source.onChange(() => {
    if (!isReached()) return;
    clearTimeout(bound);
    resolve();
  });
  return promise;
}

/** Waits for so long, and says how long it was on this machine. */
async function pause(ms: number): Promise<number> {
  const begin = performance.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return performance.now() - begin;
}

/** Nothing unfinished was believed; what a busy machine held up until it had settled was rightly. */
function assertUnseen(fixture: Fixture, longestRestMs: number): void {
  if (longestRestMs < SHRUNK_SETTLE_MS) assert.equal(fixture.violations, 0);
}

Deno.test("a change is seen within 200 ms, by the median of nine", async () => {
  await using fixture = await Fixture.open({ "a.yaml": serviceYaml("web", "v0") });
  const delaysMs: number[] = [];
  for (let round = 1; round <= 9; round++) {
    const begin = performance.now();
    fixture.write("a.yaml", serviceYaml("web", `v${round}`));
    await until(fixture.source, () => fixture.label("shop/web") === `v${round}`);
    delaysMs.push(performance.now() - begin);
  }
  const median = delaysMs.sort((a, b) => a - b)[4]!;
  assert.ok(median <= 200, `median ${median} ms`);
});

Deno.test("a file written in pieces is believed only when it rests", async () => {
  const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
  const text = (label: string): string => names.map((name) => serviceYaml(name, label)).join("---\n");
  await using fixture = await Fixture.open({ "a.yaml": text("old") });
  fixture.invariant = (objects) => objects.services.size === 50;
  let longestRestMs = 0;
  {
    // Whole documents, so that every state in between would be a valid file of fewer Services.
    using file = Deno.openSync(fixture.path("a.yaml"), { write: true, truncate: true });
    for (const document of text("new").split(/(?=---)/)) {
      file.writeSync(new TextEncoder().encode(document));
      longestRestMs = Math.max(longestRestMs, await pause(10));
    }
  }
  await until(fixture.source, () => fixture.label("shop/s49") === "new");
  assertUnseen(fixture, longestRestMs);
});

Deno.test("a broken file is reported and keeps what it held until it is mended", async () => {
  await using fixture = await Fixture.open({ "a.yaml": serviceYaml("web"), "b.yaml": serviceYaml("other") });
  const before = fixture.source.objects()!.services;
  fixture.write("a.yaml", `${serviceYaml("web", "b")}  ports: [{port: http}]\n`);
  await until(fixture.source, () => fixture.source.errors().length > 0);
  assert.deepEqual(fixture.source.errors(), [{
    object: "Service/shop/web",
    field: "spec.ports[0].port",
    message: 'Expected a whole number from 1 to 65535, found the string "http" (a.yaml line 9)',
  }]);
  assert.equal(fixture.source.objects()!.services, before);
  fixture.write("a.yaml", serviceYaml("web").replace("LoadBalancer", "'Load"));
  await until(fixture.source, () => fixture.source.errors()[0]?.object === "File/a.yaml");
  assert.match(fixture.source.errors()[0]!.message, /\(a\.yaml line \d+\)$/);
  assert.equal(fixture.source.objects()!.services, before);
  fixture.write("a.yaml", serviceYaml("web", "mended"));
  await until(fixture.source, () => fixture.label("shop/web") === "mended");
  assert.deepEqual(fixture.source.errors(), []);
});

Deno.test("files come, move and go, in subfolders too, and only manifests count", async () => {
  await using fixture = await Fixture.open({ "a.yaml": serviceYaml("one") });
  Deno.mkdirSync(fixture.path("sub/deep"), { recursive: true });
  fixture.write("sub/deep/b.yml", serviceYaml("two"));
  await until(fixture.source, () => fixture.services().length === 2);
  for (const name of [".hidden.yaml", "b.yaml~", "#b.yaml#", "~b.yaml", ".b.yaml.swp", "note.txt"]) {
    fixture.write(name, serviceYaml("no"));
  }
  fixture.invariant = (objects) => objects.services.size >= 2 && fixture.source.errors().length === 0;
  Deno.renameSync(fixture.path("sub/deep/b.yml"), fixture.path("c.yaml"));
  fixture.write(
    "d.json",
    JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }),
  );
  await until(fixture.source, () => fixture.source.objects()!.namespaces.has("shop"));
  assert.deepEqual(fixture.services(), ["shop/one", "shop/two"]);
  assert.equal(fixture.violations, 0);
  fixture.invariant = () => true;
  Deno.removeSync(fixture.path("a.yaml"));
  await until(fixture.source, () => fixture.services().join() === "shop/two");
});

Deno.test("an empty file counts once it stays empty", async () => {
  await using fixture = await Fixture.open({ "a.yaml": serviceYaml("one"), "b.yaml": serviceYaml("two") });
  fixture.invariant = (objects) => objects.services.size === 2;
  fixture.write("a.yaml", "");
  const restMs = await pause(20);
  fixture.write("a.yaml", serviceYaml("one", "refilled"));
  await until(fixture.source, () => fixture.label("shop/one") === "refilled");
  assertUnseen(fixture, restMs);
  fixture.invariant = () => true;
  fixture.write("a.yaml", "");
  await until(fixture.source, () => fixture.services().join() === "shop/two");
});

Deno.test("a ConfigMap's swap of ..data is seen at once and whole", async () => {
  const fixture = new Fixture();
  await using _ = fixture;
  const publish = (version: string): void => {
    Deno.mkdirSync(fixture.path(`..${version}`));
    for (const name of ["one", "two"]) fixture.write(`..${version}/${name}.yaml`, serviceYaml(name, version));
    Deno.symlinkSync(`..${version}`, fixture.path("..data_tmp"));
    Deno.renameSync(fixture.path("..data_tmp"), fixture.path("..data"));
  };
  publish("v1");
  for (const name of ["one", "two"]) Deno.symlinkSync(`..data/${name}.yaml`, fixture.path(`${name}.yaml`));
  fixture.source = await fixture.openSource();
  fixture.source.onChange(() => {
    if (fixture.label("shop/one") !== fixture.label("shop/two")) fixture.violations++;
  });
  for (const version of ["v2", "v3"]) {
    publish(version);
    await until(fixture.source, () => fixture.label("shop/one") === version);
  }
  assert.equal(fixture.violations, 0);
});

Deno.test("a file that a link from elsewhere leads to is watched where it stands", async () => {
  await using elsewhere = new Fixture();
  elsewhere.write("real.yaml", serviceYaml("web", "v1"));
  await using fixture = new Fixture();
  Deno.symlinkSync(elsewhere.path("real.yaml"), fixture.path("a.yaml"));
  fixture.source = await fixture.openSource();
  const begin = performance.now();
  elsewhere.write("real.yaml", serviceYaml("web", "v2"));
  await until(fixture.source, () => fixture.label("shop/web") === "v2");
  assert.ok(performance.now() - begin < 3_000, "found by the rescan only");
});

Deno.test("of one object in two files the first counts and the second is reported", async () => {
  await using fixture = await Fixture.open({
    "a.yaml": serviceYaml("web", "a"),
    "b.yaml": serviceYaml("web", "b"),
  });
  assert.equal(fixture.label("shop/web"), "a");
  assert.deepEqual(fixture.source.errors().map(({ object }) => object), ["Service/shop/web"]);
  Deno.removeSync(fixture.path("a.yaml"));
  await until(fixture.source, () => fixture.label("shop/web") === "b");
  assert.deepEqual(fixture.source.errors(), []);
});

Deno.test("lists as kubectl prints them are read, and read once when not watched", async () => {
  const items = ["one", "two"].map((name) => serviceYaml(name).replaceAll("\n", "\n  ").trimEnd());
  await using fixture = await Fixture.open(
    {
      "a.yaml": `apiVersion: v1\nitems:\n- ${
        items.join("\n- ")
      }\nkind: List\nmetadata: {resourceVersion: ""}\n`,
    },
    { watch: false },
  );
  assert.deepEqual(fixture.source.errors(), []);
  assert.deepEqual(fixture.services(), ["shop/one", "shop/two"]);
});

Deno.test("files that are too large or no text are reported by name", async () => {
  await using fixture = await Fixture.open({ "a.yaml": serviceYaml("one"), "b.yaml": serviceYaml("two") });
  Deno.truncateSync(fixture.path("a.yaml"), 33 * 1024 * 1024);
  Deno.writeFileSync(fixture.path("b.yaml"), Uint8Array.of(0xff, 0xfe, 0x41));
  await until(fixture.source, () => fixture.source.errors().length === 2);
  assert.deepEqual(fixture.source.errors(), [
    { object: "File/a.yaml", field: "", message: "Larger than 33554432 octets: split it into several files" },
    { object: "File/b.yaml", field: "", message: "Cannot be read: it is not UTF-8 text" },
  ]);
  assert.deepEqual(fixture.services(), ["shop/one", "shop/two"]);
});

Deno.test("opening a folder that is not there says what to do", async () => {
  const options = { directory: "/nonexistent/manifests", namespace: null, watch: true };
  await assert.rejects(
    openManifestSource(options),
    /Cannot read the manifest folder .*: it does not exist; create it/,
  );
});

Deno.test("a link that leads nowhere is reported and keeps what it led to", async () => {
  await using it = await Fixture.open({});
  const elsewhere = Deno.makeTempFileSync();
  Deno.writeTextFileSync(elsewhere, serviceYaml("a"));
  Deno.symlinkSync(elsewhere, it.path("a.yaml"));
  await until(it.source, () => it.services().length === 1);
  Deno.removeSync(elsewhere);
  await until(it.source, () => it.source.errors().length === 1);
  assert.deepEqual(it.services(), ["shop/a"]);
  assert.match(it.source.errors()[0]!.object, /^File\/a\.yaml$/);
  Deno.removeSync(it.path("a.yaml"));
  await until(it.source, () => it.services().length === 0 && it.source.errors().length === 0);
});

Deno.test("a folder that vanishes is reported, keeps everything, and is read again when it is back", async () => {
  await using outer = new Fixture();
  const directory = outer.path("manifests");
  Deno.mkdirSync(directory);
  outer.write("manifests/a.yaml", serviceYaml("web", "v1"));
  outer.source = await outer.openSource({ directory });
  Deno.renameSync(directory, outer.path("away"));
  await until(outer.source, () => outer.source.errors().length > 0);
  assert.equal(outer.source.errors()[0]?.object, "File/.");
  assert.equal(outer.label("shop/web"), "v1");
  Deno.mkdirSync(directory);
  outer.write("manifests/a.yaml", serviceYaml("web", "v2"));
  await until(outer.source, () => outer.label("shop/web") === "v2");
  assert.deepEqual(outer.source.errors(), []);
});

Deno.test("a status is merged, written once, seen by a reader, survives a reopening and goes with its Service", async () => {
  const manifest = serviceYaml("web").replace("spec:", "  annotations: {stale: x, own: y}\nspec:");
  await using fixture = await Fixture.open({ "a.yaml": manifest, "b.yaml": serviceYaml("other") }, {
    writesStatus: true,
  });
  const reader = await fixture.openSource();
  const address = (source: ClusterSource): string | undefined =>
    source.objects()!.services.get("shop/web")?.status?.loadBalancer?.ingress?.[0]?.ip;
  const write = {
    key: "shop/web",
    ingress: [{ ip: "192.0.2.1" }],
    annotations: { pool: "gold", stale: null },
  };
  await fixture.source.writeServiceStatus(write);
  assert.equal(address(fixture.source), "192.0.2.1");
  assert.deepEqual(fixture.source.objects()!.services.get("shop/web")!.metadata.annotations, {
    own: "y",
    pool: "gold",
  });
  await until(reader, () => address(reader) === "192.0.2.1");
  assert.deepEqual(
    reader.objects()!.services.get("shop/web"),
    fixture.source.objects()!.services.get("shop/web"),
  );

  const file = fixture.path("status/service.shop.web.json");
  const look = lookAt(file);
  await fixture.source.writeServiceStatus(write);
  assert.ok(isSameLook(look, lookAt(file)), "an identical status was written");
  const again = await fixture.openSource({ watch: false });
  assert.equal(address(again), "192.0.2.1");

  fixture.write("b.yaml", "kind: [");
  await until(fixture.source, () => fixture.source.errors().length > 0);
  Deno.removeSync(fixture.path("a.yaml"));
  await until(fixture.source, () => !fixture.services().includes("shop/web"));
  assert.notEqual(lookAt(file), null, "the status went while a file was unreadable");
  fixture.write("b.yaml", serviceYaml("other"));
  await until(fixture.source, () => lookAt(file) === null);
});

Deno.test("a broken status file is reported and the last good status stays", async () => {
  await using fixture = await Fixture.open({ "a.yaml": serviceYaml("web") });
  Deno.mkdirSync(fixture.path("status"));
  const status = JSON.stringify({
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: "shop", name: "web" },
    status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } },
  });
  const ingress = (): unknown =>
    fixture.source.objects()!.services.get("shop/web")?.status?.loadBalancer?.ingress;
  fixture.write("status/service.shop.web.json", status);
  await until(fixture.source, () => ingress() !== undefined);
  fixture.write("status/service.shop.web.json", status.slice(0, -5));
  await until(fixture.source, () => fixture.source.errors()[0]?.object === "Service/shop/web");
  assert.deepEqual(ingress(), [{ ip: "192.0.2.1" }]);
});

Deno.test("writeServiceStatus() refuses a name that is no Service's and a source opened for reading", async () => {
  await using fixture = await Fixture.open({}, { writesStatus: true });
  const write = { key: "../../etc/x", ingress: [], annotations: {} };
  await assert.rejects(fixture.source.writeServiceStatus(write), /no Service has such a name/);
  const reader = await fixture.openSource();
  await assert.rejects(reader.writeServiceStatus({ ...write, key: "a/b" }), /opened for reading only/);
});

function isWholeStatus(text: string): boolean {
  return text.startsWith('{\n  "apiVersion"') && text.endsWith("\n}\n");
}

Deno.test("a writer killed at any instant leaves whole files, and the next writer waits until then", async () => {
  const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
  await using fixture = new Fixture();
  fixture.write("a.yaml", names.map((name) => serviceYaml(name)).join("---\n"));
  const program = new URL("status_writer.ts", import.meta.url).pathname;
  for (const rounds of [1, 4, 9]) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", program, fixture.directory],
      stdout: "piped",
    }).spawn();
    let seen = 0;
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      seen += chunk.split("\n").length - 1;
      if (seen >= rounds) break;
    }
    // What a reader sees at this instant is what a kill at this instant would leave.
    for (let look = 0; look < 3_000; look++) {
      const text = Deno.readTextFileSync(fixture.path(`status/service.shop.s${look % 10}.json`));
      assert.ok(isWholeStatus(text), `torn after ${text.length} octets`);
    }
    const standby = Promise.withResolvers<void>();
    const opening = openManifestSource({
      directory: fixture.directory,
      namespace: null,
      watch: true,
      writesStatus: true,
      onStandby: standby.resolve,
    });
    await standby.promise;
    child.kill("SIGKILL");
    await child.status;
    await using source = await opening;
    assert.deepEqual(source.errors(), []);
    for (const service of source.objects()!.services.values()) {
      const round = Number(service.metadata.annotations?.["round"]);
      assert.equal(service.status?.loadBalancer?.ingress?.length, round % 2 === 0 ? 200 : 1);
    }
    const left = [...Deno.readDirSync(fixture.path("status"))].map((entry) => entry.name).sort();
    assert.deepEqual(left, [".lock", ...names.map((name) => `service.shop.${name}.json`)]);
  }
});

Deno.test("waiting for another writer ends with the signal", async () => {
  await using fixture = await Fixture.open({}, { writesStatus: true });
  const stop = new AbortController();
  const onStandby = (): void => stop.abort(new Error("Told to stop"));
  await assert.rejects(
    fixture.openSource({ writesStatus: true, onStandby, signal: stop.signal }),
    /Told to stop/,
  );
});

Deno.test("one change among 10,000 Services keeps the identity of all others", async () => {
  const files: Record<string, string> = {};
  for (let file = 0; file < 100; file++) {
    const items = Array.from({ length: 100 }, (_, index) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: "shop", name: `s${file * 100 + index}` },
      spec: { type: "LoadBalancer" },
    }));
    files[`f${file}.json`] = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  }
  files["node.yaml"] = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n";
  await using fixture = await Fixture.open(files);
  const before = fixture.source.objects()!;
  assert.equal(before.services.size, 10_000);
  fixture.write(
    "f42.json",
    files["f42.json"]!.replace(
      '"s4217"},"spec":{"type":"LoadBalancer"',
      '"s4217"},"spec":{"type":"NodePort"',
    ),
  );
  await until(fixture.source, () => fixture.source.objects()!.services !== before.services);
  const after = fixture.source.objects()!;
  const changed = [...after.services].filter(([key, service]) => before.services.get(key) !== service);
  assert.deepEqual(changed.map(([key]) => key), ["shop/s4217"]);
  assert.equal(after.nodes, before.nodes);
});

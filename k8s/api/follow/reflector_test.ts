import assert from "node:assert/strict";
import { SERVED_KINDS } from "../kinds.ts";
import { Reflector } from "./reflector.ts";
import { type Asked, Script } from "../scripted_fixture.ts";
import { Store } from "./store.ts";

const namespace = (name: string, revision: number, labels: Record<string, string> = {}): unknown => ({
  metadata: { name, uid: `uid-${name}`, resourceVersion: String(revision), labels },
});
const list = (revision: number, items: readonly unknown[], next = ""): unknown => ({
  metadata: { resourceVersion: String(revision), continue: next },
  items,
});
const gone = { code: 410, reason: "Expired", message: "too old resource version" };

/** A reflector of namespaces on a scripted API server. */
class Fixture implements AsyncDisposable {
  readonly script = new Script();
  readonly store = new Store(SERVED_KINDS.get("namespaces")!);
  readonly faults: string[] = [];
  /** Of each fault: how many in a row. */
  readonly attempts: number[] = [];
  mended = 0;
  readonly reflector: Reflector;
  #news = Promise.withResolvers<void>();

  constructor(silentMs = 60_000) {
    this.reflector = new Reflector({
      client: this.script.client,
      path: "/api/v1/namespaces",
      selection: {},
      store: this.store,
      silentMs,
      onNews: () => {
        this.#news.resolve();
        this.#news = Promise.withResolvers();
      },
      onFault: (error, attempt) => {
        this.faults.push(error.message);
        this.attempts.push(attempt);
        // No test waits for a pause to end by itself.
        queueMicrotask(() => this.reflector.retryNow());
      },
      onMended: () => void this.mended++,
    });
  }

  get names(): string[] {
    return [...this.store.objects.keys()];
  }

  async until(names: readonly string[]): Promise<void> {
    while (this.names.join() !== names.join()) await this.#news.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reflector[Symbol.asyncDispose]();
  }
}

function expectWatch({ url }: Asked, revision: string): void {
  assert.equal(url.searchParams.get("watch"), "true");
  assert.equal(url.searchParams.get("allowWatchBookmarks"), "true");
  assert.equal(url.searchParams.get("resourceVersion"), revision);
}

function expectList({ url }: Asked): void {
  assert.equal(url.searchParams.get("watch"), null);
}

Deno.test("Reflector lists page by page, and nothing counts before the last page", async () => {
  await using it = new Fixture();
  const first = await it.script.next();
  assert.equal(first.url.searchParams.get("limit"), "500");
  first.answer(list(10, [namespace("a", 1)], "more"));
  const second = await it.script.next();
  assert.equal(second.url.searchParams.get("continue"), "more");
  assert.deepEqual([it.names, it.store.isComplete], [[], false]);
  second.answer(list(10, [namespace("b", 2)]));
  expectWatch(await it.script.next(), "10");
  assert.deepEqual([it.names, it.store.isComplete], [["a", "b"], true]);
});

Deno.test("Reflector lists in one piece when the pages' revision is gone half-way", async () => {
  await using it = new Fixture();
  (await it.script.next()).answer(list(10, [namespace("a", 1)], "more"));
  (await it.script.next()).answer(gone, 410);
  const whole = await it.script.next();
  assert.deepEqual([...whole.url.searchParams.keys()], []);
  whole.answer(list(20, [namespace("b", 2)]));
  expectWatch(await it.script.next(), "20");
  assert.deepEqual([it.names, it.faults], [["b"], []]);
});

Deno.test("Reflector takes what the watch says, and goes on from the last bookmark", async () => {
  await using it = new Fixture();
  (await it.script.next()).answer(list(10, [namespace("a", 1)]));
  const watch = (await it.script.next()).stream();
  watch.send(
    { type: "ADDED", object: namespace("b", 11) },
    { type: "MODIFIED", object: namespace("a", 12, { x: "y" }) },
    { type: "ADDED", object: namespace("c", 13) },
    { type: "DELETED", object: namespace("b", 14) },
    { type: "BOOKMARK", object: { metadata: { resourceVersion: "99" } } },
  );
  await it.until(["a", "c"]);
  assert.deepEqual(it.store.get("a")?.metadata.labels, { x: "y" });
  watch.close();
  expectWatch(await it.script.next(), "99");
  assert.deepEqual(it.faults, []);
});

for (const how of ["as an event", "as the answer"]) {
  Deno.test(`Reflector lists again when its revision is gone, told ${how}: missed changes count, identity stays`, async () => {
    await using it = new Fixture();
    (await it.script.next()).answer(list(10, [namespace("a", 1), namespace("b", 2), namespace("c", 3)]));
    const watch = await it.script.next();
    const [a, c] = [it.store.get("a"), it.store.get("c")];
    if (how === "as an event") watch.stream().send({ type: "ERROR", object: gone });
    else watch.answer(gone, 410);
    const again = await it.script.next();
    expectList(again);
    again.answer(list(50, [namespace("a", 30), namespace("c", 31, { x: "y" }), namespace("d", 32)]));
    expectWatch(await it.script.next(), "50");
    assert.deepEqual(it.names, ["a", "c", "d"]);
    assert.equal(it.store.get("a"), a);
    assert.notEqual(it.store.get("c"), c);
    assert.deepEqual(it.faults, []);
  });
}

Deno.test("Reflector keeps everything while the API server cannot be reached, and goes on where it was", async () => {
  await using it = new Fixture();
  (await it.script.next()).answer(list(10, [namespace("a", 1)]));
  (await it.script.next()).fail(new Error("Connection refused"));
  (await it.script.next()).answer({ code: 503, message: "not yet" }, 503);
  const again = await it.script.next();
  expectWatch(again, "10");
  assert.deepEqual(it.names, ["a"]);
  assert.equal(it.faults.length, 2);
  again.stream().send({ type: "ADDED", object: namespace("b", 11) });
  await it.until(["a", "b"]);
  assert.equal(it.mended, 1);
});

Deno.test("Reflector leaves a connection that says nothing, and goes on where it was", async () => {
  await using it = new Fixture(5);
  (await it.script.next()).answer(list(10, [namespace("a", 1)]));
  (await it.script.next()).stream();
  expectWatch(await it.script.next(), "10");
  assert.equal(it.script.renewals, 1);
  assert.match(it.faults[0]!, /Nothing came from the API server for 5 ms/);
  assert.deepEqual(it.names, ["a"]);
});

Deno.test("Reflector believes a store that was set back, though its revisions are lower", async () => {
  await using it = new Fixture();
  (await it.script.next()).answer(list(1000, [namespace("a", 900, { x: "new" }), namespace("b", 901)]));
  (await it.script.next()).stream().send({
    type: "BOOKMARK",
    object: { metadata: { resourceVersion: "500" } },
  });
  const again = await it.script.next();
  expectList(again);
  again.answer(list(500, [namespace("a", 400, { x: "old" })]));
  await it.until(["a"]);
  assert.deepEqual(it.store.get("a")?.metadata.labels, { x: "old" });
});

Deno.test("Reflector does not list without pause when every watch is told that its revision is gone", async () => {
  await using it = new Fixture();
  for (let round = 0; round < 3; round++) {
    (await it.script.next()).answer(list(10, []));
    (await it.script.next()).answer(gone, 410);
  }
  await it.script.next();
  assert.equal(it.faults.length, 2);
});

Deno.test("Reflector.retryNow() ends a pause, and makes the next one short again", async () => {
  await using it = new Fixture();
  for (let failure = 0; failure < 4; failure++) {
    (await it.script.next()).fail(new Error("Connection refused"));
  }
  await it.script.next();
  assert.deepEqual(it.attempts, [1, 2, 2, 2]);
});

Deno.test("Reflector ends at once when it is closed, whatever it is doing", async () => {
  const it = new Fixture();
  (await it.script.next()).answer(list(10, []));
  const watch = await it.script.next();
  watch.stream();
  await it.reflector[Symbol.asyncDispose]();
  assert.ok(watch.signal.aborted);
});

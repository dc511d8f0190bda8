import assert from "node:assert/strict";
import type { KubernetesObject } from "../../types/meta.ts";
import { EventRecorder } from "./events.ts";
import { type Asked, Script } from "../scripted_fixture.ts";

const SERVICE: KubernetesObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "shop", uid: "u" },
};
const TEXT = { type: "Normal", reason: "nodeAssigned", message: "here" } as const;

/** A recorder on a scripted API server. */
class Fixture implements AsyncDisposable {
  readonly script = new Script();
  readonly faults: Error[] = [];
  readonly recorder = new EventRecorder({
    client: this.script.client,
    component: "metallb-speaker",
    host: "n1",
    onFault: (error) => this.faults.push(error),
  });

  async next(method: string): Promise<Asked> {
    const asked = await this.script.next();
    assert.equal(asked.method, method);
    return asked;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.recorder[Symbol.asyncDispose]();
  }
}

Deno.test("EventRecorder creates an Event beside its object, with who saw what on which node", async () => {
  await using it = new Fixture();
  it.recorder.record(SERVICE, TEXT);
  const asked = await it.next("POST");
  assert.equal(asked.url.pathname, "/api/v1/namespaces/shop/events");
  assert.partialDeepStrictEqual(asked.body, {
    ...TEXT,
    kind: "Event",
    metadata: { namespace: "shop" },
    involvedObject: { apiVersion: "v1", kind: "Service", namespace: "shop", name: "web", uid: "u" },
    source: { component: "metallb-speaker", host: "n1" },
    count: 1,
  });
  const { metadata, firstTimestamp } = asked.body as { metadata: { name: string }; firstTimestamp: string };
  assert.match(metadata.name, /^web\.[0-9a-f]/);
  assert.match(firstTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  asked.answer({});
});

Deno.test("EventRecorder counts the same event, and creates another for another message", async () => {
  await using it = new Fixture();
  for (const message of ["here", "here", "here", "there"]) it.recorder.record(SERVICE, { ...TEXT, message });
  const first = await it.next("POST");
  const { name } = (first.body as { metadata: { name: string } }).metadata;
  first.answer({});
  for (const count of [2, 3]) {
    const again = await it.next("PATCH");
    assert.equal(again.url.pathname, `/api/v1/namespaces/shop/events/${name}`);
    assert.equal((again.body as { count: number }).count, count);
    again.answer({});
  }
  (await it.next("POST")).answer({});
});

Deno.test("EventRecorder drops an Event that cannot be written, says so, and goes on", async () => {
  await using it = new Fixture();
  it.recorder.record(SERVICE, TEXT);
  it.recorder.record(SERVICE, TEXT);
  (await it.next("POST")).answer({ code: 403, message: "events is forbidden" }, 403);
  (await it.next("POST")).answer({});
  await it[Symbol.asyncDispose]();
  assert.deepEqual(it.faults.map(({ message }) => message.includes("forbidden")), [true]);
});

Deno.test("EventRecorder lets one object have 25 Events at once, and others theirs", async () => {
  await using it = new Fixture();
  for (let i = 0; i < 40; i++) it.recorder.record(SERVICE, { ...TEXT, message: `${i}` });
  it.recorder.record({ ...SERVICE, metadata: { ...SERVICE.metadata, uid: "v" } }, TEXT);
  const messages: string[] = [];
  for (let i = 0; i < 26; i++) {
    const asked = await it.next("POST");
    messages.push((asked.body as { message: string }).message);
    asked.answer({});
  }
  assert.deepEqual(messages.filter((one) => one !== "here"), Array.from({ length: 25 }, (_, i) => `${i}`));
  assert.ok(messages.includes("here"));
});

Deno.test("EventRecorder writes events of several objects at the same time, those of one in their order", async () => {
  await using it = new Fixture();
  const other = { ...SERVICE, metadata: { ...SERVICE.metadata, uid: "v" } };
  for (const message of ["1", "2"]) {
    for (const object of [SERVICE, other]) it.recorder.record(object, { ...TEXT, message });
  }
  const asked = [await it.next("POST"), await it.next("POST")];
  assert.deepEqual(asked.map(({ body }) => (body as { message: string }).message), ["1", "1"]);
  for (const one of asked) one.answer({});
  for (let i = 0; i < 2; i++) {
    const later = await it.next("POST");
    assert.equal((later.body as { message: string }).message, "2");
    later.answer({});
  }
});

Deno.test("EventRecorder loses no event of 10,000 Services, and says once that it loses more than it can keep", async () => {
  await using it = new Fixture();
  const record = (uid: number): void =>
    it.recorder.record({ ...SERVICE, metadata: { ...SERVICE.metadata, uid: `${uid}` } }, TEXT);
  for (let uid = 0; uid < 10_000; uid++) record(uid);
  assert.deepEqual(it.faults, []);
  for (let uid = 10_000; uid < 60_000; uid++) record(uid);
  assert.deepEqual(it.faults.map(({ message }) => message), [
    "50000 Events wait to be written: others are lost",
  ]);
  // Whoever stops while nothing can be written waits for what is under way, and for nothing else.
  const ended = it.recorder[Symbol.asyncDispose]();
  for (let lane = 0; lane < 4; lane++) (await it.next("POST")).fail(new Error("gone"));
  await ended;
});

Deno.test("EventRecorder gives way to other requests, and not for ever", async () => {
  const script = new Script();
  let looks = 0;
  let most = 3;
  const recorder = new EventRecorder({
    client: script.client,
    component: "metallb-controller",
    givesWay: () => ++looks < most,
    givesWayMs: 1,
  });
  recorder.record(SERVICE, TEXT);
  (await script.next()).answer({});
  assert.ok(looks > 0);
  most = Infinity;
  recorder.record(SERVICE, { ...TEXT, message: "there" });
  (await script.next()).answer({});
  await recorder[Symbol.asyncDispose]();
});

import assert from "node:assert/strict";
import { Lease, type LeaseRecord, mayWrite } from "./lease.ts";
import { type Asked, Script } from "../scripted_fixture.ts";

const record = (holder: string, revision = "1", leaseDurationSeconds = 15): LeaseRecord => ({
  metadata: { resourceVersion: revision },
  spec: { holderIdentity: holder, leaseDurationSeconds, leaseTransitions: 4 },
});

Deno.test("mayWrite() lets a replica take what is free, its own, or long not renewed", () => {
  assert.ok(mayWrite(null, 0, 0, "a"));
  assert.ok(mayWrite(record(""), 0, 0, "a"));
  assert.ok(mayWrite(record("a"), 0, 0, "a"));
  assert.ok(!mayWrite(record("b"), 1_000, 15_999, "a"));
  assert.ok(mayWrite(record("b"), 1_000, 16_000, "a"));
});

/** A replica's lease on a scripted API server. */
class Fixture implements AsyncDisposable {
  readonly script = new Script();
  readonly said: string[] = [];
  readonly lease: Lease;

  constructor(times: { renewWithinMs?: number; retryMs?: number } = {}) {
    this.lease = new Lease({
      client: this.script.client,
      namespace: "m",
      name: "l",
      identity: "a",
      retryMs: 1,
      ...times,
      onAcquired: () => this.said.push("acquired"),
      onLost: () => this.said.push("lost"),
    });
  }

  async next(method: string): Promise<Asked> {
    const asked = await this.script.next();
    assert.equal(asked.method, method);
    return asked;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lease[Symbol.asyncDispose]();
  }
}

const specOf = ({ body }: Asked): Record<string, unknown> => (body as { spec: Record<string, unknown> }).spec;

Deno.test("Lease creates what is not there, renews it, and gives it back", async () => {
  const it = new Fixture();
  (await it.next("GET")).answer({ code: 404 }, 404);
  const creation = await it.next("POST");
  assert.equal(specOf(creation)["holderIdentity"], "a");
  assert.match(String(specOf(creation)["renewTime"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  creation.answer(record("a", "1"));
  const renewal = await it.next("PUT");
  assert.deepEqual([it.said, it.lease.isHeld], [["acquired"], true]);
  assert.equal((renewal.body as LeaseRecord).metadata.resourceVersion, "1");
  assert.equal(specOf(renewal)["leaseTransitions"], 4);
  renewal.answer(record("a", "2"));
  const closing = it[Symbol.asyncDispose]();
  for (;;) {
    const asked = await it.next("PUT");
    asked.answer(record("a", "3"));
    if (specOf(asked)["holderIdentity"] === "") break;
  }
  await closing;
  assert.ok(!it.lease.isHeld);
});

Deno.test("Lease is given back even when a renewal that nobody waited for has arrived", async () => {
  const it = new Fixture({ retryMs: 60_000 });
  (await it.next("GET")).answer(record(""));
  (await it.next("PUT")).answer(record("a", "1"));
  while (!it.lease.isHeld) await Promise.resolve();
  const closing = it[Symbol.asyncDispose]();
  (await it.next("PUT")).answer({ code: 409, reason: "Conflict" }, 409);
  (await it.next("GET")).answer(record("a", "2"));
  const again = await it.next("PUT");
  assert.equal((again.body as LeaseRecord).metadata.resourceVersion, "2");
  assert.equal(specOf(again)["holderIdentity"], "");
  again.answer(record("", "3"));
  await closing;
});

Deno.test("Lease waits while somebody else renews it, and counts a takeover", async () => {
  await using it = new Fixture();
  (await it.next("GET")).answer(record("b", "1", 0.001));
  (await it.next("GET")).answer(record("b", "2"));
  (await it.next("GET")).answer(record("", "3"));
  const takeover = await it.next("PUT");
  assert.equal(specOf(takeover)["leaseTransitions"], 5);
  assert.deepEqual(it.said, []);
  takeover.fail(new Error("not this time"));
});

Deno.test("Lease is lost when it cannot be renewed in time", async () => {
  await using it = new Fixture({ renewWithinMs: 20 });
  (await it.next("GET")).answer(record(""));
  (await it.next("PUT")).answer(record("a"));
  while (!it.said.includes("lost")) {
    const asked = await it.script.next();
    asked.fail(new Error("Connection refused"));
  }
  assert.deepEqual([it.said, it.lease.isHeld], [["acquired", "lost"], false]);
});

Deno.test("Lease is lost when somebody else has taken it", async () => {
  await using it = new Fixture();
  (await it.next("GET")).answer(record(""));
  (await it.next("PUT")).answer(record("a"));
  (await it.next("PUT")).answer({ code: 409, reason: "Conflict" }, 409);
  (await it.next("GET")).answer(record("b", "9"));
  await it.next("GET");
  assert.deepEqual([it.said, it.lease.isHeld], [["acquired", "lost"], false]);
});

import assert from "node:assert/strict";
import { ApiError } from "./api_error.ts";
import { Script } from "./scripted_fixture.ts";

Deno.test("a request that is turned away with 429 comes back", async () => {
  const script = new Script();
  const answer = script.client.patch("merge", "/x", { a: 1 });
  (await script.next()).answer({ code: 429 }, 429, { "retry-after": "0" });
  const again = await script.next();
  assert.deepEqual([again.method, again.body], ["PATCH", { a: 1 }]);
  again.answer({ done: true });
  assert.deepEqual(await answer, { done: true });
});

Deno.test("patchUnread() is refused like any patch, and is content with any other answer", async () => {
  const script = new Script();
  const refused = script.client.patchUnread("merge", "/x", { a: 1 });
  (await script.next()).answer({ reason: "Conflict" }, 409);
  await assert.rejects(refused, (error: unknown) => error instanceof ApiError && error.isConflict);
  const done = script.client.patchUnread("merge", "/x", { a: 1 });
  const asked = await script.next();
  assert.deepEqual([asked.method, asked.body], ["PATCH", { a: 1 }]);
  asked.answer(undefined);
  assert.equal(await done, undefined);
});

Deno.test("a refusal says what was refused, and why", async () => {
  const script = new Script();
  const answer = script.client.get("/api/v1/nodes", {
    query: { limit: 5, fieldSelector: "a=b/c", none: undefined },
  });
  const asked = await script.next();
  assert.equal(asked.url.search, "?limit=5&fieldSelector=a%3Db%2Fc");
  asked.answer({ kind: "Status", code: 403, reason: "Forbidden", message: "nodes is forbidden" }, 403);
  await assert.rejects(answer, (error: unknown) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.code, error.reason], [403, "Forbidden"]);
    assert.equal(error.message, "Cannot GET /api/v1/nodes: nodes is forbidden (403)");
    return true;
  });
});

Deno.test("a conflict is told from an object that exists already", async () => {
  for (const [reason, isConflict] of [["Conflict", true], ["AlreadyExists", false]] as const) {
    const script = new Script();
    const answer = script.client.create("/x", {});
    (await script.next()).answer({ code: 409, reason }, 409);
    await assert.rejects(
      answer,
      (error: unknown) => error instanceof ApiError && error.isConflict === isConflict,
    );
  }
});

Deno.test("a request without an answer ends at its time limit, and its connection is left behind", async () => {
  const script = new Script();
  await assert.rejects(script.client.get("/x", { withinMs: 1 }), /No answer from the API server within 1 ms/);
  assert.equal(script.renewals, 1);
});

Deno.test("a watch puts lines together however they are cut", async () => {
  const script = new Script();
  const stop = new AbortController();
  const watch = script.client.watch("/x", {}, 60_000, stop.signal);
  const opened = watch.next();
  const stream = (await script.next()).stream();
  assert.deepEqual((await opened).value, []);
  stream.send({ a: 1 }, { a: 2 });
  assert.deepEqual((await watch.next()).value, [{ a: 1 }, { a: 2 }]);
  stream.close();
  assert.equal((await watch.next()).done, true);
});

Deno.test("a watch ends when it is closed or silent for too long, even if its body does not hear of that", async () => {
  for (
    const [silentMs, because] of [[60_000, /closed/], [
      1,
      /Nothing came from the API server for 1 ms/,
    ]] as const
  ) {
    const script = new Script();
    const stop = new AbortController();
    const watch = script.client.watch("/x", {}, silentMs, stop.signal);
    const opened = watch.next();
    (await script.next()).stream({ isDeaf: true });
    await opened;
    const event = watch.next();
    if (silentMs > 1) stop.abort(new Error("closed"));
    await assert.rejects(event, because);
  }
});

Deno.test("an answer that does not end is not waited for beyond the time limit", async () => {
  const script = new Script();
  const answer = script.client.get("/x", { withinMs: 1 });
  (await script.next()).stream({ isDeaf: true });
  await assert.rejects(answer, /No answer from the API server within 1 ms/);
  assert.equal(script.renewals, 1);
});

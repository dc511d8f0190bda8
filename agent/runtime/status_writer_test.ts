import assert from "node:assert/strict";
import { OutdatedDecision, type ServiceStatusWrite } from "../../k8s/source.ts";
import { retryPauseMs, StatusWriter } from "./status_writer.ts";

const writeOf = (key: string, ip: string): ServiceStatusWrite => ({
  key,
  ingress: [{ ip }],
  annotations: {},
});

Deno.test("StatusWriter writes the newest of several writes of one Service, one at a time", async () => {
  const begun: string[] = [];
  const gates: (() => void)[] = [];
  await using writer = new StatusWriter({
    pauseMs: () => 0,
    parallel: 8,
    onFailure: () => assert.fail("nothing fails"),
    write: (write) => {
      begun.push(write.ingress[0]!.ip!);
      return new Promise((resolve) => gates.push(resolve));
    },
  });
  writer.submit(writeOf("a/x", "1"));
  writer.submit(writeOf("a/x", "2"));
  writer.submit(writeOf("a/x", "3"));
  assert.deepEqual(begun, ["1"]);
  gates[0]!();
  await Promise.resolve();
  await new Promise((resolve) => queueMicrotask(() => resolve(null)));
  await Promise.resolve();
  assert.deepEqual(begun, ["1", "3"]);
  gates[1]!();
});

Deno.test("StatusWriter keeps to its bound of parallel writes", async () => {
  let underWay = 0;
  let most = 0;
  const finished: string[] = [];
  const done = Promise.withResolvers<void>();
  await using writer = new StatusWriter({
    pauseMs: () => 0,
    parallel: 3,
    onFailure: () => assert.fail("nothing fails"),
    write: async (write) => {
      most = Math.max(most, ++underWay);
      await Promise.resolve();
      underWay--;
      finished.push(write.key);
      if (finished.length === 20) done.resolve();
    },
  });
  for (let i = 0; i < 20; i++) writer.submit(writeOf(`a/${i}`, "1"));
  await done.promise;
  assert.equal(most, 3);
});

Deno.test("StatusWriter tries a failed write again, and reports each attempt", async () => {
  const attempts: number[] = [];
  const done = Promise.withResolvers<void>();
  let calls = 0;
  await using writer = new StatusWriter({
    pauseMs: () => 0,
    parallel: 1,
    onFailure: (_key, _error, attempt) => attempts.push(attempt),
    write: () => {
      if (++calls === 1) return Promise.reject(new Error("disk full"));
      done.resolve();
      return Promise.resolve();
    },
  });
  writer.submit(writeOf("a/x", "1"));
  await done.promise;
  assert.deepEqual(attempts, [1]);
  assert.equal(calls, 2);
});

Deno.test("StatusWriter takes an outdated decision for no failure, and soon carries it to what the Service is now", async () => {
  const done = Promise.withResolvers<void>();
  let calls = 0;
  await using writer = new StatusWriter({
    pauseMs: () => assert.fail("nothing fails"),
    parallel: 1,
    onFailure: () => assert.fail("nothing fails"),
    write: () => {
      if (++calls < 3) return Promise.reject(new OutdatedDecision("it has changed since"));
      done.resolve();
      return Promise.resolve();
    },
  });
  writer.submit(writeOf("a/x", "1"));
  await done.promise;
  assert.equal(calls, 3);
});

Deno.test("StatusWriter does not try again what is no longer needed, waiting or under way", async () => {
  const begun: string[] = [];
  const needed = new Set(["a/failing", "a/waiting", "a/last"]);
  let fail = (): void => {};
  const done = Promise.withResolvers<void>();
  await using writer = new StatusWriter({
    pauseMs: () => 0,
    parallel: 1,
    onFailure: () => assert.fail("nobody waits for it"),
    isNeeded: (key) => needed.has(key),
    write: ({ key }) => {
      begun.push(key);
      if (key === "a/last") done.resolve();
      return key === "a/failing"
        ? new Promise((_, reject) => fail = () => reject(new Error("no")))
        : done.promise;
    },
  });
  for (const key of needed) writer.submit(writeOf(key, "1"));
  needed.delete("a/failing");
  needed.delete("a/waiting");
  fail();
  await done.promise;
  assert.deepEqual(begun, ["a/failing", "a/last"]);
});

Deno.test("StatusWriter tries again what is needed again after all", async () => {
  const begun: string[] = [];
  let isNeeded = true;
  let fail = (): void => {};
  const done = Promise.withResolvers<void>();
  await using writer = new StatusWriter({
    pauseMs: () => 0,
    parallel: 1,
    onFailure: () => {},
    isNeeded: () => isNeeded,
    write: ({ ingress }) => {
      if (begun.push(ingress[0]!.ip!) === 1) {
        return new Promise((_, reject) => fail = () => reject(new Error("no")));
      }
      done.resolve();
      return Promise.resolve();
    },
  });
  writer.submit(writeOf("a/x", "1"));
  isNeeded = false;
  writer.submit(writeOf("a/x", "2"));
  isNeeded = true;
  fail();
  await done.promise;
  assert.deepEqual(begun, ["1", "2"]);
});

Deno.test("retryPauseMs() doubles up to half a minute", () => {
  assert.deepEqual([1, 2, 3, 7, 8, 50].map(retryPauseMs), [250, 500, 1000, 16000, 30000, 30000]);
});

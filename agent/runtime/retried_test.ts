import assert from "node:assert/strict";
import { Retried } from "./retried.ts";

/** Work that a test holds in its hands. */
function held(): {
  readonly retried: Retried;
  readonly runs: PromiseWithResolvers<void>[];
  readonly faults: string[];
} {
  const runs: PromiseWithResolvers<void>[] = [];
  const faults: string[] = [];
  const retried = new Retried({
    run: () => {
      const run = Promise.withResolvers<void>();
      runs.push(run);
      return run.promise;
    },
    onFault: ({ message }) => faults.push(message),
  });
  return { retried, runs, faults };
}

/** Lets everything that is only waiting for its turn have it. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

Deno.test("Retried: news during a run makes for one more run after it, however much there is", async () => {
  const { retried, runs } = held();
  retried.ask();
  await settle();
  retried.ask();
  retried.ask();
  await settle();
  assert.equal(runs.length, 1);
  runs[0]!.resolve();
  await settle();
  assert.equal(runs.length, 2);
  runs[1]!.resolve();
  await settle();
  assert.equal(runs.length, 2);
  await retried[Symbol.asyncDispose]();
});

Deno.test("Retried: what fails is told, and news do not wait for the pause to end", async () => {
  const { retried, runs, faults } = held();
  retried.ask();
  await settle();
  runs[0]!.reject(new Error("no"));
  await settle();
  assert.deepEqual(faults, ["no"]);
  retried.ask();
  await settle();
  assert.equal(runs.length, 2);
  runs[1]!.resolve();
  await retried[Symbol.asyncDispose]();
});

Deno.test("Retried: disposal ends the run under way, and tells of no fault", async () => {
  const faults: string[] = [];
  const retried = new Retried({
    run: (signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    onFault: ({ message }) => faults.push(message),
  });
  retried.ask();
  await settle();
  await retried[Symbol.asyncDispose]();
  assert.deepEqual(faults, []);
});

Deno.test("Retried: disposal waits for the run under way, and is the end of it", async () => {
  const { retried, runs, faults } = held();
  retried.ask();
  await settle();
  let isDisposed = false;
  const disposal = retried[Symbol.asyncDispose]().then(() => isDisposed = true);
  await settle();
  assert.ok(!isDisposed);
  runs[0]!.reject(new Error("closed"));
  await disposal;
  retried.ask();
  await settle();
  assert.deepEqual([runs.length, faults], [1, []]);
});

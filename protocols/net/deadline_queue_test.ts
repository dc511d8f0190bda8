import assert from "node:assert/strict";
import fc from "fast-check";
import { DeadlineQueue } from "./deadline_queue.ts";

function drain(queue: DeadlineQueue<string, number>): string[] {
  const keys: string[] = [];
  for (let key = queue.peekDue(Infinity); key !== null; key = queue.peekDue(Infinity)) {
    keys.push(key);
    queue.delete(key);
  }
  return keys;
}

Deno.test("DeadlineQueue gives keys by instant, equal ones in the order they were set", () => {
  const queue = new DeadlineQueue<string, number>();
  for (const [key, at] of [["d", 3], ["a", 1], ["b", 1], ["e", 3], ["c", 2]] as const) queue.set(key, at);
  assert.equal(queue.earliest, 1);
  assert.deepEqual(drain(queue), ["a", "b", "c", "d", "e"]);
  assert.equal(queue.earliest, null);
});

Deno.test("DeadlineQueue.peekDue() gives nothing early and leaves what it gives", () => {
  const queue = new DeadlineQueue<string, number>();
  queue.set("a", 10);
  assert.equal(queue.peekDue(9), null);
  assert.equal(queue.peekDue(10), "a");
  assert.equal(queue.peekDue(10), "a");
});

Deno.test("DeadlineQueue.set() replaces and delete() forgets", () => {
  const queue = new DeadlineQueue<string, number>();
  queue.set("a", 1);
  queue.set("b", 2);
  queue.set("a", 3);
  assert.equal(queue.size, 2);
  assert.equal(queue.delete("b"), true);
  assert.equal(queue.delete("b"), false);
  assert.deepEqual(drain(queue), ["a"]);
});

Deno.test("DeadlineQueue behaves as a sorted list under any calls", () => {
  const call = fc.tuple(fc.constantFrom("set", "delete"), fc.integer({ min: 0, max: 20 }), fc.nat(10));
  fc.assert(fc.property(fc.array(call, { maxLength: 200 }), (calls) => {
    const queue = new DeadlineQueue<string, number>();
    let model: { key: string; at: number }[] = [];
    for (const [verb, number, at] of calls) {
      const key = `k${number}`;
      model = model.filter((entry) => entry.key !== key);
      if (verb === "set") {
        model.push({ key, at });
        queue.set(key, at);
      } else queue.delete(key);
      assert.equal(queue.size, model.length);
      assert.equal(queue.earliest, model.length === 0 ? null : Math.min(...model.map((entry) => entry.at)));
    }
    const sorted = model.map((entry, order) => ({ ...entry, order }))
      .sort((a, b) => a.at - b.at || a.order - b.order);
    assert.deepEqual(drain(queue), sorted.map((entry) => entry.key));
  }));
});

import assert from "node:assert/strict";
import { idleHoldMs, jittered } from "./idle_hold.ts";

Deno.test("idleHoldMs() doubles from the first rest to the bound, however many failures there were", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 7].map((n) => idleHoldMs(n, 200, 5000)), [
    200,
    400,
    800,
    1600,
    3200,
    5000,
    5000,
  ]);
  assert.equal(idleHoldMs(10_000, 200, 5000), 5000);
  assert.equal(idleHoldMs(0, 200, 5000), 200);
});

Deno.test("jittered() takes 75 to 100 % of a time, RFC 4271 10", () => {
  assert.equal(jittered(1000, () => 0), 750);
  assert.equal(jittered(1000, () => 0.5), 875);
  assert.ok(jittered(1000, () => 1 - 2 ** -53) <= 1000);
});

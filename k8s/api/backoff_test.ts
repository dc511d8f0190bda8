import assert from "node:assert/strict";
import { backoffMs } from "./backoff.ts";

Deno.test("backoffMs() doubles from 0.2 s to 30 s, and is spread over half of that", () => {
  const most = [1, 2, 3, 4, 5, 6, 7, 8, 9, 100].map((attempt) => backoffMs(attempt, 1));
  assert.deepEqual(most, [200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
  assert.deepEqual([1, 2, 9].map((attempt) => backoffMs(attempt, 0)), [200, 200, 15_000]);
});

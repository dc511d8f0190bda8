import assert from "node:assert/strict";
import { BURST_MS, type Look, SETTLE_MS, Settling, SHRUNK_SETTLE_MS } from "./settling.ts";

const look = (sizeOctets: number, modifiedAt = 0): Look => ({
  sizeOctets,
  modifiedAt,
  changedAt: 0,
  inode: "1:1",
});
const duePaths = (settling: Settling, now: number): string[] => [...settling.due(now).keys()];

Deno.test("due() names a file once it has looked the same for SETTLE_MS", () => {
  const settling = new Settling();
  settling.note("a", look(10), null, 1_000);
  assert.deepEqual(duePaths(settling, 1_000 + SETTLE_MS - 1), []);
  assert.equal(settling.dueAt(), 1_000 + SETTLE_MS);
  assert.deepEqual([...settling.due(1_000 + SETTLE_MS)], [["a", look(10)]]);
});

Deno.test("due() waits anew for a file that changed again, not for one that was looked at again", () => {
  const settling = new Settling();
  settling.note("a", look(10), null, 1_000);
  settling.note("a", look(11), null, 1_020);
  settling.note("a", look(11), null, 1_040);
  assert.deepEqual(duePaths(settling, 1_020 + SETTLE_MS - 1), []);
  assert.deepEqual(duePaths(settling, 1_020 + SETTLE_MS), ["a"]);
});

Deno.test("due() waits longer for a file that shrank or went away", () => {
  for (const now of [null, look(0)]) {
    const settling = new Settling();
    settling.note("a", now, look(10), 1_000);
    assert.deepEqual(duePaths(settling, 1_000 + SHRUNK_SETTLE_MS - 1), []);
    assert.deepEqual(duePaths(settling, 1_000 + SHRUNK_SETTLE_MS), ["a"]);
  }
});

Deno.test("note() forgets a file that looks as it was read again", () => {
  const settling = new Settling();
  settling.note("a", look(0), look(10), 1_000);
  settling.note("a", look(10), look(10), 1_010);
  assert.equal(settling.isEmpty, true);
  assert.equal(settling.dueAt(), null);
});

Deno.test("due() names files of one burst together, so that a moved file is never in two places or none", () => {
  const settling = new Settling();
  settling.note("new", look(10), null, 1_000);
  settling.note("old", null, look(10), 1_005);
  assert.deepEqual(duePaths(settling, 1_000 + SHRUNK_SETTLE_MS), []);
  assert.equal(settling.dueAt(), 1_005 + SHRUNK_SETTLE_MS);
  assert.deepEqual(duePaths(settling, 1_005 + SHRUNK_SETTLE_MS), ["new", "old"]);
});

Deno.test("due() does not let a restless file hold up the others beyond BURST_MS", () => {
  const settling = new Settling();
  settling.note("calm", look(10), null, 1_000);
  for (let at = 1_000; at < 1_000 + BURST_MS; at += 20) settling.note("log", look(10, at), null, at);
  assert.deepEqual(duePaths(settling, 1_000 + BURST_MS - 1), []);
  assert.equal(settling.dueAt(), 1_000 + BURST_MS);
  assert.deepEqual(duePaths(settling, 1_000 + BURST_MS), ["calm"]);
  assert.deepEqual(settling.noticedBefore(1_001), ["calm", "log"]);
});

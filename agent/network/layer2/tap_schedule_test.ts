import assert from "node:assert/strict";
import type { Instant } from "../../../protocols/machine.ts";
import { TapSchedule } from "./tap_schedule.ts";

const at = (ms: number): Instant => ms as Instant;

Deno.test("TapSchedule gives one tap a turn, the earliest first", () => {
  const schedule = new TapSchedule<string>();
  schedule.soon("b", at(5));
  schedule.soon("a", at(3));
  assert.equal(schedule.deadline, 3);
  assert.equal(schedule.takeDue(at(2)), null);
  assert.equal(schedule.takeDue(at(10)), "a");
  assert.equal(schedule.takeDue(at(10)), "b");
  assert.equal(schedule.takeDue(at(10)), null);
  assert.equal(schedule.deadline, null);
});

Deno.test("TapSchedule leaves an idle tap for a second, unless it is wanted again", () => {
  const schedule = new TapSchedule<string>();
  schedule.whenIdle("a", at(0));
  assert.equal(schedule.deadline, 1000);
  schedule.soon("a", at(10));
  assert.equal(schedule.deadline, 10);
});

Deno.test("TapSchedule waits longer after each failure, up to half a minute, and tells each message once", () => {
  const schedule = new TapSchedule<string>();
  const pauses: number[] = [];
  for (let i = 0; i < 7; i++) {
    assert.equal(schedule.failed("a", "EPERM", at(0)), i === 0);
    pauses.push(schedule.deadline!);
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  assert.equal(schedule.failed("a", "EMFILE", at(0)), true);
  assert.deepEqual(schedule.failing, ["a"]);
});

Deno.test("TapSchedule does not hurry a failing tap, and begins afresh once it worked", () => {
  const schedule = new TapSchedule<string>();
  schedule.failed("a", "EPERM", at(0));
  schedule.soon("a", at(1));
  schedule.whenIdle("a", at(1));
  assert.equal(schedule.deadline, 1000);
  assert.equal(schedule.works("a"), true);
  assert.equal(schedule.works("a"), false);
  schedule.failed("a", "EPERM", at(0));
  assert.equal(schedule.deadline, 1000);
});

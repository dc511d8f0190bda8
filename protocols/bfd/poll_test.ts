import assert from "node:assert/strict";
import { changeIntervals, isPolling, openIntervals, pollAnswered, pollSent } from "./poll.ts";

const opened = openIntervals({ desiredMinTxUs: 100, requiredMinRxUs: 200 });

/** What is advertised and what is in force after a change, and once its Final has come. */
const changes: readonly {
  readonly name: string;
  readonly wanted: readonly [tx: number, rx: number];
  readonly meanwhile: readonly [tx: number, rx: number];
}[] = [
  { name: "faster transmission holds at once", wanted: [50, 200], meanwhile: [50, 200] },
  { name: "slower transmission waits", wanted: [150, 200], meanwhile: [100, 200] },
  { name: "slower reception holds at once", wanted: [100, 300], meanwhile: [100, 300] },
  { name: "faster reception waits", wanted: [100, 50], meanwhile: [100, 200] },
  { name: "both wait in one sequence", wanted: [150, 50], meanwhile: [100, 200] },
];
for (const { name, wanted: [tx, rx], meanwhile } of changes) {
  Deno.test(`changeIntervals(): ${name}`, () => {
    const due = changeIntervals(opened, { desiredMinTxUs: tx, requiredMinRxUs: rx });
    assert.deepEqual([due.desiredMinTxUs, due.requiredMinRxUs, due.poll], [tx, rx, "Due"]);
    assert.deepEqual([due.transmitUs, due.receiveUs], meanwhile);
    assert.ok(isPolling(due));
    const active = pollSent(due);
    assert.deepEqual(active, { ...due, poll: "Active" });
    assert.equal(pollAnswered(active, false), active);
    const settling = pollAnswered(active, true);
    assert.deepEqual([settling.transmitUs, settling.receiveUs, settling.poll], [tx, rx, "Settling"]);
    assert.ok(!isPolling(settling));
    assert.equal(pollAnswered(settling, false).poll, "Idle");
  });
}

Deno.test("changeIntervals() leaves equal intervals alone", () => {
  assert.equal(changeIntervals(opened, { desiredMinTxUs: 100, requiredMinRxUs: 200 }), opened);
});

Deno.test("changeIntervals() takes a second change into a sequence not begun, and no other", () => {
  const due = changeIntervals(opened, { desiredMinTxUs: 150, requiredMinRxUs: 200 });
  const again = changeIntervals(due, { desiredMinTxUs: 120, requiredMinRxUs: 50 });
  assert.deepEqual(again, {
    desiredMinTxUs: 120,
    requiredMinRxUs: 50,
    transmitUs: 100,
    receiveUs: 200,
    poll: "Due",
  });
  const active = pollSent(again);
  assert.equal(changeIntervals(active, { desiredMinTxUs: 10, requiredMinRxUs: 10 }), active);
  const settling = pollAnswered(active, true);
  assert.equal(changeIntervals(settling, { desiredMinTxUs: 10, requiredMinRxUs: 10 }), settling);
  const idle = pollAnswered(settling, false);
  assert.equal(changeIntervals(idle, { desiredMinTxUs: 10, requiredMinRxUs: 10 }).poll, "Due");
});

Deno.test("pollAnswered() takes no Final for a Poll that was not sent", () => {
  const due = changeIntervals(opened, { desiredMinTxUs: 150, requiredMinRxUs: 200 });
  for (const intervals of [opened, due]) assert.equal(pollAnswered(intervals, true), intervals);
});

Deno.test("pollSent() begins only what is due", () => {
  assert.equal(pollSent(opened), opened);
});

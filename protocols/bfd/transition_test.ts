import assert from "node:assert/strict";
import { SESSION_STATES } from "./packet.ts";
import { TRANSITIONS } from "./transition.ts";

/** RFC 5880 6.8.6: local state, received state, next state, bfd.LocalDiag when the rule sets it. */
const cells: readonly (readonly [string, string, string, number?])[] = [
  ["AdminDown", "AdminDown", "AdminDown"],
  ["AdminDown", "Down", "AdminDown"],
  ["AdminDown", "Init", "AdminDown"],
  ["AdminDown", "Up", "AdminDown"],
  ["Down", "AdminDown", "Down"],
  ["Down", "Down", "Init"],
  ["Down", "Init", "Up", 0],
  ["Down", "Up", "Down"],
  ["Init", "AdminDown", "Down", 3],
  ["Init", "Down", "Init"],
  ["Init", "Init", "Up", 0],
  ["Init", "Up", "Up", 0],
  ["Up", "AdminDown", "Down", 3],
  ["Up", "Down", "Down", 3],
  ["Up", "Init", "Up"],
  ["Up", "Up", "Up"],
];

Deno.test("TRANSITIONS is RFC 5880 6.8.6 in every cell", () => {
  const table = SESSION_STATES.flatMap((local) =>
    SESSION_STATES.map((received) => {
      const cell = TRANSITIONS[local][received];
      const diag = cell?.diag ?? null;
      return [local, received, cell?.to ?? local, ...(diag === null ? [] : [diag])];
    })
  );
  assert.deepEqual(table, cells);
});

Deno.test("TRANSITIONS tells a neighbor shut down on purpose from one that lost us", () => {
  assert.equal(TRANSITIONS.Up.AdminDown?.reason, "neighbor-admin-down");
  assert.equal(TRANSITIONS.Up.Down?.reason, "neighbor-signaled-down");
});

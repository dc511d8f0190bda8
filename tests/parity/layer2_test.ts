/**
 * MetalLB's tabled layer 2 behaviours, row by row: decided as there, shown elsewhere, or decided against with the reason.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ANNOUNCEMENT_ROWS, LIFE_CYCLE_ROWS } from "./layer2_announcement_rows.ts";
import { runSteps } from "./announcement_case.ts";
import { ELECTION_ROWS } from "./layer2_election_rows.ts";

const ROWS = [...ELECTION_ROWS, ...ANNOUNCEMENT_ROWS, ...LIFE_CYCLE_ROWS];
const LAST_ROW = 72;
const ROOT = new URL("../../", import.meta.url);

for (const row of ROWS) {
  if (!("steps" in row)) continue;
  Deno.test(`layer 2 row ${row.row}: ${row.name}`, () => runSteps(row.steps));
}

Deno.test(`layer 2 rows 1 to ${LAST_ROW} are each accounted for once, in order`, () => {
  const expected = Array.from({ length: LAST_ROW }, (_, i) => i + 1);
  assert.deepEqual(ROWS.map((it) => it.row), expected);
});

Deno.test("layer 2 rows that are not run say why, or where they are shown", () => {
  for (const row of ROWS) {
    if ("against" in row) assert.ok(row.against.length > 20);
    // The suite may read tests/ only.
    else if ("shownBy" in row) {
      assert.ok(row.shownBy.startsWith("protocols/") || Deno.statSync(new URL(row.shownBy, ROOT)));
    } else assert.ok(row.steps.length > 0);
  }
});

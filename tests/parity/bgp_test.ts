/**
 * MetalLB's tabled BGP decisions, row by row.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runSteps } from "./announcement_case.ts";
import { BGP_ADVERT_ROWS, BGP_ENDPOINT_ROWS, BGP_NODE_ROWS, BGP_SESSION_ROWS } from "./bgp_rows.ts";

const ROWS = [...BGP_ENDPOINT_ROWS, ...BGP_SESSION_ROWS, ...BGP_NODE_ROWS, ...BGP_ADVERT_ROWS];
const [FIRST_ROW, LAST_ROW] = [73, 102];

for (const row of ROWS) {
  assert.ok("steps" in row && row.steps.length > 0);
  Deno.test(`BGP row ${row.row}: ${row.name}`, () => runSteps(row.steps));
}

Deno.test(`BGP rows ${FIRST_ROW} to ${LAST_ROW} are each run once, in order`, () => {
  const expected = Array.from({ length: LAST_ROW - FIRST_ROW + 1 }, (_, i) => FIRST_ROW + i);
  assert.deepEqual(ROWS.map((it) => it.row), expected);
});

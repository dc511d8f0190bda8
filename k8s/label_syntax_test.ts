import assert from "node:assert/strict";
import { labelKeyProblem, labelValueProblem } from "./label_syntax.ts";

const GOOD_KEYS = [
  "a",
  "A.b_c-9",
  "kubernetes.io/hostname",
  `${"a".repeat(253)}/x`,
  "x".repeat(63),
  "1.2.3/x",
];
const BAD_KEYS = ["", "-a", "a-", "a b", "/x", "x/", "a/b/c", "Upper.io/x", "a..b/x", "x".repeat(64)];
BAD_KEYS.push(`${"a".repeat(254)}/x`, "ä", "-a.io/x");

for (const key of GOOD_KEYS) {
  Deno.test(`labelKeyProblem() accepts "${key}"`, () => assert.equal(labelKeyProblem(key), null));
}
for (const key of BAD_KEYS) {
  Deno.test(`labelKeyProblem() refuses "${key}"`, () => assert.equal(typeof labelKeyProblem(key), "string"));
}

Deno.test("labelValueProblem() accepts the empty value and refuses what a name may not be", () => {
  for (const value of ["", "x", "1.0", "a_b", "y".repeat(63)]) assert.equal(labelValueProblem(value), null);
  for (const value of [" ", "a/b", ".a", "y".repeat(64), "a\n"]) {
    assert.notEqual(labelValueProblem(value), null);
  }
});

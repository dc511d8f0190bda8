import assert from "node:assert/strict";
import { offsetInJson } from "./json_position.ts";

Deno.test("offsetInJson() finds a value, or the nearest around it", () => {
  const text = '{ "a": [1, {"b]\\"": "x, y"}, [ 5 ]],\n "c": {} }';
  const at = (...path: (string | number)[]): string => text.slice(offsetInJson(text, path)).slice(0, 6);
  assert.equal(at(), '{ "a":');
  assert.equal(at("a"), '[1, {"');
  assert.equal(at("a", 1, 'b]"'), '"x, y"');
  assert.equal(at("a", 2, 0), "5 ]],\n");
  assert.equal(at("c"), "{} }");
  assert.equal(at("c", "missing", 3), "{} }");
  assert.equal(at("a", 7), '[1, {"');
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { formatField, parseField } from "./check.ts";

Deno.test("parseField() reads back what formatField() wrote, and keys without quotes", () => {
  const step = fc.oneof(fc.nat(99), fc.stringMatching(/^[A-Za-z][\w-]{0,8}$/), fc.string({ minLength: 1 }));
  fc.assert(fc.property(fc.array(step), (path) => assert.deepEqual(parseField(formatField(path)), path)));
  assert.deepEqual(parseField("metadata.annotations[ingot.dev/passive]"), [
    "metadata",
    "annotations",
    "ingot.dev/passive",
  ]);
});

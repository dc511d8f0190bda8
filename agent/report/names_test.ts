import assert from "node:assert/strict";
import { asLabel, asObjectName } from "./names.ts";

const LABEL = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

Deno.test("asLabel() leaves a name that fits, and makes a longer one fit without making two the same", () => {
  const fits = "a".repeat(63);
  assert.equal(asLabel(fits), fits);
  const [one, other] = [asLabel(`${fits}.example.org`), asLabel(`${fits}.example.net`)];
  assert.notEqual(one, other);
  for (const label of [one, other, asLabel(`${"a".repeat(53)}.-${"b".repeat(99)}`)]) {
    assert.match(label, LABEL);
    assert.ok(label.length <= 63, label);
  }
});

Deno.test("asLabel() keeps its promise from one start to the next", () => {
  assert.equal(asLabel(`${"n".repeat(63)}x`), `${"n".repeat(54)}-16066e83`);
});

Deno.test("asObjectName() makes room for what stands before a node's name", () => {
  const name = asObjectName(`speaker-${"a".repeat(253)}`);
  assert.match(name, /^speaker-a+-[0-9a-f]{8}$/);
  assert.equal(name.length, 253);
});

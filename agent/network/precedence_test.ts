import assert from "node:assert/strict";
import { Precedence } from "./precedence.ts";

function recorded(isGranted = true): { readonly precedence: Precedence; readonly asked: boolean[] } {
  const asked: boolean[] = [];
  const precedence = new Precedence((wanted) => {
    asked.push(wanted);
    return isGranted;
  });
  return { precedence, asked };
}

Deno.test("Precedence is taken at once and kept by a thread that sleeps as much as it works", () => {
  const { precedence, asked } = recorded();
  for (let i = 0; i < 1000; i++) precedence.turned(15, 15);
  assert.deepEqual(asked, [true]);
});

Deno.test("Precedence is given up under load and taken again after as much sleep", () => {
  const { precedence, asked } = recorded();
  for (let i = 0; i < 100; i++) precedence.turned(0.5, 0.25);
  assert.deepEqual(asked, [true, false]);
  precedence.turned(0, 19);
  assert.deepEqual(asked, [true, false]);
  precedence.turned(0, 1);
  assert.deepEqual(asked, [true, false, true]);
  precedence.turned(1000, 0);
  precedence.turned(0, 1000);
  assert.deepEqual(asked, [true, false, true, false, true]);
});

Deno.test("Precedence that was refused is not asked for again", () => {
  const { precedence, asked } = recorded(false);
  precedence.turned(1000, 0);
  precedence.turned(0, 1000);
  assert.equal(precedence.isAllowed, false);
  assert.deepEqual(asked, [true]);
});

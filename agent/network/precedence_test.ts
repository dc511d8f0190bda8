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

Deno.test("Precedence is kept by a thread that sleeps as much as it works, while something is urgent", () => {
  const { precedence, asked } = recorded();
  precedence.turned(0, 1, false);
  assert.deepEqual(asked, []);
  for (let i = 0; i < 1000; i++) precedence.turned(15, 15, true);
  assert.deepEqual(asked, [true]);
  precedence.turned(0, 1, false);
  assert.deepEqual(asked, [true, false]);
});

Deno.test("Precedence is given up under load and taken again after as much sleep", () => {
  const { precedence, asked } = recorded();
  precedence.turned(0, 1, true);
  for (let i = 0; i < 100; i++) precedence.turned(0.5, 0.25, true);
  assert.deepEqual(asked, [true, false]);
  precedence.turned(0, 19, true);
  assert.deepEqual(asked, [true, false]);
  precedence.turned(0, 1, true);
  assert.deepEqual(asked, [true, false, true]);
  precedence.turned(1000, 0, true);
  precedence.turned(0, 1000, true);
  assert.deepEqual(asked, [true, false, true, false, true]);
});

Deno.test("Precedence that was refused is not asked for again", () => {
  const { precedence, asked } = recorded(false);
  for (let i = 0; i < 3; i++) {
    precedence.turned(0, 1000, true);
    precedence.turned(1000, 0, false);
  }
  assert.deepEqual(asked, [true]);
});

import assert from "node:assert/strict";
import { canChangeInPlace, DEFAULT_SESSION, type SessionConfig } from "./config.ts";

const before: SessionConfig = { ...DEFAULT_SESSION, localDiscriminator: 1 };

const fields: readonly (readonly [keyof SessionConfig, SessionConfig, boolean])[] = [
  ["localDiscriminator", { ...before, localDiscriminator: 2 }, false],
  ["multihop", { ...before, multihop: true }, false],
  ["desiredMinTxUs", { ...before, desiredMinTxUs: 50_000 }, true],
  ["requiredMinRxUs", { ...before, requiredMinRxUs: 50_000 }, true],
  ["detectMult", { ...before, detectMult: 5 }, true],
  ["passive", { ...before, passive: true }, true],
  ["echoIntervalUs", { ...before, echoIntervalUs: 50_000 }, true],
  ["requiredMinEchoRxUs", { ...before, requiredMinEchoRxUs: 50_000 }, true],
  ["controlPlaneIndependent", { ...before, controlPlaneIndependent: true }, true],
  ["minimumTtl", { ...before, minimumTtl: 250 }, true],
];
for (const [field, after, inPlace] of fields) {
  Deno.test(`canChangeInPlace() says ${inPlace ? "yes" : "no"} to ${field}`, () => {
    assert.notEqual(before[field], after[field]);
    assert.equal(canChangeInPlace(before, after), inPlace);
  });
}

Deno.test("canChangeInPlace() has an answer for every field", () => {
  assert.deepEqual(fields.map(([field]) => field).sort(), Object.keys(before).sort());
  assert.ok(canChangeInPlace(before, { ...before }));
});

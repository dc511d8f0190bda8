import assert from "node:assert/strict";
import fc from "fast-check";
import { checkSchema } from "./check.ts";
import { BGP_PEER, IP_ADDRESS_POOL } from "./metallb.ts";
import { salvage } from "./salvage.ts";

Deno.test("salvage() leaves out faulty fields and keeps the places of a list", () => {
  const metadata = { name: "lan" };
  const spec = { addresses: ["a", 5, "b"], autoAssign: "yes", more: { kept: true } };
  assert.deepEqual(salvage(IP_ADDRESS_POOL, { metadata, spec }), {
    metadata,
    spec: { addresses: ["a", "", "b"], more: { kept: true } },
  });
  assert.deepEqual(salvage(IP_ADDRESS_POOL, { metadata }), { metadata, spec: { addresses: [] } });
  assert.equal(salvage(IP_ADDRESS_POOL, "a pool"), undefined);
});

Deno.test("salvage() takes no field for one that every object has", () => {
  const faulty = JSON.parse(
    '{"metadata":{"name":5},"toString":{"valueOf":0},"__proto__":{"a":1},"spec":{"addresses":[],"constructor":1}}',
  );
  const rest = salvage(IP_ADDRESS_POOL, faulty) as Record<string, unknown>;
  assert.deepEqual(Object.keys(rest).sort(), ["__proto__", "metadata", "spec", "toString"]);
  assert.equal(Object.getPrototypeOf(rest), Object.prototype);
});

Deno.test("salvage() returns what has no fault as it is, and never leaves a value of a wrong type", () => {
  const sound = { metadata: { name: "a" }, spec: { addresses: [] } };
  assert.equal(salvage(IP_ADDRESS_POOL, sound), sound);
  const spec = fc.dictionary(
    fc.constantFrom("myASN", "peerPort", "nodeSelectors", "passwordSecret", "vrf"),
    fc.jsonValue(),
  );
  fc.assert(fc.property(spec, (it) => {
    const rest = salvage(BGP_PEER, { metadata: { name: "a" }, spec: it });
    const missing = checkSchema(BGP_PEER, rest).filter(({ message }) => !message.startsWith("Missing"));
    assert.deepEqual(missing, []);
  }));
});

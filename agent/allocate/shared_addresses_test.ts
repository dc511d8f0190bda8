import assert from "node:assert/strict";
import fc from "fast-check";
import { SharedAddresses } from "./shared_addresses.ts";

interface Fake {
  readonly value: bigint;
  readonly portsTaken: Set<string>;
}

function fake(value: number, ...ports: string[]): Fake {
  return { value: BigInt(value), portsTaken: new Set(ports) };
}

Deno.test("lowestWith() skips addresses whose ports are taken", () => {
  const shared = new SharedAddresses<Fake>();
  const [a, b] = [fake(1, "TCP/80"), fake(2, "TCP/443")];
  shared.insert(b);
  shared.insert(a);
  assert.equal(shared.lowestWith(["TCP/80"]), b);
  assert.equal(shared.lowestWith(["TCP/443"]), a);
  assert.equal(shared.lowestWith(["TCP/80", "TCP/443"]), null);
  assert.equal(shared.lowestWith(["UDP/80"]), a);
});

Deno.test("lowestWith() sees a port freed, an address added and an address removed below its floor", () => {
  const shared = new SharedAddresses<Fake>();
  const [a, b] = [fake(5, "TCP/80"), fake(6, "TCP/80")];
  shared.insert(a);
  shared.insert(b);
  assert.equal(shared.lowestWith(["TCP/80"]), null);
  a.portsTaken.delete("TCP/80");
  shared.noteFreedPorts(a.value);
  assert.equal(shared.lowestWith(["TCP/80"]), a);
  const lower = fake(1);
  shared.insert(lower);
  assert.equal(shared.lowestWith(["TCP/80"]), lower);
  shared.remove(lower);
  assert.equal(shared.lowestWith(["TCP/80"]), a);
});

Deno.test("lowestWith() agrees with a linear search under random operations", () => {
  const operation = fc.record({
    kind: fc.constantFrom("toggle", "free", "take", "ask"),
    value: fc.nat(9),
    ports: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }),
  });
  fc.assert(fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
    const shared = new SharedAddresses<Fake>();
    const model = new Map<number, Fake>();
    for (const { kind, value, ports } of operations) {
      const known = model.get(value);
      if (kind === "toggle") {
        if (known === undefined) {
          const address = fake(value, ...ports);
          model.set(value, address);
          shared.insert(address);
        } else {
          model.delete(value);
          shared.remove(known);
        }
      } else if (kind === "free" && known !== undefined) {
        for (const port of ports) known.portsTaken.delete(port);
        shared.noteFreedPorts(known.value);
      } else if (kind === "take") {
        for (const port of ports) known?.portsTaken.add(port);
      }
      const expected = [...model.values()].sort((a, b) => Number(a.value - b.value))
        .find((it) => !ports.some((port) => it.portsTaken.has(port)));
      assert.equal(shared.lowestWith(ports), expected ?? null);
    }
  }));
});

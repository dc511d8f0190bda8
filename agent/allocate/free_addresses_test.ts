import assert from "node:assert/strict";
import fc from "fast-check";
import { FreeAddresses } from "./free_addresses.ts";

Deno.test("lowest() walks a block from its first address to its last, then says null", () => {
  for (const hostBits of [0, 1, 2, 3, 4, 5, 8, 9]) {
    const free = new FreeAddresses(hostBits);
    for (let offset = 0n; offset < 2n ** BigInt(hostBits); offset++) {
      assert.equal(free.lowest(), offset, `${hostBits} host bits`);
      free.take(offset);
    }
    assert.equal(free.lowest(), null, `${hostBits} host bits`);
  }
});

Deno.test("lowest() finds a freed address in a full block, and only that one", () => {
  const free = new FreeAddresses(9);
  for (let offset = 0n; offset < 512n; offset++) free.take(offset);
  free.release(300n);
  assert.equal(free.lowest(), 300n);
  free.take(300n);
  assert.equal(free.lowest(), null);
});

Deno.test("the largest block, ::/0, works at both ends", () => {
  const free = new FreeAddresses(128);
  const last = 2n ** 128n - 1n;
  free.take(last);
  free.take(0n);
  assert.equal(free.lowest(), 1n);
  free.release(last);
  free.release(0n);
  assert.equal(free.lowest(), 0n);
});

Deno.test("take() and release() agree with a plain set under random operations", () => {
  const operation = fc.record({ take: fc.boolean(), offset: fc.nat(127) });
  fc.assert(fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
    const free = new FreeAddresses(7);
    const taken = new Set<number>();
    for (const { take, offset } of operations) {
      if (take) {
        free.take(BigInt(offset));
        taken.add(offset);
      } else {
        free.release(BigInt(offset));
        taken.delete(offset);
      }
      let lowest = 0;
      while (taken.has(lowest)) lowest++;
      assert.equal(free.lowest(), lowest === 128 ? null : BigInt(lowest));
    }
  }));
});

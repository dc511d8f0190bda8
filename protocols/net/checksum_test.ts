import assert from "node:assert/strict";
import { parseHex } from "./bytes.ts";
import { icmpv6Checksum, internetChecksum } from "./checksum.ts";

Deno.test("internetChecksum() matches the example of RFC 1071 section 3", () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assert.equal(internetChecksum(bytes, 0, 8), ~0xddf2 & 0xffff);
});

Deno.test("internetChecksum() pads an odd last octet on the right", () => {
  assert.equal(
    internetChecksum(Uint8Array.of(0x12, 0x34, 0x56), 0, 3),
    internetChecksum(Uint8Array.of(0x12, 0x34, 0x56, 0), 0, 4),
  );
});

Deno.test("internetChecksum() adds every carry back", () => {
  assert.equal(internetChecksum(new Uint8Array(65_536).fill(0xff), 0, 65_536), 0);
  assert.equal(internetChecksum(Uint8Array.of(0xff, 0xff, 0x00, 0x01), 0, 4), 0xfffe);
  assert.equal(internetChecksum(new Uint8Array(8), 0, 8), 0xffff);
});

/** fe80::1 to ff02::1, an advertisement for fe80::1 with no options; summed by hand below. */
const packet = parseHex(`
  60000000 0018 3a ff
  fe80 0000 0000 0000 0000 0000 0000 0001
  ff02 0000 0000 0000 0000 0000 0000 0001
  88 00 0000  20000000
  fe80 0000 0000 0000 0000 0000 0000 0001
`)!;

Deno.test("icmpv6Checksum() covers addresses, length, next header and message", () => {
  const words = [0xfe80, 1, 0xff02, 1, 24, 58, 0x8800, 0x2000, 0xfe80, 1];
  let sum = words.reduce((total, word) => total + word, 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  assert.equal(icmpv6Checksum(packet, 0, 24), ~sum & 0xffff);
});

Deno.test("icmpv6Checksum() is 0 once the checksum is filled in, wherever the packet lies", () => {
  const bytes = new Uint8Array(packet.length + 3);
  bytes.set(packet, 3);
  const checksum = icmpv6Checksum(bytes, 3, 24);
  bytes.set([checksum >>> 8, checksum & 0xff], 3 + 42);
  assert.equal(icmpv6Checksum(bytes, 3, 24), 0);
});

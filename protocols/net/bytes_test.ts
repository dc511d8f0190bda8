import assert from "node:assert/strict";
import {
  equalOctets,
  formatHex,
  parseHex,
  readUint16,
  readUint32,
  writeUint16,
  writeUint32,
} from "./bytes.ts";

Deno.test("readUint16() and writeUint16() are in network order", () => {
  const bytes = new Uint8Array(4).fill(0xa5);
  writeUint16(bytes, 1, 0x1234);
  assert.deepEqual(bytes, Uint8Array.of(0xa5, 0x12, 0x34, 0xa5));
  assert.equal(readUint16(bytes, 1), 0x1234);
  assert.equal(readUint16(Uint8Array.of(0xff, 0xff), 0), 0xffff);
});

Deno.test("writeUint16() keeps the low 16 bits", () => {
  const bytes = new Uint8Array(2);
  writeUint16(bytes, 0, 0x12345);
  assert.deepEqual(bytes, Uint8Array.of(0x23, 0x45));
});

Deno.test("readUint32() and writeUint32() are unsigned and in network order", () => {
  const bytes = new Uint8Array(6).fill(0xa5);
  writeUint32(bytes, 1, 0xfedcba98);
  assert.deepEqual(bytes, Uint8Array.of(0xa5, 0xfe, 0xdc, 0xba, 0x98, 0xa5));
  assert.equal(readUint32(bytes, 1), 0xfedcba98);
  assert.equal(readUint32(Uint8Array.of(0xff, 0xff, 0xff, 0xff), 0), 0xffffffff);
});

Deno.test("equalOctets() compares spans and finds nothing equal past the end", () => {
  const bytes = Uint8Array.of(1, 2, 3, 1, 2, 4);
  assert.equal(equalOctets(bytes, 0, bytes, 3, 2), true);
  assert.equal(equalOctets(bytes, 0, bytes, 3, 3), false);
  assert.equal(equalOctets(bytes, 4, bytes, 4, 3), false);
  assert.equal(equalOctets(bytes, 0, bytes, 6, 1), false);
});

Deno.test("parseHex() reads what formatHex() writes, and white space", () => {
  const bytes = Uint8Array.of(0x00, 0x0f, 0xa5, 0xff);
  assert.equal(formatHex(bytes), "000fa5ff");
  assert.deepEqual(parseHex(formatHex(bytes)), bytes);
  assert.deepEqual(parseHex(" 00 0F\na5\tff "), bytes);
  assert.deepEqual(parseHex(""), new Uint8Array());
});

Deno.test("parseHex() refuses half an octet and foreign digits", () => {
  assert.equal(parseHex("abc"), null);
  assert.equal(parseHex("0g"), null);
  assert.equal(parseHex("0x00"), null);
});

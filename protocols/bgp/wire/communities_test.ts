import assert from "node:assert/strict";
import {
  decodeCommunities,
  decodeExtendedCommunities,
  decodeLargeCommunities,
  encodeCommunities,
  encodeExtendedCommunities,
  encodeLargeCommunities,
} from "./communities.ts";

Deno.test("communities of every kind are read and written", () => {
  const standard = Uint8Array.of(0xfd, 0xe9, 0x00, 0x07, 0xff, 0xff, 0xff, 0x01);
  assert.deepEqual(decodeCommunities(standard), ["65001:7", "65535:65281"]);
  assert.deepEqual(Uint8Array.from(encodeCommunities(decodeCommunities(standard))), standard);
  const large = Uint8Array.of(0xfa, 0x56, 0xea, 0x01, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff);
  assert.deepEqual(decodeLargeCommunities(large), ["4200000001:1:4294967295"]);
  assert.deepEqual(Uint8Array.from(encodeLargeCommunities(decodeLargeCommunities(large))), large);
  const extended = Uint8Array.of(0x00, 0x02, 0xfd, 0xe9, 0, 0, 0, 7);
  assert.deepEqual(decodeExtendedCommunities(extended), ["0002fde900000007"]);
  assert.deepEqual(Uint8Array.from(encodeExtendedCommunities(decodeExtendedCommunities(extended))), extended);
});

Deno.test("decodeLargeCommunities() takes each once", () => {
  const one = [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
  assert.deepEqual(decodeLargeCommunities(Uint8Array.from([...one, ...one])), ["1:2:3"]);
});

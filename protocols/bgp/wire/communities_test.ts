import assert from "node:assert/strict";
import {
  decodeCommunities,
  decodeExtendedCommunities,
  decodeLargeCommunities,
  encodeCommunities,
  encodeExtendedCommunities,
  encodeLargeCommunities,
  linkBandwidth,
  parseCommunity,
  parseExtendedCommunity,
  parseLargeCommunity,
  WELL_KNOWN_COMMUNITY,
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

Deno.test("parseCommunity() and its kin take numbers that fit and write them one way", () => {
  assert.equal(parseCommunity("65535:007"), "65535:7");
  assert.equal(parseLargeCommunity("4294967295:0:1"), "4294967295:0:1");
  assert.equal(parseExtendedCommunity("0002FDE900000007"), "0002fde900000007");
  for (const text of ["", "1", "1:", ":1", "65536:1", "1:65536", "1:2:3", "-1:1", "1:x", " 1:1", "1e3:1"]) {
    assert.equal(parseCommunity(text), null, text);
  }
  for (const text of ["1:2", "4294967296:1:1", "1:2:3:4", "1::2"]) {
    assert.equal(parseLargeCommunity(text), null, text);
  }
  for (const text of ["", "0002fde90000000", "0002fde90000000g"]) {
    assert.equal(parseExtendedCommunity(text), null, text);
  }
});

Deno.test("WELL_KNOWN_COMMUNITY holds IANA's numbers", () => {
  const numbers = Object.values(WELL_KNOWN_COMMUNITY).map((community) => {
    const [high, low] = community.split(":").map(Number) as [number, number];
    return (high * 65536 + low).toString(16);
  });
  assert.deepEqual(
    numbers,
    ["ffff0000", "ffff0006", "ffff0007", "ffff029a", "ffffff01", "ffffff02", "ffffff03", "ffffff04"],
  );
});

Deno.test("linkBandwidth() writes octets a second as a float", () => {
  assert.equal(linkBandwidth(65001, 1.25e8, "non-transitive"), "4004fde94cee6b28");
  assert.equal(linkBandwidth(4200000001, 0, "transitive"), "00045ba000000000");
});

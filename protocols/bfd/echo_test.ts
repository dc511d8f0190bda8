import assert from "node:assert/strict";
import { type EchoPacket, encodeEcho, judgeEcho, LOOPED_TTL } from "./echo.ts";

const packet: EchoPacket = { myDiscriminator: 0xfedcba98, key: 0x89abcdef, sequence: 7 };

/** Field by field, as in the figure above the type. */
const octets = Uint8Array.from([
  ...[1, 24], // version, length
  ...[0, 0], // reserved
  ...[0xfe, 0xdc, 0xba, 0x98], // My Discriminator
  ...[0x89, 0xab, 0xcd, 0xef], // key
  ...[0, 0, 0, 7], // sequence
  ...Array(8).fill(0), // reserved
]);

function altered(changes: Readonly<Record<number, number>>): Uint8Array {
  const payload = octets.slice();
  for (const [at, octet] of Object.entries(changes)) payload[Number(at)] = octet;
  return payload;
}

Deno.test("judgeEcho() reads every field of a packet that came back", () => {
  assert.deepEqual(judgeEcho(octets, LOOPED_TTL), { type: "Own", packet });
});

Deno.test("judgeEcho() loops back whatever a neighbor sends, and only from one hop away", () => {
  for (const payload of [octets, new Uint8Array(), new Uint8Array(100).fill(0xff)]) {
    assert.deepEqual(judgeEcho(payload, 255), { type: "LoopBack" });
  }
});

Deno.test("encodeEcho() writes all 24 octets of dirty memory and no more", () => {
  const memory = new Uint8Array(30).fill(0xa5);
  assert.deepEqual(encodeEcho(packet, memory), octets);
  assert.deepEqual(memory.subarray(24), new Uint8Array(6).fill(0xa5));
});

Deno.test("judgeEcho() gives back what encodeEcho() was given", () => {
  const last: EchoPacket = { myDiscriminator: 1, key: 0, sequence: 0xffffffff };
  assert.deepEqual(judgeEcho(encodeEcho(last), LOOPED_TTL), { type: "Own", packet: last });
});

const rejections: readonly (readonly [string, Uint8Array, number, string])[] = [
  ["two hops away", octets, 253, "echo-ttl"],
  ["23 octets", octets.subarray(0, 23), 254, "echo-short"],
  ["another version", altered({ 0: 2 }), 254, "echo-version"],
  ["another length", altered({ 1: 25 }), 254, "echo-length"],
  ["nobody's", altered({ 4: 0, 5: 0, 6: 0, 7: 0 }), 254, "echo-discriminator-zero"],
];
for (const [name, payload, ttl, reason] of rejections) {
  Deno.test(`judgeEcho() drops ${name}: ${reason}`, () => {
    assert.deepEqual(judgeEcho(payload, ttl), { type: "Drop", reason });
  });
}

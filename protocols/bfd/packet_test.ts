import assert from "node:assert/strict";
import { type ControlPacket, decodeControl, encodeControl, formatDiagnostic } from "./packet.ts";

const packet: ControlPacket = {
  diag: 1,
  state: "Init",
  poll: true,
  final: false,
  controlPlaneIndependent: true,
  demand: false,
  detectMult: 3,
  myDiscriminator: 0xfedcba98,
  yourDiscriminator: 0x01020304,
  desiredMinTxUs: 1_000_000,
  requiredMinRxUs: 50_000,
  requiredMinEchoRxUs: 0,
};

/** Field by field, as in the figure above the type. */
const octets = Uint8Array.from([
  ...[0x21], // version 1, diagnostic 1
  ...[0xa8], // state Init, P, C
  ...[3], // Detect Mult
  ...[24], // Length
  ...[0xfe, 0xdc, 0xba, 0x98], // My Discriminator
  ...[0x01, 0x02, 0x03, 0x04], // Your Discriminator
  ...[0x00, 0x0f, 0x42, 0x40], // Desired Min TX Interval
  ...[0x00, 0x00, 0xc3, 0x50], // Required Min RX Interval
  ...[0x00, 0x00, 0x00, 0x00], // Required Min Echo RX Interval
]);

/** The packet above with some octets replaced. */
function altered(changes: Readonly<Record<number, number>>): Uint8Array {
  const payload = octets.slice();
  for (const [at, octet] of Object.entries(changes)) payload[Number(at)] = octet;
  return payload;
}

function decoded(payload: Uint8Array): ControlPacket {
  const result = decodeControl(payload);
  assert.ok(result.ok);
  return result.value;
}

Deno.test("decodeControl() reads every field", () => {
  assert.deepEqual(decodeControl(octets), { ok: true, value: packet, authenticationPresent: false });
});

Deno.test("decodeControl() reads all five bits of the diagnostic and all states", () => {
  for (let diag = 0; diag < 32; diag++) assert.equal(decoded(altered({ 0: 0x20 | diag })).diag, diag);
  const states = ["AdminDown", "Down", "Init", "Up"];
  for (let i = 0; i < 4; i++) assert.equal(decoded(altered({ 1: i << 6 })).state, states[i]);
});

Deno.test("decodeControl() reads each flag from its own bit", () => {
  const flags = ["poll", "final", "controlPlaneIndependent", "demand"] as const;
  const bits = [0x20, 0x10, 0x08, 0x02];
  for (let i = 0; i < bits.length; i++) {
    const value = decoded(altered({ 1: 0xc0 | bits[i]! }));
    assert.deepEqual(flags.filter((flag) => value[flag]), [flags[i]]);
  }
});

Deno.test("decodeControl() tells of an authentication section and ignores what follows the Length", () => {
  const authenticated = Uint8Array.from([...altered({ 1: 0xac, 3: 28 }), 1, 4, 7, 0x61]);
  assert.deepEqual(decodeControl(authenticated), { ok: true, value: packet, authenticationPresent: true });
  const trailing = Uint8Array.from([...octets, ...Array(30).fill(0xff)]);
  assert.deepEqual(decodeControl(trailing), decodeControl(octets));
});

Deno.test("decodeControl() takes a zero Your Discriminator from one that is Down or AdminDown", () => {
  for (const state of [0x00, 0x40]) {
    assert.equal(decoded(altered({ 1: state, 8: 0, 9: 0, 10: 0, 11: 0 })).yourDiscriminator, 0);
  }
});

Deno.test("encodeControl() writes all 24 octets of dirty memory and no more", () => {
  const memory = new Uint8Array(30).fill(0xa5);
  assert.deepEqual(encodeControl(packet, memory), octets);
  assert.deepEqual(memory.subarray(24), new Uint8Array(6).fill(0xa5));
});

Deno.test("decodeControl() gives back what encodeControl() was given", () => {
  const full: ControlPacket = {
    ...packet,
    diag: 31,
    state: "Up",
    poll: false,
    final: true,
    controlPlaneIndependent: false,
    demand: true,
    detectMult: 255,
    desiredMinTxUs: 0xffffffff,
    requiredMinEchoRxUs: 0x80000000,
  };
  for (const value of [packet, full]) assert.deepEqual(decoded(encodeControl(value)), value);
});

const rejections: readonly (readonly [string, Uint8Array, string])[] = [
  ["nothing", new Uint8Array(), "packet-short"],
  ["23 octets", octets.subarray(0, 23), "packet-short"],
  ["version 0", altered({ 0: 0x01 }), "version"],
  ["version 2", altered({ 0: 0x41 }), "version"],
  ["Length 23", altered({ 3: 23 }), "length-short"],
  ["Length 0", altered({ 3: 0 }), "length-short"],
  ["Length 25 with A", Uint8Array.from([...altered({ 1: 0xac, 3: 25 }), 0, 0]), "length-short"],
  ["Length past the payload", altered({ 3: 25 }), "length-beyond-payload"],
  ["Detect Mult 0", altered({ 2: 0 }), "detect-mult-zero"],
  ["the Multipoint bit", altered({ 1: 0xa9 }), "multipoint"],
  ["My Discriminator 0", altered({ 4: 0, 5: 0, 6: 0, 7: 0 }), "my-discriminator-zero"],
  ["Init that knows nobody", altered({ 8: 0, 9: 0, 10: 0, 11: 0 }), "your-discriminator-zero"],
  ["Up that knows nobody", altered({ 1: 0xc0, 8: 0, 9: 0, 10: 0, 11: 0 }), "your-discriminator-zero"],
  ["the first check of several", altered({ 0: 0, 1: 0xa9, 2: 0, 3: 0 }), "version"],
  ["Detect Mult before Multipoint", altered({ 1: 0xa9, 2: 0 }), "detect-mult-zero"],
];
for (const [name, payload, error] of rejections) {
  Deno.test(`decodeControl() rejects ${name}: ${error}`, () => {
    assert.deepEqual(decodeControl(payload), { ok: false, error });
  });
}

Deno.test("formatDiagnostic() names what IANA names and prints the rest", () => {
  assert.equal(formatDiagnostic(3), "Neighbor Signaled Session Down");
  assert.equal(formatDiagnostic(31), "Diagnostic 31");
});

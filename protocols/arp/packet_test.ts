import assert from "node:assert/strict";
import { formatHex, parseHex } from "../net/bytes.ts";
import type { Ip } from "../net/ip.ts";
import { BROADCAST, type Mac, ZERO_MAC } from "../net/mac.ts";
import {
  type ArpPacket,
  arpProbe,
  decodeArp,
  encodeArp,
  gratuitousReply,
  gratuitousRequest,
  REPLY,
  REQUEST,
} from "./packet.ts";

const mac = "00:11:22:33:44:55" as Mac;
const vip = "10.20.30.1" as Ip;
const padding: number[] = Array(18).fill(0);

const reply: ArpPacket = {
  destination: "02:00:00:00:00:09" as Mac,
  source: mac,
  operation: REPLY,
  senderHardwareAddress: mac,
  senderProtocolAddress: vip,
  targetHardwareAddress: "02:00:00:00:00:09" as Mac,
  targetProtocolAddress: "10.20.30.9" as Ip,
};

/** Field by field, as in the figure above the type. */
const replyOctets = Uint8Array.from([
  ...[0x02, 0x00, 0x00, 0x00, 0x00, 0x09], // Ethernet destination
  ...[0x00, 0x11, 0x22, 0x33, 0x44, 0x55], // Ethernet source
  ...[0x08, 0x06], // EtherType
  ...[0x00, 0x01], // hardware type
  ...[0x08, 0x00], // protocol type
  ...[0x06, 0x04], // HLEN, PLEN
  ...[0x00, 0x02], // operation
  ...[0x00, 0x11, 0x22, 0x33, 0x44, 0x55], // sender hardware address
  ...[10, 20, 30, 1], // sender protocol address
  ...[0x02, 0x00, 0x00, 0x00, 0x00, 0x09], // target hardware address
  ...[10, 20, 30, 9], // target protocol address
  ...padding,
]);

/** The frame above with some octets replaced. */
function altered(changes: Readonly<Record<number, number>>): Uint8Array {
  const frame = replyOctets.slice();
  for (const [at, octet] of Object.entries(changes)) frame[Number(at)] = octet;
  return frame;
}

Deno.test("decodeArp() reads every field", () => {
  assert.deepEqual(decodeArp(replyOctets), { ok: true, value: reply });
});

Deno.test("decodeArp() needs no padding, ignores trailing octets and reads behind a priority tag", () => {
  const tagged = Uint8Array.from([
    ...replyOctets.subarray(0, 12),
    ...[0x81, 0x00, 0xe0, 0x00],
    ...replyOctets.subarray(12),
  ]);
  const trailing = Uint8Array.from([...replyOctets.subarray(0, 42), ...Array(30).fill(0xff)]);
  for (const frame of [replyOctets.subarray(0, 42), trailing, tagged]) {
    assert.deepEqual(decodeArp(frame), { ok: true, value: reply });
  }
});

Deno.test("decodeArp() carries operations of later RFCs", () => {
  const decoded = decodeArp(altered({ 20: 0x01, 21: 0x03 }));
  assert.deepEqual(decoded, { ok: true, value: { ...reply, operation: 0x103 } });
});

Deno.test("encodeArp() writes all 60 octets of dirty memory and no more", () => {
  const memory = new Uint8Array(64).fill(0xa5);
  const frame = encodeArp(reply, memory);
  assert.deepEqual(frame, replyOctets);
  assert.deepEqual(memory.subarray(60), new Uint8Array(4).fill(0xa5));
});

Deno.test("decodeArp() gives back what encodeArp() was given", () => {
  for (const packet of [reply, gratuitousRequest(mac, vip), gratuitousReply(mac, vip), arpProbe(mac, vip)]) {
    assert.deepEqual(decodeArp(encodeArp(packet)), { ok: true, value: packet });
  }
});

const rejections: readonly (readonly [string, Uint8Array, string])[] = [
  ["13 octets", replyOctets.subarray(0, 13), "frame-short"],
  ["another EtherType", altered({ 13: 0x00 }), "ether-type"],
  ["a VLAN", altered({ 12: 0x81, 13: 0x00, 14: 0x00, 15: 0x07 }), "vlan-tagged"],
  ["41 octets", replyOctets.subarray(0, 41), "packet-short"],
  ["hardware type 6", altered({ 15: 6 }), "hardware-type"],
  ["HLEN 8", altered({ 18: 8 }), "hardware-length"],
  ["HLEN 0", altered({ 18: 0 }), "hardware-length"],
  ["protocol type 0x86dd", altered({ 16: 0x86, 17: 0xdd }), "protocol-type"],
  ["PLEN 16", altered({ 19: 16 }), "protocol-length"],
  ["PLEN 0", altered({ 19: 0 }), "protocol-length"],
  ["the first check of several", altered({ 15: 6, 18: 8, 19: 16 }), "hardware-type"],
];
for (const [name, frame, error] of rejections) {
  Deno.test(`decodeArp() rejects ${name}: ${error}`, () => {
    assert.deepEqual(decodeArp(frame), { ok: false, error });
  });
}

Deno.test("gratuitousRequest() is MetalLB's frame to the octet", () => {
  const expected = parseHex(
    "ffffffffffff 001122334455 0806 0001 0800 06 04 0001 001122334455 0a141e01 ffffffffffff 0a141e01",
  )!;
  assert.equal(
    formatHex(encodeArp(gratuitousRequest(mac, vip))),
    formatHex(expected) + formatHex(Uint8Array.from(padding)),
  );
});

Deno.test("gratuitousReply() has the target hardware address Linux takes for gratuitous", () => {
  const packet = gratuitousReply(mac, vip);
  assert.equal(packet.destination, BROADCAST);
  assert.equal(packet.operation, REPLY);
  assert.equal(packet.targetHardwareAddress, packet.senderHardwareAddress);
  assert.equal(packet.targetProtocolAddress, packet.senderProtocolAddress);
});

Deno.test("arpProbe() asks for the address in nobody's name", () => {
  assert.deepEqual(arpProbe(mac, vip), {
    destination: BROADCAST,
    source: mac,
    operation: REQUEST,
    senderHardwareAddress: mac,
    senderProtocolAddress: "0.0.0.0",
    targetHardwareAddress: ZERO_MAC,
    targetProtocolAddress: vip,
  });
});

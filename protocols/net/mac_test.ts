import assert from "node:assert/strict";
import fc from "fast-check";
import {
  BROADCAST,
  isBroadcastAt,
  isGroupAt,
  type Mac,
  macFromBytes,
  macOfIpv6Group,
  macToBytes,
  parseMac,
  writeMac,
  ZERO_MAC,
} from "./mac.ts";

Deno.test("parseMac() gives lower case and refuses everything else", () => {
  assert.equal(parseMac("02:00:5E:10:00:aB"), "02:00:5e:10:00:ab");
  const foreign = [
    "",
    "02:00:5e:10:00",
    "02:00:5e:10:00:01:02",
    "02-00-5e-10-00-01",
    "2:0:5e:10:0:1",
    "02:00:5e:10:00:0g",
    " 02:00:5e:10:00:01",
    "02:00:5e:10:00:01\n",
    "0200.5e10.0001",
  ];
  for (const text of foreign) assert.equal(parseMac(text), null, JSON.stringify(text));
});

Deno.test("macToBytes() and macFromBytes() undo each other", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (octets) => {
    assert.deepEqual(macToBytes(macFromBytes(octets)), octets);
    assert.equal(parseMac(macFromBytes(octets)), macFromBytes(octets));
  }));
});

Deno.test("macFromBytes() and writeMac() keep to their offset", () => {
  const bytes = new Uint8Array(8).fill(0xa5);
  writeMac(bytes, 1, "01:02:03:04:05:06" as Mac);
  assert.deepEqual(bytes, Uint8Array.of(0xa5, 1, 2, 3, 4, 5, 6, 0xa5));
  assert.equal(macFromBytes(bytes, 1), "01:02:03:04:05:06");
});

Deno.test("isGroupAt() looks at the I/G bit", () => {
  for (
    const [mac, group] of [[BROADCAST, true], [ZERO_MAC, false], ["33:33:00:00:00:01" as Mac, true], [
      "02:ff:ff:ff:ff:ff" as Mac,
      false,
    ]] as const
  ) {
    assert.equal(isGroupAt(macToBytes(mac), 0), group, mac);
  }
});

Deno.test("isBroadcastAt() wants all six octets", () => {
  assert.equal(isBroadcastAt(macToBytes(BROADCAST), 0), true);
  for (let i = 0; i < 6; i++) {
    const octets = macToBytes(BROADCAST);
    octets[i] = 0xfe;
    assert.equal(isBroadcastAt(octets, 0), false);
  }
  assert.equal(isBroadcastAt(new Uint8Array(5).fill(0xff), 0), false);
});

Deno.test("macOfIpv6Group() takes the last four octets behind 33:33", () => {
  const group = Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0x28, 0x9c, 0x5a);
  assert.equal(macOfIpv6Group(group), "33:33:ff:28:9c:5a");
});

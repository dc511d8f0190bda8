import assert from "node:assert/strict";
import {
  decodeEthernet,
  ethernetPayload,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV6,
  frameOctets,
  writeEthernet,
} from "./ethernet.ts";
import type { Mac } from "./mac.ts";

const destination = "02:00:00:00:00:01" as Mac;
const source = "02:00:00:00:00:02" as Mac;
const addresses = [0x02, 0, 0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02];

function frame(...rest: number[]): Uint8Array {
  return Uint8Array.from([...addresses, ...rest]);
}

Deno.test("decodeEthernet() reads an untagged header", () => {
  const bytes = frame(0x08, 0x06, 0x99);
  assert.equal(ethernetPayload(bytes, ETHERTYPE_ARP), 14);
  assert.deepEqual(decodeEthernet(bytes, 14), {
    destination,
    source,
    etherType: ETHERTYPE_ARP,
    payloadOffset: 14,
  });
});

Deno.test("decodeEthernet() reads past a priority tag", () => {
  const bytes = frame(0x81, 0x00, 0xe0, 0x00, 0x86, 0xdd);
  assert.equal(ethernetPayload(bytes, ETHERTYPE_IPV6), 18);
  assert.equal(decodeEthernet(bytes, 18).etherType, ETHERTYPE_IPV6);
  assert.equal(ethernetPayload(frame(0x88, 0xa8, 0x00, 0x00, 0x08, 0x06), ETHERTYPE_ARP), 18);
});

const refusals: readonly (readonly [string, Uint8Array, string])[] = [
  ["no octet", new Uint8Array(), "frame-short"],
  ["13 octets", frame(0x08), "frame-short"],
  ["a cut tag", frame(0x81, 0x00, 0x00, 0x00, 0x08), "frame-short"],
  ["another EtherType", frame(0x08, 0x00), "ether-type"],
  ["an 802.3 length", frame(0x00, 0x26, 0x42, 0x42, 0x03), "ether-type"],
  ["another EtherType behind a priority tag", frame(0x81, 0x00, 0x00, 0x00, 0x08, 0x00), "ether-type"],
  ["two priority tags", frame(0x81, 0x00, 0x00, 0x00, 0x81, 0x00, 0x00, 0x00, 0x08, 0x06), "ether-type"],
  ["VID 1", frame(0x81, 0x00, 0x00, 0x01, 0x08, 0x06), "vlan-tagged"],
  ["VID 0xf00 with priority", frame(0x81, 0x00, 0xef, 0x00, 0x08, 0x06), "vlan-tagged"],
  ["a service tag", frame(0x88, 0xa8, 0x00, 0x64, 0x08, 0x06), "vlan-tagged"],
];
for (const [name, bytes, reason] of refusals) {
  Deno.test(`ethernetPayload() refuses ${name}: ${reason}`, () => {
    assert.equal(ethernetPayload(bytes, ETHERTYPE_ARP), reason);
  });
}

Deno.test("writeEthernet() writes 14 octets and no more", () => {
  const bytes = new Uint8Array(16).fill(0xa5);
  writeEthernet(bytes, destination, source, ETHERTYPE_ARP);
  assert.deepEqual(bytes, frame(0x08, 0x06, 0xa5, 0xa5));
});

Deno.test("frameOctets() pads to 60", () => {
  assert.deepEqual([0, 28, 46, 47, 72].map(frameOctets), [60, 60, 60, 61, 86]);
});

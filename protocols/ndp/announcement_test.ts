import assert from "node:assert/strict";
import type { Ip } from "../net/ip.ts";
import type { Mac } from "../net/mac.ts";
import { dadSolicitation, unsolicitedAdvertisement } from "./announcement.ts";

const own = "02:00:00:00:00:01" as Mac;
const vip = "2001:db8::77" as Ip;

Deno.test("unsolicitedAdvertisement() overrides, is not solicited and names the MAC", () => {
  assert.deepEqual(unsolicitedAdvertisement(own, vip), {
    type: "NeighborAdvertisement",
    destinationMac: "33:33:00:00:00:01",
    sourceMac: own,
    destination: "ff02::1",
    source: vip,
    router: false,
    solicited: false,
    override: true,
    target: vip,
    options: [{ type: "TargetLinkLayerAddress", mac: own }],
  });
});

Deno.test("dadSolicitation() asks from :: at the solicited-node group with a nonce of six octets", () => {
  assert.deepEqual(dadSolicitation(own, vip, 0x0102030405fe), {
    type: "NeighborSolicitation",
    destinationMac: "33:33:ff:00:00:77",
    sourceMac: own,
    destination: "ff02::1:ff00:77",
    source: "::",
    target: vip,
    options: [{ type: "Nonce", octets: Uint8Array.of(1, 2, 3, 4, 5, 0xfe) }],
  });
});

Deno.test("dadSolicitation() writes the smallest and the largest nonce", () => {
  for (const [nonce, octet] of [[0, 0x00], [2 ** 48 - 1, 0xff]] as const) {
    const [option] = dadSolicitation(own, vip, nonce).options;
    assert.deepEqual(option, { type: "Nonce", octets: new Uint8Array(6).fill(octet) });
  }
});

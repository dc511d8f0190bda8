import assert from "node:assert/strict";
import type { Ip } from "../net/ip.ts";
import type { Mac } from "../net/mac.ts";
import { decodeRouterFrame, encodeRouterAdvertisement, encodeRouterSolicitation } from "./router_packet.ts";

const MAC = "02:00:5e:00:53:01" as Mac;
const SOURCE = "fe80::5eff:fe00:5301" as Ip;

Deno.test("an advertisement of ours is decoded as its sender's", () => {
  const frame = encodeRouterAdvertisement(MAC, SOURCE);
  assert.deepEqual(decodeRouterFrame(frame), { type: "RouterAdvertisement", source: SOURCE });
});

Deno.test("a solicitation of ours is decoded as one, and goes to every router on the link", () => {
  const frame = encodeRouterSolicitation(MAC, SOURCE);
  assert.deepEqual(decodeRouterFrame(frame), { type: "RouterSolicitation" });
  assert.equal(frame.subarray(0, 6).toHex(), "333300000002");
  assert.equal(frame.subarray(38, 54).toHex(), "ff020000000000000000000000000002");
});

Deno.test("an advertisement of ours makes nobody use us as a router", () => {
  const frame = encodeRouterAdvertisement(MAC, SOURCE);
  assert.equal(frame[54 + 6]! << 8 | frame[54 + 7]!, 0);
});

for (
  const [what, spoil] of [
    ["whose hop limit says that a router passed it on", (frame: Uint8Array) => frame[14 + 7] = 254],
    ["with a wrong checksum", (frame: Uint8Array) => frame[54 + 3]! ^= 1],
    ["with an option of no length", (frame: Uint8Array) => frame[54 + 17] = 0],
    ["that is of another type", (frame: Uint8Array) => frame[54] = 136],
  ] as const
) {
  Deno.test(`decodeRouterFrame refuses a frame ${what}`, () => {
    const frame = encodeRouterAdvertisement(MAC, SOURCE);
    spoil(frame);
    assert.equal(decodeRouterFrame(frame), null);
  });
}

Deno.test("decodeRouterFrame refuses an advertisement from a global address", () => {
  assert.equal(decodeRouterFrame(encodeRouterAdvertisement(MAC, "2001:db8::1" as Ip)), null);
});

Deno.test("decodeRouterFrame refuses every cut of a frame", () => {
  const frame = encodeRouterAdvertisement(MAC, SOURCE);
  for (let octets = 0; octets < 54 + 24; octets++) {
    assert.equal(decodeRouterFrame(frame.subarray(0, octets)), null, `${octets} octets`);
  }
});

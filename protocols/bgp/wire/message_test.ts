import assert from "node:assert/strict";
import type { Ip } from "../../net/ip.ts";
import { messageOf } from "./framer.ts";
import { type BgpMessage, decodeMessage, encodeMessage } from "./message.ts";
import { MESSAGE_TYPE } from "./registry.ts";
import type { UpdateMessage, WireOptions } from "./update.ts";

const options: WireOptions = {
  peerType: "external",
  fourOctetAsn: true,
  families: ["ipv4-unicast"],
  extendedNextHop: false,
  maxMessageOctets: 4096,
};

const messages: readonly Exclude<BgpMessage, UpdateMessage>[] = [
  { type: "Open", asn: 65001, holdTimeSeconds: 9, bgpIdentifier: "192.0.2.1" as Ip, capabilities: [] },
  { type: "Notification", code: 6, subcode: 2, data: new Uint8Array() },
  { type: "Keepalive" },
  { type: "RouteRefresh", afi: 1, safi: 1, subtype: 0 },
];
for (const message of messages) {
  Deno.test(`encodeMessage() and decodeMessage() know ${message.type}`, () => {
    assert.deepEqual(decodeMessage(encodeMessage(message), options), { ok: true, value: message });
  });
}

Deno.test("encodeMessage() writes a KEEPALIVE of nothing but its header", () => {
  assert.deepEqual(encodeMessage({ type: "Keepalive" }), messageOf(MESSAGE_TYPE.keepalive, []));
});

Deno.test("decodeMessage() knows UPDATE", () => {
  const decoded = decodeMessage(messageOf(MESSAGE_TYPE.update, [0, 0, 0, 0]), options);
  assert.equal(decoded.ok && decoded.value.type, "Update");
});

import assert from "node:assert/strict";
import type { AnswerTable } from "../net/answer_table.ts";
import type { Ip } from "../net/ip.ts";
import { BROADCAST, type Mac } from "../net/mac.ts";
import { dadSolicitation, unsolicitedAdvertisement } from "./announcement.ts";
import {
  decodeNdp,
  encodeNdp,
  type NdpMessage,
  type NeighborAdvertisement,
  type NeighborSolicitation,
} from "./packet.ts";
import { openNdpResponder, respondNdp } from "./responder.ts";

const own = "02:00:00:00:00:01" as Mac;
const sibling = "02:00:00:00:00:02" as Mac;
const asker = "02:00:00:00:00:09" as Mac;
const ownAddress = "fe80::1" as Ip;
const vip = "2001:db8::77" as Ip;
const elsewhere = "2001:db8::78" as Ip;
const foreign = "2001:db8::79" as Ip;

const responder = openNdpResponder(own);
const table: AnswerTable = {
  answersFor: (ip) => ip === vip ? "yes" : ip === elsewhere ? "other-interface" : "not-announced",
  isOwnMac: (mac) => mac === own || mac === sibling,
};

const solicitation: NeighborSolicitation = {
  type: "NeighborSolicitation",
  destinationMac: "33:33:ff:00:00:77" as Mac,
  sourceMac: asker,
  destination: "ff02::1:ff00:77" as Ip,
  source: "fe80::9" as Ip,
  target: vip,
  options: [{ type: "SourceLinkLayerAddress", mac: asker }],
};

const reply: NeighborAdvertisement = {
  type: "NeighborAdvertisement",
  destinationMac: asker,
  sourceMac: own,
  destination: "fe80::9" as Ip,
  source: vip,
  router: false,
  solicited: true,
  override: true,
  target: vip,
  options: [{ type: "TargetLinkLayerAddress", mac: own }],
};

function judge(message: NdpMessage): ReturnType<typeof respondNdp> {
  return respondNdp(responder, encodeNdp(message), table);
}

const other = "02:00:00:00:00:0a" as Mac;
const answered: readonly (readonly [string, NeighborSolicitation, NeighborAdvertisement])[] = [
  ["a multicast solicitation", solicitation, reply],
  ["a unicast solicitation", { ...solicitation, destinationMac: own, destination: vip }, reply],
  [
    "one without a source link-layer address, to the frame's source",
    { ...solicitation, destinationMac: own, destination: vip, options: [] },
    reply,
  ],
  [
    "the option's address, not the frame's",
    { ...solicitation, options: [{ type: "SourceLinkLayerAddress", mac: other }] },
    { ...reply, destinationMac: other },
  ],
  [
    "a global source",
    { ...solicitation, source: "2001:db8::9" as Ip },
    { ...reply, destination: "2001:db8::9" as Ip },
  ],
  [
    "a duplicate address probe, to all nodes and unsolicited",
    { ...dadSolicitation(asker, vip, 7) },
    unsolicitedAdvertisement(own, vip),
  ],
  [
    "a duplicate address probe without nonce",
    { ...dadSolicitation(asker, vip, 7), options: [] },
    unsolicitedAdvertisement(own, vip),
  ],
];
for (const [name, message, expected] of answered) {
  Deno.test(`respondNdp() answers ${name}`, () => {
    const verdict = judge(message);
    assert.equal(verdict.type, "Reply");
    if (verdict.type !== "Reply") return;
    assert.equal(verdict.ip, vip);
    assert.deepEqual(decodeNdp(verdict.frame), { ok: true, value: expected });
    assert.deepEqual(verdict.frame, encodeNdp(expected));
  });
}

Deno.test("respondNdp() writes its reply into dirty memory it is lent, and no more", () => {
  const exact = new Uint8Array(86).fill(0xa5);
  const verdict = respondNdp(responder, encodeNdp(solicitation), table, exact);
  assert.ok(verdict.type === "Reply" && verdict.frame === exact);
  assert.deepEqual(exact, encodeNdp(reply));
  const larger = new Uint8Array(90).fill(0xa5);
  const again = respondNdp(responder, encodeNdp(solicitation), table, larger);
  assert.ok(again.type === "Reply");
  assert.deepEqual(again.frame, exact);
  assert.deepEqual(larger.subarray(86), new Uint8Array(4).fill(0xa5));
});

const announcement = unsolicitedAdvertisement(asker, vip);
const dropped: readonly (readonly [string, NdpMessage, string])[] = [
  ["its own frame", { ...solicitation, sourceMac: own }, "own-frame"],
  ["its own probe, looped back", dadSolicitation(own, vip, 1), "own-frame"],
  ["a frame for another host", { ...solicitation, destinationMac: other }, "ethernet-destination"],
  [
    "a group as link-layer address",
    { ...solicitation, options: [{ type: "SourceLinkLayerAddress", mac: BROADCAST }] },
    "sender-group-mac",
  ],
  ["a group as frame source", { ...solicitation, sourceMac: BROADCAST, options: [] }, "sender-group-mac"],
  ["an address nobody announces", { ...solicitation, target: foreign }, "not-announced"],
  ["an address of another interface", { ...solicitation, target: elsewhere }, "other-interface"],
  [
    "destination before table",
    { ...solicitation, destinationMac: other, target: foreign },
    "ethernet-destination",
  ],
  ["an advertisement of a foreign address", { ...announcement, target: foreign }, "advertisement"],
  [
    "an advertisement of an address we answer for elsewhere",
    { ...announcement, target: elsewhere },
    "advertisement",
  ],
  ["an advertisement by a sibling interface", unsolicitedAdvertisement(sibling, vip), "own-frame"],
  [
    "an advertisement that names our MAC",
    { ...announcement, options: [{ type: "TargetLinkLayerAddress", mac: own }] },
    "advertisement",
  ],
];
for (const [name, message, reason] of dropped) {
  Deno.test(`respondNdp() drops ${name}: ${reason}`, () => {
    assert.deepEqual(judge(message), { type: "Drop", reason });
  });
}

Deno.test("respondNdp() drops an invalid message with the decoder's reason", () => {
  const frame = encodeNdp(solicitation);
  frame[21] = 254;
  assert.deepEqual(respondNdp(responder, frame, table), { type: "Drop", reason: "hop-limit" });
  assert.deepEqual(respondNdp(responder, new Uint8Array(), table), { type: "Drop", reason: "frame-short" });
});

const conflicts: readonly (readonly [string, NdpMessage, Mac])[] = [
  ["an unsolicited advertisement", announcement, asker],
  ["an answer to our probe", { ...announcement, override: false }, asker],
  [
    "an answer to us",
    { ...announcement, destinationMac: own, destination: ownAddress, solicited: true },
    asker,
  ],
  ["an advertisement without option", { ...announcement, options: [] }, asker],
  [
    "an advertisement for a third",
    { ...announcement, options: [{ type: "TargetLinkLayerAddress", mac: other }] },
    other,
  ],
];
for (const [name, message, mac] of conflicts) {
  Deno.test(`respondNdp() sees another answer for our address in ${name}`, () => {
    assert.deepEqual(judge(message), { type: "Conflict", ip: vip, mac });
  });
}

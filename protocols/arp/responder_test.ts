import assert from "node:assert/strict";
import type { AnswerTable } from "../net/answer_table.ts";
import type { Ip } from "../net/ip.ts";
import { BROADCAST, type Mac, ZERO_MAC } from "../net/mac.ts";
import {
  type ArpPacket,
  arpProbe,
  decodeArp,
  encodeArp,
  gratuitousReply,
  gratuitousRequest,
} from "./packet.ts";
import { type ArpVerdict, openArpResponder, respondArp } from "./responder.ts";

const own = "02:00:00:00:00:01" as Mac;
const sibling = "02:00:00:00:00:02" as Mac;
const asker = "02:00:00:00:00:09" as Mac;
const vip = "10.20.30.1" as Ip;
const elsewhere = "10.20.30.2" as Ip;
const foreign = "10.20.30.3" as Ip;

const table: AnswerTable = {
  answersFor: (ip) => ip === vip ? "yes" : ip === elsewhere ? "other-interface" : "not-announced",
  isOwnMac: (mac) => mac === own || mac === sibling,
};

const request: ArpPacket = {
  destination: BROADCAST,
  source: asker,
  operation: 1,
  senderHardwareAddress: asker,
  senderProtocolAddress: "10.20.30.9" as Ip,
  targetHardwareAddress: ZERO_MAC,
  targetProtocolAddress: vip,
};

function judge(changes: Partial<ArpPacket>): ArpVerdict {
  return respondArp(openArpResponder(own), encodeArp({ ...request, ...changes }), table);
}

/** The reply to the request above, decoded, with some fields changed. */
function replied(changes: Partial<ArpPacket> = {}): ArpPacket {
  return {
    destination: asker,
    source: own,
    operation: 2,
    senderHardwareAddress: own,
    senderProtocolAddress: vip,
    targetHardwareAddress: asker,
    targetProtocolAddress: "10.20.30.9" as Ip,
    ...changes,
  };
}

const answered: readonly (readonly [string, Partial<ArpPacket>, ArpPacket])[] = [
  ["a broadcast request", {}, replied()],
  ["a unicast request", { destination: own }, replied()],
  [
    "a probe, with target 0.0.0.0",
    { senderProtocolAddress: "0.0.0.0" as Ip },
    replied({ targetProtocolAddress: "0.0.0.0" as Ip }),
  ],
  [
    "the sender of the packet, not of the frame",
    { senderHardwareAddress: "02:00:00:00:00:0a" as Mac },
    replied({
      destination: "02:00:00:00:00:0a" as Mac,
      targetHardwareAddress: "02:00:00:00:00:0a" as Mac,
    }),
  ],
  ["a filled-in target hardware address", { targetHardwareAddress: asker }, replied()],
];
for (const [name, changes, expected] of answered) {
  Deno.test(`respondArp() answers ${name}`, () => {
    const verdict = judge(changes);
    assert.equal(verdict.type, "Reply");
    if (verdict.type !== "Reply") return;
    assert.equal(verdict.ip, vip);
    assert.equal(verdict.frame.length, 60);
    assert.deepEqual(decodeArp(verdict.frame), { ok: true, value: expected });
    assert.deepEqual(verdict.frame, encodeArp(expected));
  });
}

Deno.test("respondArp() writes its reply into dirty memory it is lent, and no more", () => {
  const responder = openArpResponder(own);
  const exact = new Uint8Array(60).fill(0xa5);
  const verdict = respondArp(responder, encodeArp(request), table, exact);
  assert.ok(verdict.type === "Reply" && verdict.frame === exact);
  assert.deepEqual(exact, encodeArp(replied()));
  const larger = new Uint8Array(64).fill(0xa5);
  const again = respondArp(responder, encodeArp(request), table, larger);
  assert.ok(again.type === "Reply");
  assert.deepEqual(again.frame, exact);
  assert.deepEqual(larger.subarray(60), new Uint8Array(4).fill(0xa5));
});

const dropped: readonly (readonly [string, Partial<ArpPacket>, string])[] = [
  ["its own frame", { source: own }, "own-frame"],
  ["a reply", { operation: 2 }, "operation"],
  ["operation 0", { operation: 0 }, "operation"],
  ["operation 8", { operation: 8 }, "operation"],
  ["a reply to another host", { operation: 2, destination: asker }, "operation"],
  ["a frame for another host", { destination: "02:00:00:00:00:0b" as Mac }, "ethernet-destination"],
  ["a frame for a group", { destination: "01:00:5e:00:00:01" as Mac }, "ethernet-destination"],
  ["a broadcast sender", { senderHardwareAddress: BROADCAST }, "sender-group-mac"],
  ["a multicast sender", { senderHardwareAddress: "01:00:5e:00:00:01" as Mac }, "sender-group-mac"],
  ["an address nobody announces", { targetProtocolAddress: foreign }, "not-announced"],
  ["an address of another interface", { targetProtocolAddress: elsewhere }, "other-interface"],
  ["operation before destination", { operation: 2, destination: asker }, "operation"],
  [
    "destination before table",
    { destination: asker, targetProtocolAddress: foreign },
    "ethernet-destination",
  ],
];
for (const [name, changes, reason] of dropped) {
  Deno.test(`respondArp() drops ${name}: ${reason}`, () => {
    assert.deepEqual(judge(changes), { type: "Drop", reason });
  });
}

Deno.test("respondArp() drops what is no ARP packet with the decoder's reason", () => {
  const responder = openArpResponder(own);
  const broken = encodeArp(request);
  broken[18] = 8;
  assert.deepEqual(respondArp(responder, broken, table), { type: "Drop", reason: "hardware-length" });
  assert.deepEqual(respondArp(responder, new Uint8Array(), table), { type: "Drop", reason: "frame-short" });
});

const conflicts: readonly (readonly [string, ArpPacket])[] = [
  ["a gratuitous request", gratuitousRequest(asker, vip)],
  ["a gratuitous reply", gratuitousReply(asker, vip)],
  ["a reply to our probe", {
    ...gratuitousReply(asker, vip),
    destination: own,
    targetHardwareAddress: own,
    targetProtocolAddress: "0.0.0.0" as Ip,
  }],
  ["a question asked in its name", {
    ...request,
    senderProtocolAddress: vip,
    targetProtocolAddress: foreign,
  }],
  ["a reply to somebody else", { ...gratuitousReply(asker, vip), destination: "02:00:00:00:00:0b" as Mac }],
];
for (const [name, packet] of conflicts) {
  Deno.test(`respondArp() sees another use our address in ${name}`, () => {
    const verdict = respondArp(openArpResponder(own), encodeArp(packet), table);
    assert.deepEqual(verdict, { type: "Conflict", ip: vip, mac: asker });
  });
}

const harmless: readonly (readonly [string, ArpPacket, string])[] = [
  ["a probe of ours, looped back", arpProbe(own, vip), "own-frame"],
  ["an announcement by a sibling interface", gratuitousRequest(sibling, vip), "own-frame"],
  ["an announcement of a foreign address", gratuitousRequest(asker, foreign), "not-announced"],
  ["an address we answer for elsewhere", gratuitousRequest(asker, elsewhere), "other-interface"],
  ["an operation without address claim", { ...gratuitousReply(asker, vip), operation: 8 }, "operation"],
];
for (const [name, packet, reason] of harmless) {
  Deno.test(`respondArp() sees no conflict in ${name}`, () => {
    assert.deepEqual(respondArp(openArpResponder(own), encodeArp(packet), table), { type: "Drop", reason });
  });
}

/**
 * Random and mutated frames against every decoder and responder that reads them: nothing throws, nothing loops, what is
 * decoded encodes to something that decodes to itself, and whatever is sent in answer is a valid frame of ours.
 *
 * Shape: past failures and seeds are kept in corpus/frame_*.hex: lines of hexadecimal, and comments of the form
 * "# arp: <verdict>" and "# ndp: <verdict>" that say what the responders make of them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { decodeArp, encodeArp, gratuitousReply, gratuitousRequest } from "../../protocols/arp/packet.ts";
import { openArpResponder, respondArp } from "../../protocols/arp/responder.ts";
import { dadSolicitation, unsolicitedAdvertisement } from "../../protocols/ndp/announcement.ts";
import { decodeNdp, encodeNdp, type NeighborSolicitation } from "../../protocols/ndp/packet.ts";
import { openNdpResponder, respondNdp } from "../../protocols/ndp/responder.ts";
import type { AnswerTable } from "../../protocols/net/answer_table.ts";
import { formatHex, parseHex, readUint16, writeUint16 } from "../../protocols/net/bytes.ts";
import { icmpv6Checksum } from "../../protocols/net/checksum.ts";
import { ethernetPayload, ETHERTYPE_ARP, ETHERTYPE_IPV6 } from "../../protocols/net/ethernet.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import { BROADCAST, type Mac, ZERO_MAC } from "../../protocols/net/mac.ts";

const own = "02:00:00:00:00:01" as Mac;
const asker = "02:00:00:00:00:09" as Mac;
const v4 = "10.20.30.1" as Ip;
const v6 = "2001:db8::77" as Ip;
const arp = openArpResponder(own);
const ndp = openNdpResponder(own);

/** Answers for everything, so that the random frames get as far as they can. */
const everything: AnswerTable = { answersFor: () => "yes", isOwnMac: (mac) => mac === own };

/** Answers for two addresses, as the corpus expects. */
const two: AnswerTable = {
  ...everything,
  answersFor: (ip) => ip === v4 || ip === v6 ? "yes" : "not-announced",
};

const request = {
  ...gratuitousRequest(asker, v4),
  senderProtocolAddress: "10.20.30.9" as Ip,
  targetHardwareAddress: ZERO_MAC,
};
const solicitation: NeighborSolicitation = {
  ...dadSolicitation(asker, v6, 1),
  source: "fe80::9" as Ip,
  options: [{ type: "SourceLinkLayerAddress", mac: asker }],
};

const seeds: readonly Uint8Array[] = [
  encodeArp(request),
  encodeArp({ ...request, destination: own }),
  encodeArp(gratuitousReply(asker, v4)),
  encodeNdp(solicitation),
  encodeNdp(dadSolicitation(asker, v6, 0xabcdef)),
  encodeNdp(unsolicitedAdvertisement(asker, v6)),
  withPriorityTag(encodeArp(request)),
  withPriorityTag(encodeNdp(solicitation)),
];

function withPriorityTag(frame: Uint8Array): Uint8Array {
  return Uint8Array.from([...frame.subarray(0, 12), 0x81, 0x00, 0xe0, 0x00, ...frame.subarray(12)]);
}

/** Makes the ICMPv6 checksum right again where there is room for one, so that later checks are reached. */
function withChecksum(frame: Uint8Array): Uint8Array {
  const at = ethernetPayload(frame, ETHERTYPE_IPV6);
  if (typeof at === "string" || frame.length < at + 44) return frame;
  const length = Math.min(readUint16(frame, at + 4), frame.length - at - 40);
  writeUint16(frame, at + 42, 0);
  writeUint16(frame, at + 42, icmpv6Checksum(frame, at, length));
  return frame;
}

const mutation = fc.oneof(
  fc.record({ verb: fc.constant("set"), at: fc.nat(120), octet: fc.nat(255) }),
  fc.record({ verb: fc.constant("cut"), at: fc.nat(120), octet: fc.nat(255) }),
  fc.record({ verb: fc.constant("insert"), at: fc.nat(120), octet: fc.nat(255) }),
  fc.record({ verb: fc.constant("repeat"), at: fc.nat(120), octet: fc.nat(255) }),
  // The fields that steer a decoder: lengths, types, flags, the option length.
  fc.record({
    verb: fc.constant("set"),
    at: fc.constantFrom(12, 13, 14, 18, 19, 20, 21, 54, 55, 58, 78, 79),
    octet: fc.constantFrom(0, 1, 2, 6, 23, 24, 58, 135, 136, 255),
  }),
);

function mutate(
  frame: Uint8Array,
  { verb, at, octet }: { verb: string; at: number; octet: number },
): Uint8Array {
  const [head, tail] = [frame.subarray(0, at), frame.subarray(at)];
  switch (verb) {
    case "set":
      return Uint8Array.from(frame, (old, i) => i === at ? octet : old);
    case "cut":
      return head.slice();
    case "insert":
      return Uint8Array.from([...head, octet, ...tail]);
    default:
      return Uint8Array.from([...frame, ...tail]);
  }
}

const mutated: fc.Arbitrary<Uint8Array> = fc.tuple(
  fc.constantFrom(...seeds),
  fc.array(mutation, { minLength: 1, maxLength: 6 }),
  fc.boolean(),
).map(([seed, mutations, summed]) => {
  const frame = mutations.reduce(mutate, seed.slice());
  return summed ? withChecksum(frame) : frame;
});

/** Noise behind a header that lets it in. */
const noise: fc.Arbitrary<Uint8Array> = fc.tuple(
  fc.constantFrom(ETHERTYPE_ARP, ETHERTYPE_IPV6, 0x8100),
  fc.uint8Array({ maxLength: 1600 }),
).map(([etherType, octets]) => {
  if (octets.length >= 14) writeUint16(octets, 12, etherType);
  return octets;
});

/** Every property there is, for one frame. */
function check(frame: Uint8Array): void {
  const before = formatHex(frame);
  const arpPacket = decodeArp(frame);
  if (arpPacket.ok) assert.deepEqual(decodeArp(encodeArp(arpPacket.value)), arpPacket);
  const message = decodeNdp(frame);
  if (message.ok) assert.deepEqual(decodeNdp(encodeNdp(message.value)), message);
  assert.ok(!(arpPacket.ok && message.ok), "a frame is one or the other");

  const arpVerdict = respondArp(arp, frame, everything);
  if (arpVerdict.type === "Reply") assertArpReply(arpVerdict.frame, arpVerdict.ip);
  if (!arpPacket.ok) assert.deepEqual(arpVerdict, { type: "Drop", reason: arpPacket.error });
  const ndpVerdict = respondNdp(ndp, frame, everything);
  if (ndpVerdict.type === "Reply") assertNdpReply(ndpVerdict.frame, ndpVerdict.ip);
  if (!message.ok) assert.deepEqual(ndpVerdict, { type: "Drop", reason: message.error });
  assert.equal(formatHex(frame), before, "a received frame is only read");
}

function assertArpReply(frame: Uint8Array, ip: Ip): void {
  const decoded = decodeArp(frame);
  assert.ok(decoded.ok);
  assert.deepEqual(encodeArp(decoded.value), frame);
  const { source, destination, operation, senderHardwareAddress, senderProtocolAddress } = decoded.value;
  assert.deepEqual([source, senderHardwareAddress, senderProtocolAddress, operation], [own, own, ip, 2]);
  assert.notEqual(destination, BROADCAST);
}

function assertNdpReply(frame: Uint8Array, ip: Ip): void {
  const decoded = decodeNdp(frame);
  assert.ok(decoded.ok && decoded.value.type === "NeighborAdvertisement");
  assert.deepEqual(encodeNdp(decoded.value), frame);
  const { sourceMac, source, target, override, options } = decoded.value;
  assert.deepEqual([sourceMac, source, target, override], [own, ip, ip, true]);
  assert.deepEqual(options, [{ type: "TargetLinkLayerAddress", mac: own }]);
}

Deno.test("frame decoders and responders survive mutated frames", () => {
  fc.assert(fc.property(mutated, check), { numRuns: 5000 });
});

Deno.test("frame decoders and responders survive noise", () => {
  fc.assert(fc.property(noise, check), { numRuns: 1000 });
});

Deno.test("every seed is decoded", () => {
  for (const seed of seeds) {
    check(seed);
    assert.ok(decodeArp(seed).ok || decodeNdp(seed).ok, formatHex(seed));
  }
});

/** What a corpus file says the verdict is. */
function verdictText(verdict: ReturnType<typeof respondArp> | ReturnType<typeof respondNdp>): string {
  if (verdict.type === "Drop") return verdict.reason;
  return verdict.type === "Reply" ? `reply ${verdict.ip}` : `conflict ${verdict.ip} ${verdict.mac}`;
}

const corpus = join(import.meta.dirname!, "corpus");
for (const { name } of [...Deno.readDirSync(corpus)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  if (!/^frame_.*\.hex$/.test(name)) continue;
  Deno.test(`corpus/${name} is judged as it says`, () => {
    const lines = Deno.readTextFileSync(join(corpus, name)).split("\n");
    const frame = parseHex(lines.filter((line) => !line.startsWith("#")).join(" "));
    assert.ok(frame !== null, "the file holds hexadecimal text");
    check(frame);
    const expected = lines.filter((line) => /^# (arp|ndp): /.test(line));
    assert.deepEqual(expected, [
      `# arp: ${verdictText(respondArp(arp, frame, two))}`,
      `# ndp: ${verdictText(respondNdp(ndp, frame, two))}`,
    ]);
  });
}

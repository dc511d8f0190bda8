import assert from "node:assert/strict";
import { icmpv6Checksum } from "../net/checksum.ts";
import type { Ip } from "../net/ip.ts";
import type { Mac } from "../net/mac.ts";
import { dadSolicitation, unsolicitedAdvertisement } from "./announcement.ts";
import { decodeNdp, encodeNdp, type NeighborAdvertisement, type NeighborSolicitation } from "./packet.ts";

const asker = "02:00:00:00:00:09" as Mac;
const own = "02:00:00:00:00:01" as Mac;

const solicitation: NeighborSolicitation = {
  type: "NeighborSolicitation",
  destinationMac: "33:33:ff:00:00:77" as Mac,
  sourceMac: asker,
  destination: "ff02::1:ff00:77" as Ip,
  source: "fe80::9" as Ip,
  target: "2001:db8::77" as Ip,
  options: [{ type: "SourceLinkLayerAddress", mac: asker }],
};

/** Field by field, as in RFC 8200 section 3 and the figure above the type; the checksum comes from its own test. */
const solicitationOctets = withChecksum([
  ...[0x33, 0x33, 0xff, 0x00, 0x00, 0x77], // Ethernet destination
  ...[0x02, 0x00, 0x00, 0x00, 0x00, 0x09], // Ethernet source
  ...[0x86, 0xdd], // EtherType
  ...[0x60, 0x00, 0x00, 0x00], // version, traffic class, flow label
  ...[0x00, 0x20], // payload length
  ...[58, 255], // next header, hop limit
  ...[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x09], // source
  ...[0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff, 0, 0, 0x77], // destination
  ...[135, 0, 0, 0], // type, code, checksum
  ...[0, 0, 0, 0], // reserved
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x77], // target
  ...[1, 1, 0x02, 0x00, 0x00, 0x00, 0x00, 0x09], // source link-layer address
]);

const advertisement: NeighborAdvertisement = {
  type: "NeighborAdvertisement",
  destinationMac: asker,
  sourceMac: own,
  destination: "fe80::9" as Ip,
  source: "fe80::1" as Ip,
  router: false,
  solicited: true,
  override: true,
  target: "2001:db8::77" as Ip,
  options: [{ type: "TargetLinkLayerAddress", mac: own }],
};

const advertisementOctets = withChecksum([
  ...[0x02, 0x00, 0x00, 0x00, 0x00, 0x09],
  ...[0x02, 0x00, 0x00, 0x00, 0x00, 0x01],
  ...[0x86, 0xdd],
  ...[0x60, 0x00, 0x00, 0x00],
  ...[0x00, 0x20],
  ...[58, 255],
  ...[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01],
  ...[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x09],
  ...[136, 0, 0, 0],
  ...[0x60, 0, 0, 0], // R=0 S=1 O=1
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x77],
  ...[2, 1, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01],
]);

/** The octets with the right checksum in its place. */
function withChecksum(octets: Iterable<number>): Uint8Array {
  const frame = Uint8Array.from(octets);
  frame.set([0, 0], 56);
  const checksum = icmpv6Checksum(frame, 14, (frame[18]! << 8) | frame[19]!);
  frame.set([checksum >>> 8, checksum & 0xff], 56);
  return frame;
}

/** A frame with octets replaced from `at` on and the checksum made right again. */
function altered(
  frame: Uint8Array,
  ...changes: readonly (readonly [at: number, ...octets: number[]])[]
): Uint8Array {
  const copy = frame.slice();
  for (const [at, ...octets] of changes) copy.set(octets, at);
  return withChecksum(copy);
}

/** A frame with its options replaced. */
function withOptions(frame: Uint8Array, ...octets: number[]): Uint8Array {
  const length = 24 + octets.length;
  return altered(Uint8Array.from([...frame.subarray(0, 78), ...octets]), [18, length >>> 8, length & 0xff]);
}

const messages = [
  ["a solicitation", solicitation, solicitationOctets],
  ["an advertisement", advertisement, advertisementOctets],
] as const;
for (const [name, message, octets] of messages) {
  Deno.test(`decodeNdp() reads every field of ${name}`, () => {
    assert.deepEqual(decodeNdp(octets), { ok: true, value: message });
  });

  Deno.test(`encodeNdp() writes all of ${name} into dirty memory and no more`, () => {
    const memory = new Uint8Array(octets.length + 4).fill(0xa5);
    assert.deepEqual(encodeNdp(message, memory), octets);
    assert.deepEqual(memory.subarray(octets.length), new Uint8Array(4).fill(0xa5));
  });
}

Deno.test("encodeNdp() has the checksum right: a value summed by hand", () => {
  const words = [0xfe80, 0x0009, 0xff02, 0x0001, 0xff00, 0x0077, 32, 58]; // pseudo-header
  words.push(0x8700, 0x2001, 0x0db8, 0x0077, 0x0101, 0x0200, 0x0000, 0x0009);
  let sum = words.reduce((total, word) => total + word, 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  const frame = encodeNdp(solicitation);
  assert.equal((frame[56]! << 8) | frame[57]!, ~sum & 0xffff);
});

Deno.test("decodeNdp() ignores padding, reserved bits, traffic class and a priority tag", () => {
  const tagged = Uint8Array.from([
    ...solicitationOctets.subarray(0, 12),
    ...[0x81, 0x00, 0xe0, 0x00],
    ...solicitationOctets.subarray(12),
  ]);
  const variants = [
    Uint8Array.from([...solicitationOctets, 0xff, 0xff]),
    altered(solicitationOctets, [58, 0xff, 0xff, 0xff, 0xff]),
    altered(solicitationOctets, [14, 0x6e, 0x12, 0x34, 0x56]),
    tagged,
  ];
  for (const frame of variants) assert.deepEqual(decodeNdp(frame), { ok: true, value: solicitation });
});

Deno.test("decodeNdp() tells the three flags apart", () => {
  for (
    const [octet, router, solicited, override] of [
      [0x80, true, false, false],
      [0x40, false, true, false],
      [0x20, false, false, true],
      [0x1f, false, false, false],
    ] as const
  ) {
    assert.deepEqual(decodeNdp(altered(advertisementOctets, [58, octet])), {
      ok: true,
      value: { ...advertisement, router, solicited, override },
    });
  }
});

Deno.test("decodeNdp() carries unknown options and odd lengths as they are, and encodeNdp() writes them back", () => {
  const octets = [
    ...[200, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    ...[1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    ...[14, 1, 9, 8, 7, 6, 5, 4],
  ];
  const frame = withOptions(solicitationOctets, ...octets);
  const decoded = decodeNdp(frame);
  const fourteen = Uint8Array.from({ length: 14 }, (_, i) => i + 1);
  assert.deepEqual(decoded, {
    ok: true,
    value: {
      ...solicitation,
      options: [
        { type: "Unknown", code: 200, octets: fourteen },
        { type: "Unknown", code: 1, octets: fourteen },
        { type: "Nonce", octets: Uint8Array.of(9, 8, 7, 6, 5, 4) },
      ],
    },
  });
  if (decoded.ok) assert.deepEqual(encodeNdp(decoded.value), frame);
});

Deno.test("decodeNdp() gives back what encodeNdp() was given", () => {
  const noOptions = { ...solicitation, options: [] };
  for (
    const message of [
      noOptions,
      unsolicitedAdvertisement(own, "2001:db8::77" as Ip),
      dadSolicitation(own, "2001:db8::77" as Ip, 2 ** 48 - 2),
    ]
  ) assert.deepEqual(decodeNdp(encodeNdp(message)), { ok: true, value: message });
});

const fromNobody = altered(withOptions(solicitationOctets), [22, ...Array(16).fill(0)]);
Deno.test("decodeNdp() accepts a solicitation from :: to the solicited-node group", () => {
  assert.deepEqual(decodeNdp(fromNobody), {
    ok: true,
    value: { ...solicitation, source: "::", options: [] },
  });
});

const badChecksum = solicitationOctets.slice();
badChecksum[57]! ^= 1;
const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];

const rejections: readonly (readonly [string, Uint8Array, string])[] = [
  ["13 octets", solicitationOctets.subarray(0, 13), "frame-short"],
  ["another EtherType", altered(solicitationOctets, [12, 0x08, 0x00]), "ether-type"],
  ["a VLAN", altered(solicitationOctets, [12, 0x81, 0x00, 0x00, 0x07]), "vlan-tagged"],
  ["half an IPv6 header", solicitationOctets.subarray(0, 53), "packet-short"],
  ["version 4", altered(solicitationOctets, [14, 0x45]), "ip-version"],
  ["a hop-by-hop header", altered(solicitationOctets, [20, 0]), "next-header"],
  ["a payload longer than the frame", solicitationOctets.subarray(0, 85), "packet-short"],
  ["an empty payload", altered(solicitationOctets, [18, 0, 0]), "packet-short"],
  ["a router solicitation", altered(solicitationOctets, [54, 133]), "icmp-type"],
  ["an echo request", altered(solicitationOctets, [54, 128]), "icmp-type"],
  ["hop limit 254", altered(solicitationOctets, [21, 254]), "hop-limit"],
  ["a wrong checksum", badChecksum, "checksum"],
  ["code 1", altered(solicitationOctets, [55, 1]), "icmp-code"],
  ["23 octets", altered(solicitationOctets, [18, 0, 23]), "message-short"],
  ["4 octets", altered(solicitationOctets, [18, 0, 4]), "message-short"],
  ["a multicast source", altered(solicitationOctets, [22, 0xff, 0x02]), "source-multicast"],
  ["a mapped source", altered(solicitationOctets, [22, ...mapped]), "ipv4-mapped"],
  ["a mapped destination", altered(solicitationOctets, [38, ...mapped]), "ipv4-mapped"],
  ["a mapped target", altered(solicitationOctets, [62, ...mapped]), "ipv4-mapped"],
  ["a multicast target", altered(solicitationOctets, [62, 0xff, 0x02]), "target-multicast"],
  ["an option of length 0", altered(solicitationOctets, [79, 0]), "option-length-zero"],
  ["an option past the end", altered(solicitationOctets, [79, 2]), "option-overrun"],
  ["half an option header", withOptions(solicitationOctets, 1), "option-overrun"],
  [":: to the target itself", altered(fromNobody, [38, 0x20, 0x01]), "unspecified-source-destination"],
  [
    ":: with a source link-layer address",
    altered(solicitationOctets, [22, ...Array(16).fill(0)]),
    "unspecified-source-link-layer-option",
  ],
  ["an advertisement with hop limit 64", altered(advertisementOctets, [21, 64]), "hop-limit"],
  ["an advertisement with code 1", altered(advertisementOctets, [55, 1]), "icmp-code"],
  ["a short advertisement", altered(advertisementOctets, [18, 0, 23]), "message-short"],
  ["an advertisement of a group", altered(advertisementOctets, [62, 0xff]), "target-multicast"],
  [
    "a solicited advertisement to a group",
    altered(advertisementOctets, [38, 0xff, 0x02]),
    "solicited-multicast",
  ],
  ["an advertisement's empty option", altered(advertisementOctets, [79, 0]), "option-length-zero"],
  ["the first check of several", altered(badChecksum, [21, 1], [55, 1], [62, 0xff]), "hop-limit"],
];
for (const [name, frame, error] of rejections) {
  Deno.test(`decodeNdp() rejects ${name}: ${error}`, () => {
    assert.deepEqual(decodeNdp(frame), { ok: false, error });
  });
}

/**
 * Random and mutated octets against the BGP decoders, and random routes against the packer: nothing throws, what is
 * decoded encodes to something that decodes to itself, and every message is within the agreed size.
 *
 * Shape: seeds are the vectors of tests/vectors/bgp; past failures are kept in corpus/bgp_*.hex, one message each.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import {
  type Capability,
  decodeCapabilities,
  encodeCapabilities,
} from "../../protocols/bgp/wire/capability.ts";
import type { Community, LargeCommunity } from "../../protocols/bgp/wire/communities.ts";
import { Framer, messageOf } from "../../protocols/bgp/wire/framer.ts";
import { decodeMessage, encodeMessage } from "../../protocols/bgp/wire/message.ts";
import { hardResetCause, shutdownCommunication } from "../../protocols/bgp/wire/notification.ts";
import type { BgpFamily, MessageType } from "../../protocols/bgp/wire/registry.ts";
import type { UpdateMessage, WireOptions } from "../../protocols/bgp/wire/update.ts";
import { type Announcement, encodeEndOfRib } from "../../protocols/bgp/wire/update_packing.ts";
import { encodeAnnouncements, encodeWithdrawals } from "../../protocols/bgp/wire/update_packing_fixture.ts";
import { formatHex, parseHex, writeUint16 } from "../../protocols/net/bytes.ts";
import { type Ip, ipFromBytes } from "../../protocols/net/ip.ts";
import { type Prefix, prefixOf } from "../../protocols/net/prefix.ts";
import vectors from "../vectors/bgp/messages.json" with { type: "json" };
import verdicts from "../vectors/bgp/verdicts.json" with { type: "json" };

const families: readonly BgpFamily[] = ["ipv4-unicast", "ipv6-unicast"];
const sessions: readonly WireOptions[] = (["internal", "external"] as const).flatMap((peerType) =>
  [true, false].flatMap((fourOctetAsn) => [
    { peerType, fourOctetAsn, families, extendedNextHop: true, maxMessageOctets: 65535 },
    { peerType, fourOctetAsn, families: ["ipv4-unicast"], extendedNextHop: false, maxMessageOctets: 4096 },
  ])
);
const seeds: readonly Uint8Array[] = [...vectors, ...verdicts].map(({ octets }) =>
  parseHex(octets.join(""))!
);

/** Makes the length in the header right, so that what follows is looked at. */
function withLength(message: Uint8Array): Uint8Array {
  const copy = message.slice();
  if (copy.length >= 19) writeUint16(copy, 16, copy.length);
  return copy;
}

const mutation = fc.record({
  verb: fc.constantFrom("set", "cut", "insert", "repeat", "grow"),
  at: fc.nat(200),
  octet: fc.oneof(fc.constantFrom(0, 1, 2, 4, 14, 15, 16, 17, 32, 0x40, 0x80, 0x90, 0xc0, 255), fc.nat(255)),
});

function mutate(
  message: Uint8Array,
  { verb, at, octet }: { verb: string; at: number; octet: number },
): Uint8Array {
  // Most of the first 19 octets are the marker; a change there says little.
  const position = message.length <= 19 ? at : 18 + at % (message.length - 18);
  const [head, tail] = [message.subarray(0, position), message.subarray(position)];
  switch (verb) {
    case "set":
      return Uint8Array.from(message, (old, i) => i === position ? octet : old);
    case "grow":
      return Uint8Array.from(message, (old, i) => i === position ? old + 1 : old);
    case "cut":
      return Uint8Array.from([...head, ...tail.subarray(1 + octet % 8)]);
    case "insert":
      return Uint8Array.from([...head, octet, ...tail]);
    default:
      return Uint8Array.from([...message, ...tail]);
  }
}

const mutated: fc.Arbitrary<Uint8Array> = fc.tuple(
  fc.constantFrom(...seeds),
  fc.array(mutation, { minLength: 1, maxLength: 5 }),
  fc.boolean(),
).map(([seed, mutations, sound]) => {
  const message = mutations.reduce(mutate, seed);
  return sound ? withLength(message) : message;
});

const noise: fc.Arbitrary<Uint8Array> = fc.tuple(
  fc.integer({ min: 1, max: 5 }),
  fc.uint8Array({ maxLength: 400 }),
)
  .map(([type, body]) => messageOf(type as MessageType, body));

/** The octets given whole and in two pieces make the same messages, all within the octets. */
function framesOf(octets: Uint8Array): readonly Uint8Array[] {
  const whole = new Framer(65535).write(octets);
  const framer = new Framer(65535);
  const first = framer.write(octets.subarray(0, octets.length >>> 1));
  const second = framer.write(octets.subarray(octets.length >>> 1));
  assert.deepEqual([...first.messages, ...second.messages], whole.messages);
  assert.deepEqual(second.error, whole.error);
  return whole.messages;
}

function check(octets: Uint8Array): void {
  const before = formatHex(octets);
  for (const message of framesOf(octets)) {
    for (const options of sessions) checkMessage(message, options);
  }
  assert.equal(formatHex(octets), before, "received octets are only read");
}

function checkMessage(message: Uint8Array, options: WireOptions): void {
  const decoded = decodeMessage(message, options);
  if (!decoded.ok) {
    assert.ok(decoded.error.code >= 1 && decoded.error.reason !== "");
    return;
  }
  const value = decoded.value;
  if (value.type === "Update") return checkUpdate(value, options);
  if (value.type === "Notification") {
    shutdownCommunication(value);
    hardResetCause(value);
    if (value.data.length > 4075) return;
  }
  assert.deepEqual(decodeMessage(encodeMessage(value), options), decoded);
}

/** The routes of messages, next hops and attributes beside each prefix. */
function routesIn(messages: readonly Uint8Array[], options: WireOptions): readonly unknown[] {
  return messages.flatMap((message) => {
    assert.ok(message.length <= options.maxMessageOctets);
    const decoded = decodeMessage(message, options);
    assert.ok(decoded.ok && decoded.value.type === "Update");
    assert.deepEqual(decoded.value.faults, []);
    return routesOf(decoded.value);
  });
}

function routesOf({ withdrawn, announced, attributes }: UpdateMessage): readonly unknown[] {
  return [
    ...withdrawn.flatMap(({ family, prefixes }) => prefixes.map((prefix) => ({ family, prefix }))),
    ...announced.flatMap(({ family, nextHop, prefixes }) =>
      prefixes.map((prefix) => ({ family, prefix, nextHop, attributes }))
    ),
  ];
}

function checkUpdate(update: UpdateMessage, options: WireOptions): void {
  if (update.endOfRib !== null) {
    const again = decodeMessage(encodeEndOfRib(update.endOfRib), options);
    assert.deepEqual(again, { ok: true, value: update });
    return;
  }
  const messages: Uint8Array[] = [];
  for (const { family, prefixes } of update.withdrawn) {
    messages.push(...encodeWithdrawals(family, prefixes, options));
  }
  for (const { family, nextHop, prefixes } of update.announced) {
    const packed = encodeAnnouncements({ family, nextHop, attributes: update.attributes }, prefixes, options);
    if (packed === null) return;
    messages.push(...packed);
  }
  assert.deepEqual(routesIn(messages, options), routesOf(update));
}

Deno.test("BGP decoders survive mutated messages", () => {
  fc.assert(fc.property(mutated, check), { numRuns: 5000 });
});

Deno.test("BGP decoders survive noise behind a header, and without one", () => {
  fc.assert(fc.property(noise, check), { numRuns: 2000 });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check), { numRuns: 1000 });
});

Deno.test("decodeCapabilities() survives noise, and what it reads encodes to itself", () => {
  const property = fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
    const capabilities: readonly Capability[] | null = decodeCapabilities(octets);
    if (capabilities === null) return;
    assert.deepEqual(decodeCapabilities(Uint8Array.from(encodeCapabilities(capabilities))), capabilities);
  });
  fc.assert(property, { numRuns: 2000 });
});

const ipv4Prefix: fc.Arbitrary<Prefix> = fc.tuple(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.integer({ min: 0, max: 32 }),
).map(([octets, length]) =>
  prefixOf(ipFromBytes(octets.map((octet, i) => i === 0 ? octet % 224 : octet)), length)
);

const ipv6Prefix: fc.Arbitrary<Prefix> = fc.tuple(
  // Runs of zeros are what the text is about.
  fc.array(fc.oneof(fc.constant(0), fc.constant(0), fc.nat(255)), { minLength: 15, maxLength: 15 }),
  fc.integer({ min: 0, max: 128 }),
).map(([octets, length]) =>
  prefixOf(ipFromBytes(Uint8Array.of(0x20 | octets[0]! & 0x1f, ...octets)), length)
);

const asn = fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.integer({ min: 1, max: 0xffff_ffff }));

const announcement: fc.Arbitrary<Announcement> = fc.record({
  hop: fc.constantFrom(
    { family: "ipv4-unicast", nextHop: { address: "192.0.2.1" as Ip, linkLocal: null } } as const,
    { family: "ipv4-unicast", nextHop: { address: "fe80::1" as Ip, linkLocal: null } } as const,
    {
      family: "ipv6-unicast",
      nextHop: { address: "2001:db8::1" as Ip, linkLocal: "fe80::1" as Ip },
    } as const,
  ),
  asPath: fc.array(asn, { maxLength: 300, size: "max" }),
  localPref: fc.nat(0xffff_ffff),
  communities: fc.array(fc.tuple(fc.nat(65535), fc.nat(65535)), { maxLength: 30, size: "max" }),
  large: fc.uniqueArray(fc.nat(0xffff_ffff), { minLength: 1, maxLength: 5 }),
}).map(({ hop, asPath, localPref, communities, large }) => ({
  ...hop,
  attributes: {
    origin: "igp",
    asPath,
    localPref,
    ...(communities.length > 0
      ? { communities: communities.map((pair) => pair.join(":") as Community) }
      : {}),
    largeCommunities: large.map((number) => `${number}:0:1` as LargeCommunity),
  },
}));

Deno.test("packed UPDATEs hold every prefix once, in order, within the agreed size", () => {
  const property = fc.property(
    announcement,
    fc.array(ipv4Prefix, { maxLength: 1500, size: "max" }),
    fc.array(ipv6Prefix, { maxLength: 500, size: "max" }),
    fc.boolean(),
    fc.constantFrom(512, 4096, 65535),
    (shared, ipv4, ipv6, fourOctetAsn, maxMessageOctets) => {
      const options: WireOptions = {
        peerType: "internal",
        fourOctetAsn,
        families,
        extendedNextHop: true,
        maxMessageOctets,
      };
      const { family, nextHop, attributes } = shared;
      const prefixes = family === "ipv4-unicast" ? ipv4 : ipv6;
      const gone = encodeWithdrawals(family, prefixes, options);
      assert.deepEqual(routesIn(gone, options), prefixes.map((prefix) => ({ family, prefix })));
      const packed = encodeAnnouncements(shared, prefixes, options);
      if (packed === null) {
        assert.ok(maxMessageOctets <= 4096);
        return;
      }
      const expected = prefixes.map((prefix) => ({ family, prefix, nextHop, attributes }));
      assert.deepEqual(routesIn(packed, options), expected);
    },
  );
  fc.assert(property, { numRuns: 150 });
});

const corpus = join(import.meta.dirname!, "corpus");
for (const { name } of [...Deno.readDirSync(corpus)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  if (!/^bgp_.*\.hex$/.test(name)) continue;
  Deno.test(`corpus/${name} is survived`, () => {
    const lines = Deno.readTextFileSync(join(corpus, name)).split("\n");
    const octets = parseHex(lines.filter((line) => !line.startsWith("#")).join(" "));
    assert.ok(octets !== null, "the file holds hexadecimal text");
    check(octets);
  });
}

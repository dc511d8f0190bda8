import assert from "node:assert/strict";
import type { Ip } from "../../net/ip.ts";
import type { Prefix } from "../../net/prefix.ts";
import type { Community } from "./communities.ts";
import { messageOf } from "./framer.ts";
import { MESSAGE_TYPE } from "./registry.ts";
import { type Announcement, encodeEndOfRib, type PackingOptions } from "./update_packing.ts";
import { encodeAnnouncements, encodeWithdrawals } from "./update_packing_fixture.ts";

const plain: PackingOptions = { fourOctetAsn: true, maxMessageOctets: 4096 };
const extended: PackingOptions = { ...plain, maxMessageOctets: 65535 };
const attributes = { origin: "igp", asPath: [65001] } as const;
const byIpv4: Announcement = {
  family: "ipv4-unicast",
  nextHop: { address: "192.0.2.1" as Ip, linkLocal: null },
  attributes,
};
const byIpv6: Announcement = {
  family: "ipv6-unicast",
  nextHop: { address: "2001:db8::1" as Ip, linkLocal: null },
  attributes,
};
const linkLocal: Announcement = {
  ...byIpv4,
  nextHop: { address: "fe80::1" as Ip, linkLocal: "fe80::1" as Ip },
};
const origin = [0x40, 1, 1, 0];
const asPath = [0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9];
const global = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const local = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

function hosts(count: number): readonly Prefix[] {
  return Array.from({ length: count }, (_, i) => {
    return `10.${i >>> 16}.${i >>> 8 & 255}.${i & 255}/32` as Prefix;
  });
}

function total(messages: readonly Uint8Array[]): number {
  return messages.reduce((sum, message) => sum + message.length, 0);
}

Deno.test("encodeAnnouncements() writes IPv4 routes into the NLRI field", () => {
  assert.deepEqual(encodeAnnouncements(byIpv4, ["10.0.0.0/8", "192.0.2.1/32"] as Prefix[], plain), [
    messageOf(MESSAGE_TYPE.update, [
      ...[0, 0], // withdrawn routes length
      ...[0, 20], // total path attribute length
      ...origin,
      ...asPath,
      ...[0x40, 3, 4, 192, 0, 2, 1], // NEXT_HOP
      ...[8, 10],
      ...[32, 192, 0, 2, 1],
    ]),
  ]);
});

Deno.test("encodeAnnouncements() writes IPv6 routes into MP_REACH_NLRI, which stands first", () => {
  assert.deepEqual(encodeAnnouncements(byIpv6, ["2001:db8::/32", "::/0"] as Prefix[], plain), [
    messageOf(MESSAGE_TYPE.update, [
      ...[0, 0],
      ...[0, 44],
      ...[0x90, 14, 0, 27, 0, 2, 1, 16, ...global, 0],
      ...[32, 0x20, 0x01, 0x0d, 0xb8],
      ...[0],
      ...origin,
      ...asPath,
    ]),
  ]);
});

Deno.test("encodeAnnouncements() writes IPv4 routes by IPv6 into MP_REACH_NLRI, with both addresses", () => {
  assert.deepEqual(encodeAnnouncements(linkLocal, ["10.0.0.0/8"] as Prefix[], plain), [
    messageOf(MESSAGE_TYPE.update, [
      ...[0, 0],
      ...[0, 56],
      ...[0x90, 14, 0, 39, 0, 1, 1, 32, ...local, ...local, 0],
      ...[8, 10],
      ...origin,
      ...asPath,
    ]),
  ]);
});

Deno.test("encodeWithdrawals() writes each family where it belongs, and no attributes", () => {
  assert.deepEqual(encodeWithdrawals("ipv4-unicast", ["10.0.0.0/8", "0.0.0.0/0"] as Prefix[], plain), [
    messageOf(MESSAGE_TYPE.update, [0, 3, 8, 10, 0, 0, 0]),
  ]);
  assert.deepEqual(encodeWithdrawals("ipv6-unicast", ["2000::/3"] as Prefix[], plain), [
    messageOf(MESSAGE_TYPE.update, [0, 0, 0, 9, 0x90, 15, 0, 5, 0, 2, 1, 3, 0x20]),
  ]);
});

Deno.test("encodeEndOfRib() is an empty UPDATE, or an MP_UNREACH_NLRI without prefixes", () => {
  assert.deepEqual(encodeEndOfRib("ipv4-unicast"), messageOf(MESSAGE_TYPE.update, [0, 0, 0, 0]));
  assert.deepEqual(
    encodeEndOfRib("ipv6-unicast"),
    messageOf(MESSAGE_TYPE.update, [0, 0, 0, 7, 0x90, 15, 0, 3, 0, 2, 1]),
  );
});

Deno.test("no prefixes make no messages", () => {
  assert.deepEqual(encodeAnnouncements(byIpv4, [], plain), []);
  assert.deepEqual(encodeWithdrawals("ipv6-unicast", [], plain), []);
});

const counts: readonly [hosts: number, options: PackingOptions, messages: number, octets: number][] = [
  [1_000, plain, 2, 5_086],
  [10_000, plain, 13, 50_559],
  [10_000, extended, 1, 50_043],
  [100_000, plain, 124, 505_332],
  [100_000, extended, 8, 500_344],
];
for (const [count, options, messages, octets] of counts) {
  Deno.test(`${count} host routes take ${messages} messages of at most ${options.maxMessageOctets} octets`, () => {
    const packed = encodeAnnouncements(byIpv4, hosts(count), options)!;
    assert.deepEqual([packed.length, total(packed)], [messages, octets]);
    assert.ok(packed.every((message) => message.length <= options.maxMessageOctets));
  });
}

Deno.test("5,000 withdrawals of host routes take 7 messages", () => {
  // 4096 octets less header and two lengths leave 4073, or 814 prefixes of 5 octets.
  const packed = encodeWithdrawals("ipv4-unicast", hosts(5_000), plain);
  assert.deepEqual(packed.map((message) => message.length), [...Array<number>(6).fill(4093), 603]);
});

Deno.test("a message is filled to its last octet", () => {
  // 43 octets besides prefixes leave 4053, which 810 of 5 and one of 3 fill.
  const prefixes = [...hosts(810), "10.0.0.0/16" as Prefix, "10.1.0.0/16" as Prefix];
  const packed = encodeAnnouncements(byIpv4, prefixes, plain)!;
  assert.deepEqual(packed.map((message) => message.length), [4096, 46]);
});

Deno.test("attributes that leave no room for a prefix are refused, not cut", () => {
  const withCommunities = (count: number): Announcement => ({
    ...byIpv4,
    attributes: { ...attributes, communities: Array<Community>(count).fill("1:1" as Community) },
  });
  assert.equal(encodeAnnouncements(withCommunities(1011), hosts(1), plain)?.[0]?.length, 4096);
  assert.equal(encodeAnnouncements(withCommunities(1012), hosts(1), plain), null);
  assert.equal(encodeAnnouncements(withCommunities(1012), hosts(1), extended)?.length, 1);
  assert.equal(encodeAnnouncements(withCommunities(20_000), hosts(1), extended), null);
});

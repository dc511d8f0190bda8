import assert from "node:assert/strict";
import { decodeMpReach, decodeMpUnreach, type MpOptions } from "./mp_nlri.ts";

const both: MpOptions = { families: ["ipv4-unicast", "ipv6-unicast"], extendedNextHop: true };
const global = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const linkLocal = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
const zero = Array<number>(16).fill(0);
const ipv6Prefix = [32, 0x20, 0x01, 0x0d, 0xb8];

/** The value of an MP_REACH_NLRI. */
function reach(afi: number, nextHop: readonly number[], nlri: readonly number[], safi = 1): Uint8Array {
  return Uint8Array.of(0, afi, safi, nextHop.length, ...nextHop, 0, ...nlri);
}

const nextHops: readonly [what: string, octets: readonly number[], nextHop: unknown][] = [
  ["a global address", global, { address: "2001:db8::1", linkLocal: null }],
  ["a link-local address", linkLocal, { address: "fe80::2", linkLocal: null }],
  ["both", [...global, ...linkLocal], { address: "2001:db8::1", linkLocal: "fe80::2" }],
  ["a link-local address twice", [...linkLocal, ...linkLocal], { address: "fe80::2", linkLocal: "fe80::2" }],
  ["nothing and a link-local address", [...zero, ...linkLocal], { address: "fe80::2", linkLocal: null }],
  ["two global addresses", [...global, ...global], { address: "2001:db8::1", linkLocal: null }],
  ["no address", zero, null],
  ["loopback", [...zero.slice(1), 1], null],
  ["a group", [0xff, 0x02, ...global.slice(2)], null],
  ["an IPv4-mapped address", [...zero.slice(0, 10), 0xff, 0xff, 192, 0, 2, 1], null],
];
for (const [what, octets, nextHop] of nextHops) {
  Deno.test(`decodeMpReach() reads ${what} as next hop, for both families`, () => {
    assert.deepEqual(decodeMpReach(reach(2, octets, ipv6Prefix), both), {
      family: "ipv6-unicast",
      nextHop,
      prefixes: ["2001:db8::/32"],
      ignored: [],
    });
    const ipv4 = decodeMpReach(reach(1, octets, [8, 10]), both);
    assert.deepEqual(ipv4, { family: "ipv4-unicast", nextHop, prefixes: ["10.0.0.0/8"], ignored: [] });
  });
}

Deno.test("decodeMpReach() reads IPv4 routes, by IPv6 only where that was agreed", () => {
  const plain: MpOptions = { ...both, extendedNextHop: false };
  const byIpv4 = decodeMpReach(reach(1, [192, 0, 2, 1], [8, 10]), plain);
  assert.deepEqual(typeof byIpv4 === "object" && byIpv4.family !== null && byIpv4.nextHop, {
    address: "192.0.2.1",
    linkLocal: null,
  });
  const byIpv6 = decodeMpReach(reach(1, global, [8, 10]), plain);
  assert.deepEqual(byIpv6, {
    family: "ipv4-unicast",
    nextHop: null,
    prefixes: ["10.0.0.0/8"],
    ignored: [],
  });
});

Deno.test("MP attributes of families not agreed on are not read", () => {
  const ipv4Only: MpOptions = { families: ["ipv4-unicast"], extendedNextHop: false };
  const foreign = { family: null, afi: 2, safi: 1 };
  assert.deepEqual(decodeMpReach(reach(2, [1, 2, 3], [255]), ipv4Only), foreign);
  assert.deepEqual(decodeMpUnreach(Uint8Array.of(0, 2, 1, 255), ipv4Only), foreign);
  assert.deepEqual(decodeMpReach(reach(1, [], [], 4), both), { family: null, afi: 1, safi: 4 });
});

Deno.test("decodeMpUnreach() reads prefixes, or none", () => {
  assert.deepEqual(decodeMpUnreach(Uint8Array.of(0, 2, 1, ...ipv6Prefix), both), {
    family: "ipv6-unicast",
    prefixes: ["2001:db8::/32"],
    ignored: [],
  });
  assert.deepEqual(decodeMpUnreach(Uint8Array.of(0, 1, 1), both), {
    family: "ipv4-unicast",
    prefixes: [],
    ignored: [],
  });
});

Deno.test("decodeMpReach() and decodeMpUnreach() refuse what hides prefixes", () => {
  for (const length of [0, 3, 5, 8, 15, 24, 48]) {
    const value = reach(2, Array<number>(length).fill(1), ipv6Prefix);
    assert.equal(decodeMpReach(value, both), "mp-next-hop-length", `${length}`);
  }
  assert.equal(decodeMpReach(reach(2, [192, 0, 2, 1], ipv6Prefix), both), "mp-next-hop-length");
  assert.equal(decodeMpReach(Uint8Array.of(0, 2, 1, 0), both), "mp-attribute-short");
  assert.equal(decodeMpReach(Uint8Array.of(0, 2, 1, 16, ...global), both), "mp-attribute-short");
  assert.equal(decodeMpReach(reach(2, global, [129]), both), "mp-nlri-malformed");
  assert.equal(decodeMpUnreach(Uint8Array.of(0, 2), both), "mp-attribute-short");
  assert.equal(decodeMpUnreach(Uint8Array.of(0, 2, 1, 32, 1), both), "mp-nlri-malformed");
});

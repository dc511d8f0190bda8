import assert from "node:assert/strict";
import { messageOf } from "./framer.ts";
import { MESSAGE_TYPE } from "./registry.ts";
import { decodeUpdate, type UpdateMessage, type WireOptions } from "./update.ts";

const external: WireOptions = {
  peerType: "external",
  fourOctetAsn: true,
  families: ["ipv4-unicast", "ipv6-unicast"],
  extendedNextHop: false,
  maxMessageOctets: 4096,
};
const internal: WireOptions = { ...external, peerType: "internal" };

const origin = [0x40, 1, 1, 0];
const asPath = [0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe9];
const nextHop = [0x40, 3, 4, 192, 0, 2, 1];
const localPref = [0x40, 5, 4, 0, 0, 0, 100];
const shared = [...origin, ...asPath, ...nextHop];
const badMed = [0x80, 4, 3, 0, 0, 0];
const global = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const documentation = [32, 0x20, 0x01, 0x0d, 0xb8];
const ten = [8, 10];

/** MP_REACH_NLRI for IPv6. */
function reach(...nlri: readonly number[]): readonly number[] {
  return [0x80, 14, 21 + nlri.length, 0, 2, 1, 16, ...global, 0, ...nlri];
}

function unreach(...nlri: readonly number[]): readonly number[] {
  return [0x80, 15, 3 + nlri.length, 0, 2, 1, ...nlri];
}

function update(
  withdrawn: readonly number[],
  attributes: readonly number[],
  nlri: readonly number[],
): Uint8Array {
  const lengths = [withdrawn.length, attributes.length].map((length) => [length >>> 8, length & 0xff]);
  return messageOf(MESSAGE_TYPE.update, [
    ...lengths[0]!,
    ...withdrawn,
    ...lengths[1]!,
    ...attributes,
    ...nlri,
  ]);
}

function accepted(message: Uint8Array, options: WireOptions = external): UpdateMessage {
  const decoded = decodeUpdate(message, options);
  assert.ok(decoded.ok, decoded.ok ? "" : decoded.error.reason);
  return decoded.value;
}

const nothing: UpdateMessage = {
  type: "Update",
  withdrawn: [],
  announced: [],
  attributes: {},
  endOfRib: null,
  verdict: null,
  faults: [],
  ignoredFamilies: [],
  ignoredPrefixes: [],
};
const attributes = { origin: "igp", asPath: [65001] } as const;
const tenRoutes = { family: "ipv4-unicast", prefixes: ["10.0.0.0/8"] };
const documentationRoutes = { family: "ipv6-unicast", prefixes: ["2001:db8::/32"] };
const byIpv4 = { nextHop: { address: "192.0.2.1", linkLocal: null } };
const byIpv6 = { nextHop: { address: "2001:db8::1", linkLocal: null } };

Deno.test("decodeUpdate() reads withdrawn routes, attributes and announced routes of both families", () => {
  const message = update([24, 192, 0, 2], [...reach(...documentation), ...unreach(3, 0x20), ...shared], ten);
  assert.deepEqual(accepted(message), {
    ...nothing,
    withdrawn: [
      { family: "ipv4-unicast", prefixes: ["192.0.2.0/24"] },
      { family: "ipv6-unicast", prefixes: ["2000::/3"] },
    ],
    announced: [{ ...tenRoutes, ...byIpv4 }, { ...documentationRoutes, ...byIpv6 }],
    attributes,
  });
});

Deno.test("decodeUpdate() recognises End-of-RIB of each family, and nothing that only looks like it", () => {
  assert.deepEqual(accepted(update([], [], [])), { ...nothing, endOfRib: "ipv4-unicast" });
  assert.deepEqual(accepted(update([], unreach(), [])), { ...nothing, endOfRib: "ipv6-unicast" });
  assert.equal(accepted(update([], unreach(3, 0x20), [])).endOfRib, null);
  assert.equal(accepted(update([], [...unreach(), ...origin], [])).endOfRib, null);
  assert.equal(accepted(update(ten, unreach(), [])).endOfRib, null);
  const ipv6Only: WireOptions = { ...external, families: ["ipv6-unicast"] };
  assert.equal(accepted(update([], [], []), ipv6Only).endOfRib, null);
});

Deno.test("decodeUpdate() withdraws what came with a malformed attribute, of both families", () => {
  const message = update([8, 11], [...reach(...documentation), ...shared, ...badMed], ten);
  const { withdrawn, announced, verdict, faults } = accepted(message);
  assert.equal(verdict, "treat-as-withdraw");
  assert.deepEqual(announced, []);
  assert.deepEqual(withdrawn, [
    { family: "ipv4-unicast", prefixes: ["11.0.0.0/8", "10.0.0.0/8"] },
    documentationRoutes,
  ]);
  assert.deepEqual(faults.map((fault) => fault.error.reason), ["attribute-length"]);
});

Deno.test("decodeUpdate() keeps the routes when only an attribute is discarded", () => {
  const { announced, verdict, attributes: kept } = accepted(update([], [...shared, ...localPref], ten));
  assert.equal(verdict, "attribute-discard");
  assert.deepEqual(announced, [{ ...tenRoutes, ...byIpv4 }]);
  assert.deepEqual(kept, attributes);
});

const missing: readonly [what: string, message: Uint8Array, options: WireOptions, code: number | null][] = [
  ["ORIGIN", update([], [...asPath, ...nextHop], ten), external, 1],
  ["AS_PATH", update([], [...origin, ...nextHop], ten), external, 2],
  ["NEXT_HOP", update([], [...origin, ...asPath], ten), external, 3],
  ["LOCAL_PREF from inside", update([], shared, ten), internal, 5],
  ["LOCAL_PREF from outside", update([], shared, ten), external, null],
  ["ORIGIN of IPv6 routes", update([], [...reach(...documentation), ...asPath], []), external, 1],
  [
    "NEXT_HOP of IPv6 routes",
    update([], [...reach(...documentation), ...origin, ...asPath], []),
    external,
    null,
  ],
  ["everything, when nothing is announced", update(ten, [], []), external, null],
];
for (const [what, message, options, code] of missing) {
  Deno.test(`decodeUpdate() ${code === null ? "does not miss" : "misses"} ${what}`, () => {
    const { verdict, faults } = accepted(message, options);
    assert.equal(verdict, code === null ? null : "treat-as-withdraw");
    assert.deepEqual(faults.map((fault) => fault.attributeCode), code === null ? [] : [code]);
    assert.deepEqual(faults.map((fault) => fault.error.subcode), code === null ? [] : [3]);
    if (code !== null) assert.deepEqual(faults[0]?.error.data, Uint8Array.of(code));
  });
}

Deno.test("decodeUpdate() takes a prefix in both sections for announced", () => {
  const { withdrawn, announced } = accepted(update([...ten, 8, 11], shared, ten));
  assert.deepEqual(withdrawn, [{ family: "ipv4-unicast", prefixes: ["11.0.0.0/8"] }]);
  assert.deepEqual(announced, [{ ...tenRoutes, ...byIpv4 }]);
  assert.deepEqual(accepted(update(ten, shared, ten)).withdrawn, []);
});

Deno.test("decodeUpdate() ignores families that were not agreed on and prefixes nobody can route to", () => {
  const ipv4Only: WireOptions = { ...external, families: ["ipv4-unicast"] };
  const message = update([], [...reach(255), ...unreach(255), ...shared], [...ten, 4, 0xe0]);
  assert.deepEqual(accepted(message, ipv4Only), {
    ...nothing,
    announced: [{ ...tenRoutes, ...byIpv4 }],
    attributes,
    ignoredFamilies: [{ afi: 2, safi: 1 }, { afi: 2, safi: 1 }],
    ignoredPrefixes: ["224.0.0.0/4"],
  });
  const ipv6Only: WireOptions = { ...external, families: ["ipv6-unicast"] };
  assert.deepEqual(accepted(update([8, 11], shared, ten), ipv6Only), { ...nothing, attributes });
});

Deno.test("decodeUpdate() takes attributes without routes", () => {
  assert.deepEqual(accepted(update([], shared, [])), { ...nothing, attributes });
});

const reset: readonly [what: string, message: Uint8Array, subcode: number, data?: readonly number[]][] = [
  ["withdrawn routes past the end", messageOf(MESSAGE_TYPE.update, [0, 1, 0, 0]), 1],
  ["attributes past the end", messageOf(MESSAGE_TYPE.update, [0, 0, 0, 1]), 1],
  ["no room for the length of attributes", messageOf(MESSAGE_TYPE.update, [0, 3, 8, 10, 0]), 1],
  ["prefix length 33", update([], shared, [33, 10, 0, 0, 0, 0]), 10],
  ["a truncated prefix", update([], shared, [24, 10]), 10],
  ["withdrawn prefix length 40", update([40, 10, 0, 0, 0, 0], [], []), 10],
  ["prefixes that are broken behind a malformed attribute", update([], [...shared, ...badMed], [33]), 10],
  ["a malformed attribute without announced routes", update(ten, [...shared, ...badMed], []), 5, badMed],
  ["half an attribute without announced routes", update([], [...unreach(), 0x80], []), 5, [0x80]],
  ["MP_REACH_NLRI twice", update([], [...reach(), ...reach(), ...shared], []), 1],
  ["an unknown well-known attribute", update([], [...shared, 0x40, 200, 1, 0x78], ten), 2, [
    0x40,
    200,
    1,
    0x78,
  ]],
];
for (const [what, message, subcode, data = []] of reset) {
  Deno.test(`decodeUpdate() resets the session for ${what}`, () => {
    const decoded = decodeUpdate(message, external);
    assert.ok(!decoded.ok);
    assert.deepEqual([decoded.error.code, decoded.error.subcode], [3, subcode]);
    assert.deepEqual(decoded.error.data, Uint8Array.from(data));
  });
}

Deno.test("decodeUpdate() withdraws, and does not reset, for flags of a lone MP_UNREACH_NLRI", () => {
  const message = update([], [0xc0, 15, 8, 0, 2, 1, ...documentation], []);
  const { withdrawn, verdict } = accepted(message);
  assert.deepEqual([withdrawn, verdict], [[documentationRoutes], "treat-as-withdraw"]);
});

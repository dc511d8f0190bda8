import assert from "node:assert/strict";
import type { Ip } from "../../net/ip.ts";
import { type AttributeOptions, decodeAttributes, encodeAttributes } from "./attribute_list.ts";
import type { ListedAttributes } from "./attribute_table.ts";
import type { Community, ExtendedCommunity, LargeCommunity } from "./communities.ts";

const external: AttributeOptions = {
  peerType: "external",
  fourOctetAsn: true,
  families: ["ipv4-unicast", "ipv6-unicast"],
  extendedNextHop: false,
};
const internal: AttributeOptions = { ...external, peerType: "internal" };
const twoOctet: AttributeOptions = { ...external, fourOctetAsn: false };

const attributes: readonly [name: string, attribute: ListedAttributes, octets: readonly number[]][] = [
  ["ORIGIN", { origin: "incomplete" }, [0x40, 1, 1, 2]],
  ["AS_PATH", { asPath: [4200000001] }, [0x40, 2, 6, 2, 1, 0xfa, 0x56, 0xea, 0x01]],
  ["an empty AS_PATH", { asPath: [] }, [0x40, 2, 0]],
  ["NEXT_HOP", { nextHop: "192.0.2.1" as Ip }, [0x40, 3, 4, 192, 0, 2, 1]],
  ["MULTI_EXIT_DISC", { multiExitDisc: 4294967295 }, [0x80, 4, 4, 0xff, 0xff, 0xff, 0xff]],
  ["LOCAL_PREF", { localPref: 100 }, [0x40, 5, 4, 0, 0, 0, 100]],
  ["ATOMIC_AGGREGATE", { atomicAggregate: true }, [0x40, 6, 0]],
  ["AGGREGATOR", { aggregator: { asn: 65001, address: "192.0.2.9" as Ip } }, [
    ...[0xc0, 7, 8],
    ...[0, 0, 0xfd, 0xe9],
    ...[192, 0, 2, 9],
  ]],
  ["COMMUNITIES", { communities: ["65001:7", "65535:65281"] as Community[] }, [
    ...[0xc0, 8, 8],
    ...[0xfd, 0xe9, 0, 7],
    ...[0xff, 0xff, 0xff, 0x01],
  ]],
  ["ORIGINATOR_ID", { originatorId: "192.0.2.7" as Ip }, [0x80, 9, 4, 192, 0, 2, 7]],
  ["CLUSTER_LIST", { clusterList: ["0.0.0.1", "0.0.0.2"] as Ip[] }, [
    ...[0x80, 10, 8],
    ...[0, 0, 0, 1],
    ...[0, 0, 0, 2],
  ]],
  ["EXTENDED COMMUNITIES", { extendedCommunities: ["0002fde900000007" as ExtendedCommunity] }, [
    ...[0xc0, 16, 8],
    ...[0x00, 0x02, 0xfd, 0xe9, 0, 0, 0, 7],
  ]],
  ["LARGE_COMMUNITY", { largeCommunities: ["1:2:3" as LargeCommunity] }, [
    ...[0xc0, 32, 12],
    ...[0, 0, 0, 1],
    ...[0, 0, 0, 2],
    ...[0, 0, 0, 3],
  ]],
  ["an unknown attribute", { unknown: [{ code: 99, flags: 0xe0, octets: Uint8Array.of(1, 2) }] }, [
    ...[0xe0, 99, 2],
    ...[1, 2],
  ]],
  ["a long unknown attribute", { unknown: [{ code: 99, flags: 0x80, octets: new Uint8Array(256) }] }, [
    ...[0x90, 99, 0x01, 0x00],
    ...Array<number>(256).fill(0),
  ]],
];

function decoded(octets: readonly number[], options: AttributeOptions) {
  return decodeAttributes(Uint8Array.from(octets), 0, octets.length, options);
}

for (const [name, attribute, octets] of attributes) {
  Deno.test(`decodeAttributes() reads ${name}`, () => {
    const list = decoded(octets, internal);
    assert.ok(list.ok);
    const { nextHop, attributes: rest, faults } = list.value;
    assert.deepEqual({ ...rest, ...(nextHop === undefined ? {} : { nextHop }) }, attribute);
    assert.deepEqual(faults, []);
  });

  Deno.test(`encodeAttributes() writes ${name}`, () => {
    assert.deepEqual(encodeAttributes(attribute, internal), Uint8Array.from(octets));
  });
}

Deno.test("encodeAttributes() sorts by code and leaves out empty lists", () => {
  const all = Object.assign({}, ...attributes.map(([, attribute]) => attribute), {
    unknown: [
      { code: 35, flags: 0xc0, octets: Uint8Array.of(0, 0, 0, 1) },
      { code: 25, flags: 0xc0, octets: new Uint8Array(20) },
    ],
  }) as ListedAttributes;
  const encoded = encodeAttributes({ ...all, extendedCommunities: [], clusterList: [] }, internal);
  const codes: number[] = [];
  for (let at = 0; at < encoded.length; at += 3 + encoded[at + 2]!) codes.push(encoded[at + 1]!);
  assert.deepEqual(codes, [1, 2, 3, 4, 5, 6, 7, 8, 9, 25, 32, 35]);
});

Deno.test("decodeAttributes() takes any order, unused flags, a needless extended length, the partial bit", () => {
  const list = decoded([
    ...[0xe0, 8, 4, 0xfd, 0xe9, 0, 7],
    ...[0x50, 2, 0, 0],
    ...[0x4f, 1, 1, 0],
  ], external);
  assert.ok(list.ok);
  assert.deepEqual(list.value.attributes, { origin: "igp", asPath: [], communities: ["65001:7"] });
  assert.deepEqual(list.value.faults, []);
});

Deno.test("two-octet sessions carry wide AS numbers beside narrow ones, and get them back", () => {
  const wide = { asPath: [65001, 4200000001], aggregator: { asn: 70000, address: "192.0.2.9" as Ip } };
  const octets = encodeAttributes(wide, twoOctet);
  assert.deepEqual(
    octets,
    Uint8Array.of(
      ...[0x40, 2, 6, 2, 2, 0xfd, 0xe9, 0x5b, 0xa0],
      ...[0xc0, 7, 6, 0x5b, 0xa0, 192, 0, 2, 9],
      ...[0xc0, 17, 10, 2, 2, 0, 0, 0xfd, 0xe9, 0xfa, 0x56, 0xea, 0x01],
      ...[0xc0, 18, 8, 0x00, 0x01, 0x11, 0x70, 192, 0, 2, 9],
    ),
  );
  const list = decodeAttributes(octets, 0, octets.length, twoOctet);
  assert.deepEqual(list.ok && list.value.attributes, wide);
});

/** RFC 7606 by attribute: what is sent, from whom, and its class with the subcode RFC 4271 would have used. */
const FAULTS: readonly [
  what: string,
  octets: readonly number[],
  options: AttributeOptions,
  verdict: string,
][] = [
  ["ORIGIN of value 5", [0x40, 1, 1, 5], external, "treat-as-withdraw 1 3/6"],
  ["ORIGIN of length 2", [0x40, 1, 2, 0, 0], external, "treat-as-withdraw 1 3/5"],
  ["ORIGIN of length 0", [0x40, 1, 0], external, "treat-as-withdraw 1 3/5"],
  ["ORIGIN marked optional", [0xc0, 1, 1, 0], external, "treat-as-withdraw 1 3/4"],
  ["ORIGIN not marked transitive", [0x00, 1, 1, 0], external, "treat-as-withdraw 1 3/4"],
  ["AS_PATH past its segment", [0x40, 2, 4, 2, 2, 0, 0], external, "treat-as-withdraw 2 3/11"],
  ["AS_PATH of segment type 9", [0x40, 2, 6, 9, 1, 0, 0, 0, 1], external, "treat-as-withdraw 2 3/11"],
  ["AS_PATH with an empty segment", [0x40, 2, 2, 2, 0], external, "treat-as-withdraw 2 3/11"],
  ["AS_PATH with a stray octet", [0x40, 2, 7, 2, 1, 0, 0, 0, 1, 2], external, "treat-as-withdraw 2 3/11"],
  ["AS_PATH with AS 0", [0x40, 2, 6, 2, 1, 0, 0, 0, 0], external, "treat-as-withdraw 2 3/11"],
  ["AS_PATH with AS_SET", [0x40, 2, 6, 1, 1, 0, 0, 0, 1], external, "treat-as-withdraw 2 3/11"],
  ["AS_PATH of a confederation", [0x40, 2, 6, 3, 1, 0, 0, 0, 1], external, "treat-as-withdraw 2 3/11"],
  ["AS_PATH marked optional", [0xc0, 2, 0], external, "treat-as-withdraw 2 3/4"],
  ["NEXT_HOP of length 3", [0x40, 3, 3, 192, 0, 2], external, "treat-as-withdraw 3 3/5"],
  ["NEXT_HOP 0.0.0.0", [0x40, 3, 4, 0, 0, 0, 0], external, "treat-as-withdraw 3 3/8"],
  ["NEXT_HOP 127.0.0.1", [0x40, 3, 4, 127, 0, 0, 1], external, "treat-as-withdraw 3 3/8"],
  ["NEXT_HOP 224.0.0.1", [0x40, 3, 4, 224, 0, 0, 1], external, "treat-as-withdraw 3 3/8"],
  ["NEXT_HOP 255.255.255.255", [0x40, 3, 4, 255, 255, 255, 255], external, "treat-as-withdraw 3 3/8"],
  ["MULTI_EXIT_DISC of length 3", [0x80, 4, 3, 0, 0, 0], external, "treat-as-withdraw 4 3/5"],
  ["MULTI_EXIT_DISC marked transitive", [0xc0, 4, 4, 0, 0, 0, 0], external, "treat-as-withdraw 4 3/4"],
  ["LOCAL_PREF from outside", [0x40, 5, 4, 0, 0, 0, 1], external, "attribute-discard 5 3/9"],
  ["LOCAL_PREF of length 3 from outside", [0x40, 5, 3, 0, 0, 1], external, "attribute-discard 5 3/9"],
  ["LOCAL_PREF of length 3 from inside", [0x40, 5, 3, 0, 0, 1], internal, "treat-as-withdraw 5 3/5"],
  ["ATOMIC_AGGREGATE of length 1", [0x40, 6, 1, 0], external, "attribute-discard 6 3/5"],
  ["ATOMIC_AGGREGATE marked optional", [0xc0, 6, 0], external, "treat-as-withdraw 6 3/4"],
  ["AGGREGATOR of length 7", [0xc0, 7, 7, 0, 0, 0, 1, 1, 1, 1], external, "attribute-discard 7 3/5"],
  ["AGGREGATOR of two octets", [0xc0, 7, 6, 0, 1, 1, 1, 1, 1], external, "attribute-discard 7 3/5"],
  [
    "AGGREGATOR of four octets to two",
    [0xc0, 7, 8, 0, 0, 0, 1, 1, 1, 1, 1],
    twoOctet,
    "attribute-discard 7 3/5",
  ],
  ["AGGREGATOR of AS 0", [0xc0, 7, 8, 0, 0, 0, 0, 1, 1, 1, 1], external, "attribute-discard 7 3/9"],
  ["AGGREGATOR marked well-known", [0x40, 7, 8, 0, 0, 0, 1, 1, 1, 1, 1], external, "treat-as-withdraw 7 3/4"],
  ["COMMUNITIES of length 5", [0xc0, 8, 5, 0, 0, 0, 1, 1], external, "treat-as-withdraw 8 3/5"],
  ["COMMUNITIES of length 0", [0xc0, 8, 0], external, "treat-as-withdraw 8 3/5"],
  ["COMMUNITIES not marked transitive", [0x80, 8, 4, 0, 1, 0, 1], external, "treat-as-withdraw 8 3/4"],
  ["ORIGINATOR_ID from outside", [0x80, 9, 4, 1, 1, 1, 1], external, "attribute-discard 9 3/9"],
  ["ORIGINATOR_ID of length 5 from inside", [0x80, 9, 5, 1, 1, 1, 1, 1], internal, "treat-as-withdraw 9 3/5"],
  ["CLUSTER_LIST from outside", [0x80, 10, 4, 1, 1, 1, 1], external, "attribute-discard 10 3/9"],
  ["CLUSTER_LIST of length 0 from inside", [0x80, 10, 0], internal, "treat-as-withdraw 10 3/5"],
  [
    "CLUSTER_LIST of length 6 from inside",
    [0x80, 10, 6, 1, 1, 1, 1, 1, 1],
    internal,
    "treat-as-withdraw 10 3/5",
  ],
  [
    "EXTENDED COMMUNITIES of length 7",
    [0xc0, 16, 7, 0, 0, 0, 0, 0, 0, 0],
    external,
    "treat-as-withdraw 16 3/5",
  ],
  ["EXTENDED COMMUNITIES of length 0", [0xc0, 16, 0], external, "treat-as-withdraw 16 3/5"],
  ["AS4_PATH from a four-octet peer", [0xc0, 17, 6, 2, 1, 0, 0, 0, 1], external, "attribute-discard 17 3/9"],
  ["AS4_PATH malformed", [0xc0, 17, 1, 2], twoOctet, "attribute-discard 17 3/9"],
  ["AS4_PATH with AS 0", [0xc0, 17, 6, 2, 1, 0, 0, 0, 0], twoOctet, "attribute-discard 17 3/9"],
  ["AS4_AGGREGATOR from a four-octet peer", [0xc0, 18, 1, 0], external, "attribute-discard 18 3/9"],
  ["AS4_AGGREGATOR of length 6", [0xc0, 18, 6, 0, 1, 1, 1, 1, 1], twoOctet, "attribute-discard 18 3/5"],
  [
    "LARGE_COMMUNITY of length 11",
    [0xc0, 32, 11, ...Array<number>(11).fill(0)],
    external,
    "treat-as-withdraw 32 3/5",
  ],
  ["LARGE_COMMUNITY of length 0", [0xc0, 32, 0], external, "treat-as-withdraw 32 3/5"],
  [
    "COMMUNITIES twice",
    [0xc0, 8, 4, 0, 1, 0, 1, 0xc0, 8, 4, 0, 2, 0, 2],
    external,
    "attribute-discard 8 3/1",
  ],
  ["an unknown attribute twice", [0xc0, 99, 0, 0xc0, 99, 0], external, "attribute-discard 99 3/1"],
  ["an unknown well-known attribute", [0x40, 200, 1, 0x78], external, "reset 3/2 [40c80178]"],
  ["an attribute past the end", [0xc0, 8, 40, 0, 1, 0, 1], external, "treat-as-withdraw 8 3/5"],
  ["two octets of an attribute", [0xc0, 8], external, "treat-as-withdraw 0 3/5"],
  ["three octets of an extended attribute", [0xd0, 8, 0], external, "treat-as-withdraw 0 3/5"],
  ["MP_REACH_NLRI past the end", [0x80, 14, 40, 0, 2, 1], external, "reset 3/5 [800e28000201]"],
  ["MP_UNREACH_NLRI past the end", [0x80, 15, 40, 0, 2, 1], external, "reset 3/5 [800f28000201]"],
  ["MP_REACH_NLRI too short", [0x80, 14, 4, 0, 2, 1, 0], external, "reset 3/9 [800e0400020100]"],
  [
    "MP_REACH_NLRI with a next hop of 5 octets",
    [0x80, 14, 10, 0, 2, 1, 5, 1, 1, 1, 1, 1, 0],
    external,
    "reset 3/9 [800e0a00020105010101010100]",
  ],
  [
    "MP_UNREACH_NLRI with a broken prefix",
    [0x80, 15, 4, 0, 2, 1, 129],
    external,
    "reset 3/9 [800f0400020181]",
  ],
  ["MP_UNREACH_NLRI marked transitive", [0xc0, 15, 3, 0, 2, 1], external, "treat-as-withdraw 15 3/4"],
  ["MP_UNREACH_NLRI twice", [0x80, 15, 3, 0, 2, 1, 0x80, 15, 3, 0, 2, 1], external, "reset 3/1 []"],
  [
    "MP_REACH_NLRI with a group as next hop",
    [0x80, 14, 21, 0, 2, 1, 16, 0xff, ...Array<number>(15).fill(1), 0],
    external,
    "treat-as-withdraw 14 3/9",
  ],
];
for (const [what, octets, options, verdict] of FAULTS) {
  Deno.test(`decodeAttributes() judges ${what}: ${verdict}`, () => {
    const list = decoded(octets, options);
    if (!list.ok) {
      const { code, subcode, data } = list.error;
      assert.equal(`reset ${code}/${subcode} [${data.toHex()}]`, verdict);
      return;
    }
    const faults = list.value.faults.map((fault) =>
      `${fault.class} ${fault.attributeCode} ${fault.error.code}/${fault.error.subcode}`
    );
    assert.deepEqual(faults, [verdict]);
  });
}

Deno.test("decodeAttributes() returns the attribute at fault as NOTIFICATION data", () => {
  const list = decoded([0x40, 1, 1, 0, 0xc0, 8, 1, 0xaa, 0x40, 2, 0], external);
  assert.ok(list.ok);
  assert.deepEqual(list.value.faults[0]?.error.data, Uint8Array.of(0xc0, 8, 1, 0xaa));
});

Deno.test("decodeAttributes() keeps the first of two", () => {
  const list = decoded([0xc0, 8, 4, 0, 1, 0, 1, 0xc0, 8, 4, 0, 2, 0, 2], external);
  assert.deepEqual(list.ok && list.value.attributes, { communities: ["1:1"] });
});

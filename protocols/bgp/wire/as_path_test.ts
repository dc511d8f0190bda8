import assert from "node:assert/strict";
import type { Ip } from "../../net/ip.ts";
import { as4AttributesOf, decodeAsPath, encodeAsPath, withAs4Attributes } from "./as_path.ts";

const address = "192.0.2.9" as Ip;

Deno.test("AS paths of both widths are read and written", () => {
  const four = [2, 2, 0x00, 0x00, 0xfd, 0xe9, 0xfa, 0x56, 0xea, 0x01];
  assert.deepEqual(decodeAsPath(Uint8Array.from(four), 4), [65001, 4200000001]);
  assert.deepEqual(encodeAsPath([65001, 4200000001], 4), four);
  const two = [2, 2, 0xfd, 0xe9, 0x5b, 0xa0];
  assert.deepEqual(decodeAsPath(Uint8Array.from(two), 2), [65001, 23456]);
  assert.deepEqual(encodeAsPath([65001, 4200000001], 2), two);
  assert.deepEqual(decodeAsPath(new Uint8Array(), 4), []);
  assert.deepEqual(encodeAsPath([], 4), []);
});

Deno.test("encodeAsPath() starts a segment every 255 numbers, decodeAsPath() joins them", () => {
  const asns = Array.from({ length: 300 }, (_, index) => index + 1);
  const octets = Uint8Array.from(encodeAsPath(asns, 4));
  assert.deepEqual([octets[0], octets[1], octets[1022], octets[1023]], [2, 255, 2, 45]);
  assert.deepEqual(decodeAsPath(octets, 4), asns);
});

const refused: readonly [what: string, octets: readonly number[], fault: string][] = [
  ["a segment past the end", [2, 2, 0, 0, 0xfd, 0xe9], "as-path-malformed"],
  ["an empty segment", [2, 0], "as-path-malformed"],
  ["segment type 9", [9, 1, 0, 0, 0xfd, 0xe9], "as-path-malformed"],
  ["segment type 0", [0, 1, 0, 0, 0xfd, 0xe9], "as-path-malformed"],
  ["a stray octet", [2, 1, 0, 0, 0xfd, 0xe9, 2], "as-path-malformed"],
  ["AS 0", [2, 2, 0, 0, 0xfd, 0xe9, 0, 0, 0, 0], "as-path-zero"],
  ["a set", [1, 1, 0, 0, 0xfd, 0xe9], "as-path-set"],
  ["a confederation set", [4, 1, 0, 0, 0xfd, 0xe9], "as-path-set"],
  ["a confederation sequence", [3, 1, 0, 0, 0xfd, 0xe9], "as-path-confederation"],
  ["a set before a broken segment", [1, 1, 0, 0, 0xfd, 0xe9, 2, 0], "as-path-malformed"],
];
for (const [what, octets, fault] of refused) {
  Deno.test(`decodeAsPath() refuses ${what}`, () => {
    assert.equal(decodeAsPath(Uint8Array.from(octets), 4), fault);
  });
}

Deno.test("as4AttributesOf() adds only what two octets cut", () => {
  const narrow = { asPath: [65001], aggregator: { asn: 65001, address } };
  assert.deepEqual(as4AttributesOf(narrow), {});
  const wide = { asPath: [65001, 70000], aggregator: { asn: 70000, address } };
  assert.deepEqual(as4AttributesOf(wide), { as4Path: wide.asPath, as4Aggregator: wide.aggregator });
});

Deno.test("withAs4Attributes() restores the path, keeping what two-octet speakers put in front", () => {
  assert.deepEqual(withAs4Attributes({ asPath: [65002, 65001, 23456] }, { as4Path: [65001, 70000] }), {
    asPath: [65002, 65001, 70000],
  });
  assert.deepEqual(withAs4Attributes({ asPath: [23456] }, { as4Path: [1, 70000] }), { asPath: [23456] });
  assert.deepEqual(withAs4Attributes({ asPath: [23456] }, {}), { asPath: [23456] });
  assert.deepEqual(withAs4Attributes({}, { as4Path: [70000] }), {});
});

Deno.test("withAs4Attributes() believes AS4_AGGREGATOR, and then AS4_PATH, only behind AS_TRANS", () => {
  const as4Aggregator = { asn: 70000, address };
  const full = { as4Path: [70000], as4Aggregator };
  const cut = { asPath: [23456], aggregator: { asn: 23456, address } };
  assert.deepEqual(withAs4Attributes(cut, full), { asPath: [70000], aggregator: as4Aggregator });
  const reset = { asPath: [23456], aggregator: { asn: 65001, address } };
  assert.deepEqual(withAs4Attributes(reset, full), reset);
  assert.deepEqual(withAs4Attributes(reset, { as4Path: [70000] }), { ...reset, asPath: [70000] });
  assert.deepEqual(withAs4Attributes({ asPath: [23456] }, full), { asPath: [70000] });
});

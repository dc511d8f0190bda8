import assert from "node:assert/strict";
import fc from "fast-check";
import { type Ip, ipFromBigInt } from "./ip.ts";
import {
  boundsOf,
  parsePrefix,
  type Prefix,
  prefixContains,
  prefixesOfRange,
  prefixesOverlap,
  prefixOf,
} from "./prefix.ts";

/** Text, and what Go's net.ParseCIDR gives as the network; null where it refuses (or gives ::/24 for a mapped one). */
const PARSED: readonly (readonly [string, string | null])[] = [
  ["10.20.30.0/24", "10.20.30.0/24"],
  ["10.20.30.77/24", "10.20.30.0/24"],
  ["10.20.30.77/32", "10.20.30.77/32"],
  ["10.20.30.77/0", "0.0.0.0/0"],
  ["2001:DB8::77/64", "2001:db8::/64"],
  ["2001:db8::77/128", "2001:db8::77/128"],
  ["2001:db8::/0", "::/0"],
  ["10.20.30.0", null],
  ["10.20.30.0/", null],
  ["10.20.30.0/33", null],
  ["10.20.30.0/-1", null],
  ["10.20.30.0/+1", null],
  ["10.20.30.0/024", "10.20.30.0/24"],
  ["10.20.30.0/99999999999999999999", null],
  ["::ffff:10.20.30.77/120", "10.20.30.0/24"],
  ["::ffff:10.20.30.77/24", null],
  ["::ffff:10.20.30.77/129", null],
  ["10.20.30.0/24 ", null],
  [" 10.20.30.0/24", null],
  ["10.20.30.0/24/8", null],
  ["10.20.30.0/255.255.255.0", null],
  ["2001:db8::/129", null],
  ["/24", null],
  ["", null],
];
for (const [text, expected] of PARSED) {
  Deno.test(`parsePrefix() reads ${JSON.stringify(text)} as ${expected}`, () => {
    assert.equal(parsePrefix(text), expected);
  });
}

Deno.test("boundsOf() gives the first and the last address", () => {
  assert.deepEqual(boundsOf("10.0.0.0/30" as Prefix), {
    family: "ipv4",
    length: 30,
    first: 0x0a000000n,
    last: 0x0a000003n,
  });
  assert.equal(boundsOf("::/0" as Prefix).last, 2n ** 128n - 1n);
});

Deno.test("prefixContains() includes both ends and no other family", () => {
  const prefix = "10.0.0.4/30" as Prefix;
  const inside = ["10.0.0.3", "10.0.0.4", "10.0.0.7", "10.0.0.8", "::a00:4"].map((ip) =>
    prefixContains(prefix, ip as Ip)
  );
  assert.deepEqual(inside, [false, true, true, false, false]);
});

Deno.test("prefixesOverlap() sees nesting either way and keeps families apart", () => {
  const overlap = (a: string, b: string) => prefixesOverlap(a as Prefix, b as Prefix);
  assert.equal(overlap("10.0.0.0/8", "10.1.0.0/16"), true);
  assert.equal(overlap("10.1.0.0/16", "10.0.0.0/8"), true);
  assert.equal(overlap("10.0.0.0/9", "10.128.0.0/9"), false);
  assert.equal(overlap("0.0.0.0/0", "::/0"), false);
});

Deno.test("prefixesOfRange() covers the examples", () => {
  const cover = (first: string, last: string) => prefixesOfRange(first as Ip, last as Ip);
  assert.deepEqual(cover("10.0.0.0", "10.0.0.255"), ["10.0.0.0/24"]);
  assert.deepEqual(cover("10.0.0.1", "10.0.0.6"), [
    "10.0.0.1/32",
    "10.0.0.2/31",
    "10.0.0.4/31",
    "10.0.0.6/32",
  ]);
  assert.deepEqual(cover("0.0.0.0", "255.255.255.255"), ["0.0.0.0/0"]);
  assert.deepEqual(cover("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ["::/0"]);
  assert.deepEqual(cover("10.0.0.9", "10.0.0.9"), ["10.0.0.9/32"]);
});

Deno.test("prefixesOfRange() is contiguous, ascending and minimal", () => {
  const number = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
  fc.assert(fc.property(number, number, (a, b) => {
    const [first, last] = a < b ? [a, b] : [b, a];
    const prefixes = prefixesOfRange(ipFromBigInt(first, "ipv4"), ipFromBigInt(last, "ipv4"));
    let next = first;
    for (const prefix of prefixes) {
      assert.equal(boundsOf(prefix).first, next);
      next = boundsOf(prefix).last + 1n;
    }
    assert.equal(next, last + 1n);
    for (let i = 1; i < prefixes.length; i++) {
      const [x, y] = [boundsOf(prefixes[i - 1]!), boundsOf(prefixes[i]!)];
      const parent = prefixOf(ipFromBigInt(x.first, "ipv4"), Math.max(0, x.length - 1));
      assert.ok(
        x.length !== y.length || boundsOf(parent).first !== x.first,
        "two neighbours make one prefix",
      );
    }
  }));
});

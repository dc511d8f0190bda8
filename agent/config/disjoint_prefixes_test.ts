import assert from "node:assert/strict";
import fc from "fast-check";
import { type Ip, ipFromBigInt } from "../../protocols/net/ip.ts";
import { type Prefix, prefixContains, prefixesOverlap, prefixOf } from "../../protocols/net/prefix.ts";
import { DisjointPrefixes } from "./disjoint_prefixes.ts";

const ips: fc.Arbitrary<Ip> = fc.oneof(
  fc.bigInt({ min: 0x0a00_0000n, max: 0x0a00_003fn }).map((it) => ipFromBigInt(it, "ipv4")),
  fc.bigInt({ min: 0n, max: 15n }).map((it) => ipFromBigInt((0x2001n << 112n) + it, "ipv6")),
);
const prefixes: fc.Arbitrary<Prefix> = fc.tuple(ips, fc.nat(5)).map(([ip, hostBits]) =>
  prefixOf(ip, (ip.includes(":") ? 128 : 32) - hostBits)
);

Deno.test("DisjointPrefixes takes exactly the prefixes that overlap nothing taken before, and finds them again", () => {
  fc.assert(fc.property(fc.array(prefixes, { maxLength: 30 }), ips, (candidates, ip) => {
    const taken: Prefix[] = [];
    const set = new DisjointPrefixes<number>();
    for (const [index, prefix] of candidates.entries()) {
      const earlier = set.insert(prefix, index);
      assert.equal(earlier !== null, taken.some((it) => prefixesOverlap(it, prefix)));
      if (earlier === null) taken.push(prefix);
      else assert.ok(prefixesOverlap(earlier.prefix, prefix) && candidates[earlier.value] === earlier.prefix);
    }
    assert.equal(set.at(ip)?.prefix, taken.find((it) => prefixContains(it, ip)));
  }));
});

Deno.test("DisjointPrefixes keeps the families apart", () => {
  const set = new DisjointPrefixes<string>();
  assert.equal(set.insert("0.0.0.0/0" as Prefix, "all of IPv4"), null);
  assert.equal(set.insert("::/0" as Prefix, "all of IPv6"), null);
  assert.equal(set.at("255.255.255.255" as Ip)?.value, "all of IPv4");
  assert.equal(set.at("::1" as Ip)?.value, "all of IPv6");
});

import assert from "node:assert/strict";
import type { Prefix } from "../../protocols/net/prefix.ts";
import { type Capacity, capacityOf, UNCOUNTABLE } from "./pool_capacity.ts";

const CAPACITIES: readonly [string, string, boolean, Capacity][] = [
  ["a /32", "1.2.3.4/32", false, { total: 1n, ipv4: 1n, ipv6: 0n }],
  ["everything of IPv4", "0.0.0.0/0", false, { total: 1n << 32n, ipv4: 1n << 32n, ipv6: 0n }],
  ["a /16 without its 256 x 2 buggy ones", "10.1.0.0/16", true, { total: 65_024n, ipv4: 65_024n, ipv6: 0n }],
  ["a buggy /32 as nothing", "1.2.3.0/32", true, { total: 0n, ipv4: 0n, ipv6: 0n }],
  ["the upper half of a /24", "1.2.3.128/25", true, { total: 127n, ipv4: 127n, ipv6: 0n }],
  ["the middle of a /24", "1.2.3.64/26", true, { total: 64n, ipv4: 64n, ipv6: 0n }],
  ["61 host bits exactly", "fc00::/67", false, { total: 1n << 61n, ipv4: 0n, ipv6: 1n << 61n }],
  ["62 host bits as uncountable", "fc00::/66", false, { total: UNCOUNTABLE, ipv4: 0n, ipv6: UNCOUNTABLE }],
  ["what follows an uncountable block", "fc00::/64 fd00::/64 fe00::/126 1.2.3.0/30", false, {
    total: UNCOUNTABLE,
    ipv4: 4n,
    ipv6: UNCOUNTABLE,
  }],
  ["no buggy address in IPv6", "fc00::/120", true, { total: 256n, ipv4: 0n, ipv6: 256n }],
];

for (const [what, prefixes, avoidBuggyIPs, expected] of CAPACITIES) {
  Deno.test(`capacityOf() counts ${what}`, () => {
    const pool = {
      name: "pool",
      prefixes: prefixes.split(" ") as Prefix[],
      autoAssign: true,
      avoidBuggyIPs,
      serviceAllocation: null,
      l2Advertisements: [],
      bgpAdvertisements: [],
    };
    assert.deepEqual(capacityOf(pool), expected);
  });
}

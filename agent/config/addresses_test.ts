import assert from "node:assert/strict";
import { parseAddresses } from "./addresses.ts";

const ACCEPTED: readonly [string, readonly string[]][] = [
  ["10.20.30.40/24", ["10.20.30.0/24"]],
  ["1.2.3.4/32", ["1.2.3.4/32"]],
  ["2001:DB8::1/64", ["2001:db8::/64"]],
  ["10.0.0.1-10.0.0.1", ["10.0.0.1/32"]],
  ["  10.0.0.1  -  10.0.0.2 ", ["10.0.0.1/32", "10.0.0.2/32"]],
  ["fc00::1-fc00::2", ["fc00::1/128", "fc00::2/128"]],
  ["::ffff:10.0.0.0-10.0.0.1", ["10.0.0.0/31"]],
  [
    "40.0.0.150-40.0.0.200",
    ["40.0.0.150/31", "40.0.0.152/29", "40.0.0.160/27", "40.0.0.192/29", "40.0.0.200/32"],
  ],
];

for (const [entry, prefixes] of ACCEPTED) {
  Deno.test(`parseAddresses() reads "${entry}" as ${prefixes}`, () => {
    assert.deepEqual(parseAddresses(entry), { ok: true, prefixes });
  });
}

const REFUSED: readonly [string, RegExp][] = [
  ["", /invalid CIDR ""/],
  ["10.0.0.1", /add a prefix length, such as 10\.0\.0\.1\/32/],
  ["fc00::1", /add a prefix length, such as fc00::1\/128/],
  [" 10.0.0.0/24", /remove the blanks/],
  ["10.0.0.0/33", /invalid CIDR "10\.0\.0\.0\/33"/],
  ["100.200.300.400/24", /invalid CIDR/],
  ["1.2.3.10-1.2.3.1", /start IP 1\.2\.3\.10 is after the end IP 1\.2\.3\.1/],
  ["1.2.3.4-", /invalid end IP ""/],
  ["-1.2.3.4", /invalid start IP ""/],
  ["1.2.3.4-1.2.3.5-1.2.3.6", /invalid end IP "1\.2\.3\.5-1\.2\.3\.6"/],
  ["1.2.3.4-fc00::1", /different address families/],
  ["fc00::1-1.2.3.4", /different address families/],
  ["10.0.0.0/24-10.0.1.0/24", /invalid start IP "10\.0\.0\.0\/24"/],
];

for (const [entry, message] of REFUSED) {
  Deno.test(`parseAddresses() refuses "${entry}"`, () => {
    const parsed = parseAddresses(entry);
    assert.ok(!parsed.ok);
    assert.match(parsed.message, message);
  });
}

import assert from "node:assert/strict";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import {
  compareIps,
  familyOf,
  type Ip,
  ipFromBigInt,
  ipFromBytes,
  ipToBigInt,
  ipToBytes,
  ipv4At,
  ipv6At,
  isIpv4MappedAt,
  parseIp,
} from "./ip.ts";

/** Text, and what Go's net.ParseIP(text).String() prints; null where it refuses. */
const PARSED: readonly (readonly [string, string | null])[] = [
  ["10.20.30.1", "10.20.30.1"],
  ["0.0.0.0", "0.0.0.0"],
  ["255.255.255.255", "255.255.255.255"],
  ["10.20.30", null],
  ["10.20.30.1.2", null],
  ["10.20.30.01", null],
  ["10.20.30.256", null],
  ["10.20.30.-1", null],
  [" 10.20.30.1", null],
  ["10.20.30.1 ", null],
  ["10.20.30.1\n", null],
  ["10.20.30.1/32", null],
  ["0x0a.20.30.1", null],
  ["1", null],
  ["", null],
  ["::", "::"],
  ["::1", "::1"],
  ["2001:DB8::1", "2001:db8::1"],
  ["2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ["fe80::", "fe80::"],
  ["::ffff:10.0.0.1", "10.0.0.1"],
  ["::ffff:a00:1", "10.0.0.1"],
  ["::1.2.3.4", "::102:304"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ["fe80::1%eth0", null],
  ["::1::2", null],
  [":::", null],
  [":", null],
  ["1:2:3:4:5:6:7", null],
  ["1:2:3:4:5:6:7:8:9", null],
  ["1::2:3:4:5:6:7:8", null],
  ["12345::", null],
  ["g::", null],
  ["::1.2.3", null],
  ["::1.2.3.04", null],
  ["::ffff:1.2.3.4:5", null],
  ["[::1]", null],
  ["::1 ", null],
  [" ::1", null],
  ["::1\n", null],
  ["::1/128", null],
];
for (const [text, expected] of PARSED) {
  Deno.test(`parseIp() reads ${JSON.stringify(text)} as ${expected}`, () => {
    assert.equal(parseIp(text), expected);
  });
}

/** Sixteen octets with plenty of zero groups. */
const octets16: fc.Arbitrary<Uint8Array> = fc.array(
  fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })),
  { minLength: 8, maxLength: 8 },
).map((groups) => Uint8Array.from(groups.flatMap((group) => [group >>> 8, group & 0xff])));

Deno.test("ipv6At() writes what RFC 5952 says, as ipaddr.js does", () => {
  fc.assert(
    fc.property(octets16, (octets) => {
      assert.equal(ipv6At(octets, 0), new ipaddr.IPv6(Array.from(octets)).toRFC5952String());
    }),
    { numRuns: 2000 },
  );
});

Deno.test("ipv4At() and ipv6At() keep to their offset", () => {
  const bytes = Uint8Array.of(9, 10, 0, 0, 1, ...new Uint8Array(14), 7, 9);
  assert.equal(ipv4At(bytes, 1), "10.0.0.1");
  assert.equal(ipv6At(bytes, 4), "100::7");
});

Deno.test("isIpv4MappedAt() knows ::ffff:0:0/96 only", () => {
  const octets = new Uint8Array(16);
  assert.equal(isIpv4MappedAt(octets, 0), false);
  octets.set([0xff, 0xff], 10);
  assert.equal(isIpv4MappedAt(octets, 0), true);
  octets[9] = 1;
  assert.equal(isIpv4MappedAt(octets, 0), false);
});

Deno.test("ipFromBytes() and ipToBytes() undo each other, but for a mapped address", () => {
  fc.assert(fc.property(fc.oneof(octets16, fc.uint8Array({ minLength: 4, maxLength: 4 })), (octets) => {
    const mapped = octets.length === 16 && isIpv4MappedAt(octets, 0);
    assert.deepEqual(ipToBytes(ipFromBytes(octets)), mapped ? octets.slice(12) : octets);
    assert.equal(parseIp(ipFromBytes(octets)), ipFromBytes(octets));
  }));
  const mapped = ipToBytes("::ffff:0:0" as Ip);
  assert.equal(ipFromBytes(mapped), "0.0.0.0");
});

Deno.test("ipToBigInt() and ipFromBigInt() undo each other at both ends", () => {
  for (const text of ["0.0.0.0", "10.0.0.1", "255.255.255.255", "::", "2001:db8::1", "::ff", "ff00::"]) {
    const ip = text as Ip;
    assert.equal(ipFromBigInt(ipToBigInt(ip), familyOf(ip)), ip);
  }
  assert.equal(ipToBigInt("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" as Ip), 2n ** 128n - 1n);
});

Deno.test("compareIps() puts IPv4 first and orders by number, not by text", () => {
  const sorted = ["9.0.0.0", "10.0.0.2", "10.0.0.10", "::", "::9", "::10", "2001:db8::"] as Ip[];
  assert.deepEqual([...sorted].reverse().sort(compareIps), sorted);
  assert.equal(compareIps("::9" as Ip, "::9" as Ip), 0);
});

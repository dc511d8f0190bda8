import assert from "node:assert/strict";
import type { Prefix } from "../../net/prefix.ts";
import { decodeNlri, nlriOctets, writeNlri } from "./nlri.ts";
import type { BgpFamily } from "./registry.ts";

const prefixes: readonly [family: BgpFamily, text: string, octets: readonly number[]][] = [
  ["ipv4-unicast", "0.0.0.0/0", [0]],
  ["ipv4-unicast", "10.0.0.0/8", [8, 10]],
  ["ipv4-unicast", "10.64.0.0/10", [10, 10, 64]],
  ["ipv4-unicast", "10.20.30.0/24", [24, 10, 20, 30]],
  ["ipv4-unicast", "10.20.30.128/25", [25, 10, 20, 30, 128]],
  ["ipv4-unicast", "255.255.255.255/32", [32, 255, 255, 255, 255]],
  ["ipv6-unicast", "::/0", [0]],
  ["ipv6-unicast", "2000::/3", [3, 0x20]],
  ["ipv6-unicast", "2001:db8::/32", [32, 0x20, 0x01, 0x0d, 0xb8]],
  ["ipv6-unicast", "2001:db8:0:1::/64", [64, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1]],
  ["ipv6-unicast", "::1/128", [128, ...Array<number>(15).fill(0), 1]],
  ["ipv6-unicast", "::2:0:0:0/80", [80, ...Array<number>(9).fill(0), 2]],
  ["ipv6-unicast", "2001:db8::a:0/112", [112, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a]],
  ["ipv6-unicast", "1:2:3:4:5:6:7:8/128", [128, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]],
  ["ipv6-unicast", "2001:db8::1:0:0:1/128", [
    ...[128, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0],
    ...[0, 1, 0, 0, 0, 0, 0, 1],
  ]],
];
for (const [family, text, octets] of prefixes) {
  Deno.test(`decodeNlri() reads ${text}`, () => {
    const nlri = decodeNlri(Uint8Array.from([0xa5, ...octets, 0xa5]), 1, 1 + octets.length, family);
    assert.deepEqual(nlri, { prefixes: [text], ignored: [] });
  });

  Deno.test(`writeNlri() writes ${text} into dirty memory and no more`, () => {
    const memory = new Uint8Array(octets.length + 4).fill(0xa5);
    assert.equal(writeNlri(memory, 2, text as Prefix, family), 2 + octets.length);
    assert.deepEqual(memory, Uint8Array.of(0xa5, 0xa5, ...octets, 0xa5, 0xa5));
    assert.equal(nlriOctets(text as Prefix), octets.length);
  });
}

Deno.test("decodeNlri() reads one prefix after the other and clears host bits", () => {
  const octets = Uint8Array.of(20, 10, 20, 0xff, 0, 32, 192, 0, 2, 1);
  assert.deepEqual(decodeNlri(octets, 0, octets.length, "ipv4-unicast"), {
    prefixes: ["10.20.240.0/20", "0.0.0.0/0", "192.0.2.1/32"],
    ignored: [],
  });
  const ipv6 = Uint8Array.of(33, 0x20, 0x01, 0x0d, 0xb8, 0xff);
  assert.deepEqual(decodeNlri(ipv6, 0, 6, "ipv6-unicast")?.prefixes, ["2001:db8:8000::/33"]);
});

Deno.test("decodeNlri() sets apart what nobody can route to", () => {
  const ipv4 = Uint8Array.of(4, 0xe0, 8, 10, 32, 239, 1, 2, 3, 3, 0xe0);
  assert.deepEqual(decodeNlri(ipv4, 0, ipv4.length, "ipv4-unicast"), {
    prefixes: ["10.0.0.0/8", "224.0.0.0/3"],
    ignored: ["224.0.0.0/4", "239.1.2.3/32"],
  });
  const mapped = [...Array<number>(10).fill(0), 0xff, 0xff];
  const ipv6 = Uint8Array.of(8, 0xff, 10, 0xfe, 0x80, 96, ...mapped, 7, 0xfc);
  assert.deepEqual(decodeNlri(ipv6, 0, ipv6.length, "ipv6-unicast"), {
    prefixes: ["fc00::/7"],
    ignored: ["ff00::/8", "fe80::/10", "::ffff:0:0/96"],
  });
});

const malformed: readonly [what: string, family: BgpFamily, octets: readonly number[]][] = [
  ["a length above 32", "ipv4-unicast", [33, 10, 0, 0, 0, 0]],
  ["a length above 128", "ipv6-unicast", [129, ...Array<number>(17).fill(0)]],
  ["a prefix past the end", "ipv4-unicast", [24, 10, 20]],
  ["a last prefix past the end", "ipv4-unicast", [8, 10, 32, 10, 20, 30]],
  ["a length alone", "ipv6-unicast", [1]],
];
for (const [what, family, octets] of malformed) {
  Deno.test(`decodeNlri() refuses ${what}`, () => {
    assert.equal(decodeNlri(Uint8Array.from(octets), 0, octets.length, family), null);
  });
}

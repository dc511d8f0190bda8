import assert from "node:assert/strict";
import type { Ip } from "../protocols/net/ip.ts";
import * as layout from "./layout.ts";

const V4 = "192.0.2.9" as Ip;
const V6 = "2001:db8::9" as Ip;
const V6_OCTETS = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9];

Deno.test("encodeSocketAddress() writes sockaddr_in: family, port in network order, address, padding", () => {
  const expected = [2, 0, 0x12, 0x34, 192, 0, 2, 9, 0, 0, 0, 0, 0, 0, 0, 0];
  assert.deepEqual([...layout.encodeSocketAddress({ ip: V4, port: 0x1234 })], expected);
});

Deno.test("encodeSocketAddress() writes sockaddr_in6: family, port, flow, address, scope", () => {
  const expected = [10, 0, 0x12, 0x34, 0, 0, 0, 0, ...V6_OCTETS, 5, 1, 0, 0];
  assert.deepEqual([...layout.encodeSocketAddress({ ip: V6, port: 0x1234, scopeId: 261 })], expected);
});

Deno.test("decodeSocketAddress() reads back what encodeSocketAddress() writes, and no other family", () => {
  for (const address of [{ ip: V4, port: 179 }, { ip: V6, port: 65_535 }, { ip: V6, port: 1, scopeId: 7 }]) {
    const storage = layout.allocate(layout.SOCKADDR_STORAGE_OCTETS);
    storage.set(layout.encodeSocketAddress(address));
    assert.deepEqual(layout.decodeSocketAddress(storage), address);
  }
  assert.equal(layout.decodeSocketAddress(Uint8Array.of(1, 0, ...Array(30).fill(0))), null);
  assert.equal(
    layout.decodeSocketAddress(layout.encodeSocketAddress({ ip: V6, port: 1 }).subarray(0, 20)),
    null,
  );
  assert.equal(layout.decodeSocketAddress(Uint8Array.of(2, 0)), null);
});

Deno.test("encodeSockaddrLl() writes family, EtherType in network order, interface index", () => {
  assert.deepEqual([...layout.encodeSockaddrLl(0x0806, 261)], [
    17,
    0,
    0x08,
    0x06,
    5,
    1,
    0,
    0,
    ...Array(12).fill(0),
  ]);
});

Deno.test("encodeSockaddrNl() writes family, port 0, groups", () => {
  assert.deepEqual([...layout.encodeSockaddrNl(0x111)], [16, 0, 0, 0, 0, 0, 0, 0, 0x11, 1, 0, 0]);
});

Deno.test("encodeIpv6Mreq() writes group and interface index", () => {
  assert.deepEqual([...layout.encodeIpv6Mreq(V6, 261)], [...V6_OCTETS, 5, 1, 0, 0]);
});

Deno.test("encodeTcpMd5sig() writes the peer, the key and its length at their offsets in 216 octets", () => {
  const key = new TextEncoder().encode("secret");
  const one = layout.encodeTcpMd5sig(V4, null, key);
  assert.equal(one.length, 216);
  assert.deepEqual([...one.subarray(0, 8)], [2, 0, 0, 0, 192, 0, 2, 9]);
  assert.deepEqual([...one.subarray(128, 136)], [0, 0, 6, 0, 0, 0, 0, 0]);
  assert.deepEqual(one.subarray(136, 142), key);
  const prefix = layout.encodeTcpMd5sig(V6, 64, key);
  assert.deepEqual([...prefix.subarray(8, 24)], V6_OCTETS);
  assert.deepEqual([...prefix.subarray(128, 132)], [1, 64, 6, 0]);
  assert.equal(
    layout.encodeTcpMd5sig(V4, null, new Uint8Array()).subarray(130).some((octet) => octet !== 0),
    false,
  );
});

Deno.test("writeTimespec() splits milliseconds into seconds and nanoseconds over dirty memory", () => {
  const cases: [number, number, number][] = [
    [0, 0, 0],
    [-5, 0, 0],
    [0.25, 0, 250_000],
    [1.5, 0, 1_500_000],
    [2500, 2, 500_000_000],
    [1e-7, 0, 1],
    [999.9999999, 0, 999_999_999],
  ];
  for (const [ms, seconds, nanoseconds] of cases) {
    const bytes = new Uint8Array(24).fill(0xa5);
    const view = layout.viewOf(bytes);
    layout.writeTimespec(view, 8, ms);
    assert.deepEqual([view.getBigInt64(8, true), view.getBigInt64(16, true)], [
      BigInt(seconds),
      BigInt(nanoseconds),
    ], `${ms} ms`);
    assert.equal(bytes[7], 0xa5);
  }
});

Deno.test("encodeCString() ends with a zero, encodeInt() is little-endian and signed", () => {
  assert.deepEqual([...layout.encodeCString("eth0")], [0x65, 0x74, 0x68, 0x30, 0]);
  assert.deepEqual([...layout.encodeInt(-2)], [0xfe, 0xff, 0xff, 0xff]);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeRouteMessages,
  encodeDumpRequest,
  type RouteEvent,
  RTM_GETADDR,
  RTM_GETLINK,
} from "./netlink_message.ts";

/** Octets of a little-endian number. */
function u16(value: number): number[] {
  return [value & 0xff, value >> 8];
}
function u32(value: number): number[] {
  return [...u16(value & 0xffff), ...u16(value >>> 16)];
}

function padded(octets: number[]): number[] {
  return [...octets, ...Array((4 - octets.length % 4) % 4).fill(0)];
}

/** struct rtattr and its payload. */
function attribute(type: number, payload: number[]): number[] {
  return padded([...u16(4 + payload.length), ...u16(type), ...payload]);
}

/** struct nlmsghdr and its payload. */
function message(type: number, payload: number[], flags = 0): number[] {
  return padded([...u32(16 + payload.length), ...u16(type), ...u16(flags), ...u32(7), ...u32(0), ...payload]);
}

function text(value: string): number[] {
  return [...new TextEncoder().encode(value), 0];
}

const MAC = [0x02, 0, 0x5e, 0x10, 0, 1];

/** struct ifinfomsg: family, padding, type, index, flags, change. */
function ifinfomsg(family: number, type: number, index: number, flags: number): number[] {
  return [family, 0, ...u16(type), ...u32(index), ...u32(flags), ...u32(0)];
}

/** struct ifaddrmsg: family, prefix length, flags, scope, index. */
function ifaddrmsg(
  family: number,
  prefixLength: number,
  flags: number,
  scope: number,
  index: number,
): number[] {
  return [family, prefixLength, flags, scope, ...u32(index)];
}

const UP_RUNNING_LOWER_UP_BROADCAST = 0x1 | 0x40 | 0x10000 | 0x2;
const ETH0 = [
  ...ifinfomsg(0, 1, 3, UP_RUNNING_LOWER_UP_BROADCAST),
  ...attribute(3, text("eth0")),
  ...attribute(1, MAC),
  ...attribute(10, u32(9)),
  ...attribute(0x8000 | 26, [1, 2, 3]),
];
const V6 = [0xfe, 0x80, ...Array(13).fill(0), 1];

function eventsOf(octets: number[]): readonly RouteEvent[] {
  return decodeRouteMessages(Uint8Array.from(octets)).events;
}

Deno.test("encodeDumpRequest() writes nlmsghdr and an empty body", () => {
  for (const type of [RTM_GETLINK, RTM_GETADDR]) {
    assert.deepEqual([...encodeDumpRequest(type, 5)], [
      ...u32(32),
      ...u16(type),
      ...u16(0x301),
      ...u32(5),
      ...u32(0),
      ...Array(16).fill(0),
    ]);
  }
});

Deno.test("decodeRouteMessages() reads every field of a link", () => {
  const link = {
    index: 3,
    name: "eth0",
    mac: "02:00:5e:10:00:01",
    up: true,
    running: true,
    broadcast: true,
    loopback: false,
    noArp: false,
    master: 9,
  };
  assert.deepEqual(eventsOf(message(16, ETH0)), [{ type: "LinkSet", link }]);
});

Deno.test("decodeRouteMessages() reads each flag of a link on its own", () => {
  const flagsOf = (flags: number) => {
    const [event] = eventsOf(
      message(16, [
        ...ifinfomsg(0, 772, 1, flags),
        ...attribute(3, text("lo")),
        ...attribute(1, Array(6).fill(0)),
      ]),
    );
    assert(event?.type === "LinkSet");
    const { up, running, broadcast, loopback, noArp, mac, master } = event.link;
    assert.deepEqual([mac, master], [null, null]);
    return Object.entries({ up, running, broadcast, loopback, noArp }).filter(([, isSet]) => isSet).map((
      [name],
    ) => name);
  };
  assert.deepEqual(flagsOf(0), []);
  assert.deepEqual(flagsOf(0x1), ["up"]);
  assert.deepEqual(flagsOf(0x2), ["broadcast"]);
  assert.deepEqual(flagsOf(0x8), ["loopback"]);
  assert.deepEqual(flagsOf(0x80), ["noArp"]);
  assert.deepEqual(flagsOf(0x40), [], "running without carrier");
  assert.deepEqual(flagsOf(0x10000), [], "carrier while dormant");
  assert.deepEqual(flagsOf(0x10040), ["running"]);
});

Deno.test("decodeRouteMessages() reads a removed link, and ignores a port that leaves its bridge", () => {
  assert.deepEqual(eventsOf(message(17, ETH0)), [{ type: "LinkGone", index: 3 }]);
  assert.deepEqual(eventsOf(message(17, [...ifinfomsg(7, 1, 3, 0), ...attribute(3, text("eth0"))])), []);
});

Deno.test("decodeRouteMessages() reads IPv4 addresses: the local one on a point-to-point link, flags from the attribute", () => {
  const body = [
    ...ifaddrmsg(2, 32, 0x80, 0, 4),
    ...attribute(1, [10, 0, 0, 2]),
    ...attribute(2, [10, 0, 0, 1]),
    ...attribute(8, u32(0x280)),
  ];
  const address = {
    index: 4,
    ip: "10.0.0.1",
    prefixLength: 32,
    scopeLink: false,
    tentative: false,
    flags: 0x280,
  };
  assert.deepEqual(eventsOf(message(20, body)), [{ type: "AddressSet", address }]);
  assert.deepEqual(eventsOf(message(21, body)), [{ type: "AddressGone", address }]);
});

Deno.test("decodeRouteMessages() reads IPv6 addresses, tentative and of link scope", () => {
  const body = [...ifaddrmsg(10, 64, 0xc0, 253, 4), ...attribute(1, V6)];
  const address = {
    index: 4,
    ip: "fe80::1",
    prefixLength: 64,
    scopeLink: true,
    tentative: true,
    flags: 0xc0,
  };
  assert.deepEqual(eventsOf(message(20, body)), [{ type: "AddressSet", address }]);
});

Deno.test("decodeRouteMessages() reads several messages, the end of a dump, its interruption, errors and overruns", () => {
  const bytes = Uint8Array.from([
    ...message(16, ETH0, 0x12),
    ...message(17, ETH0),
    ...message(4, []),
    ...message(3, u32(0)),
  ]);
  const messages = decodeRouteMessages(bytes);
  assert.deepEqual(messages.events.map((event) => event.type), ["LinkSet", "LinkGone", "Overrun"]);
  assert.deepEqual([messages.done, messages.interrupted, messages.errno, messages.malformed], [
    true,
    true,
    null,
    0,
  ]);
  assert.equal(decodeRouteMessages(Uint8Array.from(message(2, u32(-1 >>> 0)))).errno, 1);
  assert.equal(decodeRouteMessages(Uint8Array.from(message(2, u32(0)))).errno, null, "an acknowledgement");
});

Deno.test("decodeRouteMessages() counts what does not fit and keeps the rest", () => {
  const good = message(20, [...ifaddrmsg(10, 64, 0, 0, 4), ...attribute(1, V6)]);
  const rejected: [string, number[]][] = [
    ["a short ifinfomsg", message(16, ifinfomsg(0, 1, 3, 0).slice(0, 15))],
    ["a short ifaddrmsg", message(20, [2, 24, 0, 0])],
    ["a link without a name", message(16, ifinfomsg(0, 1, 3, 0))],
    ["an address without an address", message(20, ifaddrmsg(2, 24, 0, 0, 1))],
    ["an IPv4 address of six octets", message(20, [...ifaddrmsg(2, 24, 0, 0, 1), ...attribute(2, MAC)])],
    [
      "an attribute beyond its message",
      message(16, [...ifinfomsg(0, 1, 3, 0), ...u16(40), ...u16(3), 0x65, 0, 0, 0]),
    ],
    ["an attribute shorter than its header", message(16, [...ifinfomsg(0, 1, 3, 0), ...u16(0), ...u16(3)])],
  ];
  for (const [name, octets] of rejected) {
    const { events, malformed } = decodeRouteMessages(Uint8Array.from([...octets, ...good]));
    assert.deepEqual([malformed, events.length], [1, 1], name);
  }
  for (
    const octets of [good.slice(0, 15), good.slice(0, -4), [...u32(0), ...good.slice(4)], [
      ...u32(-1 >>> 0),
      ...good.slice(4),
    ]]
  ) {
    assert.deepEqual([decodeRouteMessages(Uint8Array.from(octets)).malformed, eventsOf(octets).length], [
      1,
      0,
    ]);
  }
  assert.deepEqual(eventsOf(message(20, [...ifaddrmsg(7, 0, 0, 0, 1)])), [], "another family is no error");
  assert.deepEqual(eventsOf(message(24, Array(12).fill(0))), [], "another message is no error");
});

Deno.test("decodeRouteMessages() takes any octets at any offset without throwing", () => {
  const valid = [
    ...message(16, ETH0),
    ...message(20, [...ifaddrmsg(10, 64, 0xc0, 253, 4), ...attribute(1, V6)]),
  ];
  const mutation = fc.tuple(fc.nat(valid.length - 1), fc.nat(255));
  fc.assert(
    fc.property(
      fc.array(mutation, { maxLength: 4 }),
      fc.nat(valid.length),
      fc.nat(7),
      (mutations, length, offset) => {
        const octets = new Uint8Array(offset + length);
        octets.set(valid.slice(0, length), offset);
        for (const [at, octet] of mutations) if (at < length) octets[offset + at] = octet;
        decodeRouteMessages(octets.subarray(offset));
      },
    ),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => void decodeRouteMessages(octets)));
});

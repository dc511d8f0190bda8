import assert from "node:assert/strict";
import type { Ip } from "../net/ip.ts";
import { type Arrival, SessionDemux, type SessionPath } from "./demux.ts";
import { type ControlPacket, encodeControl } from "./packet.ts";

const peer = "10.0.0.2" as Ip;
const local = "10.0.0.1" as Ip;
const linkLocal = "fe80::2" as Ip;

const packet: ControlPacket = {
  diag: 0,
  state: "Down",
  poll: false,
  final: false,
  controlPlaneIndependent: false,
  demand: false,
  detectMult: 3,
  myDiscriminator: 77,
  yourDiscriminator: 0,
  desiredMinTxUs: 1_000_000,
  requiredMinRxUs: 50_000,
  requiredMinEchoRxUs: 0,
};
const arrival: Arrival = { source: peer, destination: local, interface: "eth0", ttl: 255, multihop: false };

const single = (discriminator: number) => ({
  localDiscriminator: discriminator,
  multihop: false,
  minimumTtl: 254,
});
const multi = (discriminator: number) => ({
  localDiscriminator: discriminator,
  multihop: true,
  minimumTtl: 250,
});
const path = (changes: Partial<SessionPath> = {}): SessionPath => ({
  peer,
  local: null,
  interface: "eth0",
  ...changes,
});

/** One session of each kind. */
function demux(): SessionDemux {
  const table = new SessionDemux();
  assert.equal(table.add(path(), single(1)), null);
  assert.equal(table.add(path({ peer: linkLocal }), single(2)), null);
  assert.equal(table.add(path({ peer: linkLocal, interface: "eth1" }), single(3)), null);
  assert.equal(table.add(path({ local, interface: null }), multi(4)), null);
  return table;
}

/** The discriminator of the session found, or the reason. */
function judged(table: SessionDemux, changes: Partial<ControlPacket>, at: Partial<Arrival> = {}) {
  const verdict = table.judge(encodeControl({ ...packet, ...changes }), { ...arrival, ...at });
  return verdict.type === "Deliver" ? verdict.discriminator : verdict.reason;
}

const cases: readonly (readonly [string, Partial<ControlPacket>, Partial<Arrival>, number | string])[] = [
  ["by address and interface", {}, {}, 1],
  ["a link-local address on one interface", {}, { source: linkLocal }, 2],
  ["the same on another", {}, { source: linkLocal, interface: "eth1" }, 3],
  ["multihop by both addresses", {}, { multihop: true, ttl: 250, interface: "eth9" }, 4],
  ["by discriminator, whatever the address", { yourDiscriminator: 1, state: "Up" }, {
    source: "10.0.0.99" as Ip,
  }, 1],
  ["a stranger", {}, { source: "10.0.0.3" as Ip }, "no-session"],
  ["a peer on another interface", {}, { interface: "eth1" }, "no-session"],
  ["multihop to another address", {}, { multihop: true, destination: "10.0.0.9" as Ip }, "no-session"],
  ["an unknown discriminator of a known peer", { yourDiscriminator: 9 }, {}, "your-discriminator-unknown"],
  ["a known discriminator on another interface", { yourDiscriminator: 1, state: "Up" }, {
    interface: "eth1",
  }, "other-interface"],
  ["TTL 254 at a single hop", {}, { ttl: 254 }, "ttl"],
  ["TTL 254 and a discriminator", { yourDiscriminator: 1 }, { ttl: 254 }, "ttl"],
  ["a single hop's discriminator at the multihop port", { yourDiscriminator: 1 }, {
    multihop: true,
    ttl: 254,
  }, "other-port"],
  ["a multihop discriminator at the single-hop port", { yourDiscriminator: 4 }, {}, "other-port"],
  ["multihop under the minimum TTL", {}, { multihop: true, ttl: 249 }, "ttl"],
];
for (const [name, changes, at, expected] of cases) {
  Deno.test(`SessionDemux.judge(): ${name}: ${expected}`, () => {
    assert.equal(judged(demux(), changes, at), expected);
  });
}

Deno.test("SessionDemux.judge() delivers the packet as it was decoded", () => {
  assert.deepEqual(demux().judge(encodeControl(packet), arrival), {
    type: "Deliver",
    discriminator: 1,
    packet,
  });
});

Deno.test("SessionDemux.judge() passes on the decoder's reasons and refuses authentication last", () => {
  const payload = Uint8Array.from([...encodeControl(packet), 1, 3, 0]);
  payload[1]! |= 0x04;
  payload[3] = 27;
  assert.deepEqual(demux().judge(payload, arrival), { type: "Drop", reason: "authentication-present" });
  assert.deepEqual(demux().judge(payload, { ...arrival, ttl: 1 }), { type: "Drop", reason: "ttl" });
  const version = encodeControl(packet);
  version[0] = 0;
  assert.deepEqual(demux().judge(version, arrival), { type: "Drop", reason: "version" });
});

Deno.test("SessionDemux.judge() prefers a session of that local address and interface to one of any", () => {
  const table = new SessionDemux();
  table.add(path({ interface: null }), single(1));
  assert.equal(judged(table, {}), 1);
  table.add(path(), single(2));
  assert.equal(judged(table, {}), 2);
  table.add(path({ local, interface: null }), single(3));
  assert.equal(judged(table, {}), 3);
  table.add(path({ local }), single(4));
  assert.equal(judged(table, {}), 4);
});

Deno.test("SessionDemux.add() refuses what two sessions may not share", () => {
  const table = demux();
  assert.equal(table.add(path({ peer: "10.0.0.9" as Ip }), single(1)), "discriminator-taken");
  assert.equal(table.add(path(), single(9)), "path-taken");
  assert.equal(table.size, 4);
});

Deno.test("SessionDemux.remove() forgets both ways to a session and frees them", () => {
  const table = demux();
  assert.equal(table.remove(1), true);
  assert.equal(table.remove(1), false);
  assert.equal(judged(table, {}), "no-session");
  assert.equal(judged(table, { yourDiscriminator: 1 }), "your-discriminator-unknown");
  assert.equal(table.add(path(), single(1)), null);
});

Deno.test("SessionDemux.change() takes another minimum TTL", () => {
  const table = demux();
  table.change({ ...multi(4), minimumTtl: 200 });
  assert.equal(judged(table, {}, { multihop: true, ttl: 200 }), 4);
  table.change({ ...multi(99), minimumTtl: 1 });
  assert.equal(table.size, 4);
});

Deno.test("SessionDemux holds no more for packets it has seen", () => {
  const table = demux();
  for (let i = 10; i < 200; i++) judged(table, { yourDiscriminator: i }, { source: `10.1.0.${i}` as Ip });
  assert.equal(table.size, 4);
});

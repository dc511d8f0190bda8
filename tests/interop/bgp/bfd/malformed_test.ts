/**
 * A BFD peer whose packets stop being acceptable: each kind counts as silence.
 *
 * Source: RFC 5880 section 6.8.6 (what is discarded), RFC 5881 section 5 (TTL 255).
 * Shape: a scripted peer a row, each at an address of its own, all at once; nothing of the product's codec is used.
 *
 * @module
 */
import assert from "node:assert/strict";
import { openUdpSocket, type UdpSocket } from "../../../../ffi/udp_socket.ts";
import type { Ip } from "../../../../protocols/net/ip.ts";
import { bfdProfile } from "../../../lab/manifests.ts";
import { labTest } from "../../../lab/suite.ts";
import { inNamespace } from "../../ffi/inside.ts";
import { BgpStage } from "../stage/bgp_stage.ts";

const CONTROL_PORT = 3784;
const SOURCE_PORT = 50_000;
/** Three seconds of silence: the scripted peers, all in this one process, may be held up for a while. */
const INTERVAL_MS = 300;
const MULTIPLIER = 10;
const SEND_EVERY_MS = 40;
const STATE = { down: 1, init: 2, up: 3 } as const;

interface Row {
  readonly name: string;
  readonly spoil: (packet: Uint8Array<ArrayBuffer>) => Uint8Array;
  readonly ttl?: number;
}

/** With some octets set. */
function set(name: string, values: Readonly<Record<number, number>>): Row {
  return {
    name,
    spoil: (packet) => {
      for (const [at, value] of Object.entries(values)) packet[Number(at)] = value;
      return packet;
    },
  };
}

const ROWS: readonly Row[] = [
  set("version 0", { 0: 0 }),
  set("version 2", { 0: 2 << 5 }),
  set("length 23", { 3: 23 }),
  set("length beyond the payload", { 3: 25 }),
  { name: "a payload of 20 octets", spoil: (packet) => packet.subarray(0, 20) },
  set("Detect Mult 0", { 2: 0 }),
  set("Multipoint bit", { 1: STATE.up << 6 | 0x01 }),
  set("Authentication bit, and none there", { 1: STATE.up << 6 | 0x04 }),
  set("My Discriminator 0", { 4: 0, 5: 0, 6: 0, 7: 0 }),
  set("Your Discriminator 0 while Up", { 8: 0, 9: 0, 10: 0, 11: 0 }),
  { name: "a Your Discriminator that is not ours", spoil: (packet) => (packet[8]! ^= 0xff, packet) },
  { name: "TTL 254", spoil: (packet) => packet, ttl: 254 },
];

/** Nothing is wrong with its packets, though they come from another port (RFC 5881 4 binds the sender alone). */
const SOUND: Row = { name: "sound", spoil: (packet) => packet };
const PEERS = [...ROWS, SOUND];

/** The peer of one row. */
class ScriptedBfd implements Disposable {
  isSpoiling = false;
  readonly #row: Row;
  readonly #discriminator: number;
  readonly #input: UdpSocket;
  readonly #good: UdpSocket;
  readonly #bad: UdpSocket;
  readonly #ours: Ip;
  #theirs = { discriminator: 0, state: 0 };
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(row: Row, number: number, address: string, ours: string) {
    this.#row = row;
    this.#discriminator = 1000 + number;
    this.#ours = ours as Ip;
    const open = (port: number, ttl: number) =>
      openUdpSocket({ local: { ip: address as Ip, port }, maximumOctets: 64, ttl });
    this.#input = open(CONTROL_PORT, 255);
    this.#good = open(SOURCE_PORT, 255);
    this.#bad = open(SOURCE_PORT + 1, row.ttl ?? 255);
    this.#timer = setInterval(() => this.#turn(), SEND_EVERY_MS);
  }

  #turn(): void {
    for (let got = this.#input.receiveFrom(); got !== null; got = this.#input.receiveFrom()) {
      const view = new DataView(got.payload.buffer, got.payload.byteOffset, got.payload.length);
      this.#theirs = { discriminator: view.getUint32(4), state: got.payload[1]! >> 6 };
    }
    const to = { ip: this.#ours, port: CONTROL_PORT };
    if (this.isSpoiling) this.#bad.sendTo(this.#row.spoil(this.#packet(STATE.up)), to);
    else this.#good.sendTo(this.#packet(this.#state()), to);
  }

  #state(): number {
    const { discriminator, state } = this.#theirs;
    if (discriminator === 0) return STATE.down;
    return state === STATE.down ? STATE.init : STATE.up;
  }

  /** RFC 5880 4.1. */
  #packet(state: number): Uint8Array<ArrayBuffer> {
    const packet = new Uint8Array(24);
    packet.set([1 << 5, state << 6, MULTIPLIER, packet.length]);
    const view = new DataView(packet.buffer);
    view.setUint32(4, this.#discriminator);
    view.setUint32(8, this.#theirs.discriminator);
    view.setUint32(12, 1000 * INTERVAL_MS);
    view.setUint32(16, 1000 * INTERVAL_MS);
    return packet;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const socket of [this.#input, this.#good, this.#bad]) socket.close();
  }
}

labTest(`BFD: ${ROWS.length} kinds of packets count as silence`, async (test) => {
  await using stage = await BgpStage.open();
  const host = await stage.lab.addClient("script");
  await stage.connect({ host: stage.node, interface: "to-script" }, { host, interface: "script0" });
  const ours = "10.82.0.1";
  const addressOf = (row: number) => `10.82.0.${100 + row}`;
  await stage.node.namespace.ip(`addr add ${ours}/24 dev to-script`);
  await host.namespace.ip(...PEERS.map((_, row) => `addr add ${addressOf(row)}/24 dev script0`));
  const intervals = { receiveInterval: INTERVAL_MS, transmitInterval: INTERVAL_MS };
  await stage.write("bfd", bfdProfile("quick", { ...intervals, detectMultiplier: MULTIPLIER }));
  for (const row of PEERS.keys()) {
    await stage.writePeer(`row${row}`, { peerAddress: addressOf(row), bfdProfile: "quick" });
  }
  using peers = new DisposableStack();
  const scripted = inNamespace(
    host.namespace.name,
    () => PEERS.map((row, i) => peers.use(new ScriptedBfd(row, i, addressOf(i), ours))),
  );
  const speaker = stage.speaker();
  for (const row of PEERS.keys()) await speaker.waitForLog("BFD session up", { peer: `row${row}` });
  assert.ok(!speaker.log.all.some(({ msg }) => msg === "BFD session down"));
  const from = speaker.log.all.length;
  for (const peer of scripted) peer.isSpoiling = true;
  for (const [row, { name }] of ROWS.entries()) {
    await test.step(name, async () => {
      const line = await speaker.waitForLog("BFD session down", { peer: `row${row}` }, undefined, from);
      assert.equal(line["reason"], "detection-time-expired");
    });
  }
  const downs = speaker.log.all.filter(({ msg }) => msg === "BFD session down");
  assert.ok(
    !downs.some(({ peer }) => peer === `row${PEERS.indexOf(SOUND)}`),
    "sound packets are silence too",
  );
});

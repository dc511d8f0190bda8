/**
 * Asks a LAN who has an address, frame by frame, and sees what comes back: for questions no kernel would put.
 *
 * Shape: frames out through a packet socket in the host's namespace, from a MAC and addresses nobody else has; answers
 * from a capture. A silence is proven without waiting for it: a second question is put after the first, and its
 * answer shows that the first was judged, for a responder takes frames in the order they come.
 *
 * @module
 */
import { openPacketSocket, type PacketSocket } from "../../ffi/packet_socket.ts";
import { encodeArp, REQUEST } from "../../protocols/arp/packet.ts";
import { groupMac, solicitedNodeGroup } from "../../protocols/ndp/group.ts";
import { encodeNdp, type NeighborSolicitation } from "../../protocols/ndp/packet.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import { BROADCAST, type Mac, ZERO_MAC } from "../../protocols/net/mac.ts";
import { inNamespace } from "../interop/ffi/inside.ts";
import { type ArpFrame, Capture, type CaptureEvent, type NdpFrame } from "../lab/capture.ts";
import type { Lab } from "../lab/lab.ts";
import type { Namespace } from "../lab/namespace.ts";
import type { LanName } from "../lab/network/addressing.ts";
import { type Host, interfaceOn } from "../lab/network/host.ts";

const REPEAT_MS = 250;

/** Who the questions come from. */
export interface Identity {
  readonly ipv4: Ip;
  readonly ipv6: Ip;
  readonly mac: Mac;
}

/** See the module comment. */
export class Asker implements AsyncDisposable {
  readonly identity: Identity;
  readonly capture: Capture;
  readonly #socket: PacketSocket;

  private constructor(identity: Identity, capture: Capture, socket: PacketSocket) {
    this.identity = identity;
    this.capture = capture;
    this.#socket = socket;
  }

  /** Asks on a LAN, from a host of the lab: its client when none is named. */
  static open(lab: Lab, from: Host = lab.client, lan: LanName = "lan"): Promise<Asker> {
    return Asker.on(lab, from.namespace, interfaceOn(lan), lan);
  }

  /** Asks on any interface, with an identity of that LAN. */
  static async on(
    lab: Lab,
    namespace: Namespace,
    interfaceName: string,
    lan: LanName = "lan",
  ): Promise<Asker> {
    const identity = lab.takeProberIdentity(lan) as Identity;
    const capture = await Capture.open(namespace, interfaceName);
    const socket = inNamespace(
      namespace.name,
      () => openPacketSocket({ interface: interfaceName, ethertype: 0, snapshotOctets: 64 }),
    );
    return new Asker(identity, capture, socket);
  }

  /** Sends any frame. */
  send(frame: Uint8Array): void {
    this.#socket.inject(frame);
  }

  /** The usual question: to everybody who may have the address. */
  question(ip: string): Uint8Array {
    return ip.includes(":") ? encodeNdp(this.solicitation(ip)) : this.#request(ip);
  }

  /** A Neighbor Solicitation to the group of the address (RFC 4861 4.3). */
  solicitation(ip: string): NeighborSolicitation {
    const { mac, ipv6 } = this.identity;
    const group = solicitedNodeGroup(ip as Ip);
    return {
      type: "NeighborSolicitation",
      destinationMac: groupMac(group),
      sourceMac: mac,
      destination: group,
      source: ipv6,
      target: ip as Ip,
      options: [{ type: "SourceLinkLayerAddress", mac }],
    };
  }

  /** Puts the question, again and again as any resolver does, until it is answered. */
  async ask(ip: string, withinMs = 10_000): Promise<ArpFrame | NdpFrame> {
    const from = this.capture.events.all.length;
    this.send(this.question(ip));
    const repeat = setInterval(() => this.send(this.question(ip)), REPEAT_MS);
    try {
      return await this.answer(ip, from, withinMs);
    } finally {
      clearInterval(repeat);
    }
  }

  /** The first answer to us about an address at or after that place of the capture, now or within the time. */
  answer(ip: string, from: number, withinMs = 5_000): Promise<ArpFrame | NdpFrame> {
    return this.capture.events.waitFor(
      `an answer for ${ip}`,
      (event): event is ArpFrame | NdpFrame => this.#isOurs(event, ip),
      { from, withinMs },
    );
  }

  /** Whether this frame is answered for `ip`; `marker` is another address of the family that the same responder has. */
  async isAnswered(frame: Uint8Array, ip: string, marker: string): Promise<boolean> {
    const from = this.capture.events.all.length;
    this.send(frame);
    this.send(this.question(marker));
    await this.answer(marker, from);
    return this.capture.events.all.slice(from).some((event) => this.#isOurs(event, ip));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.capture[Symbol.asyncDispose]();
  }

  /** An answer to us or to everybody: others may ask on this LAN too, and what they are told proves nothing. */
  #isOurs(event: CaptureEvent, ip: string): event is ArpFrame | NdpFrame {
    return isAnswer(event, ip) &&
      (event.ethernetDestination === this.identity.mac || isGroupMac(event.ethernetDestination));
  }

  #request(ip: string): Uint8Array {
    const { mac, ipv4 } = this.identity;
    return encodeArp({
      destination: BROADCAST,
      source: mac,
      operation: REQUEST,
      senderHardwareAddress: mac,
      senderProtocolAddress: ipv4,
      targetHardwareAddress: ZERO_MAC,
      targetProtocolAddress: ip as Ip,
    });
  }
}

/** A reply or a solicited advertisement; announcements are none. */
function isAnswer(event: CaptureEvent, ip: string): event is ArpFrame | NdpFrame {
  if (event.type === "arp") {
    return event.operation === 2 && event.senderIp === ip && event.targetIp !== ip &&
      event.direction === "in";
  }
  return event.type === "ndp" && event.message === "NeighborAdvertisement" && event.target === ip &&
    event.solicited && event.direction === "in";
}

/** The lowest bit of the first octet is set (IEEE 802 8.2.2). */
function isGroupMac(mac: string): boolean {
  return (parseInt(mac.slice(0, 2), 16) & 1) === 1;
}

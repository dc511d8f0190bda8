/**
 * ARP for IPv4 over Ethernet: frames to values and back.
 *
 * Source: RFC 826 (format, order of reception), RFC 5227 section 1.1 (probe, announcement), RFC 1812 section 3.3.2.
 * Shape: whole Ethernet frames in and out, 60 octets long with their padding, always untagged on the way out.
 * Not here: which requests are answered (responder.ts), when announcements are due (../gratuitous).
 *
 * @module
 */
import { readUint16, writeUint16 } from "../net/bytes.ts";
import {
  decodeEthernet,
  type EthernetDropReason,
  ethernetPayload,
  ETHERTYPE_ARP,
  MAC_OCTETS,
  MIN_FRAME_OCTETS,
  writeEthernet,
} from "../net/ethernet.ts";
import { type Ip, ipToBytes, ipv4At, UNSPECIFIED } from "../net/ip.ts";
import { BROADCAST, type Mac, macFromBytes, writeMac, ZERO_MAC } from "../net/mac.ts";

/**
 * One packet with the addresses of the frame that carries it (RFC 826 "Packet format"; names as in RFC 5227 1.1).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |      Hardware type (1)        |     Protocol type (0x0800)    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   HLEN (6)    |   PLEN (4)    |           Operation           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                    Sender hardware address                    |
 *     +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                               |    Sender protocol address    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                               |                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+    Target hardware address    +
 *     |                                                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                    Target protocol address                    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface ArpPacket {
  /** Ethernet destination and source of the frame. */
  readonly destination: Mac;
  readonly source: Mac;
  /** 16 bits; {@linkcode REQUEST} and {@linkcode REPLY} are the two of RFC 826, IANA has more. */
  readonly operation: number;
  readonly senderHardwareAddress: Mac;
  readonly senderProtocolAddress: Ip;
  readonly targetHardwareAddress: Mac;
  readonly targetProtocolAddress: Ip;
}

/** A packet, or why the frame carries none. */
export type DecodedArp =
  | { readonly ok: true; readonly value: ArpPacket }
  | { readonly ok: false; readonly error: ArpFormatReason };

/** Why a frame is not an ARP packet for IPv4 over Ethernet. */
export type ArpFormatReason =
  | EthernetDropReason
  | "packet-short"
  | "hardware-type"
  | "hardware-length"
  | "protocol-type"
  | "protocol-length";

export const REQUEST = 1;
export const REPLY = 2;

/** Offsets in the packet, for readers that must not allocate. */
export const OPERATION = 6;
export const SENDER_HARDWARE_ADDRESS = 8;
export const SENDER_PROTOCOL_ADDRESS = 14;
export const TARGET_HARDWARE_ADDRESS = 18;
export const TARGET_PROTOCOL_ADDRESS = 24;

const PACKET_OCTETS = 28;
const HARDWARE_ETHERNET = 1;
const PROTOCOL_IPV4 = 0x0800;
const IPV4_OCTETS = 4;

/** The offset of the packet in the frame, or the first check it fails, in the order of RFC 826 "Packet Reception". */
export function arpOffset(frame: Uint8Array): number | ArpFormatReason {
  const at = ethernetPayload(frame, ETHERTYPE_ARP);
  if (typeof at === "string") return at;
  if (frame.length < at + PACKET_OCTETS) return "packet-short";
  if (readUint16(frame, at) !== HARDWARE_ETHERNET) return "hardware-type";
  if (frame[at + 4] !== MAC_OCTETS) return "hardware-length";
  if (readUint16(frame, at + 2) !== PROTOCOL_IPV4) return "protocol-type";
  if (frame[at + 5] !== IPV4_OCTETS) return "protocol-length";
  return at;
}

/** Decodes a frame; any operation is carried, padding after the packet is ignored. */
export function decodeArp(frame: Uint8Array): DecodedArp {
  const at = arpOffset(frame);
  if (typeof at === "string") return { ok: false, error: at };
  const { destination, source } = decodeEthernet(frame, at);
  return {
    ok: true,
    value: {
      destination,
      source,
      operation: readUint16(frame, at + OPERATION),
      senderHardwareAddress: macFromBytes(frame, at + SENDER_HARDWARE_ADDRESS),
      senderProtocolAddress: ipv4At(frame, at + SENDER_PROTOCOL_ADDRESS),
      targetHardwareAddress: macFromBytes(frame, at + TARGET_HARDWARE_ADDRESS),
      targetProtocolAddress: ipv4At(frame, at + TARGET_PROTOCOL_ADDRESS),
    },
  };
}

/** Encodes into the first 60 octets of `into` and returns just those. Both protocol addresses are IPv4. */
export function encodeArp(
  packet: ArpPacket,
  into: Uint8Array = new Uint8Array(MIN_FRAME_OCTETS),
): Uint8Array {
  const at = writeArpHeader(into, packet.operation);
  writeEthernet(into, packet.destination, packet.source, ETHERTYPE_ARP);
  writeMac(into, at + SENDER_HARDWARE_ADDRESS, packet.senderHardwareAddress);
  into.set(ipToBytes(packet.senderProtocolAddress), at + SENDER_PROTOCOL_ADDRESS);
  writeMac(into, at + TARGET_HARDWARE_ADDRESS, packet.targetHardwareAddress);
  into.set(ipToBytes(packet.targetProtocolAddress), at + TARGET_PROTOCOL_ADDRESS);
  return into.subarray(0, MIN_FRAME_OCTETS);
}

/** Writes what is the same in every frame, padding included, all but the addresses; returns the packet's offset. */
export function writeArpHeader(frame: Uint8Array, operation: number): number {
  const at = 14;
  writeUint16(frame, at - 2, ETHERTYPE_ARP);
  writeUint16(frame, at, HARDWARE_ETHERNET);
  writeUint16(frame, at + 2, PROTOCOL_IPV4);
  frame[at + 4] = MAC_OCTETS;
  frame[at + 5] = IPV4_OCTETS;
  writeUint16(frame, at + OPERATION, operation);
  frame.fill(0, at + PACKET_OCTETS, MIN_FRAME_OCTETS);
  return at;
}

/** The request form of an unsolicited announcement: sender and target are the announced address (RFC 5227 1.1). */
export function gratuitousRequest(mac: Mac, ip: Ip): ArpPacket {
  // METALLB: the target hardware address, which receivers ignore in a request, is broadcast (RFC 5227: zero).
  return { ...gratuitousReply(mac, ip), operation: REQUEST, targetHardwareAddress: BROADCAST };
}

/** The reply form of an unsolicited announcement. */
export function gratuitousReply(mac: Mac, ip: Ip): ArpPacket {
  return {
    destination: BROADCAST,
    source: mac,
    operation: REPLY,
    senderHardwareAddress: mac,
    senderProtocolAddress: ip,
    // METALLB sends broadcast here, but Linux takes a reply for gratuitous only when target and sender hardware
    // address are equal, and otherwise ignores it for an entry updated within locktime (1 s).
    targetHardwareAddress: mac,
    targetProtocolAddress: ip,
  };
}

/** A question whether anybody else uses the address: a request from nobody (RFC 5227 2.1.1). */
export function arpProbe(mac: Mac, ip: Ip): ArpPacket {
  return {
    destination: BROADCAST,
    source: mac,
    operation: REQUEST,
    senderHardwareAddress: mac,
    senderProtocolAddress: UNSPECIFIED.ipv4,
    targetHardwareAddress: ZERO_MAC,
    targetProtocolAddress: ip,
  };
}

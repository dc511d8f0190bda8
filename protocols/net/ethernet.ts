/**
 * Ethernet frames: the header, with or without a priority tag, in front of ARP and IPv6.
 *
 * Source: IEEE 802.3 clause 3 (frame), IEEE 802.1Q clause 9 (tag), RFC 894 and RFC 2464 (EtherTypes).
 * Shape: frames start at the destination address and end before the FCS. `ethernetPayload` allocates nothing and is the
 * door for every received frame; `decodeEthernet` is for those who want the addresses as text.
 * Not here: what is inside (arp/packet.ts, ndp/packet.ts).
 *
 * @module
 */
import { readUint16, writeUint16 } from "./bytes.ts";
import { type Mac, macFromBytes, writeMac } from "./mac.ts";

/**
 * The header in front of a payload (IEEE 802.3 3.1.1); the tag is optional (IEEE 802.1Q 9.3).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                      Destination address                      |
 *     +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                               |                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+         Source address        +
 *     |                                                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     | (TPID 0x8100)                 | (PCP, DEI, 12 bits of VID)    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |           EtherType           |            Payload ...
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface EthernetHeader {
  readonly destination: Mac;
  readonly source: Mac;
  readonly etherType: number;
  readonly payloadOffset: number;
}

export const ETHERTYPE_ARP = 0x0806;
export const ETHERTYPE_IPV6 = 0x86dd;

export const ETHERNET_HEADER_OCTETS = 14;

/** The shortest frame without its FCS (IEEE 802.3 4A.4.2: 64 with it). */
export const MIN_FRAME_OCTETS = 60;

/** Offsets of the two addresses and their length. */
export const DESTINATION_OFFSET = 0;
export const SOURCE_OFFSET = 6;
export const MAC_OCTETS = 6;

const TPID_CUSTOMER = 0x8100;
const TPID_SERVICE = 0x88a8;
const TAG_OCTETS = 4;
const VID_MASK = 0x0fff;

/** Why a frame is not read any further. */
export type EthernetDropReason =
  | "frame-short"
  /** Belongs to a VLAN: the sub-interface's own responder answers it. */
  | "vlan-tagged"
  | "ether-type";

/** The offset of the payload if the frame carries that EtherType, or why not. */
export function ethernetPayload(frame: Uint8Array, etherType: number): number | EthernetDropReason {
  if (frame.length < ETHERNET_HEADER_OCTETS) return "frame-short";
  const first = readUint16(frame, 12);
  if (first === etherType) return ETHERNET_HEADER_OCTETS;
  if (first !== TPID_CUSTOMER && first !== TPID_SERVICE) return "ether-type";
  if (frame.length < ETHERNET_HEADER_OCTETS + TAG_OCTETS) return "frame-short";
  // IEEE 802.1Q 9.6: VID 0 gives a priority only, the frame is untagged in every other respect.
  if ((readUint16(frame, 14) & VID_MASK) !== 0) return "vlan-tagged";
  return readUint16(frame, 16) === etherType ? ETHERNET_HEADER_OCTETS + TAG_OCTETS : "ether-type";
}

/** The header as values; the caller has an offset from {@linkcode ethernetPayload}, so the frame is long enough. */
export function decodeEthernet(frame: Uint8Array, payloadOffset: number): EthernetHeader {
  return {
    destination: macFromBytes(frame, DESTINATION_OFFSET),
    source: macFromBytes(frame, SOURCE_OFFSET),
    etherType: readUint16(frame, payloadOffset - 2),
    payloadOffset,
  };
}

/** Writes an untagged header into the first 14 octets of `frame`. */
export function writeEthernet(frame: Uint8Array, destination: Mac, source: Mac, etherType: number): void {
  writeMac(frame, DESTINATION_OFFSET, destination);
  writeMac(frame, SOURCE_OFFSET, source);
  writeUint16(frame, 12, etherType);
}

/** The frame length for that many octets of payload: header and, for a short one, padding. */
export function frameOctets(payloadOctets: number): number {
  return Math.max(MIN_FRAME_OCTETS, ETHERNET_HEADER_OCTETS + payloadOctets);
}

/**
 * Neighbor Solicitations and Advertisements: whole Ethernet frames to values and back.
 *
 * Source: RFC 4861 sections 4.3, 4.4 (formats), 7.1.1, 7.1.2 (validity); RFC 8200 section 3 (IPv6 header).
 * Shape: frames in, values out; the checks need no allocation. Encoded frames are untagged, hop limit 255, summed.
 * Not here: the options (option.ts), the frames we send by name (announcement.ts), what is answered (responder.ts).
 *
 * @module
 */
import { readUint16, writeUint16 } from "../net/bytes.ts";
import { ICMPV6, icmpv6Checksum, IPV6_HEADER_OCTETS } from "../net/checksum.ts";
import {
  decodeEthernet,
  ETHERNET_HEADER_OCTETS,
  type EthernetDropReason,
  ethernetPayload,
  ETHERTYPE_IPV6,
  frameOctets,
  writeEthernet,
} from "../net/ethernet.ts";
import { type Ip, ipToBytes, ipv6At, isIpv4MappedAt } from "../net/ip.ts";
import type { Mac } from "../net/mac.ts";
import { isSolicitedNodeGroupAt } from "./group.ts";
import {
  decodeOptions,
  hasOption,
  type NdpOption,
  type OptionsDropReason,
  optionsFault,
  optionsOctets,
  SOURCE_LINK_LAYER_ADDRESS,
  writeOptions,
} from "./option.ts";

/** The addresses of the frame and of the IPv6 header around a message. */
interface Envelope {
  /** Ethernet destination and source of the frame. */
  readonly destinationMac: Mac;
  readonly sourceMac: Mac;
  readonly destination: Ip;
  readonly source: Ip;
}

/**
 * A question for an address's owner, or whether it has one (RFC 4861 4.3).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   Type (135)  |   Code (0)    |           Checksum            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                           Reserved                            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                    Target Address (16 octets)                 |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |   Options ...
 *     +-+-+-+-+-+-+-+-+-+-+-+-
 */
export interface NeighborSolicitation extends Envelope {
  readonly type: "NeighborSolicitation";
  readonly target: Ip;
  readonly options: readonly NdpOption[];
}

/**
 * The owner's answer, or its announcement (RFC 4861 4.4). As the solicitation, but for the first word of the body:
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |  Type (136)   |   Code (0)    |           Checksum            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |R|S|O|                     Reserved                            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface NeighborAdvertisement extends Envelope {
  readonly type: "NeighborAdvertisement";
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  readonly target: Ip;
  readonly options: readonly NdpOption[];
}

/** The two messages of address resolution. */
export type NdpMessage = NeighborSolicitation | NeighborAdvertisement;

/** A message, or why the frame carries none. */
export type DecodedNdp =
  | { readonly ok: true; readonly value: NdpMessage }
  | { readonly ok: false; readonly error: NdpFormatReason };

/** Why a frame is not a valid solicitation or advertisement. */
export type NdpFormatReason =
  | EthernetDropReason
  | "packet-short"
  | "ip-version"
  | "next-header"
  | "icmp-type"
  | "hop-limit"
  | "checksum"
  | "icmp-code"
  | "message-short"
  | "source-multicast"
  | "ipv4-mapped"
  | "target-multicast"
  | OptionsDropReason
  | "unspecified-source-destination"
  | "unspecified-source-link-layer-option"
  | "solicited-multicast";

const NEIGHBOR_SOLICITATION = 135;
export const NEIGHBOR_ADVERTISEMENT = 136;

/** Offsets from the IPv6 header, for readers that must not allocate. */
export const SOURCE = 8;
export const DESTINATION = 24;
export const MESSAGE: number = IPV6_HEADER_OCTETS;
export const FLAGS: number = MESSAGE + 4;
export const TARGET: number = MESSAGE + 8;
export const OPTIONS: number = MESSAGE + 24;

const ROUTER_FLAG = 0x80;
export const SOLICITED_FLAG = 0x40;
export const OVERRIDE_FLAG = 0x20;

const FIXED_OCTETS = 24;
const HOP_LIMIT = 255;

/** The offset of the IPv6 header in the frame, or the first check it fails (RFC 4861 7.1.1, 7.1.2, in that order). */
export function ndpOffset(frame: Uint8Array): number | NdpFormatReason {
  const at = ethernetPayload(frame, ETHERTYPE_IPV6);
  if (typeof at === "string") return at;
  if (frame.length < at + IPV6_HEADER_OCTETS) return "packet-short";
  if (frame[at]! >>> 4 !== 6) return "ip-version";
  // Extension headers are legal here but nobody sends them; RFC 6980 forbids the one that would matter, Fragment.
  if (frame[at + 6] !== ICMPV6) return "next-header";
  const length = readUint16(frame, at + 4);
  if (frame.length < at + MESSAGE + length || length < 1) return "packet-short";
  const type = frame[at + MESSAGE];
  if (type !== NEIGHBOR_SOLICITATION && type !== NEIGHBOR_ADVERTISEMENT) return "icmp-type";
  if (frame[at + 7] !== HOP_LIMIT) return "hop-limit";
  if (icmpv6Checksum(frame, at, length) !== 0) return "checksum";
  if (frame[at + MESSAGE + 1] !== 0) return "icmp-code";
  if (length < FIXED_OCTETS) return "message-short";
  return messageFault(frame, at, length) ?? at;
}

/** The checks on addresses and options. */
function messageFault(frame: Uint8Array, at: number, length: number): NdpFormatReason | null {
  // RFC 4291 2.7: a multicast address is never a source.
  if (frame[at + SOURCE] === 0xff) return "source-multicast";
  // RFC 4291 2.5.5.2 gives mapped addresses no meaning on the wire, and their text names an IPv4 address.
  if (
    isIpv4MappedAt(frame, at + SOURCE) || isIpv4MappedAt(frame, at + DESTINATION) ||
    isIpv4MappedAt(frame, at + TARGET)
  ) return "ipv4-mapped";
  if (frame[at + TARGET] === 0xff) return "target-multicast";
  const end = at + MESSAGE + length;
  const fault = optionsFault(frame, at + OPTIONS, end);
  if (fault !== null) return fault;
  if (frame[at + MESSAGE] === NEIGHBOR_ADVERTISEMENT) {
    const solicited = (frame[at + FLAGS]! & SOLICITED_FLAG) !== 0;
    return solicited && frame[at + DESTINATION] === 0xff ? "solicited-multicast" : null;
  }
  if (!isUnspecifiedAt(frame, at + SOURCE)) return null;
  if (!isSolicitedNodeGroupAt(frame, at + DESTINATION)) return "unspecified-source-destination";
  return hasOption(frame, at + OPTIONS, end, SOURCE_LINK_LAYER_ADDRESS)
    ? "unspecified-source-link-layer-option"
    : null;
}

/** True when the sixteen octets at `offset` are "::". */
export function isUnspecifiedAt(bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < 16; i++) if (bytes[offset + i] !== 0) return false;
  return true;
}

/** Where the message of a checked frame ends; padding may follow. */
export function messageEnd(frame: Uint8Array, at: number): number {
  return at + MESSAGE + readUint16(frame, at + 4);
}

/** Decodes a frame; unknown options are carried as they are, reserved bits are ignored. */
export function decodeNdp(frame: Uint8Array): DecodedNdp {
  const at = ndpOffset(frame);
  if (typeof at === "string") return { ok: false, error: at };
  const ethernet = decodeEthernet(frame, at);
  const envelope = {
    destinationMac: ethernet.destination,
    sourceMac: ethernet.source,
    destination: ipv6At(frame, at + DESTINATION),
    source: ipv6At(frame, at + SOURCE),
  };
  const target = ipv6At(frame, at + TARGET);
  const options = decodeOptions(frame, at + OPTIONS, messageEnd(frame, at));
  if (frame[at + MESSAGE] === NEIGHBOR_SOLICITATION) {
    return { ok: true, value: { type: "NeighborSolicitation", ...envelope, target, options } };
  }
  const flags = frame[at + FLAGS]!;
  const router = (flags & ROUTER_FLAG) !== 0;
  const solicited = (flags & SOLICITED_FLAG) !== 0;
  const override = (flags & OVERRIDE_FLAG) !== 0;
  return {
    ok: true,
    value: { type: "NeighborAdvertisement", ...envelope, router, solicited, override, target, options },
  };
}

/** Encodes into the first octets of `into` and returns just those. All addresses are IPv6. */
export function encodeNdp(
  message: NdpMessage,
  into: Uint8Array = new Uint8Array(ndpOctets(message)),
): Uint8Array {
  const messageOctets = FIXED_OCTETS + optionsOctets(message.options);
  const at = writeNdpHeader(into, message.type === "NeighborSolicitation" ? 135 : 136, messageOctets);
  writeEthernet(into, message.destinationMac, message.sourceMac, ETHERTYPE_IPV6);
  into.set(ipToBytes(message.source), at + SOURCE);
  into.set(ipToBytes(message.destination), at + DESTINATION);
  into.set(ipToBytes(message.target), at + TARGET);
  if (message.type === "NeighborAdvertisement") {
    into[at + FLAGS] = (message.router ? ROUTER_FLAG : 0) | (message.solicited ? SOLICITED_FLAG : 0) |
      (message.override ? OVERRIDE_FLAG : 0);
  }
  writeOptions(into, at + OPTIONS, message.options);
  writeNdpChecksum(into, at, messageOctets);
  return into.subarray(0, ndpOctets(message));
}

/** The length of the frame that carries a message. */
function ndpOctets(message: NdpMessage): number {
  return frameOctets(MESSAGE + FIXED_OCTETS + optionsOctets(message.options));
}

/** Writes what is the same in every frame, flags zero, all but addresses, options and checksum; returns the offset. */
export function writeNdpHeader(frame: Uint8Array, icmpType: number, messageOctets: number): number {
  const at = ETHERNET_HEADER_OCTETS;
  writeUint16(frame, at - 2, ETHERTYPE_IPV6);
  frame.fill(0, at, at + OPTIONS);
  frame[at] = 6 << 4;
  writeUint16(frame, at + 4, messageOctets);
  frame[at + 6] = ICMPV6;
  frame[at + 7] = HOP_LIMIT;
  frame[at + MESSAGE] = icmpType;
  return at;
}

/** Sums the message whose checksum field is still zero. */
export function writeNdpChecksum(frame: Uint8Array, at: number, messageOctets: number): void {
  writeUint16(frame, at + MESSAGE + 2, icmpv6Checksum(frame, at, messageOctets));
}

/**
 * Answers Neighbor Solicitations: one frame and the answer table in, an advertisement or a named refusal out.
 *
 * Source: RFC 4861 sections 7.2.3, 7.2.4; RFC 4862 sections 5.4.3, 5.4.4 (duplicate addresses); MetalLB
 * internal/layer2/ndp.go (order of refusals).
 * Shape: stateless and on the hot path; octets are compared and copied in place, a refusal allocates nothing. A typed
 * array costs more than the rest of an answer, so a caller that sends at once may lend one for the reply.
 * Not here: what to do about a conflict (../conflict), group membership and sockets (agent/network).
 *
 * @module
 */
import type { Answer, AnswerTable } from "../net/answer_table.ts";
import { equalOctets } from "../net/bytes.ts";
import { DESTINATION_OFFSET, frameOctets, MAC_OCTETS, SOURCE_OFFSET } from "../net/ethernet.ts";
import { type Ip, ipToBytes, ipv6At } from "../net/ip.ts";
import { isGroupAt, type Mac, macFromBytes, macToBytes } from "../net/mac.ts";
import { ALL_NODES, groupMac } from "./group.ts";
import { linkLayerAddressOffset, SOURCE_LINK_LAYER_ADDRESS, TARGET_LINK_LAYER_ADDRESS } from "./option.ts";
import {
  DESTINATION,
  FLAGS,
  isUnspecifiedAt,
  MESSAGE,
  messageEnd,
  type NdpFormatReason,
  ndpOffset,
  NEIGHBOR_ADVERTISEMENT,
  OPTIONS,
  OVERRIDE_FLAG,
  SOLICITED_FLAG,
  SOURCE,
  TARGET,
  writeNdpChecksum,
  writeNdpHeader,
} from "./packet.ts";

/** The interface a responder speaks for. Open another one when its MAC changes. */
export interface NdpResponder {
  readonly mac: Mac;
  readonly macOctets: Uint8Array;
}

/** Why a frame is not answered. */
export type NdpDropReason =
  | NdpFormatReason
  | "own-frame"
  /** An advertisement that is no conflict. */
  | "advertisement"
  | "ethernet-destination"
  | "sender-group-mac"
  | Exclude<Answer, "yes">;

/** What to do about one frame. */
export type NdpVerdict =
  | { readonly type: "Reply"; readonly ip: Ip; readonly frame: Uint8Array }
  /** Somebody else answers for an address of ours (RFC 4862 5.4.4). */
  | { readonly type: "Conflict"; readonly ip: Ip; readonly mac: Mac }
  | { readonly type: "Drop"; readonly reason: NdpDropReason };

const REPLY_MESSAGE_OCTETS = 32;

/** The length of every reply. */
export const NDP_REPLY_OCTETS: number = frameOctets(MESSAGE + REPLY_MESSAGE_OCTETS);

const ALL_NODES_OCTETS = ipToBytes(ALL_NODES);
const ALL_NODES_MAC_OCTETS = macToBytes(groupMac(ALL_NODES));

/** A responder for the interface with that address. */
export function openNdpResponder(mac: Mac): NdpResponder {
  return { mac, macOctets: macToBytes(mac) };
}

/** Judges one received frame; a reply is written to the first 86 octets of `into`. */
export function respondNdp(
  responder: NdpResponder,
  frame: Uint8Array,
  table: AnswerTable,
  into?: Uint8Array,
): NdpVerdict {
  const at = ndpOffset(frame);
  if (typeof at === "string") return DROP[at];
  const own = responder.macOctets;
  if (equalOctets(frame, SOURCE_OFFSET, own, 0, MAC_OCTETS)) return DROP["own-frame"];
  if (frame[at + MESSAGE] === NEIGHBOR_ADVERTISEMENT) return judgeAdvertisement(frame, at, own, table);

  if (!isGroupAt(frame, DESTINATION_OFFSET) && !equalOctets(frame, DESTINATION_OFFSET, own, 0, MAC_OCTETS)) {
    return DROP["ethernet-destination"];
  }
  const asker = askerOffset(frame, at);
  if (isGroupAt(frame, asker)) return DROP["sender-group-mac"];
  const ip = ipv6At(frame, at + TARGET);
  const answer = table.answersFor(ip);
  if (answer !== "yes") return DROP[answer];
  const reply = into ?? new Uint8Array(NDP_REPLY_OCTETS);
  return { type: "Reply", ip, frame: replyTo(frame, at, asker, responder, reply) };
}

/** RFC 4862 5.4.4: an advertisement for an address that is ours, from another station, means a duplicate. */
function judgeAdvertisement(frame: Uint8Array, at: number, own: Uint8Array, table: AnswerTable): NdpVerdict {
  const ip = ipv6At(frame, at + TARGET);
  if (table.answersFor(ip) !== "yes") return DROP.advertisement;
  const macAt =
    linkLayerAddressOffset(frame, at + OPTIONS, messageEnd(frame, at), TARGET_LINK_LAYER_ADDRESS) ??
      SOURCE_OFFSET;
  if (equalOctets(frame, macAt, own, 0, MAC_OCTETS)) return DROP.advertisement;
  const mac = macFromBytes(frame, macAt);
  return table.isOwnMac(mac) ? DROP["own-frame"] : { type: "Conflict", ip, mac };
}

/** METALLB ignores a solicitation without the option; a unicast one may omit it (RFC 4861 4.3), and the frame has it. */
function askerOffset(frame: Uint8Array, at: number): number {
  return linkLayerAddressOffset(frame, at + OPTIONS, messageEnd(frame, at), SOURCE_LINK_LAYER_ADDRESS) ??
    SOURCE_OFFSET;
}

/**
 * RFC 4861 7.2.4: to the asker, solicited; to all nodes and unsolicited when the source is "::", a duplicate address
 * probe. METALLB leaves Override out; with it a neighbour that knows another MAC takes ours at once.
 */
function replyTo(
  frame: Uint8Array,
  at: number,
  asker: number,
  responder: NdpResponder,
  reply: Uint8Array,
): Uint8Array {
  const probe = isUnspecifiedAt(frame, at + SOURCE);
  const to = writeNdpHeader(reply, NEIGHBOR_ADVERTISEMENT, REPLY_MESSAGE_OCTETS);
  reply[to + FLAGS] = probe ? OVERRIDE_FLAG : OVERRIDE_FLAG | SOLICITED_FLAG;
  if (probe) {
    reply.set(ALL_NODES_MAC_OCTETS, DESTINATION_OFFSET);
    reply.set(ALL_NODES_OCTETS, to + DESTINATION);
  } else {
    for (let i = 0; i < MAC_OCTETS; i++) reply[DESTINATION_OFFSET + i] = frame[asker + i]!;
    for (let i = 0; i < 16; i++) reply[to + DESTINATION + i] = frame[at + SOURCE + i]!;
  }
  reply.set(responder.macOctets, SOURCE_OFFSET);
  // From the address itself, as its owner's kernel would. METALLB answers from a link-local address, which strict
  // resolvers (ndisc6 among them) do not take for an answer.
  for (let i = 0; i < 16; i++) reply[to + SOURCE + i] = reply[to + TARGET + i] = frame[at + TARGET + i]!;
  reply[to + OPTIONS] = TARGET_LINK_LAYER_ADDRESS;
  reply[to + OPTIONS + 1] = 1;
  reply.set(responder.macOctets, to + OPTIONS + 2);
  writeNdpChecksum(reply, to, REPLY_MESSAGE_OCTETS);
  return reply.length === NDP_REPLY_OCTETS ? reply : reply.subarray(0, NDP_REPLY_OCTETS);
}

type Drop = Extract<NdpVerdict, { type: "Drop" }>;

/** One ready-made verdict for each reason. */
const DROP: { readonly [Reason in NdpDropReason]: Drop } = {
  "frame-short": { type: "Drop", reason: "frame-short" },
  "vlan-tagged": { type: "Drop", reason: "vlan-tagged" },
  "ether-type": { type: "Drop", reason: "ether-type" },
  "packet-short": { type: "Drop", reason: "packet-short" },
  "ip-version": { type: "Drop", reason: "ip-version" },
  "next-header": { type: "Drop", reason: "next-header" },
  "icmp-type": { type: "Drop", reason: "icmp-type" },
  "hop-limit": { type: "Drop", reason: "hop-limit" },
  checksum: { type: "Drop", reason: "checksum" },
  "icmp-code": { type: "Drop", reason: "icmp-code" },
  "message-short": { type: "Drop", reason: "message-short" },
  "source-multicast": { type: "Drop", reason: "source-multicast" },
  "ipv4-mapped": { type: "Drop", reason: "ipv4-mapped" },
  "target-multicast": { type: "Drop", reason: "target-multicast" },
  "option-length-zero": { type: "Drop", reason: "option-length-zero" },
  "option-overrun": { type: "Drop", reason: "option-overrun" },
  "unspecified-source-destination": { type: "Drop", reason: "unspecified-source-destination" },
  "unspecified-source-link-layer-option": { type: "Drop", reason: "unspecified-source-link-layer-option" },
  "solicited-multicast": { type: "Drop", reason: "solicited-multicast" },
  "own-frame": { type: "Drop", reason: "own-frame" },
  advertisement: { type: "Drop", reason: "advertisement" },
  "ethernet-destination": { type: "Drop", reason: "ethernet-destination" },
  "sender-group-mac": { type: "Drop", reason: "sender-group-mac" },
  "not-announced": { type: "Drop", reason: "not-announced" },
  "other-interface": { type: "Drop", reason: "other-interface" },
};

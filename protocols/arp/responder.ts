/**
 * Answers ARP requests: one frame and the answer table in, a reply or a named refusal out.
 *
 * Source: RFC 826 (reception), RFC 5227 section 2.4 (conflict), MetalLB internal/layer2/arp.go (order of refusals).
 * Shape: stateless and on the hot path; octets are compared and copied in place, a refusal allocates nothing. A typed
 * array costs more than the rest of an answer, so a caller that sends at once may lend one for the reply.
 * Not here: what to do about a conflict (../conflict), sockets and counters (agent/network).
 *
 * @module
 */
import type { Answer, AnswerTable } from "../net/answer_table.ts";
import { equalOctets, readUint16 } from "../net/bytes.ts";
import { DESTINATION_OFFSET, MAC_OCTETS, MIN_FRAME_OCTETS, SOURCE_OFFSET } from "../net/ethernet.ts";
import { type Ip, ipv4At } from "../net/ip.ts";
import { isBroadcastAt, isGroupAt, type Mac, macFromBytes, macToBytes } from "../net/mac.ts";
import {
  type ArpFormatReason,
  arpOffset,
  OPERATION,
  REPLY,
  REQUEST,
  SENDER_HARDWARE_ADDRESS,
  SENDER_PROTOCOL_ADDRESS,
  TARGET_HARDWARE_ADDRESS,
  TARGET_PROTOCOL_ADDRESS,
  writeArpHeader,
} from "./packet.ts";

/** The interface a responder speaks for. Open another one when its MAC changes. */
export interface ArpResponder {
  readonly mac: Mac;
  readonly macOctets: Uint8Array;
}

/** Why a frame is not answered. */
export type ArpDropReason =
  | ArpFormatReason
  | "own-frame"
  | "operation"
  | "ethernet-destination"
  | "sender-group-mac"
  | Exclude<Answer, "yes">;

/** What to do about one frame. */
export type ArpVerdict =
  | { readonly type: "Reply"; readonly ip: Ip; readonly frame: Uint8Array }
  /** Somebody else uses an address we answer for (RFC 5227 2.4). */
  | { readonly type: "Conflict"; readonly ip: Ip; readonly mac: Mac }
  | { readonly type: "Drop"; readonly reason: ArpDropReason };

/** The length of every reply. */
export const ARP_REPLY_OCTETS: number = MIN_FRAME_OCTETS;

/** A responder for the interface with that address. */
export function openArpResponder(mac: Mac): ArpResponder {
  return { mac, macOctets: macToBytes(mac) };
}

/** Judges one received frame; a reply is written to the first 60 octets of `into`. */
export function respondArp(
  responder: ArpResponder,
  frame: Uint8Array,
  table: AnswerTable,
  into?: Uint8Array,
): ArpVerdict {
  const at = arpOffset(frame);
  if (typeof at === "string") return DROP[at];
  const own = responder.macOctets;
  if (equalOctets(frame, SOURCE_OFFSET, own, 0, MAC_OCTETS)) return DROP["own-frame"];
  const conflict = conflictIn(frame, at, own, table);
  if (conflict !== null) return conflict;

  if (readUint16(frame, at + OPERATION) !== REQUEST) return DROP.operation;
  if (
    !isBroadcastAt(frame, DESTINATION_OFFSET) && !equalOctets(frame, DESTINATION_OFFSET, own, 0, MAC_OCTETS)
  ) return DROP["ethernet-destination"];
  // RFC 1812 3.3.2: no station has a broadcast or multicast link address; a reply there would reach everybody.
  if (isGroupAt(frame, at + SENDER_HARDWARE_ADDRESS)) return DROP["sender-group-mac"];
  const ip = ipv4At(frame, at + TARGET_PROTOCOL_ADDRESS);
  const answer = table.answersFor(ip);
  if (answer !== "yes") return DROP[answer];
  return { type: "Reply", ip, frame: replyTo(frame, at, own, into ?? new Uint8Array(ARP_REPLY_OCTETS)) };
}

/**
 * RFC 5227 2.4: any packet, request or reply, whose sender protocol address is ours with another's hardware address. A
 * probe (sender 0.0.0.0) never is one: it is answered, and the prober yields.
 */
function conflictIn(frame: Uint8Array, at: number, own: Uint8Array, table: AnswerTable): ArpVerdict | null {
  const operation = readUint16(frame, at + OPERATION);
  if (operation !== REQUEST && operation !== REPLY) return null;
  const ip = ipv4At(frame, at + SENDER_PROTOCOL_ADDRESS);
  if (table.answersFor(ip) !== "yes") return null;
  if (equalOctets(frame, at + SENDER_HARDWARE_ADDRESS, own, 0, MAC_OCTETS)) return null;
  const mac = macFromBytes(frame, at + SENDER_HARDWARE_ADDRESS);
  return table.isOwnMac(mac) ? DROP["own-frame"] : { type: "Conflict", ip, mac };
}

/** RFC 826: the two halves change places, our address fills the gap; a probe thus gets target 0.0.0.0. */
function replyTo(request: Uint8Array, at: number, own: Uint8Array, reply: Uint8Array): Uint8Array {
  const to = writeArpHeader(reply, REPLY);
  const [sha, spa] = [at + SENDER_HARDWARE_ADDRESS, at + SENDER_PROTOCOL_ADDRESS];
  const tpa = at + TARGET_PROTOCOL_ADDRESS;
  for (let i = 0; i < MAC_OCTETS; i++) {
    reply[DESTINATION_OFFSET + i] = reply[to + TARGET_HARDWARE_ADDRESS + i] = request[sha + i]!;
    reply[SOURCE_OFFSET + i] = reply[to + SENDER_HARDWARE_ADDRESS + i] = own[i]!;
  }
  for (let i = 0; i < 4; i++) {
    reply[to + SENDER_PROTOCOL_ADDRESS + i] = request[tpa + i]!;
    reply[to + TARGET_PROTOCOL_ADDRESS + i] = request[spa + i]!;
  }
  return reply.length === ARP_REPLY_OCTETS ? reply : reply.subarray(0, ARP_REPLY_OCTETS);
}

type Drop = Extract<ArpVerdict, { type: "Drop" }>;

/** One ready-made verdict for each reason. */
const DROP: { readonly [Reason in ArpDropReason]: Drop } = {
  "frame-short": { type: "Drop", reason: "frame-short" },
  "vlan-tagged": { type: "Drop", reason: "vlan-tagged" },
  "ether-type": { type: "Drop", reason: "ether-type" },
  "packet-short": { type: "Drop", reason: "packet-short" },
  "hardware-type": { type: "Drop", reason: "hardware-type" },
  "hardware-length": { type: "Drop", reason: "hardware-length" },
  "protocol-type": { type: "Drop", reason: "protocol-type" },
  "protocol-length": { type: "Drop", reason: "protocol-length" },
  "own-frame": { type: "Drop", reason: "own-frame" },
  operation: { type: "Drop", reason: "operation" },
  "ethernet-destination": { type: "Drop", reason: "ethernet-destination" },
  "sender-group-mac": { type: "Drop", reason: "sender-group-mac" },
  "not-announced": { type: "Drop", reason: "not-announced" },
  "other-interface": { type: "Drop", reason: "other-interface" },
};

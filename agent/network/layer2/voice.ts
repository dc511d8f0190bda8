/**
 * The two ways to speak for an address on an interface: ARP for IPv4, Neighbor Discovery for IPv6.
 *
 * Shape: one interface of functions over frames, so that what surrounds them (tap.ts, layer2.ts) is written once.
 * Not here: the protocols themselves (protocols/arp, protocols/ndp).
 *
 * @module
 */
import { arpProbe, encodeArp, gratuitousReply, gratuitousRequest } from "../../../protocols/arp/packet.ts";
import { ARP_REPLY_OCTETS, openArpResponder, respondArp } from "../../../protocols/arp/responder.ts";
import { dadSolicitation, unsolicitedAdvertisement } from "../../../protocols/ndp/announcement.ts";
import { encodeNdp } from "../../../protocols/ndp/packet.ts";
import { NDP_REPLY_OCTETS, openNdpResponder, respondNdp } from "../../../protocols/ndp/responder.ts";
import type { AnswerTable } from "../../../protocols/net/answer_table.ts";
import { ETHERTYPE_ARP, ETHERTYPE_IPV6 } from "../../../protocols/net/ethernet.ts";
import type { Family, Ip } from "../../../protocols/net/ip.ts";
import type { Mac } from "../../../protocols/net/mac.ts";
import type { Interface } from "../interface_table.ts";

export type Protocol = "arp" | "ndp";

/** The family each protocol resolves. */
export const FAMILY: Readonly<Record<Protocol, Family>> = { arp: "ipv4", ndp: "ipv6" };

/** What to capture for each protocol: one EtherType, so that the node's other traffic never meets the filter. */
export const TAP: Readonly<Record<Protocol, { readonly etherType: number; readonly filter: string }>> = {
  arp: { etherType: ETHERTYPE_ARP, filter: "arp" },
  ndp: { etherType: ETHERTYPE_IPV6, filter: "icmp6 and (ip6[40] == 135 or ip6[40] == 136)" },
};

/** What to do about one received frame. */
export type Verdict =
  | { readonly type: "Reply"; readonly ip: Ip; readonly frame: Uint8Array }
  | { readonly type: "Conflict"; readonly ip: Ip; readonly mac: Mac }
  | { readonly type: "Drop"; readonly reason: string };

/** One protocol on one interface, as its addresses are now. */
export interface Voice {
  readonly mac: Mac;
  /** A reply's frame is overwritten by the next call. */
  judge(frame: Uint8Array): Verdict;
  /** The frames of one round of an unsolicited announcement. */
  announcement(ip: Ip): readonly Uint8Array[];
  /** A question whether anybody else has the address; `nonce` marks the IPv6 form as ours. */
  probe(ip: Ip, nonce: number): Uint8Array;
}

/** The voice of that protocol on that interface, or null when the interface does not qualify for it. */
export function voiceOf(protocol: Protocol, iface: Interface, table: AnswerTable): Voice | null {
  if (iface.mac === null || !iface[protocol]) return null;
  return protocol === "arp" ? arpVoice(iface.mac, table) : ndpVoice(iface.mac, table);
}

function arpVoice(mac: Mac, table: AnswerTable): Voice {
  const responder = openArpResponder(mac);
  const reply = new Uint8Array(ARP_REPLY_OCTETS);
  return {
    mac,
    judge: (frame) => respondArp(responder, frame, table, reply),
    announcement: (ip) => [encodeArp(gratuitousRequest(mac, ip)), encodeArp(gratuitousReply(mac, ip))],
    probe: (ip) => encodeArp(arpProbe(mac, ip)),
  };
}

function ndpVoice(mac: Mac, table: AnswerTable): Voice {
  const responder = openNdpResponder(mac);
  const reply = new Uint8Array(NDP_REPLY_OCTETS);
  return {
    mac,
    judge: (frame) => respondNdp(responder, frame, table, reply),
    announcement: (ip) => [encodeNdp(unsolicitedAdvertisement(mac, ip))],
    probe: (ip, nonce) => encodeNdp(dadSolicitation(mac, ip, nonce)),
  };
}

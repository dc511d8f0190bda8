/**
 * The two messages we send unasked: "this address is here", and "does anybody else use this address?".
 *
 * Source: RFC 4861 section 7.2.6 and RFC 9131 (unsolicited advertisement), RFC 4862 section 5.4.2 (probe),
 * RFC 7527 section 4.1 (its nonce).
 * Not here: when they are sent (../gratuitous, ../conflict).
 *
 * @module
 */
import { type Ip, UNSPECIFIED } from "../net/ip.ts";
import type { Mac } from "../net/mac.ts";
import { ALL_NODES, groupMac, solicitedNodeGroup } from "./group.ts";
import type { NeighborAdvertisement, NeighborSolicitation } from "./packet.ts";

const NONCE_OCTETS = 6;

/** Tells every node that the address is at our MAC; the Override flag makes them replace what they know. */
export function unsolicitedAdvertisement(mac: Mac, ip: Ip): NeighborAdvertisement {
  return {
    type: "NeighborAdvertisement",
    destinationMac: groupMac(ALL_NODES),
    sourceMac: mac,
    destination: ALL_NODES,
    source: ip,
    router: false,
    solicited: false,
    override: true,
    target: ip,
    options: [{ type: "TargetLinkLayerAddress", mac }],
  };
}

/**
 * A solicitation from nobody; `nonce` is an integer below 2^48. The nonce lets another host that probes the same address
 * tell our probe from its own, looped back.
 */
export function dadSolicitation(mac: Mac, ip: Ip, nonce: number): NeighborSolicitation {
  const octets = new Uint8Array(NONCE_OCTETS);
  let rest = nonce;
  for (let i = NONCE_OCTETS - 1; i >= 0; i--) {
    octets[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  const group = solicitedNodeGroup(ip);
  return {
    type: "NeighborSolicitation",
    destinationMac: groupMac(group),
    sourceMac: mac,
    destination: group,
    source: UNSPECIFIED.ipv6,
    target: ip,
    options: [{ type: "Nonce", octets }],
  };
}

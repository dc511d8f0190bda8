/**
 * Multicast groups of Neighbor Discovery.
 *
 * Source: RFC 4291 section 2.7.1 (solicited-node and all-nodes addresses), RFC 2464 section 7 (their Ethernet groups).
 *
 * @module
 */
import { type Ip, ipFromBytes, ipToBytes } from "../net/ip.ts";
import { type Mac, macOfIpv6Group } from "../net/mac.ts";

/** Every node on the link. */
export const ALL_NODES: Ip = "ff02::1" as Ip;
/** Every router on the link. */
export const ALL_ROUTERS: Ip = "ff02::2" as Ip;

/** ff02::1:ff00:0/104: what all solicited-node groups begin with. */
const SOLICITED_NODE_PREFIX = [0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff] as const;

/** The group a solicitation for that IPv6 address is sent to; addresses equal in their last 24 bits share it. */
export function solicitedNodeGroup(ip: Ip): Ip {
  const octets = ipToBytes(ip);
  octets.set(SOLICITED_NODE_PREFIX);
  return ipFromBytes(octets);
}

/** The Ethernet group of an IPv6 multicast address. */
export function groupMac(group: Ip): Mac {
  return macOfIpv6Group(ipToBytes(group));
}

/** True when the sixteen octets at `offset` are a solicited-node address. */
export function isSolicitedNodeGroupAt(bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < SOLICITED_NODE_PREFIX.length; i++) {
    if (bytes[offset + i] !== SOLICITED_NODE_PREFIX[i]) return false;
  }
  return true;
}

/**
 * The BGP Identifier of a node that was given none.
 *
 * Source: RFC 4271 section 4.2 (one for the node, fixed at startup), RFC 6286 (any four octets but zero); the CRC of the
 * node's name is MetalLB's last resort.
 * Shape: pure.
 *
 * @module
 */
import { type Ip, ipv4At } from "../../../protocols/net/ip.ts";

/** The node's first IPv4 address, or what stands for it where there is only IPv6. */
export function defaultRouterId(firstIpv4: Ip | null, nodeName: string): Ip {
  return firstIpv4 ?? nameRouterId(nodeName);
}

/** CRC-32 of the name (IEEE 802.3), lowest octet first. */
function nameRouterId(nodeName: string): Ip {
  let crc = 0xffffffff;
  for (const octet of new TextEncoder().encode(nodeName)) {
    crc ^= octet;
    for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (crc & 1) * 0xedb88320;
  }
  crc = ~crc;
  return ipv4At(Uint8Array.of(crc, crc >>> 8, crc >>> 16, crc >>> 24), 0);
}

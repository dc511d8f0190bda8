/**
 * The next hops of a session: where the peer sends what is for our routes.
 *
 * Source: RFC 4271 section 5.1.3, RFC 2545 section 3 (global and link-local), RFC 8950 (IPv6 next hops for IPv4 routes).
 * Shape: pure. The session's own address for its own family; for the other one an address of the same interface.
 *
 * @module
 */
import type { BgpFamily } from "../../../protocols/bgp/wire/registry.ts";
import type { NextHop } from "../../../protocols/bgp/wire/mp_nlri.ts";
import { familyOf, type Ip } from "../../../protocols/net/ip.ts";
import { isLinkLocal } from "../host_addresses.ts";

/** What the node's addresses say about a session. */
export interface SessionAddresses {
  /** Our end of the connection. */
  readonly local: Ip;
  /** Of the interface that holds it; null where it has none. */
  readonly ipv4: Ip | null;
  readonly ipv6: Ip | null;
}

export type NextHops = Readonly<Record<BgpFamily, NextHop | null>>;

/** Null where there is no address to offer. */
export function nextHopsOf({ local, ipv4, ipv6 }: SessionAddresses, extendedNextHop: boolean): NextHops {
  if (familyOf(local) === "ipv4") {
    return { "ipv4-unicast": only(local), "ipv6-unicast": ipv6 === null ? null : only(ipv6) };
  }
  const own: NextHop = isLinkLocal(local) && ipv6 !== null
    ? { address: ipv6, linkLocal: local }
    : only(local);
  // Neighbours that know each other by link-local addresses need not share an IPv4 network.
  const viaIpv4 = ipv4 !== null && !(extendedNextHop && isLinkLocal(local));
  return {
    "ipv4-unicast": viaIpv4 ? only(ipv4) : extendedNextHop ? own : null,
    "ipv6-unicast": own,
  };
}

/** True when both say the same. */
export function sameNextHops(a: NextHops, b: NextHops): boolean {
  return same(a["ipv4-unicast"], b["ipv4-unicast"]) && same(a["ipv6-unicast"], b["ipv6-unicast"]);
}

function same(a: NextHop | null, b: NextHop | null): boolean {
  return a?.address === b?.address && a?.linkLocal === b?.linkLocal;
}

function only(address: Ip): NextHop {
  return { address, linkLocal: null };
}

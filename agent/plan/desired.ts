/**
 * What one node should put on the wire, as plain values that can be printed and compared.
 *
 * Not here: who decides it (node_plan.ts, bgp/), how it is compared (diff.ts, bgp/diff.ts). A peer's password is not plain:
 * who sends a session to the network thread reveals it there.
 *
 * @module
 */
import type { Ip } from "../../protocols/net/ip.ts";
import type { Peer } from "../config/config.ts";
import type { RouteTable } from "./bgp/route_table.ts";

/** Everything this node should answer for and announce. */
export interface Desired {
  readonly layer2: ReadonlyMap<Ip, Layer2Announcement>;
  /** By name of the peer, in ascending order. */
  readonly bgp: ReadonlyMap<string, BgpSession>;
}

/** One BGP session; equal routes of several peers are the identical table. */
export interface BgpSession {
  readonly peer: Peer;
  readonly routes: RouteTable;
}

/** One address answered by ARP or NDP. */
export interface Layer2Announcement {
  readonly ip: Ip;
  /** Sorted interface names, or null for every interface that can. */
  readonly interfaces: readonly string[] | null;
  /** Period of the slow repetition of gratuitous packets in milliseconds; null when off. */
  readonly refreshMs: number | null;
  /** Sorted keys of the Services that hold the address. */
  readonly services: readonly string[];
}

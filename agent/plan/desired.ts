/**
 * What one node should put on the wire, as plain values that can be printed, compared and sent to the network thread.
 *
 * Not here: who decides it (node_plan.ts), how it is compared (diff.ts).
 *
 * @module
 */
import type { Ip } from "../../protocols/net/ip.ts";

/** Everything this node should answer for. */
export interface Desired {
  readonly layer2: ReadonlyMap<Ip, Layer2Announcement>;
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

/**
 * What a BGP peer is configured with, in the protocol's own terms.
 *
 * Source: RFC 4271 section 8.1.1 (session attributes); MetalLB's BGPPeer for the defaults users know.
 * Shape: plain values; the owner has resolved selectors, passwords, `localASN` and defaults of the custom resource.
 * Not here: addresses, ports, TTL, keys and source interfaces (the transport's), what is announced (adj_rib_out.ts).
 *
 * @module
 */
import type { Ip } from "../net/ip.ts";
import type { BgpFamily } from "./wire/registry.ts";

/** The peer's AS number, or the rule it must keep (MetalLB's `dynamicASN`). */
export type RemoteAsn = number | "internal" | "external";

/** How BFD and the session depend on each other, RFC 5882 4.3. */
export type BfdCoupling =
  | "off"
  /** A path that goes down ends the session; a session may start while BFD is not up. */
  | "loose"
  /** Also, no session starts before BFD is up. */
  | "strict";

/** Times of the machine that no custom resource names. */
export interface FsmTimes {
  /** Patience with the peer's OPEN, RFC 4271 8.2.2: "a large value, 4 minutes is suggested". */
  readonly openHoldMs: number;
  /** DelayOpenTime: wait so long for the peer's OPEN before sending ours; null switches the option off. */
  readonly delayOpenMs: number | null;
  /** First rest after a failure; every further failure doubles it up to `connectRetryMs`. */
  readonly idleHoldMs: number;
  /** A session that lived so long ends without being held against the peer. */
  readonly stableMs: number;
  /** Without progress in sending for so long the session ends; null for max(8 min, 2 * hold time), RFC 9687 4. */
  readonly sendHoldMs: number | null;
}

export const DEFAULT_FSM_TIMES: FsmTimes = {
  openHoldMs: 240_000,
  delayOpenMs: null,
  // FRR refuses for about a second after a session dropped: a first try far sooner costs little, one far later much.
  idleHoldMs: 200,
  stableMs: 30_000,
  sendHoldMs: null,
};

/** One peer. */
export interface PeerConfig {
  readonly localAsn: number;
  readonly remoteAsn: RemoteAsn;
  /** Written as an IPv4 address. */
  readonly bgpIdentifier: Ip;
  /** Offered hold time: 0 (no keepalives, no hold timer) or 3 to 65535. */
  readonly holdTimeSeconds: number;
  /** At most a third of the agreed hold time is used; null for just that third. */
  readonly keepaliveTimeSeconds: number | null;
  /** ConnectRetryTime: patience with a connection attempt, and the longest rest between two. */
  readonly connectRetryMs: number;
  /** PassiveTcpEstablishment: wait for the peer to connect. */
  readonly passive: boolean;
  /** At least one. */
  readonly families: readonly BgpFamily[];
  /** Offer IPv6 next hops for IPv4 routes, RFC 8950. */
  readonly extendedNextHop: boolean;
  /** Seconds (at most 4095) the peer should keep our routes while we restart; null switches the option off. */
  readonly restartTimeSeconds: number | null;
  readonly bfd: BfdCoupling;
  readonly times: FsmTimes;
}

/** MetalLB's defaults; `connectRetryMs` is FRR's for data centres. */
export const DEFAULT_PEER: Omit<PeerConfig, "localAsn" | "remoteAsn" | "bgpIdentifier"> = {
  holdTimeSeconds: 90,
  keepaliveTimeSeconds: null,
  connectRetryMs: 10_000,
  passive: false,
  families: ["ipv4-unicast", "ipv6-unicast"],
  extendedNextHop: false,
  restartTimeSeconds: null,
  bfd: "off",
  times: DEFAULT_FSM_TIMES,
};

/** Whether a running session takes a new value of the field; the others are part of what the OPENs agreed on. */
const CHANGES_IN_PLACE: Readonly<Record<keyof PeerConfig, boolean>> = {
  localAsn: false,
  remoteAsn: false,
  bgpIdentifier: false,
  holdTimeSeconds: false,
  // Takes effect with the next session: a keepalive too often or too seldom is worth no reset.
  keepaliveTimeSeconds: true,
  connectRetryMs: true,
  passive: true,
  families: false,
  extendedNextHop: false,
  restartTimeSeconds: false,
  bfd: true,
  times: true,
};

/** True when a session need not be reset for the new configuration. */
export function canChangeInPlace(before: PeerConfig, after: PeerConfig): boolean {
  const fields = Object.keys(CHANGES_IN_PLACE) as readonly (keyof PeerConfig)[];
  return fields.every((field) => CHANGES_IN_PLACE[field] || isSame(before[field], after[field]));
}

function isSame(a: PeerConfig[keyof PeerConfig], b: PeerConfig[keyof PeerConfig]): boolean {
  return Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((item, i) => item === b[i])
    : a === b;
}

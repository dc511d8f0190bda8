/**
 * A real BGP router of the lab: how it is configured, and what it says of itself.
 *
 * Shape: one description for all routers in; a router's own words, read from its JSON or its command line, as one type
 * out. What a router cannot tell is null.
 * Not here: how each router is told (frr_config.ts, bird_config.ts, gobgp_config.ts) and asked (frr.ts, bird.ts, gobgp.ts).
 *
 * @module
 */
import type { Host } from "../network/host.ts";

/** A router's configuration. */
export interface RouterConfig {
  readonly asn: number;
  /** Also its BGP Identifier: the host's IPv4 address when absent. */
  readonly routerId?: string;
  readonly neighbours: readonly Neighbour[];
  /** Prefixes of its own that it announces. */
  readonly networks?: readonly string[];
}

/** One neighbour, or a range of them. */
export interface Neighbour {
  /** An address, an interface whose other end is the neighbour, or a range from which neighbours connect. */
  readonly peer:
    | { readonly address: string }
    | {
      readonly interface: string; /** No Router Advertisements, of a router that can do without. */
      readonly silent?: boolean;
    }
    | { readonly range: string };
  readonly asn: number | "internal" | "external";
  /** Both when absent. */
  readonly families?: readonly Family[];
  readonly password?: string;
  /** RFC 5082, one hop. */
  readonly ttlSecurity?: boolean;
  /** There may be routers in between: for the session, and for BFD (RFC 5883). */
  readonly multihop?: boolean;
  /** The router's own address in this session, where it has several. */
  readonly localAddress?: string;
  /** Sent and required intervals, and how many may be lost. */
  readonly bfd?: BfdIntervals;
  /** Waits for the neighbour to connect. */
  readonly passive?: boolean;
  /** RFC 8950: IPv4 routes with IPv6 next hops. */
  readonly extendedNextHop?: boolean;
  /** RFC 8654, offered unless this is false; a router that cannot be told otherwise keeps its own way. */
  readonly extendedMessages?: boolean;
  /** 9 when absent. */
  readonly holdTimeSeconds?: number;
  /** "helper" (when absent) keeps a restarting neighbour's routes, "restarter" asks the same for itself too. */
  readonly gracefulRestart?: "helper" | "restarter";
}

/** RFC 5880's three figures, the same in both directions. */
export interface BfdIntervals {
  readonly intervalMs: number;
  readonly multiplier: number;
  /** The echo function (RFC 5880 6.4) in both directions, so often; of a router that has it. */
  readonly echoIntervalMs?: number;
}

export type Family = "ipv4" | "ipv6";

/** What a router can have heard in an OPEN. */
export type Capability =
  | "ipv4-unicast"
  | "ipv6-unicast"
  | "route-refresh"
  | "enhanced-route-refresh"
  | "four-octet-asn"
  | "extended-message"
  | "extended-next-hop"
  | "graceful-restart";

/** One session as the router sees it. */
export interface Session {
  /** RFC 4271 8.2.2: "Idle" to "Established". */
  readonly state: string;
  readonly remoteAsn: number;
  /** As agreed; 0 where no session is up. */
  readonly holdTimeSeconds: number;
  /** What the neighbour offered, sorted; empty where no session is up. */
  readonly capabilities: readonly Capability[];
  /** How many routes the router took from the neighbour. */
  readonly receivedRoutes: number;
  /** How often the session came up; null where the router does not count. */
  readonly establishedCount: number | null;
  /** How many UPDATE messages came from the neighbour; null where the router does not count. */
  readonly receivedUpdates: number | null;
  /** The router's own words on why the last session ended; null when none did. */
  readonly lastError: string | null;
}

/** One path of a prefix, from one neighbour. */
export interface Route {
  /** The first address where there are two (RFC 2545). */
  readonly nextHop: string;
  readonly asPath: readonly number[];
  readonly origin: "IGP" | "EGP" | "incomplete";
  readonly localPreference: number | null;
  /** Sorted, "64512:7"; well-known ones in numbers too. */
  readonly communities: readonly string[];
  /** Sorted, "64512:1:2". */
  readonly largeCommunities: readonly string[];
  /** Kept for a neighbour that restarts (RFC 4724). */
  readonly stale: boolean;
}

/** A BFD session as the router sees it. */
export interface BfdSession {
  readonly state: "AdminDown" | "Down" | "Init" | "Up";
  /** As agreed where the router says so, else as it was set. */
  readonly transmitIntervalMs: number;
  /** The neighbour's. */
  readonly remoteMultiplier: number | null;
}

/** A running router. Disposing it ends it. */
export interface Router extends AsyncDisposable {
  readonly kind: "FRR" | "BIRD" | "GoBGP";
  readonly host: Host;
  /** The session with a neighbour, named by its address, by the interface it is on, or by what the range gave it. */
  session(neighbour: string): Promise<Session | null>;
  /** Every path the router has for the prefix, the neighbours' order as the router has it. */
  routes(prefix: string): Promise<readonly Route[]>;
  /** How many prefixes of the family its table has, its own included. */
  routeCount(family: Family): Promise<number>;
  /** The BFD session with a neighbour; null when there is none. */
  bfd(neighbour: string): Promise<BfdSession | null>;
  /** Holds its BGP still, while its kernel goes on answering for it. */
  pause(): void;
  resume(): void;
  /** Ends it as a crash would: no farewell to anyone. */
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

/** How a neighbour is named in {@linkcode Router.session}; ranges have no name before somebody connects. */
export function nameOf({ peer }: Neighbour): string {
  if ("address" in peer) return peer.address;
  return "interface" in peer ? peer.interface : peer.range;
}

/** The numbers behind the names that routers print instead of them (IANA's registry of well-known communities). */
const WELL_KNOWN: Readonly<Record<string, string>> = {
  "graceful-shutdown": "65535:0",
  "accept-own": "65535:1",
  "llgr-stale": "65535:6",
  "no-llgr": "65535:7",
  "blackhole": "65535:666",
  "no-export": "65535:65281",
  "no-advertise": "65535:65282",
  "local-as": "65535:65283",
  "no-peer": "65535:65284",
};

/** Communities as {@linkcode Route} holds them. */
export function sortCommunities(printed: readonly string[]): string[] {
  return printed.map((text) => WELL_KNOWN[text.toLowerCase()] ?? text).sort();
}

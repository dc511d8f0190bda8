/**
 * The validated configuration: what the custom resources mean, with every selector resolved or ready to match.
 *
 * Source: MetalLB's resources, its behaviour tables (tests/parity).
 * Shape: plain immutable values, made only by parse.ts.
 * Not here: how resources become this (parse.ts and its neighbours).
 *
 * @module
 */
import type { Family, Ip } from "../../protocols/net/ip.ts";
import type { Prefix } from "../../protocols/net/prefix.ts";
import type { Selector } from "../../k8s/selector.ts";
import type { ObjectError } from "../../k8s/source.ts";
import type { SecretValue } from "../../k8s/types/secret_value.ts";
import type { Lack } from "./error_list.ts";

/** Everything the agent acts on. */
export interface Config {
  /** By name, in ascending order of name. */
  readonly pools: ReadonlyMap<string, Pool>;
  /** Community alias to value, "65000:1" or "1:2:3". */
  readonly communities: ReadonlyMap<string, string>;
  /** By name, in ascending order of name; those in scope. */
  readonly peers: ReadonlyMap<string, Peer>;
}

/** One IPAddressPool. */
export interface Pool {
  readonly name: string;
  /** The blocks in declaration order, ranges broken into their minimal prefixes; no two blocks of any pools overlap. */
  readonly prefixes: readonly Prefix[];
  readonly autoAssign: boolean;
  /** Never hand out IPv4 addresses that end in .0 or .255. */
  readonly avoidBuggyIPs: boolean;
  /** null: any Service may use the pool; otherwise it is pinned to those that match. */
  readonly serviceAllocation: ServiceAllocation | null;
  /** In ascending order of name. */
  readonly l2Advertisements: readonly L2Advert[];
  /** In ascending order of name; those in scope. */
  readonly bgpAdvertisements: readonly BgpAdvert[];
}

/** Who may use a pinned pool. */
export interface ServiceAllocation {
  /** Lower positive numbers first; 0 and below last. */
  readonly priority: number;
  /** Named and selected namespaces, perhaps none at all; null when the pool has neither names nor namespace selectors. */
  readonly namespaces: ReadonlySet<string> | null;
  /** OR; empty when Service labels do not restrict. */
  readonly serviceSelectors: readonly Selector[];
}

/** One L2Advertisement as it applies to one pool. */
export interface L2Advert {
  readonly name: string;
  /** Names of the nodes its nodeSelectors match. */
  readonly nodes: ReadonlySet<string>;
  /** Interface names, or null for every interface. */
  readonly interfaces: ReadonlySet<string> | null;
  /** OR; empty matches every Service. */
  readonly serviceSelectors: readonly Selector[];
  /** Node to the sum of the weights that prefer it; null when nothing is preferred. */
  readonly preference: ReadonlyMap<string, number> | null;
  /** Period of the slow repetition of gratuitous packets, in milliseconds; null when off (the default). */
  readonly refreshMs: number | null;
}

/** One BGPAdvertisement as it applies to one pool. */
export interface BgpAdvert {
  readonly name: string;
  /** An address is announced as the prefix of this length around it. */
  readonly aggregationLength: Readonly<Record<Family, number>>;
  /** LOCAL_PREF; null when not set. */
  readonly localPref: number | null;
  /** "65000:1" and "1:2:3", in ascending order, each once. */
  readonly communities: readonly string[];
  /** Names of BGPPeers, which need not exist, or null for all of them. */
  readonly peers: ReadonlySet<string> | null;
  /** Names of the nodes its nodeSelectors match. */
  readonly nodes: ReadonlySet<string>;
  /** OR; empty matches every Service. */
  readonly serviceSelectors: readonly Selector[];
}

/** One BGPPeer: a router, and how the nodes it is for speak with it. */
export interface Peer {
  readonly name: string;
  readonly myAsn: number;
  /** The number the peer must have, or whether it must be the same as ours. */
  readonly peerAsn: number | "internal" | "external";
  /** What this session takes for our own number instead of `myAsn`. */
  readonly localAsn: number | null;
  /** null when the peer is whoever is at the other end of `interface`. */
  readonly address: Ip | null;
  readonly interface: string | null;
  readonly port: number;
  readonly sourceAddress: Ip | null;
  /** null: the speaker's own default. */
  readonly holdTimeSeconds: number | null;
  readonly keepaliveTimeSeconds: number | null;
  readonly connectTimeSeconds: number | null;
  /** A session to which nothing could be sent for so long ends; null: as RFC 9687 recommends. */
  readonly sendHoldTimeSeconds: number | null;
  /** The BGP Identifier, IPv4; null: the speaker picks one. */
  readonly routerId: Ip | null;
  /** Names of the nodes its nodeSelectors match. */
  readonly nodes: ReadonlySet<string>;
  readonly password: SecretValue | null;
  readonly bfd: BfdProfile | null;
  readonly gracefulRestart: boolean;
  readonly ebgpMultiHop: boolean;
  readonly vrf: string | null;
  /** The session carries the other address family too. */
  readonly dualStackAddressFamily: boolean;
  /** RFC 5082: packets that crossed a router are dropped. */
  readonly ttlSecurity: boolean;
  /** The speaker opens connections to the peer. */
  readonly dials: boolean;
  /** The speaker accepts connections from the peer. */
  readonly listens: boolean;
}

/** One BFDProfile, its defaults filled in. */
export interface BfdProfile {
  readonly name: string;
  readonly receiveIntervalMs: number;
  readonly transmitIntervalMs: number;
  readonly detectMultiplier: number;
  readonly echoIntervalMs: number;
  readonly echoMode: boolean;
  readonly passiveMode: boolean;
  /** Least TTL of packets of a multihop session. */
  readonly minimumTtl: number;
}

/** A configuration, or every reason why there is none. */
export type Parsed =
  | { readonly ok: true; readonly config: Config }
  | {
    readonly ok: false;
    readonly errors: readonly ObjectError[];
    /** Those of the errors that another object would take away. */
    readonly lacks: ReadonlyMap<ObjectError, Lack>;
  };

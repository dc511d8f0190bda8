/**
 * What the main thread and the network thread say to each other: plain values, safe for structured clone.
 *
 * Not here: how they travel (port.ts on the main side, thread.ts on the other).
 *
 * @module
 */
import type { BfdState } from "../../protocols/bfd/packet.ts";
import type { FsmStateName } from "../../protocols/bgp/fsm_table.ts";
import type { BgpSession, Layer2Announcement } from "../plan/desired.ts";
import type { RouteAttributes } from "../plan/bgp/route_table.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Mac } from "../../protocols/net/mac.ts";
import type { Prefix } from "../../protocols/net/prefix.ts";

/** Main thread to network thread. */
export type Command =
  | {
    readonly type: "Open";
    readonly options: NetworkOptions;
    /** The eventfd that is written after each command. */
    readonly wakeFd: number;
    /** Where the commands after this one arrive; read without returning to the event loop. */
    readonly commands: MessagePort;
  }
  /** The changes between what was wanted and what is wanted now. */
  | { readonly type: "Layer2"; readonly set: readonly Layer2Announcement[]; readonly remove: readonly Ip[] }
  /** Changes of the routes towards these peers, who may be told of later; a large change comes in several commands. */
  | {
    readonly type: "BgpRoutes";
    readonly peers: readonly string[];
    readonly announce: readonly RouteBatch[];
    readonly withdraw: readonly Prefix[];
    /** The change goes on in the next command: telling the peers waits for it, and needs fewer messages then. */
    readonly moreFollows: boolean;
  }
  /** Sessions to open, to change and, by name of the peer, to close. */
  | {
    readonly type: "BgpPeers";
    readonly open: readonly PeerSettings[];
    readonly change: readonly PeerSettingsChange[];
    readonly close: readonly string[];
  }
  /** Asks for a Counters report. */
  | { readonly type: "Count" }
  /** Asks for a sign of life: as cheap with ten thousand addresses as with none. */
  | { readonly type: "Ping" }
  /** Say goodbye, stop answering, close every handle, end. */
  | { readonly type: "Stop" };

/** Routes that say the same. */
export interface RouteBatch {
  readonly attributes: RouteAttributes;
  readonly prefixes: readonly Prefix[];
}

/** A BGPPeer as the network thread needs it; the only message that ever holds a password. */
export type PeerSettings = Omit<BgpSession["peer"], "nodes" | "password"> & {
  readonly password: Uint8Array<ArrayBuffer> | null;
};

/** A peer that is not what it was; the session goes on when `inPlace`. */
export interface PeerSettingsChange {
  readonly peer: PeerSettings;
  readonly inPlace: boolean;
}

/** Fixed for the life of the thread. */
export interface NetworkOptions {
  /** The name of this node. */
  readonly nodeName: string;
  /** How long peers are asked to look for other paths before we leave (RFC 8326); 0 leaves at once. */
  readonly shutdownWaitMs: number;
  /** Interfaces whose name this pattern matches (unanchored) are left alone; null excludes none. */
  readonly excludeInterfaces: string | null;
  /** Ceiling for gratuitous packets, per second over all addresses and interfaces. */
  readonly gratuitousPerSecond: number;
}

/** Network thread to main thread. */
export type Report =
  | { readonly type: "Opened" }
  /** The interfaces that exist and are not excluded, up or down, sorted by name. */
  | { readonly type: "Interfaces"; readonly interfaces: readonly InterfaceReport[] }
  /** Somebody else uses one of our addresses (RFC 5227 2.4, RFC 4862 5.4). */
  | { readonly type: "Conflict"; readonly ip: Ip; readonly interface: string; readonly mac: Mac }
  /** Nothing has been seen of them for a while. */
  | { readonly type: "ConflictEnded"; readonly ip: Ip; readonly interface: string }
  /** A BGP session has another state; `detail` is for a person, empty when the reason says it all. */
  | {
    readonly type: "BgpState";
    readonly peer: string;
    readonly from: FsmStateName;
    readonly to: FsmStateName;
    readonly reason: string;
    readonly detail: string;
  }
  /** The BFD session with a BGP peer has another state. */
  | {
    readonly type: "BfdState";
    readonly peer: string;
    readonly from: BfdState;
    readonly to: BfdState;
    readonly reason: string;
    readonly diagnostic: string;
  }
  /** The taps ("eth0/arp") that have addresses and cannot be opened; sent when that changes. */
  | { readonly type: "Failing"; readonly taps: readonly string[] }
  | { readonly type: "Counters"; readonly counters: NetworkCounters }
  /** The answer to Ping. */
  | { readonly type: "Alive" }
  /** A line for the log; the thread itself does not write any. */
  | {
    readonly type: "Log";
    readonly level: "debug" | "info" | "warn" | "error";
    readonly msg: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }
  | { readonly type: "Stopped" };

/** One network interface as the speaker uses it. */
export interface InterfaceReport {
  readonly name: string;
  readonly up: boolean;
  readonly arp: boolean;
  readonly ndp: boolean;
}

/** Monotonic since the thread started. */
export interface NetworkCounters {
  /** By address; keys as MetalLB's metrics name them. */
  readonly requestsReceived: Readonly<Record<Ip, number>>;
  readonly responsesSent: Readonly<Record<Ip, number>>;
  readonly gratuitousSent: Readonly<Record<Ip, number>>;
  /** "arp/<reason>", "ndp/<reason>" and "bfd/<reason>" to count. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly bgp: readonly BgpPeerCounters[];
  readonly bfd: readonly BfdCounters[];
  readonly turns: number;
  /** How late deadlines were served, in milliseconds: the worst since the last Count, and the mean. */
  readonly loopLagMaxMs: number;
  readonly loopLagMeanMs: number;
}

/** How a session is named in metrics: "address:port" or "interface:port", and the VRF or "default". */
export interface SessionLabels {
  readonly peer: string;
  readonly vrf: string;
}

/** Counts of one kind of BGP message. */
export interface MessageCount {
  readonly sent: number;
  readonly received: number;
}

/** One BGP peer; the messages count from when it was configured. */
export interface BgpPeerCounters extends SessionLabels {
  /** The name of the BGPPeer. */
  readonly name: string;
  readonly state: FsmStateName;
  readonly opens: MessageCount;
  readonly updates: MessageCount;
  readonly notifications: MessageCount;
  readonly keepalives: MessageCount;
  readonly routeRefreshes: MessageCount;
  /** Prefixes the peer has been told, and those whose change it has not. */
  readonly announcedPrefixes: number;
  readonly pendingPrefixes: number;
  /** Prefixes the peer has announced in this session less those it has withdrawn; none is used. */
  readonly receivedPrefixes: number;
}

/** One BFD session. */
export interface BfdCounters extends SessionLabels {
  readonly name: string;
  readonly state: BfdState;
  readonly controlPackets: MessageCount;
  readonly echoPackets: MessageCount;
  readonly upEvents: number;
  readonly downEvents: number;
}

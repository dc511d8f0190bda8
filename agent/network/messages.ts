/**
 * What the main thread and the network thread say to each other: plain values, safe for structured clone.
 *
 * Not here: how they travel (port.ts on the main side, thread.ts on the other).
 *
 * @module
 */
import type { Layer2Announcement } from "../plan/desired.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Mac } from "../../protocols/net/mac.ts";

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
  | { readonly type: "Count" }
  /** Stop answering, close every handle, end. */
  | { readonly type: "Stop" };

/** Fixed for the life of the thread. */
export interface NetworkOptions {
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
  | { readonly type: "Counters"; readonly counters: NetworkCounters }
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
  /** "arp/<reason>" and "ndp/<reason>" to count. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly turns: number;
  /** How late deadlines were served, in milliseconds: the worst since the last Count, and the mean. */
  readonly loopLagMaxMs: number;
  readonly loopLagMeanMs: number;
}

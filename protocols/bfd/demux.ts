/**
 * Finds the session a BFD control packet is for, or the reason to discard it.
 *
 * Source: RFC 5880 sections 6.3 and 6.8.6, RFC 5881 sections 3 to 5 (single hop), RFC 5883 sections 2 to 5 (multihop).
 * Shape (S): a table of the sessions the owner opened; packets never add to it. One datagram in, a verdict out.
 * Not here: what the packet does to the session (session.ts), sockets and source ports (agent/network).
 *
 * @module
 */
import type { Ip } from "../net/ip.ts";
import type { SessionConfig } from "./config.ts";
import { type ControlFormatReason, type ControlPacket, decodeControl } from "./packet.ts";

/** UDP destination ports (RFC 5881 4, RFC 5883 5). */
export const CONTROL_PORT = 3784;
export const ECHO_PORT = 3785;
export const MULTIHOP_CONTROL_PORT = 4784;

/** RFC 5881 4: ours, one for each session and the same for all its packets; nothing is asked of the neighbor's. */
export const FIRST_SOURCE_PORT = 49_152;
export const LAST_SOURCE_PORT = 65_535;

/** RFC 5881 5: the TTL or hop limit of what we send, and of what a single-hop session receives. */
export const CONTROL_TTL = 255;

/** Where a session's packets come from and go to. */
export interface SessionPath {
  readonly peer: Ip;
  /** Our address, when it matters: for multihop the session is between two addresses (RFC 5883 4.1). */
  readonly local: Ip | null;
  /** The interface, where the session is bound to one; a link-local peer needs it. Null for any. */
  readonly interface: string | null;
}

/** What demultiplexing needs of a session's configuration. */
export type PathConfig = Pick<SessionConfig, "localDiscriminator" | "multihop" | "minimumTtl">;

/** A datagram that came to one of the two control ports. */
export interface Arrival {
  readonly source: Ip;
  readonly destination: Ip;
  readonly interface: string;
  /** TTL or hop limit as received. */
  readonly ttl: number;
  /** It came to port 4784. */
  readonly multihop: boolean;
}

/** What to do with a datagram. */
export type DemuxVerdict =
  | { readonly type: "Deliver"; readonly discriminator: number; readonly packet: ControlPacket }
  | { readonly type: "Drop"; readonly reason: DemuxDropReason };

/** Why a datagram is discarded; RFC 5880 6.8.6 in its order, with the rules of RFC 5881 and 5883 once a session is found. */
export type DemuxDropReason =
  | ControlFormatReason
  | "your-discriminator-unknown"
  | "no-session"
  | "other-port"
  | "other-interface"
  | "ttl"
  | "authentication-present";

/** Why a session cannot be added. */
export type DemuxConflict = "discriminator-taken" | "path-taken";

interface Entry {
  readonly path: SessionPath;
  config: PathConfig;
}

/** All sessions of a node. */
export class SessionDemux {
  readonly #byDiscriminator = new Map<number, Entry>();
  readonly #byPath = new Map<string, Entry>();

  get size(): number {
    return this.#byDiscriminator.size;
  }

  /** Adds a session, or says what it has in common with one that is there. */
  add(path: SessionPath, config: PathConfig): DemuxConflict | null {
    if (this.#byDiscriminator.has(config.localDiscriminator)) return "discriminator-taken";
    const key = keyOfPath(path, config.multihop);
    if (this.#byPath.has(key)) return "path-taken";
    const entry: Entry = { path, config };
    this.#byDiscriminator.set(config.localDiscriminator, entry);
    this.#byPath.set(key, entry);
    return null;
  }

  /** Takes a change that canChangeInPlace allows; an unknown session is left unknown. */
  change(config: PathConfig): void {
    const entry = this.#byDiscriminator.get(config.localDiscriminator);
    if (entry !== undefined) entry.config = config;
  }

  /** Forgets a session; true when it was there. */
  remove(discriminator: number): boolean {
    const entry = this.#byDiscriminator.get(discriminator);
    if (entry === undefined) return false;
    this.#byDiscriminator.delete(discriminator);
    this.#byPath.delete(keyOfPath(entry.path, entry.config.multihop));
    return true;
  }

  /** Judges one datagram. */
  judge(payload: Uint8Array, arrival: Arrival): DemuxVerdict {
    const decoded = decodeControl(payload);
    if (!decoded.ok) return DROP[decoded.error];
    const packet = decoded.value;
    const found = this.#find(packet.yourDiscriminator, arrival);
    if (typeof found === "string") return DROP[found];
    const reason = refusal(found, arrival);
    if (reason !== null) return DROP[reason];
    // RFC 5880 6.8.6: no session of ours uses authentication, so a packet that has it is not for us.
    if (decoded.authenticationPresent) return DROP["authentication-present"];
    return { type: "Deliver", discriminator: found.config.localDiscriminator, packet };
  }

  /**
   * RFC 5880 6.3: once the neighbor knows our discriminator nothing else counts, not even its own address. Before that
   * it is the address and the interface, or both addresses.
   */
  #find(yourDiscriminator: number, arrival: Arrival): Entry | DemuxDropReason {
    if (yourDiscriminator !== 0) {
      return this.#byDiscriminator.get(yourDiscriminator) ?? "your-discriminator-unknown";
    }
    const { source, destination, interface: iface, multihop } = arrival;
    return this.#byPath.get(pathKey(multihop, source, destination, iface)) ??
      this.#byPath.get(pathKey(multihop, source, destination, null)) ??
      this.#byPath.get(pathKey(multihop, source, null, iface)) ??
      this.#byPath.get(pathKey(multihop, source, null, null)) ??
      "no-session";
  }
}

/** What the path says against a packet whose session is found. */
function refusal({ path, config }: Entry, arrival: Arrival): DemuxDropReason | null {
  // Without this the other port would be a way around the single hop's TTL.
  if (config.multihop !== arrival.multihop) return "other-port";
  if (path.interface !== null && path.interface !== arrival.interface) return "other-interface";
  const isTtlWrong = config.multihop ? arrival.ttl < config.minimumTtl : arrival.ttl !== CONTROL_TTL;
  return isTtlWrong ? "ttl" : null;
}

/** One key for each set of facts two sessions may not share. */
function keyOfPath(path: SessionPath, multihop: boolean): string {
  return pathKey(multihop, path.peer, path.local, path.interface);
}

function pathKey(multihop: boolean, peer: Ip, local: Ip | null, iface: string | null): string {
  return `${multihop ? "multi" : "single"} ${peer} ${local ?? ""} ${iface ?? ""}`;
}

const DROP: Readonly<Record<DemuxDropReason, DemuxVerdict>> = {
  "packet-short": drop("packet-short"),
  "version": drop("version"),
  "length-short": drop("length-short"),
  "length-beyond-payload": drop("length-beyond-payload"),
  "detect-mult-zero": drop("detect-mult-zero"),
  "multipoint": drop("multipoint"),
  "my-discriminator-zero": drop("my-discriminator-zero"),
  "your-discriminator-zero": drop("your-discriminator-zero"),
  "your-discriminator-unknown": drop("your-discriminator-unknown"),
  "no-session": drop("no-session"),
  "other-port": drop("other-port"),
  "other-interface": drop("other-interface"),
  "ttl": drop("ttl"),
  "authentication-present": drop("authentication-present"),
};

function drop(reason: DemuxDropReason): DemuxVerdict {
  return { type: "Drop", reason };
}

/**
 * Two connections with one peer: which of them stays.
 *
 * Source: RFC 4271 section 6.8, RFC 6286 section 2.3 (equal identifiers), RFC 4724 section 5 (a peer that restarted).
 * Shape: one pure function, asked when an OPEN has arrived on `newcomer` while `present` exists.
 * Not here: keeping the connections and closing the loser (peer.ts).
 *
 * @module
 */
import { ipToBigInt } from "../net/ip.ts";
import type { Ip } from "../net/ip.ts";
import type { FsmStateName } from "./fsm_table.ts";

/** Who opened a connection: we dialled, or accepted the peer's. */
export type Origin = "dialled" | "accepted";

/** A connection as far as the rule asks. */
export interface Contender {
  readonly origin: Origin;
  readonly state: FsmStateName;
}

/** What identifies a speaker here. */
export interface Speaker {
  readonly bgpIdentifier: Ip;
  readonly asn: number;
}

/** Which of the two closes with Cease/Connection Collision Resolution; null when `present` is not far enough. */
export type Loser = "newcomer" | "present" | null;

/** Decides a collision; `newcomer` is the connection whose OPEN is at hand. */
export function collisionLoser(
  newcomer: Contender,
  present: Contender,
  local: Speaker,
  remote: Speaker,
): Loser {
  if (present.state === "Established") return "newcomer";
  // 6.8: before OpenConfirm the other's identifier is not known, and its own OPEN will bring us here again.
  if (present.state !== "OpenConfirm") return null;
  // A speaker dials once at a time: if it comes twice the same way, it has given up the first.
  if (newcomer.origin === present.origin) return "present";
  const survivor: Origin = compareSpeakers(local, remote) > 0 ? "dialled" : "accepted";
  return newcomer.origin === survivor ? "present" : "newcomer";
}

/** The higher identifier as an unsigned number, then the higher AS number. */
function compareSpeakers(a: Speaker, b: Speaker): number {
  const [x, y] = [ipToBigInt(a.bgpIdentifier), ipToBigInt(b.bgpIdentifier)];
  if (x !== y) return x < y ? -1 : 1;
  return a.asn - b.asn;
}

/**
 * What becomes of a session when its BGPPeer is edited: goes on, or starts again. This table is what users are told.
 *
 * Source: RFC 4271 sections 4.2 and 6.2 (what OPEN fixes for a session's life), RFC 5492 (capabilities likewise); what
 * belongs to the TCP connection cannot change either. Everything else can, so it does: Linux replaces TTL and minimum TTL
 * on a live socket, RFC 5880 6.8.3 changes BFD timers by a poll sequence, and RFC 4271 leaves keepalive and connect time
 * to each side, as RFC 9687 does the send hold time. A new password is for the next connection: the one that stands keeps
 * the key it began with, for a key may change within a connection only where both ends change it together (RFC 2385
 * section 2).
 * Not here: routes, which never reset a session (diff.ts).
 *
 * @module
 */
import { sameSecret } from "../../../k8s/types/secret_value.ts";
import type { BfdProfile, Peer } from "../../config/config.ts";

/** How one field is compared, and whether a session survives its change. */
interface PeerField<T> {
  same(a: T, b: T): boolean;
  canChangeInPlace(before: T, after: T): boolean;
}

/** In the OPEN message, or part of what the connection is. */
const FIXED: PeerField<unknown> = { same: Object.is, canChangeInPlace: () => false };
/** Ours alone, settable on a live socket, or of the next connection. */
const FREE: PeerField<unknown> = { same: Object.is, canChangeInPlace: () => true };

const FIELDS: { readonly [Field in keyof Peer]: PeerField<Peer[Field]> } = {
  name: FIXED,
  myAsn: FIXED,
  peerAsn: FIXED,
  localAsn: FIXED,
  address: FIXED,
  interface: FIXED,
  port: FIXED,
  sourceAddress: FIXED,
  vrf: FIXED,
  holdTimeSeconds: FIXED,
  routerId: FIXED,
  gracefulRestart: FIXED,
  dualStackAddressFamily: FIXED,
  keepaliveTimeSeconds: FREE,
  connectTimeSeconds: FREE,
  sendHoldTimeSeconds: FREE,
  ebgpMultiHop: FREE,
  ttlSecurity: FREE,
  dials: FREE,
  listens: FREE,
  // Where the peer is spoken with; a node that is left out closes the session.
  nodes: { same: () => true, canChangeInPlace: () => true },
  // One for another waits until the router has it too, and ends the session for it as FRR, BIRD and GoBGP do. To or from
  // none is told at once: whoever asks for signatures does not want to go on without.
  password: {
    same: sameSecret,
    canChangeInPlace: (before, after) => before !== null && after !== null,
  },
  bfd: { same: sameProfile, canChangeInPlace: () => true },
};

const NAMES = Object.keys(FIELDS) as (keyof Peer)[];

/** True when a session is the same with either. */
export function samePeer(a: Peer, b: Peer): boolean {
  return a === b || NAMES.every((name) => isSame(name, a, b));
}

/** True when a session can go on with the new values of every field that changed. */
export function canChangeInPlace(before: Peer, after: Peer): boolean {
  return NAMES.every((name) => isSame(name, before, after) || canChange(name, before, after));
}

/** The fields that differ, and whether a session survives the change of each; in the order of the table. */
export function changedFields(
  before: Peer,
  after: Peer,
): readonly { readonly field: keyof Peer; readonly inPlace: boolean }[] {
  return NAMES.filter((name) => !isSame(name, before, after))
    .map((field) => ({ field, inPlace: canChange(field, before, after) }));
}

function isSame<Field extends keyof Peer>(name: Field, a: Peer, b: Peer): boolean {
  return FIELDS[name].same(a[name], b[name]);
}

function canChange<Field extends keyof Peer>(name: Field, before: Peer, after: Peer): boolean {
  return FIELDS[name].canChangeInPlace(before[name], after[name]);
}

/** METALLB: a profile is told by name; here by what it says, so a renamed one is no change. */
function sameProfile(a: BfdProfile | null, b: BfdProfile | null): boolean {
  if (a === null || b === null) return a === b;
  const { name: _a, ...x } = a;
  const { name: _b, ...y } = b;
  return (Object.keys(x) as (keyof typeof x)[]).every((field) => x[field] === y[field]);
}

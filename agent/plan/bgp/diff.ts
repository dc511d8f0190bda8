/**
 * What has to change on a node's BGP sessions to get from one desired state to another.
 *
 * Shape: two plain values in, changes out, in order of the peers' names; equal states give none. Routes that many peers
 * share are compared once, and the lists of their changes are the identical arrays.
 * Not here: which edits of a peer a session survives (peer_change.ts), messages (protocols/bgp).
 *
 * @module
 */
import type { Peer } from "../../config/config.ts";
import type { BgpSession } from "../desired.ts";
import { canChangeInPlace, samePeer } from "./peer_change.ts";
import { diffRoutes, type RouteChanges, type RouteTable } from "./route_table.ts";

/** Sessions by name of the peer. */
export type BgpSessions = ReadonlyMap<string, BgpSession>;

/** See the module comment; every list ascends by name. */
export interface BgpChanges {
  /** Sessions that were not there, with all their routes. */
  readonly open: readonly BgpSession[];
  /** Names of the peers that are gone. */
  readonly close: readonly string[];
  /** Peers that are not what they were; the session goes on where `inPlace`, and starts again where not. */
  readonly change: readonly PeerChange[];
  /** Routes of sessions that were there, whether they start again or not. */
  readonly routes: readonly PeerRoutes[];
}

export interface PeerChange {
  readonly peer: Peer;
  readonly inPlace: boolean;
}

export interface PeerRoutes extends RouteChanges {
  readonly peer: string;
}

/** The changes that lead from `before` to `after`. */
export function diffBgp(before: BgpSessions, after: BgpSessions): BgpChanges {
  const open: BgpSession[] = [];
  const change: PeerChange[] = [];
  const routes: PeerRoutes[] = [];
  const compared = new Map<RouteTable, Map<RouteTable, RouteChanges>>();
  const names = before === after ? [] : [...after.keys()].sort();
  for (const name of names) {
    const [old, now] = [before.get(name), after.get(name)!];
    if (old === now) continue;
    if (old === undefined) {
      open.push(now);
      continue;
    }
    if (!samePeer(old.peer, now.peer)) {
      change.push({ peer: now.peer, inPlace: canChangeInPlace(old.peer, now.peer) });
    }
    if (old.routes === now.routes) continue;
    const changes = comparedOnce(compared, old.routes, now.routes);
    if (changes.announce.length > 0 || changes.withdraw.length > 0) routes.push({ peer: name, ...changes });
  }
  return { open, close: [...before.keys()].filter((name) => !after.has(name)).sort(), change, routes };
}

function comparedOnce(
  compared: Map<RouteTable, Map<RouteTable, RouteChanges>>,
  before: RouteTable,
  after: RouteTable,
): RouteChanges {
  let byAfter = compared.get(before);
  if (byAfter === undefined) compared.set(before, byAfter = new Map());
  let changes = byAfter.get(after);
  if (changes === undefined) byAfter.set(after, changes = diffRoutes(before, after));
  return changes;
}

/**
 * Which BGP sessions would come, go, start again or change in place.
 *
 * Source: agent/plan/bgp: which peers a node has, and which edits a session survives.
 * Shape: pure; two configurations in, changes by peer out. Of the sessions themselves nothing is known here.
 *
 * @module
 */
import type { Config, Peer } from "../../config/config.ts";
import { changedFields } from "../../plan/bgp/peer_change.ts";

/** The same change of one peer's sessions on some nodes. */
export interface SessionChange {
  /** Name of the BGPPeer. */
  readonly peer: string;
  /** "restarts": the session is closed and opened anew; "goesOn": it takes the new values as it is. */
  readonly change: "opens" | "closes" | "restarts" | "goesOn";
  /** Sorted. */
  readonly nodes: readonly string[];
  /** What differs in the peer, in the words of the configuration: "holdTimeSeconds"; empty for a session that comes or goes. */
  readonly fields: readonly string[];
  /** For a person. */
  readonly why: string;
}

/** The changes, by peer, then in the order they stand in the type. */
export function sessionChanges(before: Config | null, after: Config): readonly SessionChange[] {
  const names = new Set([...before?.peers.keys() ?? [], ...after.peers.keys()]);
  return [...names].sort().flatMap((name) =>
    changesOf(name, before?.peers.get(name) ?? null, after.peers.get(name) ?? null)
  );
}

function changesOf(peer: string, before: Peer | null, after: Peer | null): SessionChange[] {
  const [had, has] = [before?.nodes ?? new Set<string>(), after?.nodes ?? new Set<string>()];
  const changes: SessionChange[] = [];
  const tell = (change: SessionChange["change"], nodes: Set<string>, fields: string[], why: string): void => {
    if (nodes.size > 0) changes.push({ peer, change, nodes: [...nodes].sort(), fields, why });
  };
  tell(
    "opens",
    has.difference(had),
    [],
    before === null ? "The BGPPeer is new" : "Its nodeSelectors match these nodes now",
  );
  tell(
    "closes",
    had.difference(has),
    [],
    after === null ? "The BGPPeer is gone" : "Its nodeSelectors no longer match these nodes",
  );
  if (before === null || after === null) return changes;
  const fields = changedFields(before, after);
  const fixed = fields.filter((it) => !it.inPlace).map((it) => it.field);
  const names = fields.map((it) => it.field);
  const both = had.intersection(has);
  if (fixed.length > 0) {
    tell("restarts", both, names, `${fixed.join(", ")} cannot change while a session lasts`);
  } else if (names.length > 0) {
    tell("goesOn", both, names, `${names.join(", ")} can change while a session lasts`);
  }
  return changes;
}

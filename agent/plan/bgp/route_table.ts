/**
 * The routes of a session as a value, and how one such value became another.
 *
 * Shape: tables are immutable. {@linkcode derived} remembers how a table differs from the one it was made from, so asking
 * {@linkcode diffRoutes} about the two costs what changed, not what there is; any other two are compared whole.
 *
 * @module
 */
import type { Prefix } from "../../../protocols/net/prefix.ts";
import { VersionedMap } from "../../../k8s/versioned_map.ts";

/** What is said of a route; equal attributes made by one plan are the identical object. */
export interface RouteAttributes {
  /** LOCAL_PREF, where the session carries it; null leaves it to the session. */
  readonly localPref: number | null;
  /** "65000:1" and "1:2:3", in ascending order, each once. */
  readonly communities: readonly string[];
}

/** What a peer should have heard from this node, in no order. */
export type RouteTable = ReadonlyMap<Prefix, RouteAttributes>;

/** The way from one table to another; nothing stands in both lists. */
export interface RouteChanges {
  readonly announce: readonly (readonly [Prefix, RouteAttributes])[];
  readonly withdraw: readonly Prefix[];
}

export const NO_ROUTES: RouteTable = new Map();
const NO_CHANGES: RouteChanges = { announce: [], withdraw: [] };

/** Where a table comes from; tokens stand for tables without keeping them alive. */
interface Origin {
  readonly token: object;
  readonly from: object;
  readonly changes: RouteChanges;
}

const origins = new WeakMap<RouteTable, Origin>();
const tokens = new WeakMap<RouteTable, object>();

/** The table with these prefixes set anew, or taken out (null); the same table when that changes nothing. */
export function derived(
  before: RouteTable,
  entries: Iterable<readonly [Prefix, RouteAttributes | null]>,
): RouteTable {
  const announce: (readonly [Prefix, RouteAttributes])[] = [];
  const withdraw: Prefix[] = [];
  for (const [prefix, attributes] of entries) {
    const old = before.get(prefix);
    if (attributes === null) {
      if (old !== undefined) withdraw.push(prefix);
    } else if (old === undefined || !sameAttributes(old, attributes)) {
      announce.push([prefix, attributes]);
    }
  }
  if (announce.length === 0 && withdraw.length === 0) return before;
  const after = VersionedMap.of(before).with([
    ...withdraw.map((prefix) => [prefix, null] as const),
    ...announce,
  ]);
  if (after.size === 0) return NO_ROUTES;
  origins.set(after, { token: {}, from: tokenOf(before), changes: { announce, withdraw } });
  return after;
}

/** What leads from `before` to `after`. */
export function diffRoutes(before: RouteTable, after: RouteTable): RouteChanges {
  if (before === after) return NO_CHANGES;
  const origin = origins.get(after);
  if (origin !== undefined && origin.from === tokenOf(before)) return origin.changes;
  const announce = [...after].filter(([prefix, attributes]) => {
    const old = before.get(prefix);
    return old === undefined || !sameAttributes(old, attributes);
  });
  return { announce, withdraw: [...before.keys()].filter((prefix) => !after.has(prefix)) };
}

/** True when both say the same. */
function sameAttributes(a: RouteAttributes, b: RouteAttributes): boolean {
  return a === b || (a.localPref === b.localPref && a.communities.length === b.communities.length &&
    a.communities.every((it, i) => it === b.communities[i]));
}

function tokenOf(table: RouteTable): object {
  let token = origins.get(table)?.token ?? tokens.get(table);
  if (token === undefined) tokens.set(table, token = {});
  return token;
}

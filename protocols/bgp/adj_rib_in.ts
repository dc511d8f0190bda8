/**
 * What a peer announces to us: judged, counted and let go.
 *
 * Source: RFC 4271 sections 9.1.2 (AS loop) and 5.1.3 (own next hop), RFC 4456 section 8 (own ORIGINATOR_ID).
 * Shape: counts and an UPDATE in, counts out; memory does not grow with the peer's table. We only announce, like MetalLB
 * ("deny" on everything received); peers that echo our own routes back are the normal case.
 * Not here: malformed attributes, which the codec has judged already (wire/update.ts).
 *
 * @module
 */
import type { Ip } from "../net/ip.ts";
import type { BgpFamily } from "./wire/registry.ts";
import type { UpdateMessage } from "./wire/update.ts";

/** Why a route is not even a candidate. */
export type RouteDrop =
  | "treat-as-withdraw"
  | "as-loop"
  | "originator-loop"
  | "own-next-hop"
  | "not-first-as";

/** Who judges. */
export interface ImportRules {
  readonly localAsn: number;
  readonly bgpIdentifier: Ip;
  /** Addresses of this end of the session. */
  readonly localAddresses: readonly Ip[];
  /** The AS every path must begin with (RFC 4271 6.3); null where any will do, and for internal peers. */
  readonly firstAsn: number | null;
}

/** Totals since the session came up, in prefixes where nothing else is said. */
export interface ReceivedCounts {
  readonly updates: number;
  readonly announced: number;
  readonly withdrawn: number;
  /**
   * Announced, less our own that came back, less gone, and never below zero: prefixes are not remembered, so one that is
   * announced again counts again, and one that is withdrawn without having been announced takes another's place.
   */
  readonly held: number;
  readonly dropped: Readonly<Record<RouteDrop, number>>;
  /** Families whose first full table has arrived. */
  readonly complete: readonly BgpFamily[];
}

export const NOTHING_RECEIVED: ReceivedCounts = {
  updates: 0,
  announced: 0,
  withdrawn: 0,
  held: 0,
  dropped: {
    "treat-as-withdraw": 0,
    "as-loop": 0,
    "originator-loop": 0,
    "own-next-hop": 0,
    "not-first-as": 0,
  },
  complete: [],
};

/** Adds one UPDATE to the counts. */
export function countUpdate(
  counts: ReceivedCounts,
  update: UpdateMessage,
  rules: ImportRules,
): ReceivedCounts {
  const dropped = { ...counts.dropped };
  let { announced, withdrawn, held } = counts;
  for (const routes of update.withdrawn) {
    held = Math.max(0, held - routes.prefixes.length);
    if (update.verdict === "treat-as-withdraw") dropped["treat-as-withdraw"] += routes.prefixes.length;
    else withdrawn += routes.prefixes.length;
  }
  for (const routes of update.announced) {
    announced += routes.prefixes.length;
    const drop = routeDrop(update, routes.nextHop.address, rules);
    // RFC 4271 6.3 leaves it open what becomes of a path that begins with another AS; whoever asks how many came counts it.
    if (drop === null || drop === "not-first-as") held += routes.prefixes.length;
    if (drop !== null) dropped[drop] += routes.prefixes.length;
  }
  const { endOfRib } = update;
  const complete = endOfRib === null || counts.complete.includes(endOfRib)
    ? counts.complete
    : [...counts.complete, endOfRib];
  return { updates: counts.updates + 1, announced, withdrawn, held, dropped, complete };
}

function routeDrop({ attributes }: UpdateMessage, nextHop: Ip, rules: ImportRules): RouteDrop | null {
  const asPath = attributes.asPath ?? [];
  if (asPath.includes(rules.localAsn)) return "as-loop";
  if (attributes.originatorId === rules.bgpIdentifier) return "originator-loop";
  if (rules.localAddresses.includes(nextHop)) return "own-next-hop";
  return rules.firstAsn !== null && asPath[0] !== rules.firstAsn ? "not-first-as" : null;
}

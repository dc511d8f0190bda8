/**
 * What each Service would get or lose against now, and which node would answer instead of which.
 *
 * Shape: pure; what is decided for the cluster as it is and as it would be in, one change for every Service that is not as it
 * was out.
 * Not here: why (why.ts), deciding (../plan.ts).
 *
 * @module
 */
import type { ObjectKey } from "../../../k8s/types/meta.ts";
import type { Announcer, Decided, PlannedService, PlanReason } from "../plan.ts";
import { reasonsOf } from "./why.ts";

/** A Service as it is or would be. */
export interface ServiceState {
  readonly addresses: readonly string[];
  readonly pool: string | null;
  readonly reason: PlanReason | null;
  readonly announcers: readonly Announcer[];
}

/** One Service that would not be what it is. */
export interface ServiceChange {
  readonly service: ObjectKey;
  /** Addresses it would have and has not. */
  readonly gets: readonly string[];
  /** Addresses it has and would not have. */
  readonly loses: readonly string[];
  /** null where it is not there, of another type, or of another class. */
  readonly before: ServiceState | null;
  readonly after: ServiceState | null;
  /** For a person: one sentence for each thing that changes. */
  readonly why: readonly string[];
}

/** One side of the comparison. */
export interface Side {
  /** Services of type LoadBalancer and of our class, by key. */
  readonly services: ReadonlyMap<ObjectKey, PlannedService>;
  /** null as long as the configuration has errors. */
  readonly decided: Decided | null;
}

/** The changes, by key of the Service. */
export function serviceChanges(
  before: Side,
  after: Side,
  guessed: ReadonlySet<ObjectKey>,
): readonly ServiceChange[] {
  const changes: ServiceChange[] = [];
  for (const key of new Set([...before.services.keys(), ...after.services.keys()])) {
    const [old, now] = [before.services.get(key) ?? null, after.services.get(key) ?? null];
    const areAnnouncersKnown = before.decided !== null;
    if (old !== null && now !== null && isSame(old, now, areAnnouncersKnown)) continue;
    const [had, has] = [old?.addresses ?? [], now?.addresses ?? []];
    changes.push({
      service: key,
      gets: has.filter((ip) => !had.includes(ip)),
      loses: had.filter((ip) => !has.includes(ip)),
      before: old === null ? null : stateOf(old),
      after: now === null ? null : stateOf(now),
      why: reasonsOf({ key, old, now, before: before.decided, after: after.decided, guessed }),
    });
  }
  return changes.sort((a, b) => a.service < b.service ? -1 : 1);
}

function isSame(a: PlannedService, b: PlannedService, areAnnouncersKnown: boolean): boolean {
  if (a.addresses.join() !== b.addresses.join()) return false;
  // Without an address both say why in words of their own: the speaker's for now, the allocator's for then.
  if (a.addresses.length === 0 || !areAnnouncersKnown) return true;
  return a.pool === b.pool && (a.reason === null) === (b.reason === null) &&
    JSON.stringify(a.announcers) === JSON.stringify(b.announcers);
}

function stateOf({ addresses, pool, reason, announcers }: PlannedService): ServiceState {
  return { addresses, pool, reason, announcers };
}

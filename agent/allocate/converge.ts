/**
 * What becomes of one Service, in two steps: what it keeps, then what it is given.
 *
 * Source: MetalLB's controller, convergeBalancer. The two steps are one there; they are apart here so that every Service has kept
 * what it may keep before any Service is given something new (existing addresses first).
 * Shape: a request and the table in. `keep` leaves the table with what the Service keeps, `complete` with what it ends up
 * with. No state of its own.
 * Not here: the order of Services (allocation.ts), the choice of an address (pool_choice.ts).
 *
 * @module
 */
import { familyOf, type Ip } from "../../protocols/net/ip.ts";
import type { AddressTable } from "./address_table.ts";
import { type AllocationEvent, CAPACITY_REASONS, type EventReason, type Refusal } from "./decision.ts";
import { allocate, allocateSecond } from "./pool_choice.ts";
import { familiesOf, type Request } from "./request.ts";

/** What is left to be done after {@linkcode keep}. */
export type Next =
  /** Nothing: the table holds what the Service should have. */
  | { readonly type: "Settled" }
  /** Nothing: the Service asks for something impossible, and keeps what it has in the table. */
  | { readonly type: "Refused"; readonly refusal: Refusal }
  /** Nothing, and its status is left as it is, because its own cluster IPs make no sense. */
  | { readonly type: "Untouched"; readonly refusal: Refusal }
  /** It needs addresses. */
  | { readonly type: "NeedsAddress" }
  /** It has one address and prefers two. */
  | { readonly type: "WantsSecond" };

/** The first step's outcome. */
export interface Kept {
  readonly next: Next;
  readonly events: readonly AllocationEvent[];
}

/** The second step's outcome; the addresses are in the table. */
export interface Outcome {
  readonly refusal: Refusal | null;
  readonly message: string;
  /** True when another Service's release may help. */
  readonly isWaiting: boolean;
  /** False when status and annotations are to stay as they are. */
  readonly isWritable: boolean;
  readonly events: readonly AllocationEvent[];
}

/**
 * The first step. `mine` is what the table held for this Service before, or null.
 *
 * METALLB: the published status is obeyed there on every pass, so a status that was edited, or not yet written, moves the
 * address. Here status counts only for a Service the table does not know (after a restart); from then on the table decides,
 * and a status that says otherwise is put right.
 */
export function keep(request: Request, mine: readonly Ip[] | null, table: AddressTable): Kept {
  const { claim, families } = request;
  const events: AllocationEvent[] = [];
  const giveUp = (next: Next): Kept => {
    table.release(claim.key);
    return { next, events };
  };
  if (!request.isLoadBalancer) return giveUp({ type: "Settled" });
  const obstacle = obstacleTo(request, table);
  if (obstacle !== null) {
    if (obstacle.reason === "notEnoughClusterIPs") {
      events.push(warning("not enough clusterips", obstacle.message));
    }
    return giveUp({ type: "Refused", refusal: obstacle });
  }

  const held = mine ?? request.published;
  if (held.length === 0) return giveUp({ type: "NeedsAddress" });
  if (familiesOf(held) === "unknown") {
    const message = `Published addresses ${
      held.map((ip) => ip ?? "(unreadable)").join(", ")
    } are not one address, ` +
      `nor one IPv4 and one IPv6`;
    events.push(warning("nolbIPsIPFamily", message));
  }
  if (families === "unknown") return leaveUntouched(request, held, table, events);

  const fitting = partThatFits(request, held);
  if (fitting.length === 0) return giveUp({ type: "NeedsAddress" });
  const refusal = table.assign(claim, fitting);
  if (refusal !== null) {
    events.push(normal("ClearAssignment", `${fitting.join(", ")} can no longer be used: ${refusal.message}`));
    return giveUp({ type: "NeedsAddress" });
  }
  if (request.pool !== null && request.pool !== table.spaceOwning(fitting)?.pool.name) {
    return giveUp({ type: "NeedsAddress" });
  }
  if (!request.addresses.ok) {
    const { message } = request.addresses;
    events.push(warning("LoadBalancerFailed", message));
    return { next: { type: "Refused", refusal: { reason: "invalidRequest", message } }, events };
  }
  if (!isAskedFor(fitting, request.addresses.ips)) return giveUp({ type: "NeedsAddress" });
  return { next: { type: wantsSecond(request, fitting) ? "WantsSecond" : "Settled" }, events };
}

/** The second step; may be repeated as long as the outcome is waiting. */
export function complete(request: Request, next: Next, table: AddressTable): Outcome {
  switch (next.type) {
    case "Settled":
      return settled("", []);
    case "Refused":
      return refused(next.refusal, []);
    case "Untouched":
      return { ...refused(next.refusal, []), isWritable: false };
    case "NeedsAddress":
      return completeFirst(request, table);
    case "WantsSecond":
      return completeSecond(request, table);
    default:
      return next satisfies never;
  }
}

function completeFirst(request: Request, table: AddressTable): Outcome {
  const refusal = allocate(request, table);
  if (refusal !== null) return refused(refusal, [warning("AllocationFailed", refusal.message)]);
  const ips = table.holdingOf(request.claim.key)?.ips ?? [];
  const allocated = normal("IPAllocated", `Assigned ${ips.join(", ")}`);
  if (!wantsSecond(request, ips)) return settled("", [allocated]);
  const outcome = completeSecond(request, table);
  return { ...outcome, events: [allocated, ...outcome.events] };
}

function completeSecond(request: Request, table: AddressTable): Outcome {
  const ips = table.holdingOf(request.claim.key)?.ips ?? [];
  const space = table.spaceOwning(ips);
  const [ip] = ips;
  if (ip === undefined || space === null) return settled("", []);
  const missing = familyOf(ip) === "ipv4" ? "ipv6" : "ipv4";
  // METALLB: AdditionalAssignFailed repeats there on every pass; a pool without the family at all is no failure here.
  if (!space.has(missing)) {
    const name = missing === "ipv4" ? "IPv4" : "IPv6";
    return settled(`Holds ${ip} alone: pool "${space.pool.name}" has no ${name} addresses`, []);
  }
  const refusal = allocateSecond(request, ip, space, table);
  if (refusal !== null) {
    const message = `Holds ${ip} alone: ${refusal.message}`;
    return { ...settled(message, [normal("AdditionalAssignFailed", message)]), isWaiting: true };
  }
  const second = table.holdingOf(request.claim.key)?.ips[1];
  return settled("", [normal("IPAllocated", `Assigned ${second} next to ${ip}`)]);
}

/** What rules out every address, whoever holds what. */
function obstacleTo(request: Request, table: AddressTable): Refusal | null {
  if (table.config.pools.size === 0) {
    return { reason: "noPools", message: "There is no IPAddressPool; create one" };
  }
  if (request.clusterIPCount === 0) {
    return {
      reason: "noClusterIP",
      message: "The Service has no cluster IP; a cluster gives it one, in a manifest set spec.clusterIP",
    };
  }
  if (request.policy === "RequireDualStack" && request.clusterIPCount < 2) {
    const message =
      "ipFamilyPolicy is RequireDualStack, but the Service has one cluster IP; give it one of each family";
    return { reason: "notEnoughClusterIPs", message };
  }
  return null;
}

/** Cluster IPs that make no sense give no reason to take an address away: it stays held if it can, and published. */
function leaveUntouched(
  request: Request,
  held: readonly (Ip | null)[],
  table: AddressTable,
  events: AllocationEvent[],
): Kept {
  const message =
    "The cluster IPs are neither one address nor one IPv4 and one IPv6; correct spec.clusterIPs";
  events.push(warning("noclusterIPsIPFamily", message));
  const known = held.filter((ip) => ip !== null);
  if (known.length === held.length) table.assign(request.claim, known);
  return { next: { type: "Untouched", refusal: { reason: "invalidClusterIPs", message } }, events };
}

/**
 * The addresses that suit the cluster IPs' families.
 *
 * METALLB: a dual-stack Service that becomes single-stack loses both addresses there and gets another one; here it keeps the
 * one of the family that is left.
 */
function partThatFits({ families, policy }: Request, held: readonly (Ip | null)[]): Ip[] {
  const ips = held.filter((ip) => ip !== null);
  const had = familiesOf(held);
  if (had === "unknown") return [];
  if (had === families || (families === "dual" && policy === "PreferDualStack")) return ips;
  return had === "dual" ? ips.filter((ip) => familyOf(ip) === families) : [];
}

/**
 * METALLB: there a Service with one cluster IP, or one that asks for a single address it already holds, is given a second
 * family too, loses it in the next pass, and so on; here both stay as they are.
 */
function wantsSecond({ policy, families, addresses }: Request, ips: readonly Ip[]): boolean {
  const asksForNone = addresses.ok && addresses.ips.length === 0;
  return ips.length === 1 && policy === "PreferDualStack" && families === "dual" && asksForNone;
}

/** METALLB: a repeated request re-sorts the published addresses there; here they stay in the order they were given in. */
function isAskedFor(ips: readonly Ip[], asked: readonly Ip[]): boolean {
  return asked.length === 0 || (asked.length === ips.length && asked.every((ip) => ips.includes(ip)));
}

function settled(message: string, events: readonly AllocationEvent[]): Outcome {
  return { refusal: null, message, isWaiting: false, isWritable: true, events };
}

function refused(refusal: Refusal, events: readonly AllocationEvent[]): Outcome {
  const isWaiting = CAPACITY_REASONS.has(refusal.reason);
  return { refusal, message: refusal.message, isWaiting, isWritable: true, events };
}

function normal(reason: EventReason, message: string): AllocationEvent {
  return { type: "Normal", reason, message };
}

function warning(reason: EventReason, message: string): AllocationEvent {
  return { type: "Warning", reason, message };
}

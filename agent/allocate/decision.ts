/**
 * What has been decided for one Service, in words a program (codes) and a person (messages) can use.
 *
 * Source: MetalLB's controller: event reasons and types are its own, verbatim. The codes of {@linkcode AllocationReason} are ours.
 * Not here: how it is decided (converge.ts), how it is carried out (agent/controller.ts).
 *
 * @module
 */
import type { ServiceStatusWrite } from "../../k8s/source.ts";
import type { ObjectKey } from "../../k8s/types/meta.ts";
import type { Ip } from "../../protocols/net/ip.ts";

/** Why a Service has no address, or why what it asks for is refused. */
export type AllocationReason =
  /** The configuration has no pool at all. */
  | "noPools"
  /** The Service has no cluster IP yet. */
  | "noClusterIP"
  /** RequireDualStack with fewer than two cluster IPs. */
  | "notEnoughClusterIPs"
  /** The cluster IPs are neither one address nor one of each family. */
  | "invalidClusterIPs"
  /** The requested addresses cannot be read, or are asked for in two places. */
  | "invalidRequest"
  /** The requested addresses are of other families than the cluster IPs. */
  | "familyMismatch"
  /** A dual-stack Service whose ipFamilyPolicy admits one address only. */
  | "policyMismatch"
  /** No pool has the requested name. */
  | "unknownPool"
  /** No single pool, or not the requested one, contains the addresses. */
  | "addressNotInPool"
  /** The pool's serviceAllocation does not admit the Service. */
  | "poolNotAllowed"
  /** Another Service holds the address and does not share it with this one. */
  | "addressInUse"
  /** The address could be shared, but a port of it is taken. */
  | "portInUse"
  /** The requested pool has no address left that the Service could have. */
  | "poolExhausted"
  /** No pool that hands out addresses by itself has one for this Service. */
  | "noAvailableAddress";

/** The reasons that may go away when some other Service frees an address, a port or a sharing key. */
export const CAPACITY_REASONS: ReadonlySet<AllocationReason> = new Set<AllocationReason>([
  "addressInUse",
  "portInUse",
  "poolExhausted",
  "noAvailableAddress",
]);

/** No, and why, and what a person can change. */
export interface Refusal {
  readonly reason: AllocationReason;
  readonly message: string;
}

/** MetalLB's event reasons, verbatim; its InternalError has no counterpart, for there is no second record to disagree with. */
export type EventReason =
  | "IPAllocated"
  | "ClearAssignment"
  | "AdditionalAssignFailed"
  | "AllocationFailed"
  | "LoadBalancerFailed"
  | "not enough clusterips"
  | "nolbIPsIPFamily"
  | "noclusterIPsIPFamily"
  | "deprecatedAnnotation";

/** A Kubernetes Event to be recorded on the Service. */
export interface AllocationEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: EventReason;
  readonly message: string;
}

/** See the module comment. */
export interface Decision {
  readonly key: ObjectKey;
  /** What the Service holds, in the order of its status. */
  readonly addresses: readonly Ip[];
  /** The pool they come from; null without addresses. */
  readonly pool: string | null;
  readonly reason: AllocationReason | null;
  /** Empty when there is nothing to say. */
  readonly message: string;
  /** What is worth an Event since the Service's last decision. */
  readonly events: readonly AllocationEvent[];
  /** What its object must be made to say; null when it already does. */
  readonly write: ServiceStatusWrite | null;
}

/** True when two decisions say the same, whatever events led to them. */
export function isSameDecision(a: Decision, b: Decision): boolean {
  return isSameOutcome(a, b) && isSameWrite(a.write, b.write);
}

/** True when the Service gets the same answer from both. */
export function isSameOutcome(a: Decision, b: Decision): boolean {
  return a.pool === b.pool && a.reason === b.reason && a.message === b.message &&
    a.addresses.join() === b.addresses.join();
}

function isSameWrite(a: ServiceStatusWrite | null, b: ServiceStatusWrite | null): boolean {
  if (a === null || b === null) return a === b;
  return JSON.stringify([a.ingress, a.annotations]) === JSON.stringify([b.ingress, b.annotations]);
}

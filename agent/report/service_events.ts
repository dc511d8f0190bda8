/**
 * What is worth a Kubernetes Event on a Service: this node took it over, or should have and could not.
 *
 * Source: MetalLB's speaker; reasons, types and messages are its own, verbatim. METALLB: it says "nodeAssigned" again
 * whenever it looks at a Service; here it is said when a protocol begins to announce it, or other addresses of it. A
 * speaker that starts again goes on with what the status objects of its node say it announced.
 * Shape: pure; outcomes before and after in, events out.
 * Not here: writing them (k8s/api/write/events.ts), the log (agent/runtime/service_log.ts).
 *
 * @module
 */
import type { NodeOutcome } from "../plan/node_plan.ts";

/** An event to be recorded on a Service. */
export interface ServiceEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: "nodeAssigned" | "announceFailed";
  readonly message: string;
}

/** The events of a Service whose outcome on this node was `before`, null for none, and is `after`. */
export function serviceEvents(
  node: string,
  before: NodeOutcome | null,
  after: NodeOutcome,
): readonly ServiceEvent[] {
  const events: ServiceEvent[] = [];
  if (hasMore(after.bgp?.addresses ?? [], before?.bgp?.addresses ?? [])) events.push(assigned(node, "bgp"));
  if (hasMore(after.addresses, before?.addresses ?? [])) events.push(assigned(node, "layer2"));
  const { failure } = after;
  if (failure !== null && before?.failure !== failure) {
    events.push({ type: "Warning", reason: "announceFailed", message: failure });
  }
  return events;
}

/** What a speaker that starts again takes for the outcome before, by whether its status objects spoke of the Service. */
export function outcomeAtFirst(
  after: NodeOutcome,
  wasAnnounced: { readonly layer2: boolean; readonly bgp: boolean },
): NodeOutcome {
  return {
    ...after,
    addresses: wasAnnounced.layer2 ? after.addresses : [],
    bgp: wasAnnounced.bgp ? after.bgp : null,
    failure: null,
  };
}

function hasMore(now: readonly string[], before: readonly string[]): boolean {
  return now.some((ip) => !before.includes(ip));
}

function assigned(node: string, protocol: "bgp" | "layer2"): ServiceEvent {
  const message = `announcing from node "${node}" with protocol "${protocol}"`;
  return { type: "Normal", reason: "nodeAssigned", message };
}

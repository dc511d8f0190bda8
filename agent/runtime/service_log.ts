/**
 * The speaker's log of Services: what this node announces, by which protocol, and why not.
 *
 * Source: MetalLB's events serviceAnnounced and serviceWithdrawn.
 * Shape: outcomes before and after in, a line for each change out.
 *
 * @module
 */
import type { ObjectKey } from "../../k8s/types/meta.ts";
import type { NodeOutcome } from "../plan/node_plan.ts";
import type { logOf } from "./log.ts";

type Log = ReturnType<typeof logOf>;
type Fields = Readonly<Record<string, unknown>> & { readonly ips: readonly string[] };

/** What one protocol does for a Service, as the log says it. */
const PARTS: Readonly<Record<"layer2" | "bgp", (outcome: NodeOutcome) => Fields>> = {
  layer2: ({ addresses, interfaces }) => ({ ips: addresses, interfaces: interfaces ?? "all" }),
  bgp: ({ bgp }) => ({ ips: bgp?.addresses ?? [], peers: bgp?.peers ?? [] }),
};

/** Logs one Service that has changed; null for one that is not there. */
export function logOutcome(
  log: Log,
  service: ObjectKey,
  before: NodeOutcome | null,
  after: NodeOutcome | null,
): void {
  let isTold = false;
  for (const [protocol, partOf] of Object.entries(PARTS)) {
    const [had, has] = [before === null ? null : partOf(before), after === null ? null : partOf(after)];
    if (has !== null && has.ips.length > 0) {
      isTold = true;
      if (JSON.stringify(had) === JSON.stringify(has)) continue;
      log.info("service announced", { event: "serviceAnnounced", service, protocol, ...has });
    } else if (had !== null && had.ips.length > 0) {
      isTold = true;
      const reason = after === null ? "serviceDeleted" : reasonOf(protocol, after);
      const err = after === null ? {} : { err: after.message };
      log.info("service withdrawn", {
        event: "serviceWithdrawn",
        service,
        protocol,
        ips: had.ips,
        reason,
        ...err,
      });
    }
  }
  if (after === null) return;
  const { reason, message, failure } = after;
  if (failure !== null) {
    if (failure === before?.failure) return;
    log.warn("service cannot be announced", {
      event: "announceFailed",
      service,
      protocol: "layer2",
      err: failure,
    });
  } else if (!isTold && reason !== null) {
    log.debug("service not announced here", { service, reason, err: message });
  }
}

/** Why a protocol gave up a Service, which the other may still announce. */
function reasonOf(protocol: string, { reason, bgp }: NodeOutcome): string | null {
  return protocol === "bgp" ? bgp?.reason ?? reason : reason;
}

/**
 * Graceful restart: what we offer as the speaker that restarts, and when a peer keeps our routes without us.
 *
 * Source: RFC 4724 sections 3 and 4, RFC 8538 (the N bit and Hard Reset).
 * Shape: pure functions. Forwarding survives our restarts: the kernel and kube-proxy forward, the speaker only announces.
 * Not here: End-of-RIB, which is sent with or without this (adj_rib_out.ts); keeping the routes of a peer that restarts,
 * for none is kept at all (adj_rib_in.ts).
 *
 * @module
 */
import type { Capability, GracefulRestartCapability } from "./wire/capability.ts";
import { CEASE, ERROR } from "./wire/error.ts";
import type { NotificationMessage } from "./wire/notification.ts";
import { AFI_SAFI, type BgpFamily, familyOfAfiSafi } from "./wire/registry.ts";

/** What the peer said about its own restarts; our side of the bargain is PeerConfig.restartTimeSeconds. */
export interface PeerRestart {
  /** It has just restarted and may have lost what we sent. */
  readonly restarting: boolean;
  /** Both sides set the N bit: routes are kept through a NOTIFICATION, unless it is a Hard Reset. */
  readonly notification: boolean;
  readonly restartTimeSeconds: number;
  readonly families: readonly BgpFamily[];
}

/** Our capability; `restarting` only in OPENs of the first session after a restart (RFC 4724 4.1). */
export function offeredGracefulRestart(
  families: readonly BgpFamily[],
  restartTimeSeconds: number,
  restarting: boolean,
): GracefulRestartCapability {
  return {
    type: "GracefulRestart",
    restarting,
    notification: true,
    restartTimeSeconds,
    families: families.map((family) => ({ ...AFI_SAFI[family], forwardingPreserved: true })),
  };
}

/** The peer's restart capability as far as it concerns agreed families; null when either side did not offer it. */
export function agreedGracefulRestart(
  offered: readonly Capability[],
  received: readonly Capability[],
  agreed: readonly BgpFamily[],
): PeerRestart | null {
  const ours = lastGracefulRestart(offered);
  const theirs = lastGracefulRestart(received);
  if (ours === undefined || theirs === undefined) return null;
  return {
    restarting: theirs.restarting,
    notification: ours.notification && theirs.notification,
    restartTimeSeconds: theirs.restartTimeSeconds,
    families: agreed.filter((family) => theirs.families.some((tuple) => familyOfAfiSafi(tuple) === family)),
  };
}

/** RFC 4724 3: of several instances of the capability only the last counts. */
function lastGracefulRestart(capabilities: readonly Capability[]): GracefulRestartCapability | undefined {
  return capabilities.findLast((capability) => capability.type === "GracefulRestart");
}

/** How a session ended, as far as route retention asks. */
export type SessionEnd =
  /** The transport failed, or was closed without a word. */
  | { readonly type: "ConnectionLost" }
  | { readonly type: "HoldTimerExpired" }
  | {
    readonly type: "NotificationReceived" | "NotificationSent";
    readonly notification: NotificationMessage;
  };

/** Whether the peer keeps forwarding to us after this end of a session, waiting for our return. */
export function peerKeepsRoutes(agreed: PeerRestart | null, end: SessionEnd): boolean {
  if (agreed === null || agreed.families.length === 0) return false;
  switch (end.type) {
    case "ConnectionLost":
      return true;
    case "HoldTimerExpired":
      // RFC 8538 4: with the N bit the expiry of the hold timer counts as a lost connection.
      return agreed.notification;
    case "NotificationReceived":
    case "NotificationSent":
      return agreed.notification && !isHardReset(end.notification);
    default:
      return end satisfies never;
  }
}

/** RFC 8538 3.1. */
export function isHardReset({ code, subcode }: NotificationMessage): boolean {
  return code === ERROR.cease && subcode === CEASE.hardReset;
}

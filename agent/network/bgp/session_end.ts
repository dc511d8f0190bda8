/**
 * Why a session ended, in words for a person.
 *
 * Source: RFC 4271 section 4.5, RFC 9003 (text of the peer's administrator), RFC 8538 (hard reset).
 * Shape: pure; the peer's text is made safe to print where it is decoded.
 *
 * @module
 */
import type { PeerEffect } from "../../../protocols/bgp/peer_state.ts";
import { formatErrorCode } from "../../../protocols/bgp/wire/error.ts";
import {
  hardResetCause,
  type NotificationMessage,
  shutdownCommunication,
} from "../../../protocols/bgp/wire/notification.ts";

/** "Cease/Administrative Shutdown: going down"; what a hard reset wraps follows it. */
export function detailOfNotification(notification: NotificationMessage): string {
  const inner = hardResetCause(notification);
  const name = formatErrorCode(notification.code, notification.subcode);
  if (inner !== null) return `${name}: ${detailOfNotification(inner)}`;
  const text = shutdownCommunication(notification);
  return text === null ? name : `${name}: ${text}`;
}

/** What ended the session; `lastFailure` tells what happened to a lost connection. */
export function detailOfEnd(
  { end, routesKeptMs }: Extract<PeerEffect, { type: "SessionDown" }>,
  lastFailure: string,
): string {
  const kept = routesKeptMs === null ? "" : `; the peer keeps our routes for ${routesKeptMs / 1000} s`;
  switch (end.type) {
    case "ConnectionLost":
      return `${lastFailure || "connection closed"}${kept}`;
    case "HoldTimerExpired":
      return `nothing was heard from the peer for the hold time${kept}`;
    case "NotificationSent":
      return `sent ${detailOfNotification(end.notification)}${kept}`;
    case "NotificationReceived":
      return `received ${detailOfNotification(end.notification)}${kept}`;
    default:
      return end satisfies never;
  }
}

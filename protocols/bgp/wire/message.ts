/**
 * The five messages of BGP: one framed message to a value, and back.
 *
 * Not here: cutting a stream into messages (framer.ts), UPDATEs to send (update_packing.ts).
 *
 * @module
 */
import type { NotificationMessage } from "./notification.ts";
import type { OpenMessage } from "./open.ts";
import type { RouteRefreshMessage } from "./route_refresh.ts";
import type { UpdateMessage } from "./update.ts";

/** Nothing but a sign of life, RFC 4271 4.4. */
export interface KeepaliveMessage {
  readonly type: "Keepalive";
}

/** Any message a peer may send. */
export type BgpMessage =
  | OpenMessage
  | UpdateMessage
  | NotificationMessage
  | KeepaliveMessage
  | RouteRefreshMessage;

/**
 * The five messages of BGP: one framed message to a value, and back.
 *
 * Source: RFC 4271 section 4; each message's own file cites more.
 * Shape: what the framer cut in, a value out, or the NOTIFICATION it deserves.
 * Not here: cutting a stream into messages (framer.ts), UPDATEs to send (update_packing.ts).
 *
 * @module
 */
import type { Decoded } from "./error.ts";
import { blankMessage, messageTypeOf } from "./framer.ts";
import { decodeNotification, encodeNotification, type NotificationMessage } from "./notification.ts";
import { decodeOpen, encodeOpen, type OpenMessage } from "./open.ts";
import { MESSAGE_TYPE } from "./registry.ts";
import { decodeRouteRefresh, encodeRouteRefresh, type RouteRefreshMessage } from "./route_refresh.ts";
import { decodeUpdate, type UpdateMessage, type WireOptions } from "./update.ts";

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

/** Decodes one message as the framer yields it. The options matter for UPDATEs alone. */
export function decodeMessage(message: Uint8Array, options: WireOptions): Decoded<BgpMessage> {
  switch (messageTypeOf(message)) {
    case MESSAGE_TYPE.open:
      return decodeOpen(message);
    case MESSAGE_TYPE.update:
      return decodeUpdate(message, options);
    case MESSAGE_TYPE.notification:
      return { ok: true, value: decodeNotification(message) };
    case MESSAGE_TYPE.keepalive:
      return { ok: true, value: { type: "Keepalive" } };
    case MESSAGE_TYPE.routeRefresh:
      return decodeRouteRefresh(message);
  }
}

/** Encodes any message but an UPDATE, of which several may be needed. */
export function encodeMessage(message: Exclude<BgpMessage, UpdateMessage>): Uint8Array {
  switch (message.type) {
    case "Open":
      return encodeOpen(message);
    case "Notification":
      return encodeNotification(message);
    case "Keepalive":
      return blankMessage(MESSAGE_TYPE.keepalive, 0);
    case "RouteRefresh":
      return encodeRouteRefresh(message);
  }
}

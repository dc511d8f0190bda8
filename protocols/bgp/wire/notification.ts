/**
 * NOTIFICATION messages.
 *
 * @module
 */

/** Why a session ends, RFC 4271 4.5. */
export interface NotificationMessage {
  readonly type: "Notification";
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
}

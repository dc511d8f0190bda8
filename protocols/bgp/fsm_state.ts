/**
 * What a connection's machine is, what happens to it and what it asks for, as plain values.
 *
 * Source: RFC 4271 sections 8.1 (events) and 8.2.2 (states).
 * Not here: what leads from one to the other (fsm_table.ts, fsm_actions.ts).
 *
 * @module
 */
import type { Deadlines, Instant } from "../machine.ts";
import type { Origin } from "./collision.ts";
import type { FsmEventType, FsmStateName } from "./fsm_table.ts";
import type { SessionEnd } from "./graceful_restart.ts";
import type { Negotiated } from "./negotiation.ts";
import type { PeerConfig } from "./peer_config.ts";
import type { BgpError } from "./wire/error.ts";
import type { BgpMessage } from "./wire/message.ts";
import type { NotificationMessage } from "./wire/notification.ts";
import type { OpenMessage } from "./wire/open.ts";
import type { UpdateMessage } from "./wire/update.ts";

/** What the machine itself sends; UPDATEs come from adj_rib_out.ts, in octets. */
export type OutgoingMessage = Exclude<BgpMessage, UpdateMessage>;

export type FsmTimer = "connectRetry" | "hold" | "keepalive" | "delayOpen" | "idleHold" | "sendHold";

/** One connection, or the lack of one. */
export interface FsmState {
  readonly name: FsmStateName;
  readonly origin: Origin;
  /** Failures in a row; a session that was stable starts the count anew. */
  readonly connectRetryCounter: number;
  /** The OPEN we sent on this connection. */
  readonly offered: OpenMessage | null;
  /** Set in OpenConfirm and Established. */
  readonly negotiated: Negotiated | null;
  /** Set in Established. */
  readonly establishedAt: Instant | null;
  readonly deadlines: Deadlines<FsmTimer>;
}

/** Events that bring nothing but themselves. */
type BareEventType = Exclude<
  FsmEventType,
  | "ManualStop"
  | "AutomaticStop"
  | "BgpOpen"
  | "BgpOpenWithDelayOpenTimerRunning"
  | "BgpHeaderErr"
  | "BgpOpenMsgErr"
  | "UpdateMsgErr"
  | "NotifMsg"
  | "NotifMsgVerErr"
>;

/** Events by the names of RFC 4271 8.1; their numbers stand in the table. */
export type FsmEvent =
  | { readonly type: BareEventType }
  /** `cease` is what is said on the way where an OPEN was sent. */
  | { readonly type: "ManualStop" | "AutomaticStop"; readonly cease: NotificationMessage }
  | { readonly type: "BgpOpen" | "BgpOpenWithDelayOpenTimerRunning"; readonly negotiated: Negotiated }
  | { readonly type: "BgpHeaderErr" | "BgpOpenMsgErr" | "UpdateMsgErr"; readonly error: BgpError }
  | { readonly type: "NotifMsg" | "NotifMsgVerErr"; readonly notification: NotificationMessage };

export type FsmEffect =
  | { readonly type: "OpenConnection" }
  /** After what was sent has left; harmless when the connection is gone already. */
  | { readonly type: "CloseConnection" }
  | { readonly type: "Send"; readonly message: OutgoingMessage }
  | { readonly type: "SessionUp"; readonly negotiated: Negotiated }
  | {
    readonly type: "SessionDown";
    readonly reason: string;
    readonly end: SessionEnd;
    /** The peer keeps our routes for so long, waiting for us; null when it drops them. */
    readonly routesKeptMs: number | null;
  }
  | {
    readonly type: "StateChanged";
    readonly from: FsmStateName;
    readonly to: FsmStateName;
    readonly reason: string;
  };

/** What a step needs beside state and event. */
export interface FsmOptions {
  readonly config: PeerConfig;
  /** The OPEN to send on a connection that has had none. */
  readonly offer: OpenMessage;
}

export const NO_DEADLINES: Deadlines<FsmTimer> = {
  connectRetry: null,
  hold: null,
  keepalive: null,
  delayOpen: null,
  idleHold: null,
  sendHold: null,
};

/**
 * What a peer's machine is, what happens to it and what it asks for, as plain values.
 *
 * Shape: the vocabulary between a peer (peer.ts) and its owner, who has the sockets, the clock and the routes.
 *
 * @module
 */
import type { Instant } from "../machine.ts";
import type { Origin } from "./collision.ts";
import type { FsmEffect, FsmState, OutgoingMessage } from "./fsm_state.ts";
import type { Withheld } from "./negotiation.ts";
import type { BgpError } from "./wire/error.ts";
import type { BgpMessage } from "./wire/message.ts";
import type { BgpFamily } from "./wire/registry.ts";
import type { UpdateMessage } from "./wire/update.ts";

/** Names one connection of one peer; never used twice. */
export type ConnectionNumber = number;

/** A connection's machine, and its transport where it has one. */
export interface Line {
  readonly fsm: FsmState;
  readonly connection: ConnectionNumber | null;
}

/** One peer. */
export interface PeerState {
  /** Between Start and Stop. */
  readonly started: boolean;
  readonly isBfdUp: boolean;
  /** What this peer's refusals taught us not to offer. */
  readonly withheld: Withheld;
  /** While we are a speaker that has just restarted (R bit, RFC 4724 4.1); null once a session is up. */
  readonly restartingUntil: Instant | null;
  readonly nextConnection: ConnectionNumber;
  readonly dialled: Line;
  /** At most ACCEPTED_LINES, oldest first. */
  readonly accepted: readonly Line[];
}

export type PeerEvent =
  | { readonly type: "Start" }
  /** Ends with Cease of that subcode (CEASE); the text is RFC 9003's, for the peer's administrator. */
  | { readonly type: "Stop"; readonly subcode: number; readonly text: string }
  /** Stop without a word, so that a peer that agreed to it keeps our routes until we are back. */
  | { readonly type: "StopForRestart" }
  /** Ends the sessions and begins again: administrative reset, a change the session does not survive. */
  | { readonly type: "Reset"; readonly subcode: number; readonly text: string }
  | { readonly type: "ConnectionOpened"; readonly connection: ConnectionNumber }
  /** The peer has connected; the same step says AdoptConnection or RejectConnection. */
  | { readonly type: "ConnectionAccepted" }
  /** Refused, reset, timed out, or closed by the peer. */
  | { readonly type: "ConnectionFailed"; readonly connection: ConnectionNumber }
  | { readonly type: "MessageReceived"; readonly connection: ConnectionNumber; readonly message: BgpMessage }
  | { readonly type: "MessageRefused"; readonly connection: ConnectionNumber; readonly error: BgpError }
  /** The transport took octets. */
  | { readonly type: "SendProgressed"; readonly connection: ConnectionNumber }
  | { readonly type: "BfdUp" }
  /** The path failed. A peer that took BFD down by administration is no such event (RFC 5882 4.3.2). */
  | { readonly type: "BfdDown" }
  | { readonly type: "TimerExpired" };

export type PeerEffect =
  | { readonly type: "OpenConnection"; readonly connection: ConnectionNumber }
  /** Keep the connection just offered under this number. */
  | { readonly type: "AdoptConnection"; readonly connection: ConnectionNumber }
  /** Close the connection just offered at once. */
  | { readonly type: "RejectConnection"; readonly reason: "not-started" | "bfd-not-up" }
  /** Close once what was sent has left; the number means nothing from now on. */
  | { readonly type: "CloseConnection"; readonly connection: ConnectionNumber }
  | { readonly type: "Send"; readonly connection: ConnectionNumber; readonly message: OutgoingMessage }
  | (Extract<FsmEffect, { type: "SessionUp" }> & { readonly connection: ConnectionNumber })
  | Extract<FsmEffect, { type: "SessionDown" }>
  /** Of one connection; the peer's own state is {@linkcode peerFsmState}. */
  | (Extract<FsmEffect, { type: "StateChanged" }> & { readonly origin: Origin })
  | { readonly type: "DeliverUpdate"; readonly update: UpdateMessage }
  /** The peer asks for all routes of the family again, RFC 2918. */
  | { readonly type: "RefreshRequested"; readonly family: BgpFamily };

/**
 * The BFD state machine: what a received state does to the local one.
 *
 * Source: RFC 5880 sections 6.2 (diagram) and 6.8.6 (rules); diagnostics section 4.1.
 * Shape: a table, rows are the local state, columns the state in the received packet. An absent cell changes nothing.
 * Not here: timers, Poll Sequences and what is sent (session.ts).
 *
 * @module
 */
import { type BfdState, NEIGHBOR_SIGNALED_SESSION_DOWN, NO_DIAGNOSTIC } from "./packet.ts";

/** Why a session changed its state: stable names for logs, metrics and events. */
export type TransitionReason =
  /** The three-way handshake advances. */
  | "neighbor-down"
  | "neighbor-init"
  | "neighbor-up"
  /** The neighbor says that it lost us, or starts anew. */
  | "neighbor-signaled-down"
  /** The neighbor was shut down on purpose: no failure for BGP (RFC 5882 3.2). */
  | "neighbor-admin-down"
  | "detection-time-expired"
  | "echo-function-failed"
  /** This end was shut down, or taken up again, by its owner. */
  | "admin-down"
  | "admin-up";

/** Where a cell leads. */
export interface Transition {
  readonly to: BfdState;
  /** The new bfd.LocalDiag, the reason of the last change; null leaves what the session went down for to be read. */
  readonly diag: number | null;
  readonly reason: TransitionReason;
}

const toInit: Transition = { to: "Init", diag: null, reason: "neighbor-down" };
const toUp = (reason: TransitionReason): Transition => ({ to: "Up", diag: NO_DIAGNOSTIC, reason });
const toDown = (reason: TransitionReason): Transition => ({
  to: "Down",
  diag: NEIGHBOR_SIGNALED_SESSION_DOWN,
  reason,
});

/** The table. While AdminDown the session discards every packet. */
export const TRANSITIONS: Readonly<Record<BfdState, Readonly<Partial<Record<BfdState, Transition>>>>> = {
  AdminDown: {},
  Down: {
    Down: toInit,
    Init: toUp("neighbor-init"),
  },
  Init: {
    AdminDown: toDown("neighbor-admin-down"),
    Init: toUp("neighbor-init"),
    Up: toUp("neighbor-up"),
  },
  Up: {
    AdminDown: toDown("neighbor-admin-down"),
    Down: toDown("neighbor-signaled-down"),
  },
};

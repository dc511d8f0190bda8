/**
 * The transition table of one BGP connection: six states, the events of RFC 4271, and what each does where.
 *
 * Source: RFC 4271 section 8.2.2, RFC 6608 (unexpected messages), RFC 9687 (event 29). Names and numbers of the events are
 * those of section 8.1; RouteRefreshMsg is RFC 2918's message, which has no number.
 * Shape: a row an event, a column a state, a cell the name of an action of fsm_actions.ts. A hole is what the RFC calls
 * "any other event"; UNEXPECTED says what that does in each state.
 * DEVIATION: a header error in Established is answered as such (6.1), not as an FSM error (8.2.2 lists it among the
 * others); a NOTIFICATION in OpenSent closes without a NOTIFICATION in return (4.5 and 6.4 forbid one).
 * Not here: which event a message is (peer.ts).
 *
 * @module
 */

/** The states of RFC 4271 8.2.2, in its order and the table's. */
export const FSM_STATES = ["Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established"] as const;

export type FsmStateName = typeof FSM_STATES[number];

/** What a cell does; each is one function of fsm_actions.ts. */
export type FsmAction =
  /** Nothing. */
  | "ignore"
  /** Dial. */
  | "start"
  /** Wait for the peer to connect. */
  | "listen"
  /** Go to Idle without a rest; the owner wants it so. */
  | "stop"
  /** Give up and go to Idle to rest, without a word. */
  | "release"
  /** A failed attempt: Active if it may come back at once, else as release. */
  | "fail"
  /** Drop the attempt and dial anew. */
  | "redial"
  /** The transport is there: send OPEN, at once or after DelayOpenTime. */
  | "greet"
  | "sendOpen"
  /** An acceptable OPEN: answer KEEPALIVE. */
  | "confirm"
  | "establish"
  /** The peer is alive: restart the hold timer. */
  | "hear"
  | "keepAlive"
  /** End with the NOTIFICATION the event carries. */
  | "notify"
  /** End with a Cease of the subcode the event carries. */
  | "cease"
  | "ceaseCollision"
  | "expireHold"
  | "expireSendHold"
  | "refuseUnexpected";

/** The events of the table, by the names of RFC 4271 8.1. */
export type FsmEventType =
  | "ManualStart"
  | "ManualStop"
  | "AutomaticStart"
  | "ManualStartWithPassiveTcpEstablishment"
  | "AutomaticStartWithPassiveTcpEstablishment"
  | "AutomaticStartWithDampPeerOscillations"
  | "AutomaticStartWithDampPeerOscillationsAndPassiveTcpEstablishment"
  | "AutomaticStop"
  | "ConnectRetryTimerExpires"
  | "HoldTimerExpires"
  | "KeepaliveTimerExpires"
  | "DelayOpenTimerExpires"
  | "IdleHoldTimerExpires"
  | "TcpConnectionValid"
  | "TcpCrInvalid"
  | "TcpCrAcked"
  | "TcpConnectionConfirmed"
  | "TcpConnectionFails"
  | "BgpOpen"
  | "BgpOpenWithDelayOpenTimerRunning"
  | "BgpHeaderErr"
  | "BgpOpenMsgErr"
  | "OpenCollisionDump"
  | "NotifMsgVerErr"
  | "NotifMsg"
  | "KeepAliveMsg"
  | "UpdateMsg"
  | "UpdateMsgErr"
  | "SendHoldTimerExpires"
  | "RouteRefreshMsg";

/** A row of the table. */
export interface FsmRow {
  /** RFC 4271 8.1, RFC 9687; null for RouteRefreshMsg. */
  readonly number: number | null;
  /** The stable name a transition by this event is known by in logs, metrics and Kubernetes events. */
  readonly reason: string;
  /** One cell a state, in the order of FSM_STATES. */
  readonly cells: readonly (FsmAction | null)[];
}

function row(number: number | null, reason: string, ...cells: FsmRow["cells"]): FsmRow {
  return { number, reason, cells };
}

const _ = null;

// deno-fmt-ignore
export const FSM_TABLE: Readonly<Record<FsmEventType, FsmRow>> = {
  //                                                       Idle      Connect    Active      OpenSent          OpenConfirm       Established
  ManualStart:                row(1, "started",            "start",  "ignore",  "ignore",   "ignore",         "ignore",         "ignore"),
  ManualStop:                 row(2, "stopped",            "ignore", "stop",    "stop",     "stop",           "stop",           "stop"),
  AutomaticStart:             row(3, "started",            "start",  "ignore",  "ignore",   "ignore",         "ignore",         "ignore"),
  ManualStartWithPassiveTcpEstablishment:
                              row(4, "started",            "listen", "ignore",  "ignore",   "ignore",         "ignore",         "ignore"),
  AutomaticStartWithPassiveTcpEstablishment:
                              row(5, "started",            "listen", "ignore",  "ignore",   "ignore",         "ignore",         "ignore"),
  AutomaticStartWithDampPeerOscillations:
                              row(6, "started",            "start",  "ignore",  "ignore",   "ignore",         "ignore",         "ignore"),
  AutomaticStartWithDampPeerOscillationsAndPassiveTcpEstablishment:
                              row(7, "started",            "listen", "ignore",  "ignore",   "ignore",         "ignore",         "ignore"),
  AutomaticStop:              row(8, "ceased",             "ignore", "release", "release",  "cease",          "cease",          "cease"),
  ConnectRetryTimerExpires:   row(9, "connect-retry",      "ignore", "redial",  "redial",   _,                _,                _),
  HoldTimerExpires:           row(10, "hold-timer-expired", "ignore", _,        _,          "expireHold",     "expireHold",     "expireHold"),
  KeepaliveTimerExpires:      row(11, "keepalive-timer-expired", "ignore", _,   _,          _,                "keepAlive",      "keepAlive"),
  DelayOpenTimerExpires:      row(12, "delay-open-timer-expired", "ignore", "sendOpen", "sendOpen", _,        _,                _),
  IdleHoldTimerExpires:       row(13, "idle-hold-timer-expired", "start", _,    _,          _,                _,                _),
  TcpConnectionValid:         row(14, "connection-valid",  "ignore", "ignore",  "ignore",   "ignore",         "ignore",         "ignore"),
  TcpCrInvalid:               row(15, "connection-invalid", "ignore", "ignore", "ignore",   "ignore",         "ignore",         "ignore"),
  TcpCrAcked:                 row(16, "connected",         "ignore", "greet",   "greet",    "ignore",         "ignore",         "ignore"),
  TcpConnectionConfirmed:     row(17, "connected",         "ignore", "greet",   "greet",    "ignore",         "ignore",         "ignore"),
  TcpConnectionFails:         row(18, "connection-failed", "ignore", "fail",    "release",  "fail",           "release",        "release"),
  BgpOpen:                    row(19, "open-received",     "ignore", _,         _,          "confirm",        _,                _),
  BgpOpenWithDelayOpenTimerRunning:
                              row(20, "open-received",     "ignore", "confirm", "confirm",  _,                _,                _),
  BgpHeaderErr:               row(21, "header-error",      "ignore", "release", "release",  "notify",         "notify",         "notify"),
  BgpOpenMsgErr:              row(22, "open-error",        "ignore", "release", "release",  "notify",         "notify",         _),
  OpenCollisionDump:          row(23, "collision",         "ignore", _,         _,          "ceaseCollision", "ceaseCollision", "ceaseCollision"),
  NotifMsgVerErr:             row(24, "version-refused",   "ignore", "release", "release",  "release",        "release",        "release"),
  NotifMsg:                   row(25, "notification-received", "ignore", _,     _,          "release",        "release",        "release"),
  KeepAliveMsg:               row(26, "keepalive-received", "ignore", _,        _,          _,                "establish",      "hear"),
  UpdateMsg:                  row(27, "update-received",   "ignore", _,         _,          _,                _,                "hear"),
  UpdateMsgErr:               row(28, "update-error",      "ignore", _,         _,          _,                _,                "notify"),
  SendHoldTimerExpires:       row(29, "send-hold-timer-expired", "ignore", _,   _,          _,                _,                "expireSendHold"),
  RouteRefreshMsg:            row(null, "route-refresh-received", "ignore", _,  _,          _,                _,                "hear"),
};

/** What a hole in the table does: RFC 4271 8.2.2 at the end of each state, with the subcodes of RFC 6608. */
const UNEXPECTED: Readonly<Record<FsmStateName, FsmAction>> = {
  Idle: "ignore",
  Connect: "release",
  Active: "release",
  OpenSent: "refuseUnexpected",
  OpenConfirm: "refuseUnexpected",
  Established: "refuseUnexpected",
};

/** What an event does in a state. */
export function actionFor(state: FsmStateName, event: FsmEventType): FsmAction {
  return FSM_TABLE[event].cells[FSM_STATES.indexOf(state)] ?? UNEXPECTED[state];
}

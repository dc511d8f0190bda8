/**
 * One BGP peer: its connections, one dialled and those the peer opened, until a single session stands; and what to do
 * with every message that arrives on them.
 *
 * Source: RFC 4271 sections 6.8 and 8.2.1 (a machine per connection), RFC 4724 section 5 (a restarted peer),
 * RFC 5882 section 4.3 (BFD), RFC 7313 (route refresh).
 * Shape: a machine (machine.ts); every connection steps a machine of its own (fsm.ts). Connections have numbers: the peer
 * gives them with OpenConnection and AdoptConnection, the owner uses them in events. Unknown numbers are late and ignored.
 * DEVIATION: the rest after a failure holds back our dialling, not the peer's (8.2.2 refuses both in Idle): one who dials
 * is back, and damps itself.
 * Not here: octets and sockets, routes (adj_rib_out.ts, adj_rib_in.ts).
 *
 * @module
 */
import { after, type Context, earliest, type Instant, type Step } from "../machine.ts";
import { collisionLoser, type Origin } from "./collision.ts";
import {
  expireFsm,
  fsmDeadline,
  openFsm,
  restAfter,
  sendProgressed,
  stepFsm,
  withoutIdleHold,
} from "./fsm.ts";
import type { FsmEffect, FsmEvent, FsmOptions, FsmState } from "./fsm_state.ts";
import { FSM_STATES, type FsmStateName } from "./fsm_table.ts";
import { negotiate, openMessage, withheldAfter } from "./negotiation.ts";
import type { PeerConfig } from "./peer_config.ts";
import type { ConnectionNumber, Line, PeerEffect, PeerEvent, PeerState } from "./peer_state.ts";
import { type BgpError, CEASE, ERROR, OPEN_ERROR } from "./wire/error.ts";
import type { BgpMessage } from "./wire/message.ts";
import { ceaseNotification, type NotificationMessage } from "./wire/notification.ts";
import type { OpenMessage } from "./wire/open.ts";
import { familyOfAfiSafi, ROUTE_REFRESH_SUBTYPE } from "./wire/registry.ts";

/** LIMIT: one that may be Established and one more, whose OPEN decides; a third means the second was given up. */
const ACCEPTED_LINES = 2;

/** A peer that waits for Start; `restarting` when this process took over forwarding state from a former one. */
export function openPeer(config: PeerConfig, restarting: boolean, cx: Context): PeerState {
  const keepsMs = restarting && config.restartTimeSeconds !== null ? 1000 * config.restartTimeSeconds : null;
  return {
    started: false,
    isBfdUp: false,
    withheld: [],
    restartingUntil: keepsMs === null ? null : after(cx.now, keepsMs),
    nextConnection: 1,
    dialled: { fsm: openFsm("dialled"), connection: null },
    accepted: [],
  };
}

/** When to step with TimerExpired. */
export function peerDeadline(state: PeerState): Instant | null {
  return earliest(fsmDeadline(state.dialled.fsm), ...state.accepted.map((line) => fsmDeadline(line.fsm)));
}

/** The state users mean: that of the connection that has come farthest. */
export function peerFsmState(state: PeerState): FsmStateName {
  const farthest = Math.max(...lines(state).map((line) => FSM_STATES.indexOf(line.fsm.name)));
  return FSM_STATES[farthest]!;
}

/** Takes one event; TimerExpired serves every deadline that has passed. */
export function stepPeer(
  state: PeerState,
  event: PeerEvent,
  config: PeerConfig,
  cx: Context,
): Step<PeerState, PeerEffect> {
  const turn = new Turn(state, config, cx);
  turn.take(event);
  turn.settle();
  return { state: turn.state, effects: turn.effects };
}

function lines(state: PeerState): readonly Line[] {
  return [state.dialled, ...state.accepted];
}

/** Which line an index of {@linkcode lines} names. */
type Slot = number;
const DIALLED: Slot = 0;

/** One step under way. It lives no longer than the step; what lasts is its state. */
class Turn {
  state: PeerState;
  readonly effects: PeerEffect[] = [];
  readonly #before: PeerState;
  readonly #config: PeerConfig;
  readonly #cx: Context;

  constructor(state: PeerState, config: PeerConfig, cx: Context) {
    this.state = state;
    this.#before = state;
    this.#config = config;
    this.#cx = cx;
  }

  take(event: PeerEvent): void {
    switch (event.type) {
      case "Start":
        this.state = { ...this.state, started: true };
        return;
      case "Stop":
        this.#stop(ceaseNotification(event.subcode, event.text));
        return;
      case "StopForRestart":
        this.#stepAll({ type: "TcpConnectionFails" });
        this.#stop(ceaseNotification(CEASE.administrativeReset));
        return;
      case "Reset":
        this.#stepAll({ type: "AutomaticStop", cease: ceaseNotification(event.subcode, event.text) });
        return;
      case "ConnectionOpened":
        this.#stepConnection(event.connection, { type: "TcpCrAcked" });
        return;
      case "ConnectionAccepted":
        this.#accept();
        return;
      case "ConnectionFailed":
        this.#stepConnection(event.connection, { type: "TcpConnectionFails" });
        return;
      case "MessageReceived":
        this.#receive(event.connection, event.message);
        return;
      case "MessageRefused":
        this.#stepConnection(event.connection, refusalOf(event.error));
        return;
      case "SendProgressed":
        this.#sendProgressed(event.connection);
        return;
      case "BfdUp":
        this.state = { ...this.state, isBfdUp: true };
        return;
      case "BfdDown":
        this.#bfdDown();
        return;
      case "TimerExpired":
        for (const slot of this.#slots()) {
          this.#apply(slot, (fsm, options) => expireFsm(fsm, options, this.#cx));
        }
        return;
      default:
        event satisfies never;
    }
  }

  /** After the event: dropped lines are forgotten, and the dialled one goes where the others let it. */
  settle(): void {
    const accepted = this.state.accepted.filter((line) => line.connection !== null);
    this.state = { ...this.state, accepted };
    const { dialled } = this.state;
    const hasSession = accepted.some((line) => line.fsm.name === "Established");
    if (!this.#mayRun() || hasSession) {
      // What stands, stands: a new rule for starting ends no session.
      const isRedundant = dialled.fsm.name !== "Idle" && (hasSession || dialled.fsm.name !== "Established");
      if (isRedundant && !this.#isListening()) this.#step(DIALLED, { type: "OpenCollisionDump" });
      this.#setDialled(withoutIdleHold(this.state.dialled.fsm));
      return;
    }
    if (dialled.fsm.name !== "Idle" || dialled.fsm.deadlines.idleHold !== null) return;
    if (!this.#mayRun(this.#before)) this.#start();
    else this.#rest();
  }

  #mayRun({ started, isBfdUp }: PeerState = this.state): boolean {
    return started && (isBfdUp || this.#config.bfd !== "strict");
  }

  #isListening(): boolean {
    return this.#config.passive && this.state.dialled.fsm.name === "Active";
  }

  #start(): void {
    const { passive } = this.#config;
    this.#step(DIALLED, {
      type: passive
        ? "AutomaticStartWithDampPeerOscillationsAndPassiveTcpEstablishment"
        : "AutomaticStartWithDampPeerOscillations",
    });
  }

  /** The session on an accepted connection has ended: it counts as if it had been dialled. */
  #rest(): void {
    if (this.#config.passive) return this.#start();
    const ended = this.#before.accepted.find((line) => line.fsm.name === "Established")?.fsm;
    const since = ended?.establishedAt ?? null;
    const stable = since !== null && this.#cx.now >= after(since, this.#config.times.stableMs);
    const { fsm } = this.state.dialled;
    this.#setDialled(restAfter(fsm, stable ? 0 : fsm.connectRetryCounter, this.#options(), this.#cx));
  }

  #stop(cease: NotificationMessage): void {
    this.#stepAll({ type: "ManualStop", cease });
    this.state = { ...this.state, started: false, withheld: [] };
    this.#setDialled({ ...withoutIdleHold(this.state.dialled.fsm), connectRetryCounter: 0 });
  }

  /** RFC 5882 4.3: the session ends with the path; before it stands, only the strict wait for BFD. */
  #bfdDown(): void {
    this.state = { ...this.state, isBfdUp: false };
    const { bfd } = this.#config;
    if (bfd === "off") return;
    for (const slot of this.#slots()) {
      if (bfd === "loose" && this.#line(slot)?.fsm.name !== "Established") continue;
      this.#step(slot, { type: "AutomaticStop", cease: ceaseNotification(CEASE.bfdDown) });
    }
  }

  #accept(): void {
    if (!this.#mayRun()) {
      const reason = this.state.started ? "bfd-not-up" : "not-started";
      this.effects.push({ type: "RejectConnection", reason });
      return;
    }
    for (const slot of this.#slots()) {
      const line = this.#line(slot);
      // RFC 4724 5: a peer with graceful restart that connects again has lost the session it had.
      const families = line?.fsm.negotiated?.gracefulRestart?.families ?? [];
      if (line?.fsm.name === "Established" && families.length > 0) {
        this.#step(slot, { type: "TcpConnectionFails" });
      }
    }
    const given = this.state.accepted.filter((line) => line.connection !== null);
    if (given.length >= ACCEPTED_LINES) {
      const oldest = given.find((line) => line.fsm.name !== "Established") ?? given[0]!;
      this.#step(lines(this.state).indexOf(oldest), { type: "OpenCollisionDump" });
    }
    const connection = this.state.nextConnection;
    const line: Line = { fsm: openFsm("accepted"), connection };
    this.state = { ...this.state, nextConnection: connection + 1, accepted: [...this.state.accepted, line] };
    this.effects.push({ type: "AdoptConnection", connection });
    this.#stepConnection(connection, { type: "TcpConnectionConfirmed" });
  }

  #receive(connection: ConnectionNumber, message: BgpMessage): void {
    const slot = this.#slotOf(connection);
    const fsm = slot === null ? undefined : this.#line(slot)?.fsm;
    if (slot === null || fsm === undefined) return;
    const isEstablished = fsm.name === "Established";
    switch (message.type) {
      case "Open":
        this.#receiveOpen(slot, fsm, message);
        return;
      case "Update":
        this.#step(slot, { type: "UpdateMsg" });
        if (isEstablished) this.effects.push({ type: "DeliverUpdate", update: message });
        return;
      case "Notification":
        this.state = { ...this.state, withheld: withheldAfter(this.state.withheld, message) };
        this.#step(slot, {
          type: isVersionRefusal(message) ? "NotifMsgVerErr" : "NotifMsg",
          notification: message,
        });
        return;
      case "Keepalive":
        this.#step(slot, { type: "KeepAliveMsg" });
        return;
      case "RouteRefresh": {
        this.#step(slot, { type: "RouteRefreshMsg" });
        const family = familyOfAfiSafi(message);
        // RFC 7313 5: unknown subtypes are ignored. BoRR and EoRR frame routes, and we keep none.
        if (!isEstablished || message.subtype !== ROUTE_REFRESH_SUBTYPE.request) return;
        if (family === null || fsm.negotiated?.wire.families.includes(family) !== true) return;
        this.effects.push({ type: "RefreshRequested", family });
        return;
      }
      default:
        message satisfies never;
    }
  }

  /** RFC 4271 8.2.2, events 19, 20 and 22, and the collision that an OPEN brings to light (6.8). */
  #receiveOpen(slot: Slot, fsm: FsmState, received: OpenMessage): void {
    // Where an OPEN has no place, what it says does not matter.
    if (fsm.negotiated !== null) {
      this.#step(slot, { type: "BgpOpen", negotiated: fsm.negotiated });
      return;
    }
    const result = negotiate(this.#config, fsm.offered ?? this.#options().offer, received);
    if (!result.ok) {
      this.#step(slot, { type: "BgpOpenMsgErr", error: result.error });
      return;
    }
    const local = { bgpIdentifier: this.#config.bgpIdentifier, asn: this.#config.localAsn };
    for (const other of this.#slots()) {
      const present = this.#line(other)?.fsm;
      if (other === slot || present === undefined) continue;
      const contender = { origin: present.origin, state: present.name };
      const loser = collisionLoser({ origin: fsm.origin, state: fsm.name }, contender, local, received);
      if (loser === "newcomer") return this.#step(slot, { type: "OpenCollisionDump" });
      if (loser === "present") this.#step(other, { type: "OpenCollisionDump" });
    }
    const isDelayed = fsm.deadlines.delayOpen !== null;
    this.#step(slot, {
      type: isDelayed ? "BgpOpenWithDelayOpenTimerRunning" : "BgpOpen",
      negotiated: result.value,
    });
  }

  #sendProgressed(connection: ConnectionNumber): void {
    const slot = this.#slotOf(connection);
    if (slot === null) return;
    this.#apply(slot, (fsm) => ({ state: sendProgressed(fsm, this.#config, this.#cx), effects: [] }));
  }

  #slots(): readonly Slot[] {
    return lines(this.state).map((_, slot) => slot);
  }

  #line(slot: Slot): Line | undefined {
    return lines(this.state)[slot];
  }

  #slotOf(connection: ConnectionNumber): Slot | null {
    const slot = lines(this.state).findIndex((line) => line.connection === connection);
    return slot < 0 ? null : slot;
  }

  #stepAll(event: FsmEvent): void {
    for (const slot of this.#slots()) this.#step(slot, event);
  }

  #stepConnection(connection: ConnectionNumber, event: FsmEvent): void {
    const slot = this.#slotOf(connection);
    if (slot !== null) this.#step(slot, event);
  }

  #step(slot: Slot, event: FsmEvent): void {
    this.#apply(slot, (fsm, options) => stepFsm(fsm, event, options, this.#cx));
  }

  #options(): FsmOptions {
    const { withheld, restartingUntil } = this.state;
    const restarting = restartingUntil !== null && this.#cx.now < restartingUntil;
    return { config: this.#config, offer: openMessage(this.#config, withheld, restarting) };
  }

  #apply(slot: Slot, step: (fsm: FsmState, options: FsmOptions) => Step<FsmState, FsmEffect>): void {
    const line = this.#line(slot);
    if (line === undefined) return;
    const { state: fsm, effects } = step(line.fsm, this.#options());
    let { connection } = line;
    for (const effect of effects) connection = this.#emit(effect, connection, fsm.origin);
    this.#setLine(slot, { fsm, connection });
  }

  /** Adds the number of the connection to an effect; returns the number the line goes on with. */
  #emit(effect: FsmEffect, connection: ConnectionNumber | null, origin: Origin): ConnectionNumber | null {
    switch (effect.type) {
      case "OpenConnection": {
        const opened = this.state.nextConnection;
        this.state = { ...this.state, nextConnection: opened + 1 };
        this.effects.push({ type: "OpenConnection", connection: opened });
        return opened;
      }
      case "CloseConnection":
        if (connection !== null) this.effects.push({ type: "CloseConnection", connection });
        return null;
      case "Send":
        if (connection !== null) this.effects.push({ ...effect, connection });
        return connection;
      case "SessionUp":
        this.state = { ...this.state, restartingUntil: null };
        if (connection !== null) this.effects.push({ ...effect, connection });
        return connection;
      case "SessionDown":
        this.effects.push(effect);
        return connection;
      case "StateChanged":
        this.effects.push({ ...effect, origin });
        return connection;
      default:
        return effect satisfies never;
    }
  }

  #setLine(slot: Slot, line: Line): void {
    if (slot === DIALLED) this.state = { ...this.state, dialled: line };
    else this.state = { ...this.state, accepted: this.state.accepted.with(slot - 1, line) };
  }

  #setDialled(fsm: FsmState): void {
    if (fsm !== this.state.dialled.fsm) this.#setLine(DIALLED, { ...this.state.dialled, fsm });
  }
}

function isVersionRefusal({ code, subcode }: NotificationMessage): boolean {
  return code === ERROR.openMessage && subcode === OPEN_ERROR.unsupportedVersion;
}

/** The event of RFC 4271 8.1.5 an undecodable message is. */
function refusalOf(error: BgpError): FsmEvent {
  if (error.code === ERROR.messageHeader) return { type: "BgpHeaderErr", error };
  return { type: error.code === ERROR.openMessage ? "BgpOpenMsgErr" : "UpdateMsgErr", error };
}

/**
 * One BGP peer between its machine and its sockets.
 *
 * Source: RFC 4271; TCP as RFC 2385 (MD5) and RFC 5082 (GTSM) have it.
 * Shape: events of connections, timers, BFD and configuration step the machine, its effects are carried out here. Routes
 * are pulled from the Adj-RIB-Out in large chunks whenever the kernel has room; what is received is counted and let go.
 * An established connection keeps the MD5 key it began with: a new one is for the next connection, so that a password can
 * change at both ends without a reset that neither asked for.
 * Not here: which peers there are (sessions.ts), who connects to us (listeners.ts), where an unnumbered peer is
 * (unnumbered.ts).
 *
 * @module
 */
import { SystemError } from "../../../ffi/errno.ts";
import { connectTcp, type TcpSocket } from "../../../ffi/tcp_socket.ts";
import { countUpdate, NOTHING_RECEIVED, type ReceivedCounts } from "../../../protocols/bgp/adj_rib_in.ts";
import type { AdjRibOut } from "../../../protocols/bgp/adj_rib_out.ts";
import type { Negotiated } from "../../../protocols/bgp/negotiation.ts";
import { openPeer, peerDeadline, peerFsmState, stepPeer } from "../../../protocols/bgp/peer.ts";
import type { PeerConfig } from "../../../protocols/bgp/peer_config.ts";
import type { PeerEffect, PeerEvent, PeerState } from "../../../protocols/bgp/peer_state.ts";
import { type BgpError, CEASE } from "../../../protocols/bgp/wire/error.ts";
import { decodeMessage, encodeMessage } from "../../../protocols/bgp/wire/message.ts";
import { BGP_FAMILIES } from "../../../protocols/bgp/wire/registry.ts";
import type { UpdateMessage } from "../../../protocols/bgp/wire/update.ts";
import { earliest, type Instant } from "../../../protocols/machine.ts";
import { familyOf, type Ip } from "../../../protocols/net/ip.ts";
import type { BgpPeerCounters, PeerSettings } from "../messages.ts";
import type { Around } from "./around.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { MessageCounts } from "./message_counts.ts";
import { type NextHops, nextHopsOf, sameNextHops } from "./next_hops.ts";
import { isInternal, labelsOf, peerConfigOf } from "./peer_terms.ts";
import { detailOfEnd, detailOfNotification } from "./session_end.ts";
import { adoptOptions, connectOptions, type Target } from "./transport.ts";

/** Octets of UPDATEs made in one turn: a dozen thousand prefixes. Deadlines come between. */
const CHUNK_OCTETS = 65_536;

/** Nobody answers a segment with a wrong signature, so all three look the same from here. */
const NO_ANSWER = "no answer: address, port or password wrong?";

/** The session that stands. */
interface Session {
  readonly connection: Connection;
  readonly negotiated: Negotiated;
  readonly local: Ip;
  nextHops: NextHops;
}

/** See the module comment. */
export class PeerDriver implements ConnectionOwner {
  readonly rib: AdjRibOut;
  #settings: PeerSettings;
  #config: PeerConfig;
  #state: PeerState;
  #target: Target | null;
  #session: Session | null = null;
  #received: ReceivedCounts = NOTHING_RECEIVED;
  /** Why the last connection came to nothing; told once. */
  #failure = "";
  #toldFailure = "";
  #offered: TcpSocket | null = null;
  readonly #around: Around;
  readonly #counts = new MessageCounts();
  readonly #connections = new Map<number, Connection>();
  /** Closed by us, not yet by the peer. */
  readonly #lingering = new Set<Connection>();
  readonly #inbox: PeerEvent[] = [];
  /** Of the machine; kept, because the loop asks often. */
  #deadline: Instant | null = null;
  #isStepping = false;

  constructor(settings: PeerSettings, rib: AdjRibOut, isRestart: boolean, around: Around, now: Instant) {
    this.#settings = settings;
    this.rib = rib;
    this.#around = around;
    this.#config = peerConfigOf(settings, around.routerId());
    this.#state = openPeer(this.#config, isRestart, { now, rng: around.rng });
    this.#deadline = peerDeadline(this.#state);
    this.#target = settings.address === null ? null : { ip: settings.address };
    if (this.#target !== null) this.step({ type: "Start" }, now);
  }

  get settings(): PeerSettings {
    return this.#settings;
  }

  /** Where the peer is; null while an unnumbered one is looked for. */
  get target(): Target | null {
    return this.#target;
  }

  get isEstablished(): boolean {
    return this.#session !== null;
  }

  /** Whether an established session agreed that the peer keeps our routes while we restart (RFC 4724). */
  get outlivesUs(): boolean {
    const agreed = this.#session?.negotiated.gracefulRestart ?? null;
    return this.#settings.gracefulRestart && agreed !== null && agreed.families.length > 0;
  }

  /** Whether there is nothing left to send or to wait for. */
  get isQuiet(): boolean {
    for (const connection of this.#lingering) if (connection.isClosed) this.#lingering.delete(connection);
    return this.#connections.size === 0 && this.#lingering.size === 0;
  }

  nextDeadline(): Instant | null {
    let next = this.#deadline;
    for (const { closeAt } of this.#lingering) next = earliest(next, closeAt);
    return next;
  }

  onDeadline(now: Instant): void {
    for (const connection of this.#lingering) {
      if (connection.closeAt !== null && connection.closeAt <= now) connection.closeNow();
      if (connection.isClosed) this.#lingering.delete(connection);
    }
    if (this.#deadline !== null && this.#deadline <= now) this.step({ type: "TimerExpired" }, now);
  }

  /** Takes a new configuration; the session starts again unless `inPlace`. */
  change(settings: PeerSettings, inPlace: boolean, now: Instant): void {
    const subcode = CEASE.otherConfigurationChange;
    // What is still being opened has the old key and TTL: it begins anew at once.
    if (this.#session === null) this.step({ type: "Stop", subcode, text: "" }, now);
    else if (!inPlace) this.step({ type: "Reset", subcode, text: "" }, now);
    this.#settings = settings;
    this.#config = peerConfigOf(settings, this.#around.routerId());
    if (settings.address !== null) this.#target = { ip: settings.address };
    this.#failure = this.#toldFailure = "";
    if (this.#session !== null) this.#adopt(this.#session.connection.socket);
    if (this.#target !== null && !this.#state.started) this.step({ type: "Start" }, now);
  }

  /** An unnumbered peer was found, perhaps elsewhere than before; a session that stands knows better. */
  found(target: Target, now: Instant): void {
    if (this.#session !== null) return;
    const isSame = this.#target?.ip === target.ip && this.#target.scopeId === target.scopeId;
    if (isSame && this.#state.started) return;
    this.#target = target;
    this.step({ type: "Start" }, now);
  }

  /** Somebody with the peer's address has connected to us. */
  accept(socket: TcpSocket, now: Instant): void {
    this.#adopt(socket);
    this.#offered = socket;
    this.step({ type: "ConnectionAccepted" }, now);
    this.#offered?.close();
    this.#offered = null;
  }

  /** The interfaces or addresses of the node have changed. */
  hostChanged(now: Instant): void {
    const session = this.#session;
    if (session === null) return;
    const nextHops = this.#nextHops(session.local, session.negotiated);
    const lost = BGP_FAMILIES.some((family) =>
      session.nextHops[family] !== null && nextHops[family] === null
    );
    // Without an address the old one stays: the session will end if the path is gone.
    if (lost || sameNextHops(nextHops, session.nextHops)) return;
    session.nextHops = nextHops;
    this.#openRib(session);
    this.flush(now);
  }

  /** Sends what is to be told, as far as the kernel has room. */
  flush(now: Instant): void {
    const { connection } = this.#session ?? {};
    if (connection === undefined) return;
    const chunk = connection.hasBacklog ? null : this.rib.take(CHUNK_OCTETS);
    if (chunk !== null) this.#counts.sent(chunk);
    const sent = chunk !== null && connection.send(chunk);
    connection.wantsToWrite = this.rib.hasOutput;
    if (sent) this.step({ type: "SendProgressed", connection: connection.number }, now);
  }

  /** Steps the machine and carries out what it asks for, one event after another. */
  step(event: PeerEvent, now: Instant): void {
    this.#inbox.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        this.#stepOnce(next, now);
      }
    } finally {
      this.#isStepping = false;
    }
  }

  /** Closes every handle without a word. */
  closeNow(): void {
    for (const connection of [...this.#connections.values(), ...this.#lingering]) connection.closeNow();
    this.#connections.clear();
    this.#lingering.clear();
    this.#session = null;
  }

  counters(): BgpPeerCounters {
    return {
      name: this.#settings.name,
      ...labelsOf(this.#settings),
      state: peerFsmState(this.#state),
      ...this.#counts.read(),
      announcedPrefixes: BGP_FAMILIES.reduce((sum, family) => sum + this.rib.sentCount(family), 0),
      pendingPrefixes: this.rib.pendingCount,
      receivedPrefixes: this.#received.held,
    };
  }

  opened(connection: Connection, now: Instant): void {
    this.step({ type: "ConnectionOpened", connection: connection.number }, now);
  }

  failed(connection: Connection, reason: string, now: Instant): void {
    this.#failure = reason;
    this.step({ type: "ConnectionFailed", connection: connection.number }, now);
  }

  received(connection: Connection, octets: Uint8Array, now: Instant): void {
    this.#counts.received(octets);
    const decoded = decodeMessage(octets, connection.wire);
    if (!decoded.ok) return this.refused(connection, decoded.error, now);
    const message = decoded.value;
    if (message.type === "Notification") this.#failure = `received ${detailOfNotification(message)}`;
    this.step({ type: "MessageReceived", connection: connection.number, message }, now);
  }

  refused(connection: Connection, error: BgpError, now: Instant): void {
    this.step({ type: "MessageRefused", connection: connection.number, error }, now);
  }

  progressed(connection: Connection, now: Instant): void {
    this.step({ type: "SendProgressed", connection: connection.number }, now);
    if (connection === this.#session?.connection) this.flush(now);
  }

  #stepOnce(event: PeerEvent, now: Instant): void {
    const from = peerFsmState(this.#state);
    const { state, effects } = stepPeer(this.#state, event, this.#config, { now, rng: this.#around.rng });
    this.#state = state;
    this.#deadline = peerDeadline(state);
    const cause = { reason: "" };
    for (const effect of effects) this.#carryOut(effect, cause, now);
    const to = peerFsmState(state);
    if (from === to) return;
    this.#around.report({
      type: "BgpState",
      peer: this.#settings.name,
      from,
      to,
      reason: cause.reason,
      detail: from === "Established" || to === "Idle" || to === "Active" ? this.#failure : "",
    });
  }

  #carryOut(effect: PeerEffect, cause: { reason: string }, now: Instant): void {
    switch (effect.type) {
      case "OpenConnection":
        return this.#dial(effect.connection, now);
      case "AdoptConnection": {
        const socket = this.#offered!;
        this.#offered = null;
        this.#connections.set(
          effect.connection,
          new Connection(effect.connection, socket, true, this.#around.loop, this),
        );
        return;
      }
      case "RejectConnection":
        return;
      case "CloseConnection":
        return this.#close(effect.connection, now);
      case "Send": {
        const octets = encodeMessage(effect.message);
        this.#counts.sent(octets);
        if (effect.message.type === "Notification") {
          this.#failure = `sent ${detailOfNotification(effect.message)}`;
        }
        this.#connections.get(effect.connection)?.send(octets);
        return;
      }
      case "SessionUp":
        return this.#sessionUp(effect.connection, effect.negotiated, now);
      case "SessionDown":
        this.#failure = detailOfEnd(effect, this.#failure);
        this.#session = null;
        this.rib.setSession(null);
        return;
      case "StateChanged":
        cause.reason = effect.reason;
        return;
      case "DeliverUpdate":
        return this.#count(effect.update);
      case "RefreshRequested":
        this.rib.refresh(effect.family);
        return this.flush(now);
      default:
        effect satisfies never;
    }
  }

  #dial(number: number, now: Instant): void {
    if (this.#target === null) return;
    try {
      const socket = connectTcp(connectOptions(this.#settings, this.#target));
      this.#connections.set(number, new Connection(number, socket, false, this.#around.loop, this));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#failure = error.message;
      this.#tellFailure();
      this.step({ type: "ConnectionFailed", connection: number }, now);
    }
  }

  #close(number: number, now: Instant): void {
    const connection = this.#connections.get(number);
    this.#connections.delete(number);
    if (connection === undefined) return this.#tellFailure();
    if (connection.isConnecting) this.#failure = NO_ANSWER;
    if (connection !== this.#session?.connection) this.#tellFailure();
    connection.close(now);
    if (!connection.isClosed) this.#lingering.add(connection);
  }

  #sessionUp(number: number, negotiated: Negotiated, now: Instant): void {
    const connection = this.#connections.get(number);
    const local = connection?.localAddress() ?? null;
    if (connection === undefined || local === null) return;
    this.#failure = this.#toldFailure = "";
    connection.wire = negotiated.wire;
    this.#received = NOTHING_RECEIVED;
    this.#session = { connection, negotiated, local, nextHops: this.#nextHops(local, negotiated) };
    this.#openRib(this.#session);
    this.#reportMissingNextHops(this.#session);
    this.flush(now);
  }

  #openRib({ negotiated, nextHops }: Session): void {
    const { wire, enhancedRouteRefresh } = negotiated;
    this.rib.setSession({ localAsn: this.#config.localAsn, wire, nextHops, enhancedRouteRefresh });
  }

  #nextHops(local: Ip, { wire }: Negotiated): NextHops {
    const { host } = this.#around;
    const name = this.#settings.interface ?? host.interfaceHolding(local, this.#settings.vrf);
    const on = (family: "ipv4" | "ipv6") => name === null ? null : host.globalOn(name, family);
    return nextHopsOf({ local, ipv4: on("ipv4"), ipv6: on("ipv6") }, wire.extendedNextHop);
  }

  #reportMissingNextHops({ local, negotiated, nextHops }: Session): void {
    for (const family of negotiated.wire.families) {
      if (nextHops[family] !== null) continue;
      this.#around.report({
        type: "Log",
        level: "warn",
        msg:
          "routes are kept back from a BGP peer: the session's interface has no address to send their traffic to",
        fields: { peer: this.#settings.name, family, localAddress: local },
      });
    }
  }

  /** Live sockets take a new TTL and minimum TTL. */
  #adopt(socket: TcpSocket): void {
    const family = this.#target === null ? "ipv6" : familyOf(this.#target.ip);
    adoptOptions(socket, this.#settings, family);
  }

  #count(update: UpdateMessage): void {
    const { local, negotiated } = this.#session ?? {};
    if (local === undefined || negotiated === undefined) return;
    this.#received = countUpdate(this.#received, update, {
      localAsn: this.#config.localAsn,
      bgpIdentifier: this.#config.bgpIdentifier,
      localAddresses: [local],
      firstAsn: isInternal(this.#settings) ? null : negotiated.peerAsn,
    });
  }

  /** Says once why there is no session, until the reason is another or one stands. */
  #tellFailure(): void {
    if (this.#session !== null || this.#failure === this.#toldFailure) return;
    this.#toldFailure = this.#failure;
    const { name: peer, address, interface: name, port } = this.#settings;
    this.#around.report({
      type: "Log",
      level: "warn",
      msg: "BGP peer cannot be reached, trying again",
      fields: { peer, ...(address === null ? { interface: name } : { address }), port, err: this.#failure },
    });
  }
}

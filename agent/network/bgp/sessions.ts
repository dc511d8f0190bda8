/**
 * All BGP sessions of the node: which peers there are, what each is told, and the way out.
 *
 * Source: RFC 8326 (planned shutdown), RFC 4724 section 4.1 and RFC 5882 section 4.3 (restart).
 * Shape: commands, changes of the host and verdicts of BFD in; one {@linkcode PeerDriver} a peer. Routes are kept by the
 * name of the peer and may come before it.
 * A shutdown ends sessions with Cease/Administrative Shutdown, which takes their routes with it. A peer with graceful
 * restart is left without a word instead, as MetalLB's users of enableGracefulRestart expect, and keeps them.
 * Not here: BFD itself (../bfd), one peer (peer_driver.ts).
 *
 * @module
 */
import { AdjRibOut } from "../../../protocols/bgp/adj_rib_out.ts";
import { CEASE } from "../../../protocols/bgp/wire/error.ts";
import { after, earliest, type Instant } from "../../../protocols/machine.ts";
import type { Ip } from "../../../protocols/net/ip.ts";
import type { Timer } from "../loop.ts";
import type { BgpPeerCounters, Command, NetworkOptions, PeerSettings } from "../messages.ts";
import type { Around } from "./around.ts";
import { Listeners } from "./listeners.ts";
import { PeerDriver } from "./peer_driver.ts";
import { AttributeSets } from "./route_attributes.ts";
import { defaultRouterId } from "./router_id.ts";
import type { Target } from "./transport.ts";
import { Unnumbered } from "./unnumbered.ts";

/** A peer configured so soon after the start is one a former process may have left behind. */
const RESTART_WINDOW_MS = 120_000;
/** How long peers may take to hear that we leave. */
const GOODBYE_MS = 1000;
/** What their administrators read (RFC 9003). */
const GOODBYE = "Ingot speaker stopping";

/** Who watches the paths to the peers. */
export interface PathWatch {
  /** The peer is at this place, or its settings have changed. */
  watch(peer: PeerSettings, target: Target, now: Instant): void;
  /** The session is over, and on purpose. */
  unwatch(peer: string, now: Instant): void;
  /** Falls silent without a word: the peer keeps our routes and is not to learn that anybody left. */
  abandon(peer: string): void;
}

/** What the sessions work with, besides what every driver does. */
export interface Surroundings extends Omit<Around, "routerId"> {
  readonly options: Pick<NetworkOptions, "nodeName" | "shutdownWaitMs">;
  readonly paths: PathWatch;
}

/** The way out. */
interface Shutdown {
  readonly onDone: () => void;
  /** When to stop waiting for other paths, then for the peers to hear us. */
  readonly leaveAt: Instant;
  readonly endAt: Instant;
  hasLeft: boolean;
}

/** See the module comment. */
export class BgpSessions implements Timer, Disposable {
  readonly #around: Around;
  readonly #surroundings: Surroundings;
  readonly #openedAt: Instant;
  readonly #sets = new AttributeSets();
  readonly #peers = new Map<string, PeerDriver>();
  readonly #ribs = new Map<string, AdjRibOut>();
  /** Removed from the configuration, with a connection still to close. */
  readonly #leaving = new Set<PeerDriver>();
  readonly #listeners: Listeners;
  readonly #unnumbered: Unnumbered;
  #routerId: Ip | null = null;
  #shutdown: Shutdown | null = null;

  constructor(surroundings: Surroundings, now: Instant) {
    this.#surroundings = surroundings;
    const { host, options } = surroundings;
    const routerId = () => this.#routerId ??= defaultRouterId(host.firstIpv4(), options.nodeName);
    this.#around = { ...surroundings, routerId };
    this.#openedAt = now;
    this.#listeners = new Listeners(this.#around, {
      accepted: (name, socket, at) => this.#peers.get(name)!.accept(socket, at),
    });
    this.#unnumbered = new Unnumbered(this.#around, {
      found: (name, target, at) => this.#found(name, target, at),
    });
  }

  /** Opens, changes and closes sessions. */
  changePeers({ open, change, close }: Extract<Command, { type: "BgpPeers" }>, now: Instant): void {
    for (const name of close) this.#closePeer(name, now);
    for (const peer of open) {
      const isRestart = peer.gracefulRestart && now <= after(this.#openedAt, RESTART_WINDOW_MS);
      const driver = new PeerDriver(peer, this.#ribOf(peer.name), isRestart, this.#around, now);
      this.#peers.set(peer.name, driver);
      this.#watch(driver, now);
    }
    for (const { peer, inPlace } of change) {
      const driver = this.#peers.get(peer.name);
      if (driver === undefined) continue;
      driver.change(peer, inPlace, now);
      this.#watch(driver, now);
    }
    this.#placeChanged(now);
  }

  /** Changes what peers are told. */
  changeRoutes(change: Extract<Command, { type: "BgpRoutes" }>, now: Instant): void {
    const { peers, announce, withdraw, moreFollows } = change;
    const batches = announce.map(({ attributes, prefixes }) => ({
      set: this.#sets.of(attributes),
      prefixes,
    }));
    for (const name of peers) {
      const rib = this.#ribOf(name);
      for (const { set, prefixes } of batches) for (const prefix of prefixes) rib.announce(prefix, set);
      for (const prefix of withdraw) rib.withdraw(prefix);
      if (!moreFollows) this.#peers.get(name)?.flush(now);
    }
  }

  /** The interfaces or addresses of the node have changed. */
  hostChanged(now: Instant): void {
    for (const driver of this.#peers.values()) driver.hostChanged(now);
    this.#placeChanged(now);
  }

  /** RFC 5882 4.3: the path to a peer has come up, or failed. */
  pathChanged(peer: string, isUp: boolean, now: Instant): void {
    this.#peers.get(peer)?.step({ type: isUp ? "BfdUp" : "BfdDown" }, now);
  }

  /** Says goodbye to every peer, then calls back. */
  shutDown(onDone: () => void, now: Instant): void {
    const drivers = [...this.#peers.values()];
    const parting = drivers.filter((driver) => driver.isEstablished && !driver.outlivesUs);
    const waitMs = parting.length === 0 ? 0 : this.#surroundings.options.shutdownWaitMs;
    if (waitMs > 0) {
      for (const driver of parting) {
        driver.rib.changeAttributes((set) => this.#sets.leaving(set));
        driver.flush(now);
      }
    }
    const leaveAt = after(now, waitMs);
    this.#shutdown = { onDone, leaveAt, endAt: after(leaveAt, GOODBYE_MS), hasLeft: false };
    if (waitMs === 0) this.#goOnLeaving(this.#shutdown, now);
  }

  counters(): readonly BgpPeerCounters[] {
    return [...this.#peers.values()].map((driver) => driver.counters());
  }

  nextDeadline(): Instant | null {
    let next = earliest(this.#listeners.nextDeadline(), this.#unnumbered.nextDeadline());
    for (const driver of this.#peers.values()) next = earliest(next, driver.nextDeadline());
    for (const driver of this.#leaving) {
      next = earliest(next, driver.isQuiet ? this.#openedAt : driver.nextDeadline());
    }
    const shutdown = this.#shutdown;
    if (shutdown === null) return next;
    const isWaiting = shutdown.hasLeft && !this.#isQuiet();
    return earliest(next, isWaiting ? shutdown.endAt : shutdown.leaveAt);
  }

  onDeadline(now: Instant): void {
    for (const timer of [this.#listeners, this.#unnumbered, ...this.#peers.values(), ...this.#leaving]) {
      const deadline = timer.nextDeadline();
      if (deadline !== null && deadline <= now) timer.onDeadline(now);
    }
    this.#forgetQuiet(now);
    if (this.#shutdown !== null) this.#goOnLeaving(this.#shutdown, now);
  }

  [Symbol.dispose](): void {
    this.#listeners[Symbol.dispose]();
    this.#unnumbered[Symbol.dispose]();
    for (const driver of [...this.#peers.values(), ...this.#leaving]) driver.closeNow();
  }

  #ribOf(name: string): AdjRibOut {
    let rib = this.#ribs.get(name);
    if (rib === undefined) this.#ribs.set(name, rib = new AdjRibOut());
    return rib;
  }

  #closePeer(name: string, now: Instant): void {
    const driver = this.#peers.get(name);
    this.#ribs.delete(name);
    if (driver === undefined) return;
    this.#peers.delete(name);
    driver.step({ type: "Stop", subcode: CEASE.peerDeconfigured, text: "" }, now);
    this.#leaving.add(driver);
  }

  /**
   * BFD outlasts the connection: FRR takes AdminDown for a failed path, and ends the session for that, should it come
   * before it has read our Cease.
   */
  #forgetQuiet(now: Instant): void {
    for (const driver of this.#leaving) {
      if (!driver.isQuiet) continue;
      this.#leaving.delete(driver);
      const { name } = driver.settings;
      if (!this.#peers.has(name)) this.#surroundings.paths.unwatch(name, now);
    }
  }

  #found(name: string, target: Target, now: Instant): void {
    const driver = this.#peers.get(name);
    if (driver === undefined) return;
    driver.found(target, now);
    this.#watch(driver, now);
    this.#listeners.listenFor([...this.#peers.values()], now);
  }

  #watch({ settings, target }: PeerDriver, now: Instant): void {
    if (target !== null) this.#surroundings.paths.watch(settings, target, now);
  }

  #placeChanged(now: Instant): void {
    const drivers = [...this.#peers.values()];
    this.#unnumbered.look(drivers.map(({ settings }) => settings), now);
    this.#listeners.listenFor(drivers, now);
  }

  #goOnLeaving(shutdown: Shutdown, now: Instant): void {
    if (!shutdown.hasLeft && now >= shutdown.leaveAt) {
      shutdown.hasLeft = true;
      for (const [name, driver] of this.#peers) this.#leave(name, driver, now);
    }
    if (!shutdown.hasLeft) return;
    if (!this.#isQuiet() && now < shutdown.endAt) return;
    this.#shutdown = null;
    for (const name of this.#peers.keys()) this.#surroundings.paths.unwatch(name, now);
    shutdown.onDone();
  }

  #isQuiet(): boolean {
    return [...this.#peers.values(), ...this.#leaving].every((driver) => driver.isQuiet);
  }

  #leave(name: string, driver: PeerDriver, now: Instant): void {
    if (driver.outlivesUs) {
      // The connection ends first: a path that fails while it stands would take the routes along.
      driver.step({ type: "StopForRestart" }, now);
      this.#surroundings.paths.abandon(name);
    } else {
      driver.step({ type: "Stop", subcode: CEASE.administrativeShutdown, text: GOODBYE }, now);
    }
  }
}

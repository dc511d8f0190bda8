/**
 * Watches the paths to BGP peers that have a BFD profile.
 *
 * Source: RFC 5880 section 6.8, RFC 5881, RFC 5883; which peers are several hops away follows FRR.
 * Shape: {@linkcode PathWatch} for the sessions; a path that comes up or fails is told by the name of the peer. A peer that
 * shut BFD down on purpose has not failed (RFC 5882 section 4.2). Sessions end with AdminDown, said for as long as the
 * peer needs to hear it.
 * Not here: what BGP makes of it (../bgp/sessions.ts), one session (path.ts).
 *
 * @module
 */
import type { SystemError } from "../../../ffi/errno.ts";
import { NETWORK_CONTROL } from "../../../ffi/ip_options.ts";
import { type Datagram, openUdpSocket, type UdpSocket } from "../../../ffi/udp_socket.ts";
import { canChangeInPlace } from "../../../protocols/bfd/config.ts";
import { SessionDemux, type SessionPath } from "../../../protocols/bfd/demux.ts";
import { judgeEcho, LOOPED_TTL } from "../../../protocols/bfd/echo.ts";
import { formatDiagnostic } from "../../../protocols/bfd/packet.ts";
import type { SessionEffect } from "../../../protocols/bfd/session.ts";
import { after, earliest, type Instant } from "../../../protocols/machine.ts";
import { familyOf, type Ip, UNSPECIFIED } from "../../../protocols/net/ip.ts";
import type { Around } from "../bgp/around.ts";
import { isInternal, labelsOf } from "../bgp/peer_terms.ts";
import type { PathWatch } from "../bgp/sessions.ts";
import type { Target } from "../bgp/transport.ts";
import type { Counters } from "../counters.ts";
import { isLinkLocal } from "../host_addresses.ts";
import type { Timer } from "../loop.ts";
import type { BfdCounters, PeerSettings, SessionLabels } from "../messages.ts";
import { type PathPlan, WatchedPath } from "./path.ts";
import { sessionConfigOf } from "./profile.ts";
import { type Receiver, Receivers } from "./receivers.ts";

/** What the paths work with. */
export interface Surroundings extends Omit<Around, "routerId"> {
  readonly counters: Counters;
}

/** Told when a path has come up, or has failed. */
export type PathChanged = (peer: string, isUp: boolean, now: Instant) => void;

/** LIMIT: how long a farewell may take, however slow the peer asked us to be. */
const FAREWELL_MOST_MS = 3000;

/** See the module comment. */
export class BfdPaths implements PathWatch, Timer, Disposable {
  readonly #around: Surroundings;
  readonly #pathChanged: PathChanged;
  readonly #receivers: Receivers;
  /** By VRF, "" for the default one: addresses say nothing across them. */
  readonly #demuxes = new Map<string, SessionDemux>();
  readonly #byDiscriminator = new Map<number, WatchedPath>();
  readonly #byPeer = new Map<string, { readonly path: WatchedPath; readonly labels: SessionLabels }>();
  /** Sends the peers' echo packets back, with a TTL of its own. */
  readonly #loops = new Map<string, UdpSocket>();

  constructor(around: Surroundings, pathChanged: PathChanged) {
    this.#around = around;
    this.#pathChanged = pathChanged;
    this.#receivers = new Receivers(around.loop, (...received) => this.#received(...received));
  }

  watch(peer: PeerSettings, target: Target, now: Instant): void {
    const known = this.#byPeer.get(peer.name);
    if (peer.bfd === null) return this.unwatch(peer.name, now);
    const discriminator = known?.path.plan.config.localDiscriminator ?? this.#newDiscriminator();
    const plan = this.#planOf(peer, peer.bfd, target, discriminator);
    if (known !== undefined && isSamePlace(known.path.plan, plan)) {
      if (canChangeInPlace(known.path.plan.config, plan.config)) {
        this.#demuxOf(plan.vrf).change(plan.config);
        return known.path.change(plan.config, now);
      }
    }
    if (known !== undefined) this.#drop(known.path);
    this.#open(peer, plan, now);
  }

  unwatch(peer: string, now: Instant): void {
    const known = this.#byPeer.get(peer);
    if (known === undefined) return;
    this.#byPeer.delete(peer);
    known.path.closeAt = after(now, Math.min(FAREWELL_MOST_MS, known.path.farewellMs));
    known.path.step({ type: "AdminDown" }, now);
  }

  abandon(peer: string): void {
    const known = this.#byPeer.get(peer);
    if (known !== undefined) this.#drop(known.path);
  }

  counters(): readonly BfdCounters[] {
    return [...this.#byPeer.values()].map(({ path, labels }) => ({ ...path.counters(), ...labels }));
  }

  nextDeadline(): Instant | null {
    let next: Instant | null = null;
    for (const { deadline, closeAt } of this.#byDiscriminator.values()) {
      next = earliest(next, deadline, closeAt);
    }
    return next;
  }

  onDeadline(now: Instant): void {
    const paths = [...this.#byDiscriminator.values()];
    if (paths.some((path) => path.isDetectionDue(now))) this.#receivers.drain(now);
    for (const path of paths) {
      if (path.deadline !== null && path.deadline <= now) path.step({ type: "TimerExpired" }, now);
      if (path.closeAt !== null && path.closeAt <= now) this.#drop(path);
    }
  }

  [Symbol.dispose](): void {
    for (const path of this.#byDiscriminator.values()) path.close();
    for (const socket of this.#loops.values()) socket.close();
    this.#receivers[Symbol.dispose]();
  }

  /** A peer of our own AS counts as several hops away unless its network is one of ours, as FRR has it. */
  #planOf(
    peer: PeerSettings,
    profile: NonNullable<PeerSettings["bfd"]>,
    target: Target,
    discriminator: number,
  ): PathPlan {
    const { host } = this.#around;
    const multihop = peer.ebgpMultiHop || (isInternal(peer) && !host.isOnLink(target.ip));
    const named = peer.interface ?? (target.scopeId === undefined ? null : host.nameOf(target.scopeId));
    const path: SessionPath = {
      peer: target.ip,
      local: peer.sourceAddress,
      interface: isLinkLocal(target.ip) ? named : null,
    };
    const isIpv4 = familyOf(target.ip) === "ipv4";
    const config = sessionConfigOf(profile, discriminator, { multihop, isIpv4 });
    return { path, scopeId: target.scopeId ?? null, vrf: peer.vrf, config };
  }

  #open(peer: PeerSettings, plan: PathPlan, now: Instant): void {
    // One that is saying farewell on the same path makes room.
    for (const old of this.#byDiscriminator.values()) {
      if (old.closeAt !== null && isSamePlace(old.plan, plan)) this.#drop(old);
    }
    const conflict = this.#demuxOf(plan.vrf).add(plan.path, plan.config);
    if (conflict !== null) {
      this.#log("error", "two BGP peers cannot have BFD sessions on the same path", peer.name, {
        reason: conflict,
      });
      return;
    }
    const path = new WatchedPath(peer.name, plan, {
      receivers: this.#receivers,
      rng: this.#around.rng,
      changed: (changed, change, at) => this.#changed(changed, change, at),
      dropped: (reason) => this.#around.counters.dropped(`bfd/${reason}`),
      failed: ({ name }, error) => this.#failed(name, error),
    }, now);
    this.#byDiscriminator.set(plan.config.localDiscriminator, path);
    // FRR names a peer of BFD without a port.
    const labels = { peer: peer.address ?? peer.interface ?? "", vrf: labelsOf(peer).vrf };
    this.#byPeer.set(peer.name, { path, labels });
    // A passive end has to hear before it sends.
    try {
      this.#receivers.get(plan.config.multihop ? "multihop" : "control", familyOf(plan.path.peer), plan.vrf);
    } catch (error) {
      this.#failed(peer.name, error as SystemError);
    }
  }

  #drop(path: WatchedPath): void {
    const { localDiscriminator } = path.plan.config;
    this.#demuxOf(path.plan.vrf).remove(localDiscriminator);
    this.#byDiscriminator.delete(localDiscriminator);
    if (this.#byPeer.get(path.name)?.path === path) this.#byPeer.delete(path.name);
    path.close();
  }

  #newDiscriminator(): number {
    for (;;) {
      const discriminator = Math.floor(this.#around.rng() * 2 ** 32);
      if (discriminator !== 0 && !this.#byDiscriminator.has(discriminator)) return discriminator;
    }
  }

  #demuxOf(vrf: string | null): SessionDemux {
    let demux = this.#demuxes.get(vrf ?? "");
    if (demux === undefined) this.#demuxes.set(vrf ?? "", demux = new SessionDemux());
    return demux;
  }

  #received(datagram: Datagram, by: Receiver, now: Instant): void {
    const { payload, from, ttl, destination, interfaceIndex } = datagram;
    if (by.port === "echo") return this.#echoReceived(datagram, by, now);
    const verdict = this.#demuxOf(by.vrf).judge(payload, {
      source: from.ip,
      destination: destination ?? UNSPECIFIED[familyOf(from.ip)],
      interface: this.#around.host.nameOf(interfaceIndex ?? 0) ?? "",
      ttl: ttl ?? 0,
      multihop: by.port === "multihop",
    });
    if (verdict.type === "Drop") return this.#around.counters.dropped(`bfd/${verdict.reason}`);
    this.#byDiscriminator.get(verdict.discriminator)?.step(
      { type: "PacketReceived", packet: verdict.packet },
      now,
    );
  }

  #echoReceived({ payload, from, ttl }: Datagram, by: Receiver, now: Instant): void {
    const verdict = judgeEcho(payload, ttl ?? 0);
    switch (verdict.type) {
      case "Own": {
        const path = this.#byDiscriminator.get(verdict.packet.myDiscriminator);
        if (path === undefined || path.plan.path.peer !== from.ip || path.plan.vrf !== by.vrf) {
          return this.#around.counters.dropped("bfd/echo-unknown");
        }
        return path.step({ type: "EchoReceived", packet: verdict.packet }, now);
      }
      case "LoopBack": {
        if (!this.#loopsFor(from.ip, by.vrf)) return this.#around.counters.dropped("bfd/echo-not-offered");
        try {
          this.#loopSocket(by).sendTo(payload, from);
        } catch {
          this.#around.counters.dropped("bfd/echo-not-looped");
        }
        return;
      }
      case "Drop":
        return this.#around.counters.dropped(`bfd/${verdict.reason}`);
      default:
        verdict satisfies never;
    }
  }

  /** Echo packets go back to whom we promised it, and to nobody else: this is no reflector. */
  #loopsFor(peer: Ip, vrf: string | null): boolean {
    for (const { plan } of this.#byDiscriminator.values()) {
      if (plan.path.peer === peer && plan.vrf === vrf && plan.config.requiredMinEchoRxUs > 0) return true;
    }
    return false;
  }

  #loopSocket({ socket: { family }, vrf }: Receiver): UdpSocket {
    const key = `${family} ${vrf ?? ""}`;
    let socket = this.#loops.get(key);
    if (socket === undefined) {
      const local = { ip: UNSPECIFIED[family], port: 0 };
      const device = vrf === null ? {} : { interface: vrf };
      socket = openUdpSocket({
        local,
        maximumOctets: 1,
        ttl: LOOPED_TTL,
        trafficClass: NETWORK_CONTROL,
        ...device,
      });
      this.#loops.set(key, socket);
    }
    return socket;
  }

  #changed(path: WatchedPath, change: Extract<SessionEffect, { type: "StateChanged" }>, now: Instant): void {
    const { from, to, reason, diag } = change;
    const diagnostic = formatDiagnostic(diag);
    this.#around.report({ type: "BfdState", peer: path.name, from, to, reason, diagnostic });
    if (path.closeAt !== null) return;
    if (to === "Up") this.#pathChanged(path.name, true, now);
    else if (from === "Up" && reason !== "neighbor-admin-down") this.#pathChanged(path.name, false, now);
  }

  #failed(peer: string, error: SystemError): void {
    this.#log("warn", "BFD packets cannot be sent, trying again", peer, { err: error.message });
  }

  #log(level: "warn" | "error", msg: string, peer: string, fields: Readonly<Record<string, unknown>>): void {
    this.#around.report({ type: "Log", level, msg, fields: { peer, ...fields } });
  }
}

function isSamePlace(a: PathPlan, b: PathPlan): boolean {
  return a.path.peer === b.path.peer && a.path.local === b.path.local &&
    a.path.interface === b.path.interface &&
    a.scopeId === b.scopeId && a.vrf === b.vrf && a.config.multihop === b.config.multihop;
}

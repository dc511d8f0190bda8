/**
 * One watched path: a BFD session between its machine and its socket.
 *
 * Source: RFC 5881 section 4 (one source port for a session, 49152 to 65535; TTL 255).
 * Shape: events step the machine, its effects are carried out or told to the owner. A socket that cannot be opened is
 * tried again with each packet, which is once a second while the session is down.
 * Not here: which session a datagram is for (paths.ts).
 *
 * @module
 */
import { ERRNO, SystemError } from "../../../ffi/errno.ts";
import { NETWORK_CONTROL } from "../../../ffi/ip_options.ts";
import type { SocketAddress } from "../../../ffi/layout.ts";
import { openUdpSocket, type UdpSocket } from "../../../ffi/udp_socket.ts";
import type { SessionConfig } from "../../../protocols/bfd/config.ts";
import {
  CONTROL_PORT,
  CONTROL_TTL,
  ECHO_PORT,
  FIRST_SOURCE_PORT,
  LAST_SOURCE_PORT,
  MULTIHOP_CONTROL_PORT,
  type SessionPath,
} from "../../../protocols/bfd/demux.ts";
import { encodeEcho } from "../../../protocols/bfd/echo.ts";
import { CONTROL_OCTETS, encodeControl } from "../../../protocols/bfd/packet.ts";
import {
  openSession,
  sessionDeadline,
  type SessionEffect,
  type SessionEvent,
  stepSession,
} from "../../../protocols/bfd/session.ts";
import { remoteDetectionTimeMs, type SessionState } from "../../../protocols/bfd/state.ts";
import type { Instant, Rng } from "../../../protocols/machine.ts";
import { familyOf, type Ip, UNSPECIFIED } from "../../../protocols/net/ip.ts";
import type { BfdCounters } from "../messages.ts";
import type { Receivers } from "./receivers.ts";

/** Where a path leads and how it is watched. */
export interface PathPlan {
  readonly path: SessionPath;
  /** Index of the interface, for a link-local peer. */
  readonly scopeId: number | null;
  /** Where the kernel is to look for the peer; null for the default. */
  readonly vrf: string | null;
  readonly config: SessionConfig;
}

/** What a path needs and whom it tells. */
export interface PathAround {
  readonly receivers: Receivers;
  readonly rng: Rng;
  changed(path: WatchedPath, change: Extract<SessionEffect, { type: "StateChanged" }>, now: Instant): void;
  dropped(reason: string): void;
  /** A socket cannot be opened; told once until it can. */
  failed(path: WatchedPath, error: SystemError): void;
}

const PORT_ATTEMPTS = 16;
/** Datagrams never arrive there. */
const NOTHING_OCTETS = 64;
const packetOctets = new Uint8Array(CONTROL_OCTETS);

/** See the module comment. */
export class WatchedPath {
  readonly name: string;
  /** Closed on purpose: kept until the peer has heard so. */
  closeAt: Instant | null = null;
  deadline: Instant | null;
  #plan: PathPlan;
  #state: SessionState;
  #socket: UdpSocket | null = null;
  #hasToldFailure = false;
  readonly #around: PathAround;
  readonly #to: SocketAddress;
  readonly #echoTo: SocketAddress;
  #counts = { sent: 0, received: 0, echoSent: 0, echoReceived: 0, up: 0, down: 0 };

  constructor(name: string, plan: PathPlan, around: PathAround, now: Instant) {
    this.name = name;
    this.#plan = plan;
    this.#around = around;
    const scope = plan.scopeId === null ? {} : { scopeId: plan.scopeId };
    const ip = plan.path.peer;
    this.#to = { ip, port: plan.config.multihop ? MULTIHOP_CONTROL_PORT : CONTROL_PORT, ...scope };
    this.#echoTo = { ip, port: ECHO_PORT, ...scope };
    this.#state = openSession(plan.config, { now, rng: around.rng });
    this.deadline = sessionDeadline(this.#state);
  }

  get plan(): PathPlan {
    return this.#plan;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Whether silence is about to count: what waits in the sockets must be read first. */
  isDetectionDue(now: Instant): boolean {
    const { detection, echoDetection } = this.#state.deadlines;
    return (detection !== null && detection <= now) || (echoDetection !== null && echoDetection <= now);
  }

  /** How long until the peer has certainly heard what we said last. */
  get farewellMs(): number {
    return remoteDetectionTimeMs(this.#state, this.#plan.config);
  }

  /** Takes a configuration the session survives. */
  change(config: SessionConfig, now: Instant): void {
    this.#plan = { ...this.#plan, config };
    this.step({ type: "ConfigChanged" }, now);
  }

  step(event: SessionEvent, now: Instant): void {
    if (event.type === "PacketReceived") this.#counts.received++;
    if (event.type === "EchoReceived") this.#counts.echoReceived++;
    const cx = { now, rng: this.#around.rng };
    const { state, effects } = stepSession(this.#state, event, this.#plan.config, cx);
    this.#state = state;
    this.deadline = sessionDeadline(state);
    for (const effect of effects) this.#carryOut(effect, now);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  counters(): Omit<BfdCounters, "peer" | "vrf"> {
    const { sent, received, echoSent, echoReceived, up, down } = this.#counts;
    return {
      name: this.name,
      state: this.#state.sessionState,
      controlPackets: { sent, received },
      echoPackets: { sent: echoSent, received: echoReceived },
      upEvents: up,
      downEvents: down,
    };
  }

  #carryOut(effect: SessionEffect, now: Instant): void {
    switch (effect.type) {
      case "SendControl":
        return this.#send(() => {
          if (this.#socketToSend().sendTo(encodeControl(effect.packet, packetOctets), this.#to)) {
            this.#counts.sent++;
          }
        });
      case "SendEcho":
        return this.#send(() => {
          const { receivers } = this.#around;
          // FRR loops echo packets back to the echo port, so they leave from there.
          const socket = receivers.get("echo", familyOf(this.#to.ip), this.#plan.vrf);
          if (socket.sendTo(encodeEcho(effect.packet), this.#echoTo)) this.#counts.echoSent++;
        });
      case "StateChanged":
        if (effect.to === "Up") this.#counts.up++;
        if (effect.from === "Up") this.#counts.down++;
        return this.#around.changed(this, effect, now);
      case "Discarded":
        return this.#around.dropped(effect.reason);
      default:
        effect satisfies never;
    }
  }

  /** Sends; a packet that could not leave is a lost one. */
  #send(send: () => void): void {
    try {
      send();
      this.#hasToldFailure = false;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#around.dropped(`send/${error.code}`);
      if (!this.#hasToldFailure) this.#around.failed(this, error);
      this.#hasToldFailure = true;
    }
  }

  #socketToSend(): UdpSocket {
    const { receivers } = this.#around;
    const { path, vrf, config } = this.#plan;
    const family = familyOf(path.peer);
    receivers.get(config.multihop ? "multihop" : "control", family, vrf);
    if (config.requiredMinEchoRxUs > 0) receivers.get("echo", family, vrf);
    return this.#socket ??= openSource(
      path.local ?? UNSPECIFIED[family],
      path.interface ?? vrf,
      this.#around.rng,
    );
  }
}

/** A socket on a free port of the range, which nothing is sent to. */
function openSource(ip: Ip, device: string | null, rng: Rng): UdpSocket {
  const ports = LAST_SOURCE_PORT - FIRST_SOURCE_PORT + 1;
  for (let attempt = 1;; attempt++) {
    const port = FIRST_SOURCE_PORT + Math.floor(rng() * ports);
    try {
      return openUdpSocket({
        local: { ip, port },
        maximumOctets: NOTHING_OCTETS,
        ttl: CONTROL_TTL,
        trafficClass: NETWORK_CONTROL,
        ...device !== null && { interface: device },
      });
    } catch (error) {
      const isTaken = error instanceof SystemError && error.errno === ERRNO.EADDRINUSE;
      if (!isTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

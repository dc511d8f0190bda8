/**
 * Two BGP speakers and the TCP between them, in virtual time.
 *
 * Shape: speakers run the machines and the codec as the network thread would; the wire delays octets, cuts them into odd
 * chunks, stalls, resets, or swallows everything. Nothing happens but by the clock of the pair.
 * Not here: kernels. A stalled connection keeps what was written, as a send buffer would, without bound.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Context, Instant, Rng } from "../../protocols/machine.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Prefix } from "../../protocols/net/prefix.ts";
import { countUpdate, NOTHING_RECEIVED, type ReceivedCounts } from "../../protocols/bgp/adj_rib_in.ts";
import { AdjRibOut } from "../../protocols/bgp/adj_rib_out.ts";
import type { Negotiated } from "../../protocols/bgp/negotiation.ts";
import { openPeer, peerDeadline, peerFsmState, stepPeer } from "../../protocols/bgp/peer.ts";
import type { PeerConfig } from "../../protocols/bgp/peer_config.ts";
import type { PeerEffect, PeerEvent, PeerState } from "../../protocols/bgp/peer_state.ts";
import { Framer } from "../../protocols/bgp/wire/framer.ts";
import { decodeMessage, encodeMessage } from "../../protocols/bgp/wire/message.ts";
import { MAX_EXTENDED_MESSAGE_OCTETS, MAX_MESSAGE_OCTETS } from "../../protocols/bgp/wire/registry.ts";
import type { UpdateMessage, WireOptions } from "../../protocols/bgp/wire/update.ts";

/** Uniform numbers from a seed (mulberry32). */
export function seeded(seed: number): Rng {
  let a = seed >>> 0;
  return () => {
    a = a + 0x6d2b79f5 >>> 0;
    let t = Math.imul(a ^ a >>> 15, a | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

/** A record of something a speaker did. */
export interface Entry {
  readonly at: number;
  readonly speaker: string;
  readonly effect: PeerEffect;
}

interface Scheduled {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** One end of a connection. */
class End {
  readonly framer: Framer = new Framer(MAX_EXTENDED_MESSAGE_OCTETS);
  wire: WireOptions = BEFORE_OPEN;
  far: End | null = null;
  closed = false;
  /** When the last octet on its way arrives: TCP keeps the order. */
  arrivesAt = 0;

  constructor(readonly speaker: Speaker, public connection: number) {}
}

const BEFORE_OPEN: WireOptions = {
  peerType: "external",
  fourOctetAsn: false,
  families: ["ipv4-unicast"],
  extendedNextHop: false,
  maxMessageOctets: MAX_MESSAGE_OCTETS,
};

/** A speaker with one peer. */
export class Speaker {
  state: PeerState;
  readonly ribOut: AdjRibOut = new AdjRibOut();
  /** What the peer has told us, by prefix. */
  readonly learnt: Map<Prefix, UpdateMessage["attributes"]> = new Map();
  received: ReceivedCounts = NOTHING_RECEIVED;
  negotiated: Negotiated | null = null;
  readonly ends: Map<number, End> = new Map();
  sentMessages = 0;

  constructor(readonly name: string, public config: PeerConfig, readonly pair: Pair, restarting = false) {
    this.state = openPeer(config, restarting, pair.context);
  }

  get fsm(): string {
    return peerFsmState(this.state);
  }

  step(event: PeerEvent): void {
    const { state, effects } = stepPeer(this.state, event, this.config, this.pair.context);
    this.state = state;
    for (const effect of effects) this.#carryOut(effect);
    this.flush();
  }

  /** Gives the transport all routes it is owed. */
  flush(): void {
    const end = [...this.ends.values()].find((candidate) => candidate.connection === this.session);
    if (end === undefined) return;
    for (let chunk = this.ribOut.take(65536); chunk !== null; chunk = this.ribOut.take(65536)) {
      this.pair.transmit(end, chunk);
    }
  }

  session: number | null = null;

  /** The peer's octets. */
  receive(end: End, chunk: Uint8Array): void {
    const { messages, error } = end.framer.write(chunk);
    for (const octets of messages) {
      if (end.closed) return;
      const decoded = decodeMessage(octets, end.wire);
      const { connection } = end;
      if (decoded.ok) this.step({ type: "MessageReceived", connection, message: decoded.value });
      else this.step({ type: "MessageRefused", connection, error: decoded.error });
    }
    if (error !== null && !end.closed) {
      this.step({ type: "MessageRefused", connection: end.connection, error });
    }
  }

  #carryOut(effect: PeerEffect): void {
    this.pair.log.push({ at: this.pair.now, speaker: this.name, effect });
    switch (effect.type) {
      case "OpenConnection":
        return this.pair.connect(this, effect.connection);
      case "AdoptConnection":
        this.pair.offered!.connection = effect.connection;
        this.ends.set(effect.connection, this.pair.offered!);
        return;
      case "RejectConnection":
        return this.pair.reset(this.pair.offered!);
      case "CloseConnection": {
        const end = this.ends.get(effect.connection);
        this.ends.delete(effect.connection);
        if (end !== undefined) this.pair.close(end);
        return;
      }
      case "Send": {
        this.sentMessages++;
        const end = this.ends.get(effect.connection);
        if (end !== undefined) this.pair.transmit(end, encodeMessage(effect.message));
        return;
      }
      case "SessionUp": {
        const { wire, enhancedRouteRefresh } = effect.negotiated;
        this.ends.get(effect.connection)!.wire = wire;
        this.negotiated = effect.negotiated;
        this.session = effect.connection;
        this.received = NOTHING_RECEIVED;
        this.ribOut.setSession({
          localAsn: this.config.localAsn,
          wire,
          enhancedRouteRefresh,
          nextHops: {
            "ipv4-unicast": { address: this.config.bgpIdentifier, linkLocal: null },
            "ipv6-unicast": { address: "2001:db8::1" as Ip, linkLocal: null },
          },
        });
        return;
      }
      case "SessionDown":
        this.negotiated = null;
        this.session = null;
        this.ribOut.setSession(null);
        this.learnt.clear();
        return;
      case "DeliverUpdate":
        return this.#learn(effect.update);
      case "RefreshRequested":
        this.ribOut.refresh(effect.family);
        return;
      case "StateChanged":
        return;
      default:
        effect satisfies never;
    }
  }

  #learn(update: UpdateMessage): void {
    const { localAsn, bgpIdentifier } = this.config;
    const rules = { localAsn, bgpIdentifier, localAddresses: [bgpIdentifier], firstAsn: null };
    this.received = countUpdate(this.received, update, rules);
    for (const { prefixes } of update.withdrawn) for (const prefix of prefixes) this.learnt.delete(prefix);
    for (const { prefixes } of update.announced) {
      for (const prefix of prefixes) this.learnt.set(prefix, update.attributes);
    }
  }
}

/** The two of them. */
export class Pair {
  now = 0;
  readonly log: Entry[] = [];
  readonly rng: Rng;
  /** One way, before jitter. */
  delayMs = 1;
  /** At most this share of the delay comes on top. */
  jitter = 1;
  /** Connections cannot be made, and octets vanish. */
  isCut = false;
  /** The end a ConnectionAccepted event is about. */
  offered: End | null = null;
  /** Most octets a chunk has on arrival. */
  chunkOctets = 65536;
  left!: Speaker;
  right!: Speaker;
  #queue: Scheduled[] = [];
  #order = 0;

  constructor(seed: number) {
    this.rng = seeded(seed);
  }

  get context(): Context {
    return { now: this.now as Instant, rng: this.rng };
  }

  /** Runs until the clock shows `until`; fails when something spins. */
  run(until: number): this {
    for (let turns = 0;; turns++) {
      assert.ok(turns < 200_000, "the pair spins");
      const next = this.#queue[0];
      const timer = [this.left, this.right]
        .map((speaker) => ({ speaker, at: peerDeadline(speaker.state) as number | null }))
        .filter((entry): entry is { speaker: Speaker; at: number } => entry.at !== null)
        .sort((a, b) => a.at - b.at)[0];
      const at = Math.min(next?.at ?? Infinity, timer?.at ?? Infinity);
      if (at > until) break;
      this.now = Math.max(this.now, at);
      if (next !== undefined && next.at <= at) {
        this.#queue.shift();
        next.run();
      } else timer!.speaker.step({ type: "TimerExpired" });
    }
    this.now = until;
    return this;
  }

  schedule(delay: number, run: () => void): void {
    this.#queue.push({ at: this.now + delay, order: this.#order++, run });
    this.#queue.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  other(speaker: Speaker): Speaker {
    return speaker === this.left ? this.right : this.left;
  }

  connect(speaker: Speaker, connection: number): void {
    const near = new End(speaker, connection);
    speaker.ends.set(connection, near);
    this.schedule(this.#latency(), () => {
      // A SYN into a cut link is answered by nobody.
      if (this.isCut || near.closed) return;
      const acceptor = this.other(speaker);
      const far = new End(acceptor, 0);
      [near.far, far.far] = [far, near];
      // Before anything that the other end sends.
      this.#later(far, () => {
        if (!near.closed) speaker.step({ type: "ConnectionOpened", connection });
      });
      this.offered = far;
      acceptor.step({ type: "ConnectionAccepted" });
    });
  }

  transmit(end: End, octets: Uint8Array): void {
    if (!this.isCut) {
      this.schedule(0, () => end.speaker.step({ type: "SendProgressed", connection: end.connection }));
    }
    for (let at = 0; at < octets.length; at += this.chunkOctets) {
      const chunk = octets.slice(at, at + this.chunkOctets);
      this.#later(end, () => {
        const { far } = end;
        if (far !== null && !far.closed) far.speaker.receive(far, chunk);
      });
    }
  }

  /** FIN after what was written. */
  close(end: End): void {
    if (end.closed) return;
    end.closed = true;
    this.#later(end, () => this.#fail(end.far));
  }

  /** RST: both ends fail, what is under way is lost. */
  reset(end: End): void {
    const { far } = end;
    end.closed = true;
    this.schedule(this.#latency(), () => this.#fail(far));
  }

  /** Resets every connection there is. */
  resetAll(): void {
    for (const speaker of [this.left, this.right]) {
      for (const end of [...speaker.ends.values()]) this.schedule(0, () => this.#fail(end));
    }
  }

  #fail(end: End | null): void {
    if (end === null || end.closed) return;
    end.speaker.step({ type: "ConnectionFailed", connection: end.connection });
  }

  /** In order, and not at all while the link is cut. */
  #later(end: End, run: () => void): void {
    if (this.isCut) return;
    end.arrivesAt = Math.max(end.arrivesAt, this.now + this.#latency());
    this.schedule(end.arrivesAt - this.now, run);
  }

  #latency(): number {
    return this.delayMs * (1 + this.jitter * this.rng());
  }
}

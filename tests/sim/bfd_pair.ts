/**
 * Two BFD nodes and the link between them under one virtual clock: loss, delay, duplication, reordering, cuts, restarts
 * and nodes that wake late.
 *
 * Shape: octets travel, so codec and demultiplexing take part. Everything random comes from one seed. A node reads what
 * has arrived before it serves its deadline, as the network thread must.
 * Not here: what is expected of them (bfd_*_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { DEFAULT_SESSION, type SessionConfig } from "../../protocols/bfd/config.ts";
import { SessionDemux } from "../../protocols/bfd/demux.ts";
import { encodeEcho, judgeEcho, LOOPED_TTL } from "../../protocols/bfd/echo.ts";
import { encodeControl } from "../../protocols/bfd/packet.ts";
import {
  openSession,
  sessionDeadline,
  type SessionEffect,
  type SessionEvent,
  stepSession,
} from "../../protocols/bfd/session.ts";
import type { SessionState } from "../../protocols/bfd/state.ts";
import type { Context, Instant, Rng } from "../../protocols/machine.ts";
import type { Ip } from "../../protocols/net/ip.ts";

/** What the link does to a datagram. */
export interface Link {
  readonly loss: number;
  readonly duplication: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

export const PERFECT_LINK: Link = { loss: 0, duplication: 0, minDelayMs: 0.1, maxDelayMs: 0.1 };

export type Side = "a" | "b";

/** A change of state, as the owner of the session hears of it. */
export interface Change {
  readonly at: number;
  readonly side: Side;
  readonly from: string;
  readonly to: string;
  readonly diag: number;
  readonly reason: string;
}

/** One that is on its way, or lies in the socket. */
interface Datagram {
  readonly at: number;
  readonly kind: "control" | "echo";
  readonly payload: Uint8Array;
}

interface Node {
  readonly side: Side;
  readonly ip: Ip;
  config: SessionConfig;
  state: SessionState;
  demux: SessionDemux;
  readonly inbox: Datagram[];
  latenessMs: number;
}

const ADDRESS: Readonly<Record<Side, Ip>> = { a: "10.0.0.1" as Ip, b: "10.0.0.2" as Ip };

/** A generator of uniform numbers in [0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): Rng {
  let state = seed | 0;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

/** A configuration at so many milliseconds, three times. */
export function every(ms: number, changes: Partial<SessionConfig> = {}): SessionConfig {
  return {
    ...DEFAULT_SESSION,
    localDiscriminator: 1,
    desiredMinTxUs: ms * 1000,
    requiredMinRxUs: ms * 1000,
    ...changes,
  };
}

/** Two nodes and their link. */
export class Pair {
  now = 0;
  link: Link = PERFECT_LINK;
  /** Directions that carry nothing, named by their sender. */
  readonly cut: Record<Side, boolean> = { a: false, b: false };
  /** Whether the other end's forwarding sends echo packets back to that side. */
  readonly loopsEcho: Record<Side, boolean> = { a: false, b: false };
  /** What becomes of the control packets that side sends. */
  readonly alter: Record<Side, (payload: Uint8Array) => Uint8Array> = {
    a: (same) => same,
    b: (same) => same,
  };
  /** How late a node may notice a packet or a deadline. */
  maxLatenessMs = 0;
  readonly changes: Change[] = [];
  readonly sent: Record<Side, number> = { a: 0, b: 0 };
  readonly dropped: string[] = [];
  readonly #rng: Rng;
  readonly #nodes: Record<Side, Node>;

  constructor(seed: number, a: SessionConfig, b: SessionConfig) {
    this.#rng = seeded(seed);
    this.#nodes = { a: this.#open("a", a), b: this.#open("b", b) };
  }

  state(side: Side): SessionState {
    return this.#nodes[side].state;
  }

  get areUp(): boolean {
    return this.state("a").sessionState === "Up" && this.state("b").sessionState === "Up";
  }

  /** Runs to that instant. */
  run(until: number): this {
    for (let turns = 0;; turns++) {
      assert.ok(turns < 10_000_000, "time stands still");
      const [a, b] = [this.#wakeAt(this.#nodes.a), this.#wakeAt(this.#nodes.b)];
      const at = Math.min(a, b);
      if (at > until) break;
      this.now = Math.max(this.now, at);
      this.#turn(a <= b ? this.#nodes.a : this.#nodes.b);
    }
    this.now = until;
    return this;
  }

  /** Runs until both are Up; fails when they are not by then. */
  runUntilUp(limit: number): this {
    while (!this.areUp) {
      assert.ok(this.now < limit, `not Up at ${this.now}`);
      this.run(this.now + 10);
    }
    return this;
  }

  /** What the owner of one side says to its session. */
  tell(side: Side, event: SessionEvent): this {
    this.#step(this.#nodes[side], event);
    return this;
  }

  change(side: Side, changes: Partial<SessionConfig>): this {
    const node = this.#nodes[side];
    node.config = { ...node.config, ...changes };
    node.demux.change(node.config);
    return this.tell(side, { type: "ConfigChanged" });
  }

  /** One side forgets everything and starts again. */
  restart(side: Side, changes: Partial<SessionConfig> = {}): this {
    this.#nodes[side] = this.#open(side, { ...this.#nodes[side].config, ...changes });
    return this;
  }

  config(side: Side): SessionConfig {
    return this.#nodes[side].config;
  }

  #open(side: Side, config: SessionConfig): Node {
    const demux = new SessionDemux();
    const peer = ADDRESS[side === "a" ? "b" : "a"];
    assert.equal(demux.add({ peer, local: null, interface: "eth0" }, config), null);
    const state = openSession(config, this.#cx());
    return { side, ip: ADDRESS[side], config, state, demux, inbox: [], latenessMs: 0 };
  }

  #cx(): Context {
    return { now: this.now as Instant, rng: this.#rng };
  }

  #wakeAt(node: Node): number {
    const deadline = sessionDeadline(node.state) ?? Infinity;
    return Math.min(deadline, node.inbox[0]?.at ?? Infinity) + node.latenessMs;
  }

  #turn(node: Node): void {
    node.latenessMs = this.#rng() * this.maxLatenessMs;
    while (node.inbox.length > 0 && node.inbox[0]!.at <= this.now) this.#read(node, node.inbox.shift()!);
    const deadline = sessionDeadline(node.state);
    if (deadline !== null && deadline <= this.now) this.#step(node, { type: "TimerExpired" });
  }

  #read(node: Node, { kind, payload }: Datagram): void {
    if (kind === "echo") {
      const verdict = judgeEcho(payload, LOOPED_TTL);
      assert.ok(verdict.type === "Own");
      this.#step(node, { type: "EchoReceived", packet: verdict.packet });
      return;
    }
    const source = ADDRESS[node.side === "a" ? "b" : "a"];
    const arrival = { source, destination: node.ip, interface: "eth0", ttl: 255, multihop: false };
    const verdict = node.demux.judge(payload, arrival);
    if (verdict.type === "Drop") this.dropped.push(verdict.reason);
    else this.#step(node, { type: "PacketReceived", packet: verdict.packet });
  }

  #step(node: Node, event: SessionEvent): void {
    const { state, effects } = stepSession(node.state, event, node.config, this.#cx());
    node.state = state;
    for (const effect of effects) this.#carryOut(node, effect);
  }

  #carryOut(node: Node, effect: SessionEffect): void {
    const other = this.#nodes[node.side === "a" ? "b" : "a"];
    switch (effect.type) {
      case "SendControl":
        this.sent[node.side]++;
        if (!this.cut[node.side]) {
          this.#carry("control", this.alter[node.side](encodeControl(effect.packet)), other, 1);
        }
        break;
      case "SendEcho":
        if (this.loopsEcho[node.side] && !this.cut.a && !this.cut.b) {
          this.#carry("echo", encodeEcho(effect.packet), node, 2);
        }
        break;
      case "StateChanged": {
        const { from, to, diag, reason } = effect;
        this.changes.push({ at: this.now, side: node.side, from, to, diag, reason });
        break;
      }
    }
  }

  #carry(kind: Datagram["kind"], payload: Uint8Array, to: Node, hops: number): void {
    const { loss, duplication, minDelayMs, maxDelayMs } = this.link;
    if (this.#rng() < loss) return;
    for (let copies = this.#rng() < duplication ? 2 : 1; copies > 0; copies--) {
      const delayMs = hops * (minDelayMs + this.#rng() * (maxDelayMs - minDelayMs));
      to.inbox.push({ at: this.now + delayMs, kind, payload });
    }
    to.inbox.sort((x, y) => x.at - y.at);
  }
}

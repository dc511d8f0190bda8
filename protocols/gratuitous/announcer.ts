/**
 * When to announce addresses nobody asked about: a burst at takeover, an optional slow refresh, a ceiling over all.
 *
 * Source: MetalLB internal/layer2/announcer.go (five rounds 1.1 s apart), RFC 5227 section 2.3, RFC 4861 section 7.2.6.
 * Shape (S): a deterministic table changed in place, for thousands of addresses: events in, announcements out, the time
 * always passed in. A step returns at most one burst (PaceConfig), and `deadline` says when to step again.
 * Not here: the frames (arp/packet.ts, ndp/announcement.ts), which address goes to which interface (agent/network).
 *
 * @module
 */
import { DeadlineQueue } from "../net/deadline_queue.ts";
import { after, earliest, type Instant } from "../machine.ts";
import { familyOf, type Ip } from "../net/ip.ts";
import { type Pace, type PaceConfig, readyAt, spend, UNUSED_PACE } from "../net/pace.ts";

/** What can happen to a target: one address on one interface. */
export type AnnouncerEvent =
  /** Announce it from now on. A known target keeps its place in its burst; only the refresh period may change. */
  | { readonly type: "Set"; readonly ip: Ip; readonly interface: string; readonly refreshMs: number | null }
  /** Never announce it again. */
  | { readonly type: "Remove"; readonly ip: Ip; readonly interface: string }
  /** The interface came up or changed its MAC: all its targets begin again. */
  | { readonly type: "Restart"; readonly interface: string }
  /** The interface went down or away: all its targets are removed. */
  | { readonly type: "RemoveInterface"; readonly interface: string }
  | { readonly type: "TimerExpired" };

/** Send one round now: the request and the reply form for IPv4, one unsolicited advertisement for IPv6. */
export interface Announce {
  readonly type: "Announce";
  readonly ip: Ip;
  readonly interface: string;
  /** What it costs of the ceiling, and what it adds to `gratuitous_sent`. */
  readonly packets: number;
}

/** Rounds of a burst: at 0, 1.1, 2.2, 3.3 and 4.4 s when the ceiling does not stretch it. */
const BURST_ROUNDS = 5;

/** Longer than Linux's locktime (1 s), within which a neighbour may ignore the next announcement. */
const ROUND_INTERVAL_MS = 1100;

interface Target {
  readonly ip: Ip;
  readonly interface: string;
  readonly packets: number;
  refreshMs: number | null;
  /** How many rounds of the burst are out. */
  roundsSent: number;
  lastSentAt: Instant | null;
}

/** All targets of all interfaces. */
export class Announcer {
  readonly #config: PaceConfig;
  readonly #targets = new Map<string, Map<Ip, Target>>();
  /** First rounds go before repeats, repeats before refreshes: a takeover is what traffic waits for. */
  readonly #takeovers = new DeadlineQueue<Target, Instant>();
  readonly #repeats = new DeadlineQueue<Target, Instant>();
  readonly #refreshes = new DeadlineQueue<Target, Instant>();
  #pace: Pace = UNUSED_PACE;

  constructor(config: PaceConfig) {
    // One IPv4 round is two packets: a smaller burst would never let it pass.
    this.#config = { ...config, burstPackets: Math.max(config.burstPackets, 2) };
  }

  /** When to step with TimerExpired, or null when nothing is left to send; may lie in the past. */
  get deadline(): Instant | null {
    const due = earliest(this.#takeovers.earliest, this.#repeats.earliest, this.#refreshes.earliest);
    // Two packets, the most a round costs: waking for less could find the ceiling still closed.
    return due === null ? null : Math.max(due, readyAt(this.#pace, 2, this.#config)) as Instant;
  }

  /** Takes one event and returns the announcements due by `now` that the ceiling lets pass. */
  step(event: AnnouncerEvent, now: Instant): readonly Announce[] {
    switch (event.type) {
      case "Set":
        this.#set(event.ip, event.interface, event.refreshMs, now);
        break;
      case "Remove":
        this.#remove(event.ip, event.interface);
        break;
      case "Restart":
        for (const target of this.#targets.get(event.interface)?.values() ?? []) this.#begin(target, now);
        break;
      case "RemoveInterface":
        for (const target of this.#targets.get(event.interface)?.values() ?? []) this.#unschedule(target);
        this.#targets.delete(event.interface);
        break;
      case "TimerExpired":
        break;
      default:
        event satisfies never;
    }
    return this.#sendDue(now);
  }

  #set(ip: Ip, iface: string, refreshMs: number | null, now: Instant): void {
    const targets = this.#targets.get(iface) ?? new Map<Ip, Target>();
    this.#targets.set(iface, targets);
    const known = targets.get(ip);
    if (known !== undefined) {
      if (known.refreshMs === refreshMs) return;
      known.refreshMs = refreshMs;
      if (known.roundsSent === BURST_ROUNDS) this.#schedule(known);
      return;
    }
    const packets = familyOf(ip) === "ipv4" ? 2 : 1;
    const target: Target = { ip, interface: iface, packets, refreshMs, roundsSent: 0, lastSentAt: null };
    targets.set(ip, target);
    this.#begin(target, now);
  }

  #remove(ip: Ip, iface: string): void {
    const targets = this.#targets.get(iface);
    const target = targets?.get(ip);
    if (targets === undefined || target === undefined) return;
    this.#unschedule(target);
    targets.delete(ip);
    if (targets.size === 0) this.#targets.delete(iface);
  }

  #begin(target: Target, now: Instant): void {
    this.#unschedule(target);
    target.roundsSent = 0;
    this.#takeovers.set(target, now);
  }

  #unschedule(target: Target): void {
    this.#takeovers.delete(target);
    this.#repeats.delete(target);
    this.#refreshes.delete(target);
  }

  /** Sets when a target that has been sent at least once is due again. */
  #schedule(target: Target): void {
    const sentAt = target.lastSentAt!;
    this.#unschedule(target);
    if (target.roundsSent < BURST_ROUNDS) this.#repeats.set(target, after(sentAt, ROUND_INTERVAL_MS));
    else if (target.refreshMs !== null) this.#refreshes.set(target, after(sentAt, target.refreshMs));
  }

  #sendDue(now: Instant): readonly Announce[] {
    const announcements: Announce[] = [];
    for (;;) {
      const target = this.#takeovers.peekDue(now) ?? this.#repeats.peekDue(now) ??
        this.#refreshes.peekDue(now);
      if (target === null) break;
      if (now < readyAt(this.#pace, target.packets, this.#config)) break;
      this.#pace = spend(this.#pace, target.packets, now, this.#config);
      target.roundsSent = Math.min(target.roundsSent + 1, BURST_ROUNDS);
      target.lastSentAt = now;
      this.#schedule(target);
      announcements.push({
        type: "Announce",
        ip: target.ip,
        interface: target.interface,
        packets: target.packets,
      });
    }
    return announcements;
  }
}

/**
 * Address conflict detection for thousands of addresses: a claim for each, and a ceiling over what they send.
 *
 * Source: claim.ts; the ceiling is ours, RFC 5227 section 2.1.1 thinks of one address a host.
 * Shape (S): a deterministic table changed in place; events in, effects out, time and randomness always passed in.
 * `deadline` says when to step again. A probe the ceiling holds back is late, never lost.
 * Not here: telling a conflict in a frame (arp/responder.ts, ndp/responder.ts).
 *
 * @module
 */
import type { Context, Instant } from "../machine.ts";
import type { Ip } from "../net/ip.ts";
import type { Mac } from "../net/mac.ts";
import { DeadlineQueue } from "../net/deadline_queue.ts";
import { type Pace, type PaceConfig, readyAt, spend, UNUSED_PACE } from "../net/pace.ts";
import {
  type ClaimConfig,
  claimDeadline,
  type ClaimEffect,
  type ClaimEvent,
  type ClaimState,
  openClaim,
  stepClaim,
} from "./claim.ts";

export type DetectorEvent =
  /** We answer for the address on that interface from now on; a known claim goes on as it is. */
  | { readonly type: "Claim"; readonly ip: Ip; readonly interface: string }
  /** We no longer do; a conflict about it is forgotten without a word. */
  | { readonly type: "Release"; readonly ip: Ip; readonly interface: string }
  /** The interface went down or away: all its claims are released. */
  | { readonly type: "ReleaseInterface"; readonly interface: string }
  /** A responder's verdict; unknown addresses are ignored. */
  | { readonly type: "ConflictSeen"; readonly ip: Ip; readonly interface: string; readonly mac: Mac }
  | { readonly type: "TimerExpired" };

/** A claim's effect with the address and interface it is about. */
export type DetectorEffect = ClaimEffect & { readonly ip: Ip; readonly interface: string };

interface Claim {
  readonly ip: Ip;
  readonly interface: string;
  state: ClaimState;
}

/** What each is counted as: an IPv4 defence is two packets, a probe one. */
const ROUND_PACKETS = 2;

/** All claims of all interfaces. */
export class ConflictDetector {
  readonly #config: ClaimConfig;
  readonly #pacing: PaceConfig;
  readonly #claims = new Map<string, Map<Ip, Claim>>();
  readonly #queue = new DeadlineQueue<Claim, Instant>();
  #pace: Pace = UNUSED_PACE;

  constructor(config: ClaimConfig, pacing: PaceConfig) {
    this.#config = config;
    this.#pacing = { ...pacing, burstPackets: Math.max(pacing.burstPackets, ROUND_PACKETS) };
  }

  /** When to step with TimerExpired, or null when nothing is running; may lie in the past. */
  get deadline(): Instant | null {
    const due = this.#queue.earliest;
    return due === null ? null : Math.max(due, readyAt(this.#pace, ROUND_PACKETS, this.#pacing)) as Instant;
  }

  /** Takes one event; a step sends at most one burst (PaceConfig). */
  step(event: DetectorEvent, cx: Context): readonly DetectorEffect[] {
    switch (event.type) {
      case "Claim":
        this.#claim(event.ip, event.interface, cx);
        return [];
      case "Release":
        this.#release(event.ip, event.interface);
        return [];
      case "ReleaseInterface":
        for (const claim of this.#claims.get(event.interface)?.values() ?? []) this.#queue.delete(claim);
        this.#claims.delete(event.interface);
        return [];
      case "ConflictSeen": {
        const claim = this.#claims.get(event.interface)?.get(event.ip);
        return claim === undefined ? [] : this.#stepClaim(claim, event, cx);
      }
      case "TimerExpired":
        return this.#timerExpired(cx);
      default:
        return event satisfies never;
    }
  }

  #claim(ip: Ip, iface: string, cx: Context): void {
    const claims = this.#claims.get(iface) ?? new Map<Ip, Claim>();
    this.#claims.set(iface, claims);
    if (claims.has(ip)) return;
    const claim: Claim = { ip, interface: iface, state: openClaim(this.#config, cx) };
    claims.set(ip, claim);
    this.#reschedule(claim);
  }

  #release(ip: Ip, iface: string): void {
    const claims = this.#claims.get(iface);
    const claim = claims?.get(ip);
    if (claims === undefined || claim === undefined) return;
    this.#queue.delete(claim);
    claims.delete(ip);
    if (claims.size === 0) this.#claims.delete(iface);
  }

  #timerExpired(cx: Context): readonly DetectorEffect[] {
    const effects: DetectorEffect[] = [];
    for (;;) {
      const claim = this.#queue.peekDue(cx.now);
      if (claim === null || cx.now < readyAt(this.#pace, ROUND_PACKETS, this.#pacing)) return effects;
      effects.push(...this.#stepClaim(claim, { type: "TimerExpired" }, cx));
    }
  }

  #stepClaim(claim: Claim, event: ClaimEvent, cx: Context): readonly DetectorEffect[] {
    const { state, effects } = stepClaim(claim.state, event, this.#config, cx);
    claim.state = state;
    this.#reschedule(claim);
    return effects.map((effect) => {
      if (effect.type === "SendProbe" || effect.type === "SendDefence") {
        this.#pace = spend(this.#pace, ROUND_PACKETS, cx.now, this.#pacing);
      }
      return { ...effect, ip: claim.ip, interface: claim.interface };
    });
  }

  #reschedule(claim: Claim): void {
    const at = claimDeadline(claim.state);
    if (at === null) this.#queue.delete(claim);
    else this.#queue.set(claim, at);
  }
}

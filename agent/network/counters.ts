/**
 * What the network thread has counted since it started.
 *
 * Source: metallb_layer2_* metric meanings; RFC 826 and RFC 4861 reasons for frames that are not answered.
 * Shape: plain Maps on the hot path, one {@linkcode NetworkCounters} value when asked.
 *
 * @module
 */
import type { Ip } from "../../protocols/net/ip.ts";
import type { LoopLag } from "./loop.ts";
import type { NetworkCounters } from "./messages.ts";

/** What the sessions count themselves. */
export type SessionCounters = Pick<NetworkCounters, "bgp" | "bfd">;

/** See the module comment. */
export class Counters {
  readonly #requestsReceived = new Map<Ip, number>();
  readonly #responsesSent = new Map<Ip, number>();
  readonly #gratuitousSent = new Map<Ip, number>();
  readonly #dropped = new Map<string, number>();

  requestReceived(ip: Ip): void {
    add(this.#requestsReceived, ip, 1);
  }

  responseSent(ip: Ip): void {
    add(this.#responsesSent, ip, 1);
  }

  gratuitousSent(ip: Ip, packets: number): void {
    add(this.#gratuitousSent, ip, packets);
  }

  /** `reason` is "arp/...", "ndp/..." or "bfd/...", or "send/..." for a frame of ours that could not leave. */
  dropped(reason: string): void {
    add(this.#dropped, reason, 1);
  }

  /** Everything as one value. */
  read(lag: LoopLag, sessions: SessionCounters): NetworkCounters {
    return {
      requestsReceived: Object.fromEntries(this.#requestsReceived),
      responsesSent: Object.fromEntries(this.#responsesSent),
      gratuitousSent: Object.fromEntries(this.#gratuitousSent),
      dropped: Object.fromEntries(this.#dropped),
      ...sessions,
      turns: lag.turns,
      loopLagMaxMs: lag.maxMs,
      loopLagMeanMs: lag.meanMs,
    };
  }
}

function add<Key>(map: Map<Key, number>, key: Key, amount: number): void {
  map.set(key, (map.get(key) ?? 0) + amount);
}

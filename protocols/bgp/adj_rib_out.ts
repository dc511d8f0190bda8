/**
 * What we tell one peer: the routes desired, the routes told, and the fewest UPDATEs that lead from one to the other.
 *
 * Source: RFC 4271 sections 3.2, 4.3 and 9.2, RFC 4724 section 2 (End-of-RIB), RFC 2918 and 7313 (refresh).
 * Shape (S): a table changed in place. Wishes come in at any time; octets go out when {@linkcode AdjRibOut.take} is asked
 * for them, so what the transport cannot take yet waits here, as one pending change a prefix however often it changes.
 * Announcements go before withdrawals: make before break. No prefix is ever in both sections of an UPDATE.
 * Not here: who wishes what (agent/plan), message layout (wire/update_packing.ts).
 *
 * @module
 */
import { familyOf } from "../net/ip.ts";
import type { Ip } from "../net/ip.ts";
import type { Prefix } from "../net/prefix.ts";
import { type AttributeSet, pathAttributes } from "./attribute_set.ts";
import { encodeMessage } from "./wire/message.ts";
import { nlriOctets } from "./wire/nlri.ts";
import { AFI_SAFI, BGP_FAMILIES, type BgpFamily, ROUTE_REFRESH_SUBTYPE } from "./wire/registry.ts";
import {
  type Announcement,
  encodeAnnouncements,
  encodeEndOfRib,
  encodeWithdrawals,
} from "./wire/update_packing.ts";
import type { NextHop, WireOptions } from "./wire/update.ts";

/** The session as far as what we tell depends on it. */
export interface RibSession {
  readonly localAsn: number;
  readonly wire: WireOptions;
  /** Null where we have no address to offer: routes of that family are kept back. */
  readonly nextHops: Readonly<Record<BgpFamily, NextHop | null>>;
  readonly enhancedRouteRefresh: boolean;
}

/** One prefix: wished, told, or both. */
interface Route {
  readonly prefix: Prefix;
  readonly family: BgpFamily;
  desired: AttributeSet | null;
  sent: AttributeSet | null;
  /** To be told again though the peer has it: it asked for a refresh. */
  isStale: boolean;
  queue: Queue | null;
}

/** Routes that wait to go out together. */
interface Queue {
  readonly key: string;
  /** Null for the routes to be withdrawn. */
  readonly announcement: Announcement | null;
  readonly family: BgpFamily;
  readonly routes: Set<Route>;
  /** Octets of a message around its prefixes. */
  readonly overheadOctets: number;
}

/** What is owed before or after the routes of a family, RFC 4724 2 and RFC 7313 4. */
type Border = "end-of-rib" | "refresh-beginning" | "refresh-end";

/** All routes for one peer. */
export class AdjRibOut {
  readonly #routes = new Map<Prefix, Route>();
  /** Queues with routes in them; within a family announcements stand before the withdrawals. */
  readonly #queues = new Map<string, Queue>();
  readonly #borders = new Map<BgpFamily, Border>();
  /** Keys of attribute sets that leave no room for a prefix in a message. */
  readonly #oversized = new Set<string>();
  readonly #sentCounts: Record<BgpFamily, number> = { "ipv4-unicast": 0, "ipv6-unicast": 0 };
  #session: RibSession | null = null;
  #pendingCount = 0;

  /** Prefixes whose change has not been taken yet. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** Whether {@linkcode take} has something to give. */
  get hasOutput(): boolean {
    return this.#session !== null && (this.#pendingCount > 0 || this.#borders.size > 0);
  }

  /** Prefixes of the family the peer has been told. */
  sentCount(family: BgpFamily): number {
    return this.#sentCounts[family];
  }

  /** Attribute sets too large for this peer's messages; their routes are kept back (RFC 8654 4). */
  get oversizedKeys(): readonly string[] {
    return [...this.#oversized];
  }

  /** Wishes one route. */
  announce(prefix: Prefix, attributes: AttributeSet): void {
    let route = this.#routes.get(prefix);
    if (route === undefined) {
      const family = ROUTE_FAMILY[familyOf(prefix as string as Ip)];
      route = { prefix, family, desired: null, sent: null, isStale: false, queue: null };
      this.#routes.set(prefix, route);
    }
    route.desired = attributes;
    this.#enqueue(route);
  }

  /** Wishes one route gone. */
  withdraw(prefix: Prefix): void {
    const route = this.#routes.get(prefix);
    if (route === undefined) return;
    route.desired = null;
    this.#enqueue(route);
  }

  /** Wishes exactly these routes. */
  replace(desired: ReadonlyMap<Prefix, AttributeSet>): void {
    for (const [prefix, attributes] of desired) this.announce(prefix, attributes);
    for (const route of this.#routes.values()) {
      if (route.desired !== null && !desired.has(route.prefix)) this.withdraw(route.prefix);
    }
  }

  /** A session begins, to a peer that has been told nothing; or, with null, has ended. */
  setSession(session: RibSession | null): void {
    this.#session = session;
    this.#queues.clear();
    this.#borders.clear();
    this.#oversized.clear();
    this.#pendingCount = 0;
    for (const family of BGP_FAMILIES) this.#sentCounts[family] = 0;
    for (const family of session?.wire.families ?? []) this.#borders.set(family, "end-of-rib");
    for (const route of this.#routes.values()) {
      route.sent = null;
      route.isStale = false;
      route.queue = null;
      this.#enqueue(route);
    }
  }

  /** The peer wants the routes of a family again, RFC 2918 4. */
  refresh(family: BgpFamily): void {
    const session = this.#session;
    if (session === null || !session.wire.families.includes(family)) return;
    // RFC 7313 4.1: no borders before End-of-RIB; until then all is being told for the first time.
    if (session.enhancedRouteRefresh && this.#borders.get(family) !== "end-of-rib") {
      this.#borders.set(family, "refresh-beginning");
    }
    for (const route of this.#routes.values()) {
      if (route.family !== family || route.sent === null) continue;
      route.isStale = true;
      this.#enqueue(route);
    }
  }

  /**
   * The next messages, in one piece of at most `maxOctets` (a single message may be more), or null when there are none.
   * They count as told: what is taken must be sent, or the session ended.
   */
  take(maxOctets: number): Uint8Array | null {
    const messages: Uint8Array[] = [];
    let octets = 0;
    while (octets < maxOctets) {
      const next = this.#takeSome(maxOctets - octets, messages.length === 0);
      if (next === null) break;
      for (const message of next) octets += message.length;
      messages.push(...next);
    }
    if (messages.length <= 1) return messages[0] ?? null;
    const chunk = new Uint8Array(octets);
    let at = 0;
    for (const message of messages) {
      chunk.set(message, at);
      at += message.length;
    }
    return chunk;
  }

  /** Messages of one kind; null when there are none, or none that fits. */
  #takeSome(roomOctets: number, isFirst: boolean): readonly Uint8Array[] | null {
    const session = this.#session;
    if (session === null) return null;
    for (const family of session.wire.families) {
      if (this.#borders.get(family) === "refresh-beginning") {
        this.#borders.set(family, "refresh-end");
        return [borderMessage(family, ROUTE_REFRESH_SUBTYPE.beginning)];
      }
      const queue = this.#firstQueue(family);
      if (queue !== null) return this.#takeFrom(queue, session, roomOctets, isFirst);
      const border = this.#borders.get(family);
      if (border === undefined) continue;
      this.#borders.delete(family);
      return [
        border === "end-of-rib" ? encodeEndOfRib(family) : borderMessage(family, ROUTE_REFRESH_SUBTYPE.end),
      ];
    }
    return null;
  }

  #firstQueue(family: BgpFamily): Queue | null {
    let withdrawals: Queue | null = null;
    for (const queue of this.#queues.values()) {
      if (queue.family !== family) continue;
      if (queue.announcement !== null) return queue;
      withdrawals = queue;
    }
    return withdrawals;
  }

  /** Fills whole messages as long as they fit the room, the first one in any case when `isFirst`. */
  #takeFrom(
    queue: Queue,
    { wire }: RibSession,
    roomOctets: number,
    isFirst: boolean,
  ): readonly Uint8Array[] | null {
    const { overheadOctets } = queue;
    const prefixes: Prefix[] = [];
    // What the finished messages take, and the one that is being filled.
    let doneOctets = 0;
    let messageOctets = overheadOctets;
    let fits = 0;
    for (const { prefix } of queue.routes) {
      const next = nlriOctets(prefix);
      if (messageOctets + next > wire.maxMessageOctets) {
        fits = prefixes.length;
        doneOctets += messageOctets;
        messageOctets = overheadOctets;
      }
      // The message being filled may end here, or be left for the next piece.
      if (doneOctets + messageOctets + next > roomOctets && (fits > 0 || !isFirst)) {
        prefixes.length = fits;
        break;
      }
      messageOctets += next;
      prefixes.push(prefix);
    }
    if (prefixes.length === 0) return null;
    for (const prefix of prefixes) this.#settle(this.#routes.get(prefix)!);
    return queue.announcement === null
      ? encodeWithdrawals(queue.family, prefixes, wire)
      : encodeAnnouncements(queue.announcement, prefixes, wire);
  }

  /** The route's change is on its way. */
  #settle(route: Route): void {
    const { queue } = route;
    if (queue === null) return;
    this.#leave(route, queue);
    const told = queue.announcement === null ? null : route.desired;
    this.#sentCounts[route.family] += (told === null ? 0 : 1) - (route.sent === null ? 0 : 1);
    route.sent = told;
    route.isStale = false;
    if (told === null && route.desired === null) this.#routes.delete(route.prefix);
  }

  /** Puts a route where its change belongs, and takes it from where it was. */
  #enqueue(route: Route): void {
    const queue = this.#queueFor(route);
    if (queue !== route.queue) {
      if (route.queue !== null) this.#leave(route, route.queue);
      if (queue !== null) {
        this.#queues.set(queue.key, queue);
        queue.routes.add(route);
        route.queue = queue;
        this.#pendingCount++;
      }
    }
    if (queue === null && route.desired === null && route.sent === null) this.#routes.delete(route.prefix);
  }

  #leave(route: Route, queue: Queue): void {
    queue.routes.delete(route);
    if (queue.routes.size === 0) this.#queues.delete(queue.key);
    route.queue = null;
    this.#pendingCount--;
  }

  /** Where a route has to wait; null when the peer knows it as it should. */
  #queueFor({ family, desired, sent, isStale }: Route): Queue | null {
    const session = this.#session;
    if (session === null) return null;
    const nextHop = session.wire.families.includes(family) ? session.nextHops[family] : null;
    if (desired !== null && nextHop !== null) {
      if (sent?.key === desired.key && !isStale) return null;
      const queue = this.#announcementQueue(desired, family, nextHop, session);
      if (queue !== null) return queue;
    }
    return sent === null ? null : this.#withdrawalQueue(family, session);
  }

  #announcementQueue(
    set: AttributeSet,
    family: BgpFamily,
    nextHop: NextHop,
    { localAsn, wire }: RibSession,
  ): Queue | null {
    const key = `${family}|${set.key}`;
    const existing = this.#queues.get(key);
    if (existing !== undefined) return existing;
    if (this.#oversized.has(key)) return null;
    const announcement = { family, nextHop, attributes: pathAttributes(set, localAsn, wire.peerType) };
    const sample = encodeAnnouncements(announcement, [LONGEST[family]], wire);
    if (sample === null) {
      this.#oversized.add(key);
      return null;
    }
    const overheadOctets = sample[0]!.length - nlriOctets(LONGEST[family]);
    return { key, announcement, family, routes: new Set(), overheadOctets };
  }

  #withdrawalQueue(family: BgpFamily, { wire }: RibSession): Queue {
    const existing = this.#queues.get(family);
    if (existing !== undefined) return existing;
    const [sample] = encodeWithdrawals(family, [LONGEST[family]], wire);
    const overheadOctets = sample!.length - nlriOctets(LONGEST[family]);
    return { key: family, announcement: null, family, routes: new Set(), overheadOctets };
  }
}

const ROUTE_FAMILY = { ipv4: "ipv4-unicast", ipv6: "ipv6-unicast" } as const;

/** A prefix of the greatest length, to measure what stands around one. */
const LONGEST: Readonly<Record<BgpFamily, Prefix>> = {
  "ipv4-unicast": "192.0.2.1/32" as Prefix,
  "ipv6-unicast": "2001:db8::1/128" as Prefix,
};

function borderMessage(family: BgpFamily, subtype: number): Uint8Array {
  return encodeMessage({ type: "RouteRefresh", ...AFI_SAFI[family], subtype });
}

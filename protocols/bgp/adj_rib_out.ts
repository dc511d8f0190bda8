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
import { type Route, RouteQueue, unknownRoute } from "./route_queue.ts";
import { encodeMessage } from "./wire/message.ts";
import { AFI_SAFI, BGP_FAMILIES, type BgpFamily, ROUTE_REFRESH_SUBTYPE } from "./wire/registry.ts";
import {
  announcementEnvelope,
  encodeEndOfRib,
  UpdateFiller,
  withdrawalEnvelope,
} from "./wire/update_packing.ts";
import type { NextHop, WireOptions } from "./wire/update.ts";

/** The session as far as what we tell depends on it. */
export interface RibSession {
  readonly localAsn: number;
  readonly wire: WireOptions;
  /**
   * Null where we have no address to offer: routes of that family are kept back, as are IPv4 routes whose IPv6 next hop
   * was not agreed on.
   */
  readonly nextHops: Readonly<Record<BgpFamily, NextHop | null>>;
  readonly enhancedRouteRefresh: boolean;
}

/** One family towards a peer. */
interface FamilyTable {
  /** By the key of the attribute set; none is empty. */
  readonly announcements: Map<string, RouteQueue>;
  readonly withdrawals: RouteQueue;
  /** Keys of attribute sets that leave no room for a prefix in a message. */
  readonly oversized: Set<string>;
  /** Null when routes of the family are kept back. */
  nextHop: NextHop | null;
  border: Border | null;
  sentCount: number;
}

/** What is owed before or after the routes of a family, RFC 4724 2 and RFC 7313 4. */
type Border = "end-of-rib" | "refresh-beginning" | "refresh-end";

/** All routes for one peer. */
export class AdjRibOut {
  readonly #routes = new Map<Prefix, Route>();
  #tables: Readonly<Record<BgpFamily, FamilyTable>> = emptyTables();
  #session: RibSession | null = null;
  #pendingCount = 0;

  /** Prefixes whose change has not been taken yet. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** Whether {@linkcode take} has something to give. */
  get hasOutput(): boolean {
    return this.#pendingCount > 0 || BGP_FAMILIES.some((family) => this.#tables[family].border !== null);
  }

  /** Prefixes of the family the peer has been told. */
  sentCount(family: BgpFamily): number {
    return this.#tables[family].sentCount;
  }

  /** Keys of attribute sets too large for this peer's messages; their routes are kept back (RFC 8654 4). */
  get oversizedKeys(): readonly string[] {
    return BGP_FAMILIES.flatMap((family) => [...this.#tables[family].oversized]);
  }

  /** Wishes one route. */
  announce(prefix: Prefix, attributes: AttributeSet): void {
    let route = this.#routes.get(prefix);
    if (route === undefined) {
      const family = ROUTE_FAMILY[familyOf(prefix as string as Ip)];
      route = unknownRoute(prefix, family);
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

  /** Wishes every route that is wished with other attributes. */
  changeAttributes(change: (attributes: AttributeSet) => AttributeSet): void {
    for (const { prefix, desired } of this.#routes.values()) {
      if (desired !== null) this.announce(prefix, change(desired));
    }
  }

  /** A session begins, to a peer that has been told nothing; or, with null, has ended. */
  setSession(session: RibSession | null): void {
    this.#session = session;
    this.#tables = emptyTables();
    this.#pendingCount = 0;
    for (const family of session?.wire.families ?? []) {
      this.#tables[family].border = "end-of-rib";
      this.#tables[family].nextHop = usableNextHop(session!, family);
    }
    let last: Route | null = null;
    for (const route of this.#routes.values()) {
      route.sent =
        route.queue =
        route.previous =
        route.next =
          null;
      route.isStale = false;
      // Most routes share their attributes with the one before, and where those have to wait.
      const queue = last !== null && last.desired === route.desired && last.family === route.family
        ? last.queue
        : null;
      if (queue !== null) this.#wait(route, queue);
      else this.#enqueue(route);
      last = route;
    }
  }

  /** The peer wants the routes of a family again, RFC 2918 4. */
  refresh(family: BgpFamily): void {
    const session = this.#session;
    if (session === null || !session.wire.families.includes(family)) return;
    const table = this.#tables[family];
    // RFC 7313 4.1: no borders before End-of-RIB; until then all is being told for the first time.
    if (session.enhancedRouteRefresh && table.border !== "end-of-rib") table.border = "refresh-beginning";
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
    const session = this.#session;
    if (session === null) return null;
    const { wire } = session;
    const messages: Uint8Array[] = [];
    let octets = 0;
    // None is begun that there might be no room to fill.
    do {
      const message = this.#takeMessage(wire);
      if (message === null) break;
      messages.push(message);
      octets += message.length;
    } while (octets + wire.maxMessageOctets <= maxOctets);
    if (messages.length <= 1) return messages[0] ?? null;
    const chunk = new Uint8Array(octets);
    let at = 0;
    for (const message of messages) {
      chunk.set(message, at);
      at += message.length;
    }
    return chunk;
  }

  #takeMessage(wire: WireOptions): Uint8Array | null {
    for (const family of wire.families) {
      const table = this.#tables[family];
      const { border } = table;
      if (border === "refresh-beginning") {
        table.border = "refresh-end";
        return borderMessage(family, ROUTE_REFRESH_SUBTYPE.beginning);
      }
      const queue = firstQueue(table);
      if (queue !== null) return this.#takeFrom(queue, wire.maxMessageOctets);
      if (border === null) continue;
      table.border = null;
      return border === "end-of-rib"
        ? encodeEndOfRib(family)
        : borderMessage(family, ROUTE_REFRESH_SUBTYPE.end);
    }
    return null;
  }

  /** One message with as many routes as it holds. */
  #takeFrom(queue: RouteQueue, maxMessageOctets: number): Uint8Array {
    const filler = new UpdateFiller(queue.envelope, queue.size, maxMessageOctets);
    for (let route = queue.first; route !== null && filler.add(route.prefix); route = queue.first) {
      this.#settle(route, queue);
    }
    return filler.finish();
  }

  /** The route's change is on its way. */
  #settle(route: Route, queue: RouteQueue): void {
    this.#leave(route, queue);
    const told = queue.key === null ? null : route.desired;
    this.#tables[route.family].sentCount += (told === null ? 0 : 1) - (route.sent === null ? 0 : 1);
    route.sent = told;
    route.isStale = false;
    if (told === null && route.desired === null) this.#routes.delete(route.prefix);
  }

  /** Puts a route where its change belongs, and takes it from where it was. */
  #enqueue(route: Route): void {
    const queue = this.#queueFor(route);
    if (queue !== route.queue) {
      if (route.queue !== null) this.#leave(route, route.queue);
      if (queue !== null) this.#wait(route, queue);
    }
    if (queue === null && route.desired === null && route.sent === null) this.#routes.delete(route.prefix);
  }

  #wait(route: Route, queue: RouteQueue): void {
    if (queue.first === null && queue.key !== null) {
      this.#tables[route.family].announcements.set(queue.key, queue);
    }
    queue.push(route);
    this.#pendingCount++;
  }

  #leave(route: Route, queue: RouteQueue): void {
    queue.remove(route);
    if (queue.first === null && queue.key !== null) {
      this.#tables[route.family].announcements.delete(queue.key);
    }
    this.#pendingCount--;
  }

  /** Where a route has to wait; null when the peer knows it as it should. */
  #queueFor({ family, desired, sent, isStale }: Route): RouteQueue | null {
    const session = this.#session;
    if (session === null) return null;
    const { nextHop, withdrawals } = this.#tables[family];
    if (desired !== null && nextHop !== null) {
      if (!isStale && sent !== null && sent.key === desired.key) return null;
      const queue = this.#announcementQueue(desired, family, nextHop, session);
      if (queue !== null) return queue;
    }
    return sent === null ? null : withdrawals;
  }

  /** The queue of a set, new when it has none; null when messages have no room for it. */
  #announcementQueue(
    set: AttributeSet,
    family: BgpFamily,
    nextHop: NextHop,
    { localAsn, wire }: RibSession,
  ): RouteQueue | null {
    const { announcements, oversized } = this.#tables[family];
    const existing = announcements.get(set.key);
    if (existing !== undefined) return existing;
    if (oversized.has(set.key)) return null;
    const attributes = pathAttributes(set, localAsn, wire.peerType);
    const envelope = announcementEnvelope({ family, nextHop, attributes }, wire);
    if (envelope !== null) return new RouteQueue(set.key, envelope);
    oversized.add(set.key);
    return null;
  }
}

function emptyTables(): Readonly<Record<BgpFamily, FamilyTable>> {
  return { "ipv4-unicast": emptyTable("ipv4-unicast"), "ipv6-unicast": emptyTable("ipv6-unicast") };
}

function emptyTable(family: BgpFamily): FamilyTable {
  return {
    announcements: new Map(),
    withdrawals: new RouteQueue(null, withdrawalEnvelope(family)),
    oversized: new Set(),
    nextHop: null,
    border: null,
    sentCount: 0,
  };
}

/** RFC 8950 4: an IPv6 next hop for IPv4 routes only where both sides agreed on it. */
function usableNextHop({ wire, nextHops }: RibSession, family: BgpFamily): NextHop | null {
  const nextHop = nextHops[family];
  if (nextHop === null || family === "ipv6-unicast" || wire.extendedNextHop) return nextHop;
  return familyOf(nextHop.address) === "ipv4" ? nextHop : null;
}

/** Announcements before withdrawals; null when nothing waits. */
function firstQueue({ announcements, withdrawals }: FamilyTable): RouteQueue | null {
  for (const queue of announcements.values()) return queue;
  return withdrawals.first === null ? null : withdrawals;
}

const ROUTE_FAMILY = { ipv4: "ipv4-unicast", ipv6: "ipv6-unicast" } as const;

function borderMessage(family: BgpFamily, subtype: number): Uint8Array {
  return encodeMessage({ type: "RouteRefresh", ...AFI_SAFI[family], subtype });
}

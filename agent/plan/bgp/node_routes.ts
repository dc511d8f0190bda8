/**
 * The sessions of one node and the routes in each, kept from plan to plan.
 *
 * Source: MetalLB's bgpController.SetBalancer and updateAds; sessions that get the same prefix more than once merge it.
 * Shape: decisions and which of them changed in, sessions by peer out: immutable values, the same as last time where
 * nothing changed. Peers that hear the same share one table. Cost: the prefixes of the Services that changed.
 *
 * METALLB: a prefix announced for several reasons carries the communities of all of them, as there; of different local
 * preferences the highest wins, where it depends there on what came first.
 * Not here: who announces (decision.ts), what is sent (diff.ts).
 *
 * @module
 */
import type { ObjectKey } from "../../../k8s/types/meta.ts";
import { ADDRESS_BITS, familyOf, type Ip } from "../../../protocols/net/ip.ts";
import { type Prefix, prefixOf } from "../../../protocols/net/prefix.ts";
import { compareCommunities } from "../../config/bgp/community.ts";
import type { BgpAdvert, Config, Peer } from "../../config/config.ts";
import type { BgpSession } from "../desired.ts";
import type { ServiceDecision } from "../service_decision.ts";
import { carries, isFor, peersOn } from "./audience.ts";
import { derived, NO_ROUTES, type RouteAttributes, type RouteTable } from "./route_table.ts";

/** One reason for a prefix: an address under an advertisement. */
type Contribution = readonly [Prefix, BgpAdvert];

/** Peers that hear the same, and what they hear. */
interface Group {
  /** Any of them: they do not differ in what matters here. */
  readonly peer: Peer;
  routes: RouteTable;
}

const NO_SESSIONS: ReadonlyMap<string, BgpSession> = new Map();
const NO_CONTRIBUTIONS: readonly Contribution[] = [];

/** See the module comment. */
export class NodeRoutes {
  readonly #node: string;
  readonly #byService = new Map<ObjectKey, readonly Contribution[]>();
  /** How many addresses want a prefix, by advertisement. */
  readonly #byPrefix = new Map<Prefix, Map<BgpAdvert, number>>();
  /** How many addresses are announced by each advertisement that is not for all peers. */
  readonly #selective = new Map<BgpAdvert, number>();
  #attributes = new Map<string, RouteAttributes>();
  #attributesOfAdverts = new WeakMap<BgpAdvert, RouteAttributes>();
  /** By name of the peer. */
  #groups: ReadonlyMap<string, Group> = new Map();
  #config: Config | null = null;
  #sessions = NO_SESSIONS;

  constructor(node: string) {
    this.#node = node;
  }

  /** The sessions now, by name of the peer; `changed` names the Services whose decision may be another. */
  plan(
    config: Config | null,
    services: ReadonlyMap<ObjectKey, ServiceDecision>,
    changed: Iterable<ObjectKey>,
  ): ReadonlyMap<string, BgpSession> {
    const sameConfig = config === this.#config;
    if (!sameConfig) this.#forgetAttributes();
    this.#config = config;
    const before = new Set(this.#selective.keys());
    const touched = new Set<Prefix>();
    for (const key of changed) this.#replace(key, contributionsOf(services.get(key), this.#node), touched);
    const sameAudiences = before.size === this.#selective.size && before.isSubsetOf(this.#selective);
    if (sameConfig && sameAudiences) this.#renew(touched);
    else this.#regroup(config === null ? [] : peersOn(this.#node, config));
    return this.#sessions;
  }

  #replace(key: ObjectKey, after: readonly Contribution[], touched: Set<Prefix>): void {
    const before = this.#byService.get(key) ?? NO_CONTRIBUTIONS;
    if (sameContributions(before, after)) return;
    for (const contribution of after) this.#count(contribution, 1, touched);
    for (const contribution of before) this.#count(contribution, -1, touched);
    if (after.length === 0) this.#byService.delete(key);
    else this.#byService.set(key, after);
  }

  #count([prefix, advert]: Contribution, by: 1 | -1, touched: Set<Prefix>): void {
    let counts = this.#byPrefix.get(prefix);
    if (counts === undefined) this.#byPrefix.set(prefix, counts = new Map());
    add(counts, advert, by);
    if (counts.size === 0) this.#byPrefix.delete(prefix);
    if (advert.peers !== null) add(this.#selective, advert, by);
    touched.add(prefix);
  }

  /** Nothing but some prefixes is different. */
  #renew(touched: ReadonlySet<Prefix>): void {
    if (touched.size === 0) return;
    for (const group of new Set(this.#groups.values())) {
      group.routes = derived(group.routes, this.#entries(touched, group.peer));
    }
    this.#setSessions([...this.#sessions.values()].map(({ peer }) => peer));
  }

  /** Peers or advertisements are different: who hears the same is decided anew. */
  #regroup(peers: readonly Peer[]): void {
    const byAudience = new Map<string, Group>();
    const groups = new Map<string, Group>();
    for (const peer of peers) {
      const audience = this.#audienceOf(peer);
      let group = byAudience.get(audience);
      if (group === undefined) {
        const before = this.#sessions.get(peer.name)?.routes ?? NO_ROUTES;
        const gone = [...before.keys()].filter((prefix) => !this.#byPrefix.has(prefix));
        const routes = derived(before, this.#entries([...this.#byPrefix.keys(), ...gone], peer));
        byAudience.set(audience, group = { peer, routes });
      }
      groups.set(peer.name, group);
    }
    this.#groups = groups;
    this.#setSessions(peers);
  }

  /** Equal for peers that hear the same. */
  #audienceOf(peer: Peer): string {
    const heard = [...this.#selective.keys()].map((advert) => isFor(advert, peer));
    return JSON.stringify([carries(peer, "ipv4"), carries(peer, "ipv6"), heard]);
  }

  #setSessions(peers: readonly Peer[]): void {
    const before = this.#sessions;
    let same = peers.length === before.size;
    const after = new Map(peers.map((peer): [string, BgpSession] => {
      const { name } = peer;
      const routes = this.#groups.get(name)?.routes ?? NO_ROUTES;
      const old = before.get(name);
      if (old?.peer === peer && old.routes === routes) return [name, old];
      same = false;
      return [name, { peer, routes }];
    }));
    if (!same) this.#sessions = after;
  }

  *#entries(
    prefixes: Iterable<Prefix>,
    peer: Peer,
  ): Generator<readonly [Prefix, RouteAttributes | null]> {
    const [ipv4, ipv6] = [carries(peer, "ipv4"), carries(peer, "ipv6")];
    for (const prefix of prefixes) {
      const isCarried = prefix.includes(":") ? ipv6 : ipv4;
      yield [prefix, isCarried ? this.#attributesOf(prefix, peer) : null];
    }
  }

  #attributesOf(prefix: Prefix, peer: Peer): RouteAttributes | null {
    const adverts: BgpAdvert[] = [];
    for (const advert of this.#byPrefix.get(prefix)?.keys() ?? []) {
      if (isFor(advert, peer)) adverts.push(advert);
    }
    const [only, ...others] = adverts;
    if (only === undefined) return null;
    return others.length === 0 ? this.#attributesOfOne(only) : this.#attributesOfAll(adverts);
  }

  #attributesOfOne(advert: BgpAdvert): RouteAttributes {
    let attributes = this.#attributesOfAdverts.get(advert);
    if (attributes === undefined) {
      attributes = this.#attributesOfAll([advert]);
      this.#attributesOfAdverts.set(advert, attributes);
    }
    return attributes;
  }

  #attributesOfAll(adverts: readonly BgpAdvert[]): RouteAttributes {
    const localPref = adverts.reduce((most, it) => Math.max(most, it.localPref ?? -1), -1);
    const communities = [...new Set(adverts.flatMap((it) => it.communities))].sort(compareCommunities);
    const key = JSON.stringify([localPref, communities]);
    let attributes = this.#attributes.get(key);
    if (attributes === undefined) {
      attributes = { localPref: localPref < 0 ? null : localPref, communities };
      this.#attributes.set(key, attributes);
    }
    return attributes;
  }

  /** Another configuration: only the attributes of routes that are announced are kept, so that they stay identical. */
  #forgetAttributes(): void {
    const kept = new Map<string, RouteAttributes>();
    for (const { routes } of new Set(this.#groups.values())) {
      for (const attributes of new Set(routes.values())) {
        kept.set(JSON.stringify([attributes.localPref ?? -1, attributes.communities]), attributes);
      }
    }
    this.#attributes = kept;
  }
}

function contributionsOf(decision: ServiceDecision | undefined, node: string): readonly Contribution[] {
  if (decision === undefined || decision.bgp === null) return NO_CONTRIBUTIONS;
  const adverts = decision.bgp.verdicts.get(node)?.adverts ?? [];
  if (adverts.length === 0) return NO_CONTRIBUTIONS;
  const { addresses } = decision;
  return addresses.flatMap((ip) => adverts.map((advert): Contribution => [aggregateOf(ip, advert), advert]));
}

function aggregateOf(ip: Ip, { aggregationLength }: BgpAdvert): Prefix {
  const family = familyOf(ip);
  const length = aggregationLength[family];
  return length === ADDRESS_BITS[family] ? `${ip}/${length}` as Prefix : prefixOf(ip, length);
}

function sameContributions(a: readonly Contribution[], b: readonly Contribution[]): boolean {
  return a.length === b.length &&
    a.every(([prefix, advert], i) => prefix === b[i]?.[0] && advert === b[i]?.[1]);
}

function add(counts: Map<BgpAdvert, number>, advert: BgpAdvert, by: 1 | -1): void {
  const count = (counts.get(advert) ?? 0) + by;
  if (count === 0) counts.delete(advert);
  else counts.set(advert, count);
}

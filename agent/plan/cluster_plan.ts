/**
 * Who announces what in the whole cluster: every Service decided, every address answered by exactly one node.
 *
 * Source: MetalLB's speaker; "one answerer" is ours.
 * Shape: snapshot, configuration and live speakers in; decisions by Service and answerers by address out. Whole in
 * meaning, incremental in cost: a decision is made again only when something it was made from has changed. What is
 * remembered on purpose is the pool of an announced Service, see `poolBefore`.
 * Not here: one node's part of it (node_plan.ts), one Service (service_decision.ts).
 *
 * @module
 */
import type { EndpointSlice, Service } from "../../k8s/types/core.ts";
import type { ObjectKey } from "../../k8s/types/meta.ts";
import { keysToCompare } from "../../k8s/versioned_map.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Config, Pool } from "../config/config.ts";
import { poolOwning } from "../config/pool_membership.ts";
import { type ClusterView, clusterViewOf, sameView } from "../elect/cluster_view.ts";
import type { Snapshot } from "../snapshot.ts";
import {
  type AnsweredService,
  decideService,
  isAnswered,
  isOfClass,
  type ServiceDecision,
} from "./service_decision.ts";

/** Fixed for the life of the process. */
export interface ClusterPlanOptions {
  /** null handles Services without a class. */
  readonly loadBalancerClass: string | null;
  /** Nodes labelled exclude-from-external-load-balancers announce all the same. */
  readonly ignoreExcludeLb: boolean;
}

/** What is known at one instant. */
export interface PlanInput {
  readonly snapshot: Snapshot;
  /** The last good configuration; null before there was one. */
  readonly config: Config | null;
  /** The nodes whose speaker is alive; null takes every known node's for alive. */
  readonly live: ReadonlySet<string> | null;
}

/** The outcome; the maps are live and change with the next call. */
export interface ClusterDecisions {
  /** By Service; Services of a foreign class are not in it. */
  readonly services: ReadonlyMap<ObjectKey, ServiceDecision>;
  /** By address that is answered by ARP or NDP. */
  readonly announcements: ReadonlyMap<Ip, Announcement>;
  /** What may be different from the last time, or gone; everything else is the same. */
  readonly changes: ClusterChanges;
}

/** Which entries to look at again. */
export interface ClusterChanges {
  /** Including those that share an address with a Service that changed. */
  readonly services: ReadonlySet<ObjectKey>;
  readonly addresses: ReadonlySet<Ip>;
}

/** One answered address. */
export interface Announcement {
  readonly node: string;
  /** The Services that hold the address and have an answerer; in no order. */
  readonly holders: readonly Holder[];
}

/** A Service that holds an answered address. */
export interface Holder {
  readonly key: ObjectKey;
  readonly decision: AnsweredService;
}

/** What a decision was made from, apart from what holds for all of them. */
interface Inputs {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
}

/** See the module comment. */
export class ClusterPlan {
  readonly #options: ClusterPlanOptions;
  readonly #bgpNode: string | null;
  readonly #inputs = new Map<ObjectKey, Inputs>();
  readonly #services = new Map<ObjectKey, ServiceDecision>();
  readonly #announcements = new Map<Ip, Announcement>();
  #view: ClusterView = { available: new Set(), absent: new Map() };
  #nodes: ClusterView = { available: new Set(), absent: new Map() };
  #config: Config | null = null;
  #slicesByService: Snapshot["slicesByService"] = new Map();
  /** Of the last time. */
  #seen: Snapshot["services"] = new Map();

  /** With a node's name only that node's part in BGP is decided: every speaker announces for itself. */
  constructor(options: ClusterPlanOptions, bgpNode: string | null = null) {
    this.#options = options;
    this.#bgpNode = bgpNode;
  }

  /** Decides everything that differs from the last time, and returns everything. */
  decide({ snapshot, config, live }: PlanInput): ClusterDecisions {
    const view = clusterViewOf(snapshot.nodes, live, this.#options.ignoreExcludeLb);
    const nodes = live === null ? view : clusterViewOf(snapshot.nodes, null, this.#options.ignoreExcludeLb);
    const anew = config !== this.#config || !sameView(view, this.#view) || !sameView(nodes, this.#nodes);
    if (anew) [this.#config, this.#view, this.#nodes] = [config, view, nodes];
    const changes = { services: new Set<ObjectKey>(), addresses: new Set<Ip>() };
    for (const key of this.#toDecide(snapshot, anew)) {
      const service = snapshot.services.get(key);
      if (service === undefined || !isOfClass(service, this.#options.loadBalancerClass)) {
        if (this.#inputs.delete(key)) this.#replace(key, null, changes);
        continue;
      }
      const before = this.#inputs.get(key);
      const sameService = before !== undefined && before.service === service;
      const slices = snapshot.slicesByService.get(key) ?? NO_SLICES;
      if (sameService && !anew && sameSlices(before.slices, slices)) continue;
      this.#inputs.set(key, { service, slices });
      this.#replace(key, this.#decideService(key, service, slices), changes);
    }
    for (const ip of changes.addresses) {
      for (const { key } of this.#announcements.get(ip)?.holders ?? []) changes.services.add(key);
    }
    return { services: this.#services, announcements: this.#announcements, changes };
  }

  /** The Services to look at: all of them anew, or those that something has happened to. */
  #toDecide({ services, slicesByService }: Snapshot, anew: boolean): ReadonlySet<ObjectKey> {
    const [servicesBefore, slicesBefore] = [this.#seen, this.#slicesByService];
    [this.#seen, this.#slicesByService] = [services, slicesByService];
    if (anew) return new Set(keysToCompare(this.#inputs, services));
    return new Set([
      ...keysToCompare(servicesBefore, services),
      ...keysToCompare(slicesBefore, slicesByService),
    ]);
  }

  #decideService(key: ObjectKey, service: Service, slices: readonly EndpointSlice[]): ServiceDecision {
    const config = this.#config;
    const before = this.#services.get(key);
    const poolOf = config === null
      ? "noConfig"
      : (addresses: readonly Ip[]) => poolOwning(config, addresses) ?? poolBefore(before, addresses);
    return decideService({
      service,
      slices,
      poolOf,
      config,
      view: this.#view,
      nodes: this.#nodes,
      bgpNode: this.#bgpNode,
    });
  }

  /** Puts the new decision in the place of the old one, in both maps. */
  #replace(key: ObjectKey, after: ServiceDecision | null, changes: Changes): void {
    const before = this.#services.get(key);
    if (after === null) this.#services.delete(key);
    else this.#services.set(key, after);
    changes.services.add(key);
    const left = isAnswered(before) ? before.addresses : [];
    const taken = isAnswered(after) ? after.addresses : [];
    for (const ip of new Set([...left, ...taken])) {
      changes.addresses.add(ip);
      const holders = (this.#announcements.get(ip)?.holders ?? []).filter((it) => it.key !== key);
      if (isAnswered(after) && taken.includes(ip)) holders.push({ key, decision: after });
      const node = answererOf(ip, holders);
      if (node === null) this.#announcements.delete(ip);
      else this.#announcements.set(ip, { node, holders });
    }
  }
}

/** {@linkcode ClusterChanges} while they are gathered. */
interface Changes {
  readonly services: Set<ObjectKey>;
  readonly addresses: Set<Ip>;
}

/**
 * METALLB: a speaker refuses a configuration without the pool of an address it announces, until the controller has taken
 * the address away. Here the rest of the configuration is taken, and only such a Service stays with the pool it had: as
 * long as its status holds the same addresses and somebody announces them.
 */
function poolBefore(before: ServiceDecision | undefined, addresses: readonly Ip[]): Pool | null {
  if (before?.reason !== null) return null;
  const { addresses: held, pool } = before;
  return held.length === addresses.length && addresses.every((ip) => held.includes(ip)) ? pool : null;
}

const NO_SLICES: readonly EndpointSlice[] = [];

function sameSlices(a: readonly EndpointSlice[], b: readonly EndpointSlice[]): boolean {
  return a === b || (a.length === b.length && a.every((slice, i) => slice === b[i]));
}

/**
 * One answerer, or null when nobody holds the address. METALLB: Services that share an address are elected one by one,
 * so a dual-stack Service, elected by its first address, and a single-stack Service on its second address can have two
 * nodes answer for that one. Here the election held for the address itself decides, then the first Service by name.
 */
function answererOf(ip: Ip, holders: readonly Holder[]): string | null {
  let deciding: Holder | null = null;
  for (const holder of holders) {
    if (deciding === null || decidesBefore(ip, holder, deciding)) deciding = holder;
  }
  return deciding === null ? null : deciding.decision.layer2.announcer;
}

function decidesBefore(ip: Ip, a: Holder, b: Holder): boolean {
  const [first, second] = [a, b].map((it) => it.decision.addresses[0] === ip);
  return first === second ? a.key < b.key : first === true;
}

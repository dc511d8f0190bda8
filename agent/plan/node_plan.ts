/**
 * One node's part of the plan: what it should answer for and announce, and what it has to say about each Service.
 *
 * Source: MetalLB's layer2Controller.SetBalancer, bgpController.SetBalancer.
 * Shape: {@linkcode PlanInput} and the node's interfaces in, {@linkcode Desired} and outcomes by Service out.
 * Not here: who announces (cluster_plan.ts), what changes on the wire (diff.ts).
 *
 * @module
 */
import type { ObjectKey } from "../../k8s/types/meta.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { L2Advert } from "../config/config.ts";
import { type NotAnnouncedHere, reasonOnNode } from "../elect/layer2.ts";
import { type BgpReason, type BgpVerdict, NOT_OWNER } from "./bgp/decision.ts";
import { NodeRoutes } from "./bgp/node_routes.ts";
import { type Announcement, ClusterPlan, type ClusterPlanOptions, type PlanInput } from "./cluster_plan.ts";
import type { Desired, Layer2Announcement } from "./desired.ts";
import { sameAnnouncement, sameNames } from "./diff.ts";
import { canReach, type Reach, reachOn, uniteReach } from "./reach.ts";
import type { DecidedService, Refusal, ServiceDecision } from "./service_decision.ts";
import { VersionedMap } from "../../k8s/versioned_map.ts";

/** Why this node does not announce a Service; "announceFailed" when it is elected by layer 2 and cannot. */
export type NodeReason = Refusal | NotAnnouncedHere | "announceFailed" | BgpReason;

/** One Service as this node sees it. */
export interface NodeOutcome {
  /** null when this node announces it by either protocol. */
  readonly reason: NodeReason | null;
  /** For a person; empty when this node announces it. */
  readonly message: string;
  /** The addresses that this node answers for, in the order of the Service's status. */
  readonly addresses: readonly Ip[];
  /** Sorted names, or null for every interface; those that were asked for when the reason is "announceFailed". */
  readonly interfaces: readonly string[] | null;
  /** What keeps layer 2 from what this node is elected for, whether BGP announces the Service or not; else null. */
  readonly failure: string | null;
  /** BGP's part in it; null for a Service refused before it comes to a protocol. */
  readonly bgp: BgpOutcome | null;
}

/** Whether and to whom this node announces a Service by BGP. */
export interface BgpOutcome {
  /** null when this node announces it. */
  readonly reason: BgpReason | null;
  /** The addresses that this node announces, in the order of the Service's status. */
  readonly addresses: readonly Ip[];
  /** Sorted names of the BGPPeers that are told, as ServiceBGPStatus has it. */
  readonly peers: readonly string[];
}

/** The cluster, and what the node can use. */
export interface NodePlanInput extends PlanInput {
  /** Names of the interfaces that exist and are not excluded; null as long as that is not known. */
  readonly localInterfaces: ReadonlySet<string> | null;
}

/** Immutable values; each is the same as last time when nothing in it changed, and so is each outcome. */
export interface NodeDecisions {
  readonly desired: Desired;
  /** Services of a foreign class are not in it. */
  readonly services: ReadonlyMap<ObjectKey, NodeOutcome>;
}

/** Plans for one node again and again; what did not change costs nothing and keeps its identity. */
export class NodePlan {
  readonly #node: string;
  readonly #cluster: ClusterPlan;
  readonly #reaches = new WeakMap<readonly L2Advert[], Reach | "outside">();
  readonly #routes: NodeRoutes;
  #layer2: VersionedMap<Ip, Layer2Announcement> = VersionedMap.of(new Map());
  #desired: Desired = { layer2: this.#layer2, bgp: new Map() };
  #services: VersionedMap<ObjectKey, NodeOutcome> = VersionedMap.of(new Map());
  #localInterfaces: ReadonlySet<string> | null = null;

  constructor(node: string, options: ClusterPlanOptions) {
    this.#node = node;
    this.#cluster = new ClusterPlan(options, node);
    this.#routes = new NodeRoutes(node);
  }

  /** What this node should do now. */
  plan(input: NodePlanInput): NodeDecisions {
    const decided = this.#cluster.decide(input);
    const moved = !sameSet(input.localInterfaces, this.#localInterfaces);
    this.#localInterfaces = input.localInterfaces;
    const { services, announcements, changes } = decided;
    const addresses = moved ? [...changes.addresses, ...announcements.keys()] : changes.addresses;
    const layer2 = this.#layer2 = renewed(this.#layer2, addresses, sameAnnouncement, (ip) => {
      const announcement = announcements.get(ip);
      return announcement?.node === this.#node ? this.#wanted(ip, announcement) : null;
    });
    const bgp = this.#routes.plan(input.config, services, changes.services);
    if (layer2 !== this.#desired.layer2 || bgp !== this.#desired.bgp) this.#desired = { layer2, bgp };
    const keys = moved ? [...changes.services, ...services.keys()] : changes.services;
    this.#services = renewed(this.#services, keys, sameOutcome, (key) => {
      const decision = services.get(key);
      if (decision === undefined) return null;
      return this.#outcome(
        decision,
        decision.addresses.filter((ip) => announcements.get(ip)?.node === this.#node),
      );
    });
    return { desired: this.#desired, services: this.#services };
  }

  /** What the advertisements say of this node; null when they leave it out. */
  #reachOf(adverts: readonly L2Advert[]): Reach | null {
    let reach = this.#reaches.get(adverts);
    if (reach === undefined) this.#reaches.set(adverts, reach = reachOn(this.#node, adverts) ?? "outside");
    return reach === "outside" ? null : reach;
  }

  /**
   * The announcement of an address this node is elected for, or null when it has none of the interfaces.
   *
   * METALLB: no other node takes over then; but where MetalLB goes on answering on the interfaces of an earlier
   * selector, nothing is announced here.
   */
  #wanted(ip: Ip, { holders }: Announcement): Layer2Announcement | null {
    const reaches: Reach[] = [];
    const services: ObjectKey[] = [];
    for (const { key, decision } of holders) {
      const reach = this.#reachOf(decision.layer2.adverts);
      if (reach === null || !canReach(reach, this.#localInterfaces)) continue;
      reaches.push(reach);
      services.push(key);
    }
    const [only, ...others] = reaches;
    const united = only !== undefined && others.length === 0 ? only : uniteReach(reaches);
    return united === null ? null : { ip, ...united, services: services.sort() };
  }

  /** Both protocols together: announced by one is announced. */
  #outcome(decision: ServiceDecision, mine: readonly Ip[]): NodeOutcome {
    if (decision.layer2 === null) {
      const { reason, message } = decision;
      return { reason, message, addresses: [], interfaces: null, failure: null, bgp: null };
    }
    const verdict = decision.bgp.verdicts.get(this.#node) ?? NOT_OWNER;
    const bgp = bgpOutcome(verdict, decision.addresses);
    const layer2 = this.#layer2Outcome(decision, mine);
    if (layer2.reason === null || bgp.reason === null) return { ...layer2, reason: null, message: "", bgp };
    const { l2Advertisements, bgpAdvertisements } = decision.pool;
    const isForBgp = l2Advertisements.length === 0 && bgpAdvertisements.length > 0;
    return isForBgp ? { ...layer2, reason: bgp.reason, message: verdict.message, bgp } : { ...layer2, bgp };
  }

  /** A Service that nobody would answer for is not announced by sharing an address with one that somebody answers for. */
  #layer2Outcome({ layer2, message }: DecidedService, mine: readonly Ip[]): Omit<NodeOutcome, "bgp"> {
    const reach = mine.length === 0 || layer2.announcer === null ? null : this.#reachOf(layer2.adverts);
    if (reach === null) {
      const reason = reasonOnNode(layer2, this.#node);
      const where = layer2.announcer === null ? message : `Node "${layer2.announcer}" announces it`;
      return { reason, message: where, addresses: [], interfaces: null, failure: null };
    }
    const { interfaces } = reach;
    if (canReach(reach, this.#localInterfaces)) {
      return { reason: null, message: "", addresses: mine, interfaces, failure: null };
    }
    const failure = this.#missingInterfaces(mine);
    return { reason: "announceFailed", message: failure, addresses: [], interfaces, failure };
  }

  /** MetalLB's own words, which its users search for. */
  #missingInterfaces(ips: readonly Ip[]): string {
    const quoted = ips.map((ip) => `"${ip}"`).join(", ");
    return `the interfaces specified by LB IP ${quoted} doesn't exist in assigned node "${this.#node}" ` +
      `with protocol "layer2"`;
  }
}

/** The map with the values of these keys made anew, null for none; the same map when that changes nothing. */
function renewed<Key, Value extends object>(
  before: VersionedMap<Key, Value>,
  keys: Iterable<Key>,
  same: (a: Value, b: Value) => boolean,
  valueOf: (key: Key) => Value | null,
): VersionedMap<Key, Value> {
  const changes: (readonly [Key, Value | null])[] = [];
  for (const key of keys) {
    const [old, value] = [before.get(key) ?? null, valueOf(key)];
    if (old === value || (old !== null && value !== null && same(old, value))) continue;
    changes.push([key, value]);
  }
  return changes.length === 0 ? before : before.with(changes);
}

function bgpOutcome({ reason, peers }: BgpVerdict, addresses: readonly Ip[]): BgpOutcome {
  return { reason, addresses: reason === null ? addresses : [], peers };
}

function sameOutcome(a: NodeOutcome, b: NodeOutcome): boolean {
  return a.reason === b.reason && a.message === b.message && a.failure === b.failure &&
    sameNames(a.interfaces, b.interfaces) &&
    sameNames(a.addresses, b.addresses) && sameBgp(a.bgp, b.bgp);
}

function sameBgp(a: BgpOutcome | null, b: BgpOutcome | null): boolean {
  if (a === null || b === null) return a === b;
  return a.reason === b.reason && sameNames(a.addresses, b.addresses) && sameNames(a.peers, b.peers);
}

function sameSet(a: ReadonlySet<string> | null, b: ReadonlySet<string> | null): boolean {
  return a === b || (a !== null && b !== null && a.size === b.size && a.isSubsetOf(b));
}

/**
 * Who answers for the addresses of one Service by ARP and NDP: one decision, the same on every node.
 *
 * Source: MetalLB's layer2Controller.ShouldAnnounce, step by step in its order; its reason strings where it has one.
 * Shape: one Service, its slices, its pool and the cluster view in; the announcer, or a reason and what to do about it.
 * A speaker asks whether the announcer is its own node; `ingot plan` prints the announcer.
 * Not here: whether the Service has usable addresses (agent/plan/service_decision.ts), local interfaces (agent/plan/node_plan.ts).
 *
 * @module
 */
import type { EndpointSlice, Service } from "../../k8s/types/core.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { L2Advert, Pool } from "../config/config.ts";
import type { ClusterView, NodeAbsence } from "./cluster_view.ts";
import { servingEndpoints } from "./endpoints.ts";
import { pickNode } from "./ranking.ts";

/** Why no node announces a Service. */
export type Layer2Reason =
  | "noActiveEndpoints"
  | "sharedIPWithServiceSelector"
  | "noMatchingAdvertisement"
  | "noEligibleNode";

/** What one node says of a Service it does not announce, in MetalLB's words. */
export type NotAnnouncedHere = "notOwner" | "sharedIPWithServiceSelector" | "noMatchingAdvertisement";

/** The outcome for the whole cluster: an announcer, or nobody and why. */
export type Layer2Decision = Announced | Unannounced;

/** Some node announces the Service. */
export interface Announced {
  readonly reason: null;
  readonly announcer: string;
  /** The pool's advertisements that select this Service. */
  readonly adverts: readonly L2Advert[];
}

/** No node announces the Service. */
export interface Unannounced {
  readonly reason: Layer2Reason;
  /** For a person. */
  readonly message: string;
  readonly announcer: null;
  readonly adverts: readonly L2Advert[];
}

/** What a decision is made from. */
export interface Layer2Question {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  readonly pool: Pool;
  /** The first address of the Service: all its addresses go where this one is elected. */
  readonly ip: Ip;
  readonly view: ClusterView;
}

/** Decides who announces the Service; see the module comment. */
export function decideLayer2({ service, slices, pool, ip, view }: Layer2Question): Layer2Decision {
  const adverts = pool.l2Advertisements.filter((it) => selects(it, service));
  const endpoints = servingEndpoints(slices);
  if (!endpoints.any) {
    return nobody("noActiveEndpoints", adverts, "No endpoint is ready; check the pods spec.selector selects");
  }
  const selective = adverts.filter((it) => it.serviceSelectors.length > 0);
  if (selective.length > 0 && hasSharingAnnotation(service)) {
    return nobody("sharedIPWithServiceSelector", adverts, sharingMessage(selective));
  }
  const advertised = advertisedNodes(adverts);
  if (advertised.size === 0) {
    return nobody("noMatchingAdvertisement", adverts, noAdvertisementMessage(pool, adverts, view));
  }
  const local = service.spec?.externalTrafficPolicy === "Local" ? endpoints.nodes : null;
  const eligible = [...advertised].filter((node) =>
    view.available.has(node) && (local === null || local.has(node))
  );
  const announcer = pickNode(eligible, ip, scoresOf(adverts));
  if (announcer === null) {
    return nobody("noEligibleNode", adverts, noEligibleNodeMessage(advertised, view));
  }
  return { reason: null, announcer, adverts };
}

/**
 * Why this node, which is not the announcer, does not announce the Service. MetalLB asks for endpoints before it looks
 * at advertisements, so a Service without endpoints is "notOwner" even where no advertisement includes the node.
 */
export function reasonOnNode(decision: Layer2Decision, node: string): NotAnnouncedHere {
  if (decision.reason === "sharedIPWithServiceSelector") return decision.reason;
  if (decision.reason === "noActiveEndpoints") return "notOwner";
  return decision.adverts.some((it) => it.nodes.has(node)) ? "notOwner" : "noMatchingAdvertisement";
}

function nobody(reason: Layer2Reason, adverts: readonly L2Advert[], message: string): Unannounced {
  return { reason, message, announcer: null, adverts };
}

function selects(advert: L2Advert, service: Service): boolean {
  const selectors = advert.serviceSelectors;
  return selectors.length === 0 || selectors.some((it) => it.matches(service.metadata.labels));
}

function advertisedNodes(adverts: readonly L2Advert[]): ReadonlySet<string> {
  const [only, ...others] = adverts;
  if (only !== undefined && others.length === 0) return only.nodes;
  return new Set(adverts.flatMap((it) => [...it.nodes]));
}

/** METALLB: the key counts, whatever its value, even an empty one that asks the allocator for nothing. */
function hasSharingAnnotation(service: Service): boolean {
  const annotations = service.metadata.annotations ?? {};
  return "metallb.io/allow-shared-ip" in annotations || "metallb.universe.tf/allow-shared-ip" in annotations;
}

/** Preferences of several advertisements add up, node by node. */
function scoresOf(adverts: readonly L2Advert[]): ReadonlyMap<string, number> {
  const scores = new Map<string, number>();
  for (const { preference } of adverts) {
    for (const [node, weight] of preference ?? []) scores.set(node, (scores.get(node) ?? 0) + weight);
  }
  return scores;
}

function sharingMessage(selective: readonly L2Advert[]): string {
  return `A Service with the allow-shared-ip annotation cannot use ${
    named(selective)
  }, which selects Services; ` +
    "remove the annotation or the serviceSelectors";
}

function noAdvertisementMessage(pool: Pool, adverts: readonly L2Advert[], view: ClusterView): string {
  if (pool.l2Advertisements.length === 0) {
    return `No L2Advertisement uses IPAddressPool "${pool.name}"; create one that does`;
  }
  if (adverts.length === 0) {
    return `The serviceSelectors of ${named(pool.l2Advertisements)} do not match this Service; ` +
      "label the Service or add an L2Advertisement for it";
  }
  if (view.available.size + view.absent.size === 0) {
    return "There is no Node; add one for every host that runs a speaker";
  }
  return `The nodeSelectors of ${named(adverts)} match no node; label a node or change the nodeSelectors`;
}

const ABSENCES: Readonly<Record<NodeAbsence, string>> = {
  speakerNotAlive: "its speaker is not alive",
  networkUnavailable: "its condition NetworkUnavailable is True",
  labelledExcluded: "it is labelled exclude-from-external-load-balancers",
};

/** LIMIT: a message names this many nodes. */
const NAMED_NODES = 5;

function noEligibleNodeMessage(advertised: ReadonlySet<string>, view: ClusterView): string {
  const nodes = [...advertised].sort();
  const because = nodes.slice(0, NAMED_NODES).map((node) => {
    const absence = view.absent.get(node);
    return `${node}: ${
      absence === undefined ? "it has no ready endpoint, which Local needs" : ABSENCES[absence]
    }`;
  });
  if (nodes.length > NAMED_NODES) because.push(`and ${nodes.length - NAMED_NODES} more`);
  return `No node that an L2Advertisement selects can announce (${because.join("; ")}); ` +
    "make one of them able to, or let the L2Advertisement select another node";
}

function named(adverts: readonly L2Advert[]): string {
  return `L2Advertisement ${adverts.map((it) => `"${it.name}"`).join(", ")}`;
}

/**
 * Which nodes announce one Service by BGP, to which peers, and why the others do not.
 *
 * Source: MetalLB's bgpController.ShouldAnnounce, check by check in its order, with its reason strings.
 * Shape: one Service, its slices, its pool, the peers and the nodes in; a verdict a node out. Pure.
 * Not here: the routes themselves (node_routes.ts), whether the Service has usable addresses (../service_decision.ts).
 *
 * @module
 */
import type { EndpointSlice, Service } from "../../../k8s/types/core.ts";
import { familyOf, type Ip } from "../../../protocols/net/ip.ts";
import type { BgpAdvert, Config, Pool } from "../../config/config.ts";
import { clashInLocalPref, familiesOf } from "../../config/bgp/local_preference.ts";
import type { ClusterView } from "../../elect/cluster_view.ts";
import { canServe } from "../../elect/endpoints.ts";
import { namesTold, peersOn } from "./audience.ts";

/** Why a node does not announce a Service; only the last is not MetalLB's. */
export type BgpReason =
  | "notOwner"
  | "noMatchingAdvertisement"
  | "conflictingAdvertisements"
  | "nodeNetworkUnavailable"
  | "nodeLabeledExcludeBalancers"
  | "noLocalEndpoints"
  | "noEndpoints"
  | "noMatchingPeer";

/** What one node does about a Service. */
export interface BgpVerdict {
  /** null when the node announces it. */
  readonly reason: BgpReason | null;
  /** For a person; empty when the node announces it. */
  readonly message: string;
  /** The advertisements it is announced by, none with a reason. */
  readonly adverts: readonly BgpAdvert[];
  /** Sorted names of the peers that are told, whatever the state of their sessions; none with a reason. */
  readonly peers: readonly string[];
}

/** What all the nodes that were asked do about it. */
export interface BgpDecision {
  /** null when some node announces it; otherwise the reason of the node that came closest. */
  readonly reason: BgpReason | null;
  /** For a person. */
  readonly message: string;
  /** Of each node that an advertisement of the pool includes. */
  readonly verdicts: ReadonlyMap<string, BgpVerdict>;
}

/** What a decision is made from. */
export interface BgpQuestion {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  readonly pool: Pool;
  readonly addresses: readonly Ip[];
  readonly config: Config;
  /** All nodes, with every speaker taken for alive: each speaker announces for itself. */
  readonly view: ClusterView;
  /** The only node that matters, or null for all. */
  readonly node: string | null;
}

/** What a node does that no advertisement of the pool includes. */
export const NOT_OWNER: BgpVerdict = refusal(
  "notOwner",
  "No BGPAdvertisement of the Service's IPAddressPool includes this node",
);

/** Decides; see the module comment. */
export function decideBgp(question: BgpQuestion): BgpDecision {
  const { pool, node } = question;
  const included = new Set(pool.bgpAdvertisements.flatMap((it) => [...it.nodes]));
  const asked = node === null ? [...included].sort() : included.has(node) ? [node] : [];
  const endpoints = usableEndpoints(question.slices);
  const verdicts = new Map(asked.map((it) => [it, verdictOn(it, question, endpoints)]));
  let closest: BgpVerdict | null = null;
  for (const verdict of verdicts.values()) {
    if (closest === null || closenessOf(verdict) > closenessOf(closest)) closest = verdict;
  }
  return {
    reason: closest === null ? "noMatchingAdvertisement" : closest.reason,
    message: closest === null ? notIncludedMessage(pool, question.view) : closest.message,
    verdicts,
  };
}

const CHECKS: readonly (BgpReason | null)[] = [
  "notOwner",
  "noMatchingAdvertisement",
  "conflictingAdvertisements",
  "nodeNetworkUnavailable",
  "nodeLabeledExcludeBalancers",
  "noLocalEndpoints",
  "noEndpoints",
  "noMatchingPeer",
  null,
];

function closenessOf({ reason }: BgpVerdict): number {
  return CHECKS.indexOf(reason);
}

function verdictOn(node: string, question: BgpQuestion, endpoints: UsableEndpoints): BgpVerdict {
  const { service, pool, view } = question;
  const here = pool.bgpAdvertisements.filter((it) => it.nodes.has(node));
  if (here.length === 0) return NOT_OWNER;
  const adverts = here.filter((it) => selects(it, service));
  if (adverts.length === 0) return refusal("noMatchingAdvertisement", notSelectedMessage(here));
  const conflict = conflictIn(adverts, pool);
  if (conflict !== null) return refusal("conflictingAdvertisements", conflictMessage(conflict));
  const absence = view.absent.get(node);
  if (absence === "networkUnavailable") return NETWORK_UNAVAILABLE;
  if (absence === "labelledExcluded") return LABELLED_EXCLUDED;
  if (service.spec?.externalTrafficPolicy === "Local" && !endpoints.nodes.has(node)) {
    return NO_LOCAL_ENDPOINTS;
  }
  if (!endpoints.any) return NO_ENDPOINTS;
  const peers = toldPeers(node, adverts, question);
  if (peers.length === 0) return refusal("noMatchingPeer", noPeerMessage(node, adverts));
  return { reason: null, message: "", adverts, peers };
}

/**
 * METALLB: a Service counts as announced there when no peer is told of it. Here that is a reason like any other, and a
 * peer whose session carries no family of the Service is not told.
 */
function toldPeers(
  node: string,
  adverts: readonly BgpAdvert[],
  { addresses, config }: BgpQuestion,
): string[] {
  return namesTold(peersOn(node, config), adverts, addresses.map(familyOf));
}

function selects(advert: BgpAdvert, service: Service): boolean {
  const selectors = advert.serviceSelectors;
  return selectors.length === 0 || selectors.some((it) => it.matches(service.metadata.labels));
}

function conflictIn(adverts: readonly BgpAdvert[], pool: Pool): readonly [BgpAdvert, BgpAdvert] | null {
  if (adverts.every((it) => it.localPref === adverts[0]!.localPref)) return null;
  const families = familiesOf(pool.prefixes);
  for (const [index, a] of adverts.entries()) {
    const b = adverts.slice(0, index).find((it) => clashInLocalPref(a, it, families));
    if (b !== undefined) return [b, a];
  }
  return null;
}

interface UsableEndpoints {
  readonly any: boolean;
  readonly nodes: ReadonlySet<string>;
}

/** Unlike layer 2, an endpoint without an address does not count. */
function usableEndpoints(slices: readonly EndpointSlice[]): UsableEndpoints {
  let any = false;
  const nodes = new Set<string>();
  for (const slice of slices) {
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.addresses.length === 0 || !canServe(endpoint)) continue;
      any = true;
      if (typeof endpoint.nodeName === "string") nodes.add(endpoint.nodeName);
    }
  }
  return { any, nodes };
}

function refusal(reason: BgpReason, message: string): BgpVerdict {
  return { reason, message, adverts: [], peers: [] };
}

const NETWORK_UNAVAILABLE = refusal(
  "nodeNetworkUnavailable",
  "The node's condition NetworkUnavailable is True; BGP waits until it is gone",
);
const LABELLED_EXCLUDED = refusal(
  "nodeLabeledExcludeBalancers",
  "The node is labelled exclude-from-external-load-balancers; remove the label, or start with --ignore-exclude-lb",
);
const NO_LOCAL_ENDPOINTS = refusal(
  "noLocalEndpoints",
  "externalTrafficPolicy is Local, and no endpoint on a node that BGPAdvertisements include is ready",
);
const NO_ENDPOINTS = refusal("noEndpoints", "No endpoint is ready; check the pods spec.selector selects");

function notIncludedMessage({ name, bgpAdvertisements }: Pool, view: ClusterView): string {
  if (bgpAdvertisements.length === 0) {
    return `No BGPAdvertisement uses IPAddressPool "${name}"; create one that does`;
  }
  if (view.available.size + view.absent.size === 0) {
    return "There is no Node; add one for every host that runs a speaker";
  }
  return `The nodeSelectors of ${
    named(bgpAdvertisements)
  } match no node; label a node or change the nodeSelectors`;
}

function notSelectedMessage(adverts: readonly BgpAdvert[]): string {
  return `The serviceSelectors of ${named(adverts)} do not match this Service; ` +
    "label the Service or add a BGPAdvertisement for it";
}

function conflictMessage([a, b]: readonly [BgpAdvert, BgpAdvert]): string {
  return `${named([a])} announces it with localPref ${a.localPref ?? 0}, "${b.name}" with ${
    b.localPref ?? 0
  }; ` +
    "use the same for both, or different aggregation lengths, peers or nodes";
}

function noPeerMessage(node: string, adverts: readonly BgpAdvert[]): string {
  return `No BGPPeer that ${
    named(adverts)
  } is for selects node "${node}" and carries the family of the addresses; ` +
    "create one, or change the peers of the BGPAdvertisement";
}

function named(adverts: readonly BgpAdvert[]): string {
  return `BGPAdvertisement ${adverts.map((it) => `"${it.name}"`).join(", ")}`;
}

/**
 * What becomes of one Service, for the whole cluster: which addresses it holds, from which pool, and who announces
 * them by which protocol.
 *
 * Source: MetalLB's speaker, controller.SetBalancer and handleService: the checks in its order, its reason strings.
 * Shape: pure; one Service and what it depends on in, one decision out.
 * Not here: the election itself (agent/elect), BGP's part (bgp/decision.ts), many Services at once and what is remembered of them (cluster_plan.ts).
 *
 * @module
 */
import type { EndpointSlice, LoadBalancerIngress, Service } from "../../k8s/types/core.ts";
import { type Ip, parseIp } from "../../protocols/net/ip.ts";
import type { Config, Pool } from "../config/config.ts";
import type { ClusterView } from "../elect/cluster_view.ts";
import { type Announced, decideLayer2, type Layer2Decision, type Layer2Reason } from "../elect/layer2.ts";
import { type BgpDecision, type BgpReason, decideBgp } from "./bgp/decision.ts";

/** Why it does not come to an election. */
export type Refusal =
  | "notLoadBalancer"
  | "configurationInvalid"
  | "noIPAllocated"
  | "invalidIP"
  | "ipNotAllowed";

/** The outcome for one Service: refused before it comes to a protocol, or whatever both protocols gave. */
export type ServiceDecision = RefusedService | DecidedService;

/** A Service that no node would announce, whatever the nodes are. */
export interface RefusedService {
  readonly reason: Refusal;
  /** For a person. */
  readonly message: string;
  /** Of its status, in that order; empty unless all of them are addresses. */
  readonly addresses: readonly Ip[];
  readonly pool: null;
  readonly layer2: null;
  readonly bgp: null;
}

/** A Service with usable addresses. */
export interface DecidedService {
  /** null when some node announces it, by either protocol. */
  readonly reason: Layer2Reason | BgpReason | null;
  /** For a person; empty when some node announces it. */
  readonly message: string;
  readonly addresses: readonly Ip[];
  /** The pool that holds, or until lately held, all of them. */
  readonly pool: Pool;
  readonly layer2: Layer2Decision;
  readonly bgp: BgpDecision;
}

/** A Service that a node is elected to answer for by ARP and NDP. */
export interface AnsweredService extends DecidedService {
  readonly layer2: Announced;
}

/** True when some node answers for the Service. */
export function isAnswered(decision: ServiceDecision | null | undefined): decision is AnsweredService {
  return decision?.layer2?.reason === null;
}

/** True when the Service is for this load balancer: the same class, or none where none is asked for. */
export function isOfClass(service: Service, loadBalancerClass: string | null): boolean {
  return (service.spec?.loadBalancerClass ?? null) === loadBalancerClass;
}

/** The addresses of the Service's status, or null when one of the entries is none. */
export function addressesOf(ingress: readonly LoadBalancerIngress[]): readonly Ip[] | null {
  const addresses: Ip[] = [];
  for (const { ip } of ingress) {
    const address = ip === undefined ? null : parseIp(ip);
    if (address === null) return null;
    addresses.push(address);
  }
  return addresses;
}

/** What a decision depends on. */
export interface ServiceQuestion {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  /** The pool of these addresses; null when there is none; "noConfig" as long as there is no configuration. */
  readonly poolOf: ((addresses: readonly Ip[]) => Pool | null) | "noConfig";
  /** The configuration those pools are of; null only with "noConfig". */
  readonly config: Config | null;
  readonly view: ClusterView;
  /** All nodes, whether their speaker is alive or not. */
  readonly nodes: ClusterView;
  /** The only node whose BGP matters, or null for all. */
  readonly bgpNode: string | null;
}

/** Decides; the Service is of this load balancer's class. */
export function decideService(question: ServiceQuestion): ServiceDecision {
  const { service, slices, poolOf, config, view, nodes, bgpNode } = question;
  if (service.spec?.type !== "LoadBalancer") return NOT_LOAD_BALANCER;
  if (poolOf === "noConfig" || config === null) return NO_CONFIGURATION;
  const addresses = addressesOf(service.status?.loadBalancer?.ingress ?? []);
  if (addresses === null) return INVALID_IP;
  const [ip] = addresses;
  if (ip === undefined) return NO_IP_ALLOCATED;
  const pool = poolOf(addresses);
  if (pool === null) return { ...IP_NOT_ALLOWED, addresses };
  const layer2 = decideLayer2({ service, slices, pool, ip, view });
  const bgp = decideBgp({ service, slices, pool, addresses, config, view: nodes, node: bgpNode });
  return { ...whyNobody(pool, layer2, bgp), addresses, pool, layer2, bgp };
}

/** Of the protocols that have an advertisement for the pool; of both when that is neither. */
function whyNobody(
  pool: Pool,
  layer2: Layer2Decision,
  bgp: BgpDecision,
): Pick<DecidedService, "reason" | "message"> {
  if (layer2.reason === null || bgp.reason === null) return { reason: null, message: "" };
  const [hasLayer2, hasBgp] = [pool.l2Advertisements.length > 0, pool.bgpAdvertisements.length > 0];
  if (hasLayer2 && hasBgp) {
    return { reason: layer2.reason, message: `Layer 2: ${layer2.message}. BGP: ${bgp.message}` };
  }
  if (hasBgp) return bgp;
  if (hasLayer2 || layer2.reason !== "noMatchingAdvertisement") return layer2;
  const message =
    `No L2Advertisement or BGPAdvertisement uses IPAddressPool "${pool.name}"; create one that does`;
  return { reason: layer2.reason, message };
}

const NOT_LOAD_BALANCER = refusal("notLoadBalancer", "The Service is not of type LoadBalancer");
const NO_CONFIGURATION = refusal(
  "configurationInvalid",
  "There is no valid configuration; correct the errors reported on its objects",
);
const NO_IP_ALLOCATED = refusal(
  "noIPAllocated",
  "The Service has no address yet; see the controller's events on it",
);
const INVALID_IP = refusal(
  "invalidIP",
  "status.loadBalancer.ingress has an entry that is not an IP address; something else writes this status",
);
const IP_NOT_ALLOWED = refusal(
  "ipNotAllowed",
  "No IPAddressPool holds all addresses of the Service; add them to one, or clear the status to get new ones",
);

function refusal(reason: Refusal, message: string): RefusedService {
  return { reason, message, addresses: [], pool: null, layer2: null, bgp: null };
}

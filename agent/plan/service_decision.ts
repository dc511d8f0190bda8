/**
 * What becomes of one Service, for the whole cluster: which addresses it holds, from which pool, and who announces them.
 *
 * Source: MetalLB's speaker, controller.SetBalancer and handleService: the checks in its order, its reason strings.
 * Shape: pure; one Service and what it depends on in, one decision out.
 * Not here: the election itself (agent/elect), many Services at once and what is remembered of them (cluster_plan.ts).
 *
 * @module
 */
import type { EndpointSlice, LoadBalancerIngress, Service } from "../../k8s/types/core.ts";
import { type Ip, parseIp } from "../../protocols/net/ip.ts";
import type { Pool } from "../config/config.ts";
import type { ClusterView } from "../elect/cluster_view.ts";
import { type Announced, decideLayer2, type Layer2Reason, type Unannounced } from "../elect/layer2.ts";

/** Why it does not come to an election. */
export type Refusal =
  | "notLoadBalancer"
  | "configurationInvalid"
  | "noIPAllocated"
  | "invalidIP"
  | "ipNotAllowed";

/** The outcome for one Service: refused before an election, or whatever the election gave. */
export type ServiceDecision = RefusedService | UnannouncedService | AnnouncedService;

/** A Service that no node would announce, whatever the nodes are. */
export interface RefusedService {
  readonly reason: Refusal;
  /** For a person. */
  readonly message: string;
  /** Of its status, in that order; empty unless all of them are addresses. */
  readonly addresses: readonly Ip[];
  readonly pool: null;
  readonly layer2: null;
}

/** A Service with usable addresses and no announcer. */
export interface UnannouncedService {
  readonly reason: Layer2Reason;
  /** For a person. */
  readonly message: string;
  readonly addresses: readonly Ip[];
  readonly pool: Pool;
  readonly layer2: Unannounced;
}

/** A Service with an announcer. */
export interface AnnouncedService {
  readonly reason: null;
  readonly message: "";
  readonly addresses: readonly Ip[];
  /** The pool that holds, or until lately held, all of them. */
  readonly pool: Pool;
  readonly layer2: Announced;
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
  readonly view: ClusterView;
}

/** Decides; the Service is of this load balancer's class. */
export function decideService({ service, slices, poolOf, view }: ServiceQuestion): ServiceDecision {
  if (service.spec?.type !== "LoadBalancer") return NOT_LOAD_BALANCER;
  if (poolOf === "noConfig") return NO_CONFIGURATION;
  const addresses = addressesOf(service.status?.loadBalancer?.ingress ?? []);
  if (addresses === null) return INVALID_IP;
  const [ip] = addresses;
  if (ip === undefined) return NO_IP_ALLOCATED;
  const pool = poolOf(addresses);
  if (pool === null) return { ...IP_NOT_ALLOWED, addresses };
  const layer2 = decideLayer2({ service, slices, pool, ip, view });
  return layer2.reason === null
    ? { reason: null, message: "", addresses, pool, layer2 }
    : { reason: layer2.reason, message: layer2.message, addresses, pool, layer2 };
}

const NOT_LOAD_BALANCER = refusal("notLoadBalancer", "The Service is not of type LoadBalancer");
const NO_CONFIGURATION = refusal(
  "configurationInvalid",
  "There is no valid configuration; correct the errors reported on the IPAddressPools and L2Advertisements",
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
  return { reason, message, addresses: [], pool: null, layer2: null };
}

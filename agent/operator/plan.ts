/**
 * What Ingot would decide for these manifests, and why: the report behind `ingot plan`.
 *
 * Shape: pure; a snapshot, its configuration and the source's errors in, a {@linkcode PlanReport} out. It runs what the
 * roles run, once: the allocator over all Services, then the election on its result with every speaker alive.
 * Not here: reading the folder, printing (plan_command.ts), the table (plan_table.ts).
 *
 * @module
 */
import type { ClusterObjects, FaultyObject, ObjectError } from "../../k8s/source.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { ObjectKey } from "../../k8s/types/meta.ts";
import { familyOf, type Ip } from "../../protocols/net/ip.ts";
import { Allocation } from "../allocate/allocation.ts";
import type { AllocationReason, Decision } from "../allocate/decision.ts";
import type { Config, Parsed } from "../config/config.ts";
import { everyError } from "../config/every_error.ts";
import { isAboutConfiguration } from "../config/last_good.ts";
import { parseConfig } from "../config/parse.ts";
import { type ClusterView, clusterViewOf } from "../elect/cluster_view.ts";
import type { Layer2Reason } from "../elect/layer2.ts";
import type { BgpReason } from "../plan/bgp/decision.ts";
import { namesTold, peersOn } from "../plan/bgp/audience.ts";
import {
  type Announcement,
  type ClusterDecisions,
  ClusterPlan,
  type ClusterPlanOptions,
} from "../plan/cluster_plan.ts";
import { type Reach, reachOn, uniteReach } from "../plan/reach.ts";
import { isOfClass, type Refusal, type ServiceDecision } from "../plan/service_decision.ts";
import { type Snapshot, snapshotOf } from "../snapshot.ts";

/** Everything `ingot plan` prints, sorted; the fields stand in the order they are printed in. */
export interface PlanReport {
  readonly services: readonly PlannedService[];
  readonly errors: readonly ObjectError[];
}

/** One Service of type LoadBalancer. */
export interface PlannedService {
  /** "namespace/name" */
  readonly service: ObjectKey;
  readonly addresses: readonly string[];
  readonly pool: string | null;
  /** A stable code when the Service has no address, or one that nobody announces; otherwise null. */
  readonly reason: PlanReason | null;
  /** For a person: what to do about the reason, or what else there is to say; may be empty. */
  readonly message: string;
  readonly announcers: readonly Announcer[];
}

/** Why a Service does not work. */
export type PlanReason = AllocationReason | Refusal | Layer2Reason | BgpReason | "foreignLoadBalancerClass";

/** One node announcing one address. */
export interface Announcer {
  readonly address: string;
  readonly protocol: "layer2" | "bgp";
  readonly node: string;
  /** Sorted; empty when every interface may answer, as ServiceL2Status has it, and for BGP. */
  readonly interfaces: readonly string[];
  /** Sorted names of the BGPPeers that are told; empty for layer 2. */
  readonly peers: readonly string[];
}

/** What a report is made from. */
export interface PlanQuestion {
  readonly snapshot: Snapshot;
  readonly parsed: Parsed;
  /** What the source could not use. */
  readonly sourceErrors: readonly ObjectError[];
  readonly options: ClusterPlanOptions;
}

/** What a source holds. */
export interface Held {
  readonly objects: ClusterObjects;
  readonly faulty: readonly FaultyObject[];
  readonly errors: readonly ObjectError[];
}

/** The question that these objects put, with every error that can be found in one round. */
export function planQuestionOf(
  { objects, faulty, errors: sourceErrors }: Held,
  options: ClusterPlanOptions,
): PlanQuestion {
  const parsed = parseConfig(objects);
  const found = everyError(objects, faulty);
  const isSound = parsed.ok && found.errors.length === 0;
  return {
    snapshot: snapshotOf(objects),
    parsed: isSound ? parsed : { ok: false, ...found },
    sourceErrors,
    options,
  };
}

/** What a configuration makes of a snapshot. */
export interface Decided {
  readonly config: Config;
  readonly elected: ClusterDecisions;
  readonly snapshot: Snapshot;
  /** Of all nodes: every speaker is taken for alive. */
  readonly view: ClusterView;
  /** One Service of type LoadBalancer and of our class. */
  readonly serviceOf: (key: ObjectKey) => PlannedService;
}

/** Decides everything, or null as long as the configuration has errors. */
export function decide({ snapshot, parsed, sourceErrors, options }: PlanQuestion): Decided | null {
  if (!parsed.ok || sourceErrors.some((it) => isAboutConfiguration(it))) return null;
  return decideNext(snapshot, parsed.config, options);
}

/** Plans once; the same question gives the same report, field by field in the same order. */
export function planReport(question: PlanQuestion, decided: Decided | null = decide(question)): PlanReport {
  const { snapshot, parsed, sourceErrors, options } = question;
  const errors = sortedErrors([...sourceErrors, ...(parsed.ok ? [] : parsed.errors)]);
  const planOne: PlanOne = decided?.serviceOf ?? unplanned;
  const services: PlannedService[] = [];
  for (const key of [...snapshot.services.keys()].sort()) {
    const service = snapshot.services.get(key);
    if (service?.spec?.type !== "LoadBalancer") continue;
    const isOurs = isOfClass(service, options.loadBalancerClass);
    services.push(isOurs ? planOne(key, service) : foreign(key, service, options.loadBalancerClass));
  }
  return { services, errors };
}

/** The report as JSON, two spaces deep, with a final newline. */
export function formatPlanJson<Report extends PlanReport>(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

type PlanOne = (key: ObjectKey, service: Service) => PlannedService;

/** Allocates and elects for all Services. */
function decideNext(snapshot: Snapshot, config: Config, options: ClusterPlanOptions): Decided {
  const allocation = new Allocation({ loadBalancerClass: options.loadBalancerClass });
  allocation.reconcile(snapshot, config);
  const services = new Map(snapshot.services);
  for (const [key, { addresses }] of allocation.decisions) {
    const service = services.get(key);
    if (service !== undefined) services.set(key, withAddresses(service, addresses));
  }
  const allocated = snapshotOf({ ...snapshot, services });
  const elected = new ClusterPlan(options).decide({ snapshot: allocated, config, live: null });
  const serviceOf = (key: ObjectKey) => planned(key, allocation.decisions.get(key), elected, config);
  return { config, elected, snapshot, view: viewOf(snapshot, options), serviceOf };
}

function viewOf({ nodes }: Snapshot, { ignoreExcludeLb }: ClusterPlanOptions): ClusterView {
  return clusterViewOf(nodes, null, ignoreExcludeLb);
}

/** Elects for all Services with the addresses their statuses hold: what is so now. */
export function decideNow(snapshot: Snapshot, config: Config, options: ClusterPlanOptions): Decided {
  const elected = new ClusterPlan(options).decide({ snapshot, config, live: null });
  const serviceOf = (key: ObjectKey): PlannedService => {
    const decision = elected.services.get(key);
    const addresses = decision?.addresses ?? [];
    return {
      service: key,
      addresses,
      pool: decision?.pool?.name ?? null,
      reason: decision?.reason ?? null,
      message: decision?.message ?? "",
      announcers: announcersOf(key, addresses, elected, config),
    };
  };
  return { config, elected, snapshot, view: viewOf(snapshot, options), serviceOf };
}

function withAddresses(service: Service, addresses: readonly Ip[]): Service {
  const ingress = addresses.map((ip) => ({ ip }));
  return { ...service, status: { ...service.status, loadBalancer: { ingress } } };
}

/** An allocator's message on a Service that works all the same, about a second family say, is kept. */
function planned(
  key: ObjectKey,
  allocated: Decision | undefined,
  elected: ClusterDecisions,
  config: Config,
): PlannedService {
  const addresses = allocated?.addresses ?? [];
  const decision = elected.services.get(key);
  const isRefused = addresses.length === 0 && allocated !== undefined && allocated.reason !== null;
  const refusal = isRefused ? allocated : decision;
  const reason = refusal?.reason ?? null;
  return {
    service: key,
    addresses,
    pool: allocated?.pool ?? null,
    reason,
    message: (reason === null ? allocated?.message : refusal?.message) ?? "",
    announcers: announcersOf(key, addresses, elected, config),
  };
}

function announcersOf(
  key: ObjectKey,
  addresses: readonly Ip[],
  elected: ClusterDecisions,
  config: Config,
): Announcer[] {
  const decision = elected.services.get(key);
  return addresses.flatMap((ip) => [
    ...answerersOf(key, ip, elected),
    ...bgpAnnouncersOf(ip, decision, config),
  ]).sort(compareAnnouncers);
}

function answerersOf(key: ObjectKey, ip: Ip, { announcements }: ClusterDecisions): Announcer[] {
  const announcement = announcements.get(ip);
  if (announcement === undefined || !announcement.holders.some((it) => it.key === key)) return [];
  const { node } = announcement;
  return [{
    address: ip,
    protocol: "layer2",
    node,
    interfaces: reachOf(announcement)?.interfaces ?? [],
    peers: [],
  }];
}

/** Every node that announces the Service does so for each of its addresses that some peer is told of. */
function bgpAnnouncersOf(ip: Ip, decision: ServiceDecision | undefined, config: Config): Announcer[] {
  return [...decision?.bgp?.verdicts ?? []].flatMap(([node, { adverts }]): Announcer[] => {
    const peers = namesTold(peersOn(node, config), adverts, [familyOf(ip)]);
    return peers.length === 0 ? [] : [{ address: ip, protocol: "bgp", node, interfaces: [], peers }];
  });
}

/** A shared address is answered wherever one of its Services may be. */
function reachOf({ node, holders }: Announcement): Reach | null {
  return uniteReach(
    holders.map((it) => reachOn(node, it.decision.layer2.adverts)).filter((it) => it !== null),
  );
}

/** Nothing is decided as long as the configuration has errors: what the Service has, it keeps. */
function unplanned(key: ObjectKey, service: Service): PlannedService {
  return undecided(
    key,
    service,
    "configurationInvalid",
    "The configuration has errors, so nothing is decided; correct them first",
  );
}

function foreign(key: ObjectKey, service: Service, loadBalancerClass: string | null): PlannedService {
  const its = service.spec?.loadBalancerClass;
  return undecided(
    key,
    service,
    "foreignLoadBalancerClass",
    its === undefined
      ? `The Service has no spec.loadBalancerClass, but only "${loadBalancerClass}" is handled; set it on the Service`
      : `The Service is for load balancer class "${its}"; to handle that one, start with --lb-class=${its}`,
  );
}

function undecided(key: ObjectKey, service: Service, reason: PlanReason, message: string): PlannedService {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const addresses = ingress.flatMap(({ ip }) => ip === undefined ? [] : [ip]);
  return { service: key, addresses, pool: null, reason, message, announcers: [] };
}

/** Each error once: a source and the parser may find the same. */
function sortedErrors(errors: readonly ObjectError[]): ObjectError[] {
  const byText = new Map<string, ObjectError>();
  for (const { object, field, message } of errors) {
    byText.set(JSON.stringify([object, field, message]), { object, field, message });
  }
  return [...byText.values()].sort((a, b) =>
    compareTexts(a.object, b.object) || compareTexts(a.field, b.field) || compareTexts(a.message, b.message)
  );
}

function compareAnnouncers(a: Announcer, b: Announcer): number {
  return compareTexts(a.address, b.address) || compareTexts(a.protocol, b.protocol) ||
    compareTexts(a.node, b.node);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

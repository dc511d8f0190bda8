/**
 * What Ingot decides, step by step: its controller and its speakers without the cluster around them.
 *
 * Shape: steps in, {@linkcode Verdicts} out. The controller goes on from what it decided itself; the speakers judge Services with
 * the addresses that they are given, so that one difference in allocation is not told again as one in announcing.
 * Not here: whether that is right (comparison.ts).
 *
 * @module
 */
import { Allocation } from "../../agent/allocate/allocation.ts";
import { ALLOCATED_FROM_POOL } from "../../agent/allocate/request.ts";
import type { Config, Pool } from "../../agent/config/config.ts";
import { type LastGood, nextLastGood, NO_CONFIG_YET } from "../../agent/config/last_good.ts";
import { type NodeOutcome, NodePlan, type NodeReason } from "../../agent/plan/node_plan.ts";
import { BGP_STATUS, L2_STATUS } from "../../agent/report/service_statuses.ts";
import { type Snapshot, snapshotOf } from "../../agent/snapshot.ts";
import { MANIFEST_KINDS } from "../../k8s/manifests/kinds.ts";
import type { ClusterObjects } from "../../k8s/source.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { KubernetesObject } from "../../k8s/types/meta.ts";
import { manifestOf } from "./manifest.ts";
import {
  INTERFACES,
  NAMESPACES,
  NODES,
  NOTHING,
  type Step,
  SYSTEM,
  type Verdict,
  type Verdicts,
} from "./step.ts";

/** What a status says of a Service's addresses. */
type Held = Pick<Verdict, "addresses" | "pool">;

const NONE: Held = NOTHING;
const CLUSTER_IPS: Readonly<Record<string, string>> = { IPv4: "10.96.0.10", IPv6: "fd00:10:96::10" };
/** A pass whose writes lead to no end of others is a mistake. */
const MOST_PASSES = 10;
/** LIMIT: 720 orders take a second. */
const MOST_REORDERED = 6;

/** The objects of a cluster, as its steps make them. */
class Objects {
  readonly #collections = new Map<string, ReadonlyMap<string, unknown>>();
  #count = 0;

  constructor() {
    for (const { collection } of MANIFEST_KINDS.values()) this.#collections.set(collection, new Map());
    for (const key of NODES) this.apply({ kind: "Node", key, body: {} });
    for (const key of [...NAMESPACES, SYSTEM, "default", "kube-system"]) {
      this.apply({ kind: "Namespace", key, body: {} });
    }
  }

  get all(): ClusterObjects {
    return Object.fromEntries(this.#collections) as unknown as ClusterObjects;
  }

  apply(step: Step, createdAt: string | null = null): void {
    const { collection } = MANIFEST_KINDS.get(step.kind)!;
    const before = this.#collections.get(collection)! as ReadonlyMap<string, KubernetesObject>;
    const after = new Map(before);
    const { metadata: { name, namespace } } = manifestOf(step);
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    if (step.body === null) after.delete(key);
    else after.set(key, this.#object(step, before.get(key), createdAt));
    this.#collections.set(collection, after);
  }

  /** As the API server completes it. */
  #object(step: Step, before: KubernetesObject | undefined, createdAt: string | null): KubernetesObject {
    const { metadata, spec, ...manifest } = manifestOf(step);
    const labels = { ...metadata.labels, ...labelsOfApi(step) };
    const at = this.#count++;
    return {
      ...manifest,
      metadata: {
        ...metadata,
        labels,
        uid: before?.metadata.uid ?? String(at),
        creationTimestamp: before?.metadata.creationTimestamp ?? createdAt ??
          new Date(at * 1000).toISOString(),
      },
      ...spec !== undefined && { spec: step.kind === "Service" ? withClusterIPs(spec) : spec },
      ...step.body?.isUnavailable &&
        { status: { conditions: [{ type: "NetworkUnavailable", status: "True" }] } },
    };
  }
}

function labelsOfApi({ kind, key }: Step): Readonly<Record<string, string>> {
  if (kind === "Node") return { "kubernetes.io/hostname": key };
  return kind === "Namespace" ? { "kubernetes.io/metadata.name": key } : {};
}

function withClusterIPs(spec: unknown): unknown {
  const { ipFamilies = [] } = spec as { readonly ipFamilies?: readonly string[] };
  const clusterIPs = ipFamilies.map((family) => CLUSTER_IPS[family]!);
  return { ...spec as object, clusterIPs, clusterIP: clusterIPs[0] };
}

/** What a controller knows at one instant. */
interface Situation {
  readonly objects: ClusterObjects;
  readonly config: Config | null;
  readonly held: ReadonlyMap<string, Held>;
}

/** See the module comment. */
export class IngotCluster {
  readonly #objects = new Objects();
  #allocation = new Allocation({ loadBalancerClass: null });
  #config: LastGood = NO_CONFIG_YET;
  #held: ReadonlyMap<string, Held> = new Map();
  /** Before the last step. */
  #before: Situation = { objects: this.#objects.all, config: null, held: this.#held };
  /** The objects with what is held, those that did not change with their identity. */
  #services: ReadonlyMap<string, Service> = new Map();
  readonly #speakers = NODES.map((node) => new Speaker(node));

  /** Lets a step happen and the controller act upon it; unless it is said when the object was made, it is a second after the last. */
  apply(step: Step, createdAt: string | null = null): void {
    this.#before = { objects: this.#objects.all, config: this.#config.config, held: this.#held };
    this.#objects.apply(step, createdAt);
    const objects = this.#objects.all;
    this.#config = nextLastGood(this.#config, objects, [], "allocation");
    this.#held = new Map([...this.#held].filter(([key]) => objects.services.has(key)));
    this.#held = controlled(this.#allocation, this.#situation(this.#held));
  }

  /** What the controller has given to whom. */
  get held(): ReadonlyMap<string, Held> {
    return this.#held;
  }

  /** What a controller that starts now makes of these statuses; it has the configuration in force. */
  adopting(verdicts: Verdicts): ReadonlyMap<string, Held> {
    return controlled(new Allocation({ loadBalancerClass: null }), this.#situation(verdicts));
  }

  /** Goes on from these statuses instead of its own. */
  adopt(verdicts: Verdicts): void {
    this.#allocation = new Allocation({ loadBalancerClass: null });
    this.#held = controlled(this.#allocation, this.#situation(verdicts));
  }

  /** True when the last step could have led to these statuses had the Services that changed been created in another order. */
  canDecide(verdicts: Verdicts): boolean {
    const isOther = (key: string): boolean =>
      [verdicts.get(key) ?? NONE, this.#held.get(key) ?? NONE].some((one) =>
        !isSameHeld(one, this.#before.held.get(key) ?? NONE)
      );
    const objects = this.#objects.all;
    const moved = [...objects.services.keys()].filter(isOther);
    if (moved.length > MOST_REORDERED) return false;
    return permutations(moved).some((order) => {
      const services = new Map(objects.services);
      for (const [place, key] of order.entries()) services.set(key, createdIn(place, services.get(key)!));
      const allocation = new Allocation({ loadBalancerClass: null });
      const before = controlled(allocation, this.#before);
      const held = controlled(allocation, { ...this.#situation(before), objects: { ...objects, services } });
      return [...services.keys()].every((key) =>
        isSameHeld(held.get(key) ?? NONE, verdicts.get(key) ?? NONE)
      );
    });
  }

  /** What the speakers do about Services with these statuses. */
  announcing(verdicts: ReadonlyMap<string, Held>): Verdicts {
    this.#services = withStatuses(this.#objects.all.services, verdicts, this.#services);
    const snapshot = snapshotOf({ ...this.#objects.all, services: this.#services });
    for (const speaker of this.#speakers) speaker.judge(snapshot);
    return new Map([...snapshot.services.keys()].map((key) => {
      const { addresses, pool } = verdicts.get(key) ?? NONE;
      return [key, this.#speakers.reduce((said, one) => one.say(key, said), { ...NOTHING, addresses, pool })];
    }));
  }

  /** The pool of this name in the configuration in force. */
  pool(name: string | null): Pool | null {
    return this.#config.config?.pools.get(name ?? "") ?? null;
  }

  /** Why this node did not announce the Service when it was last asked. */
  reasonOn(node: string, service: string): NodeReason | null {
    return this.#speakers.find((one) => one.node === node)?.reasonFor(service) ?? null;
  }

  #situation(held: ReadonlyMap<string, Held>): Situation {
    return { objects: this.#objects.all, config: this.#config.config, held };
  }
}

/** Lets a controller act until it has nothing more to do, and returns what it has given to whom. */
function controlled(allocation: Allocation, { objects, config, held }: Situation): ReadonlyMap<string, Held> {
  let now: ReadonlyMap<string, Held> = new Map(
    [...held].filter(([key]) => objects.services.has(key)).map(([key, { addresses, pool }]) =>
      [key, { addresses, pool }] as const
    ),
  );
  let services: ReadonlyMap<string, Service> = new Map();
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    services = withStatuses(objects.services, now, services);
    const decisions = allocation.reconcile(snapshotOf({ ...objects, services }), config);
    if (decisions.every(({ write }) => write === null)) return now;
    const after = new Map(now);
    for (const { key, write } of decisions) {
      if (write === null) continue;
      const addresses = write.ingress.map(({ ip }) => ip!);
      after.set(key, { addresses, pool: write.annotations[ALLOCATED_FROM_POOL] ?? null });
    }
    now = after;
  }
  throw new Error("The controller does not come to rest");
}

/** One node's speaker, as far as Services say what it does. */
class Speaker {
  readonly node: string;
  readonly #plan: NodePlan;
  #config: LastGood = NO_CONFIG_YET;
  #services: ReadonlyMap<string, Service> = new Map();
  #outcomes: ReadonlyMap<string, NodeOutcome> = new Map();

  constructor(node: string) {
    this.node = node;
    this.#plan = new NodePlan(node, { loadBalancerClass: null, ignoreExcludeLb: false });
  }

  judge(snapshot: Snapshot): void {
    this.#config = nextLastGood(this.#config, snapshot, [], { node: this.node });
    const config = this.#config.config;
    const localInterfaces = new Set(INTERFACES);
    this.#outcomes = this.#plan.plan({ snapshot, config, live: null, localInterfaces }).services;
    this.#services = snapshot.services;
  }

  /** Adds to a verdict what this node does for the Service. */
  say(key: string, verdict: Verdict): Verdict {
    const [service, outcome] = [this.#services.get(key)!, this.#outcomes.get(key)];
    if (outcome === undefined) return verdict;
    const interfaces = L2_STATUS.namesOf(service, outcome);
    const peers = BGP_STATUS.namesOf(service, outcome);
    return {
      ...verdict,
      ...interfaces !== null && { node: announcers(verdict.node, this.node), interfaces },
      ...peers !== null && { peers: { ...verdict.peers, [this.node]: peers } },
    };
  }

  reasonFor(key: string): NodeReason | null {
    return this.#outcomes.get(key)?.reason ?? null;
  }
}

/** Two announcers would be a mistake: both are told. */
function announcers(before: string | null, node: string): string {
  return before === null ? node : `${before} and ${node}`;
}

/** The Services with these statuses; those that are as they were before are the same objects. */
function withStatuses(
  services: ReadonlyMap<string, Service>,
  statuses: ReadonlyMap<string, Held>,
  before: ReadonlyMap<string, Service>,
): ReadonlyMap<string, Service> {
  return new Map([...services].map(([key, service]) => {
    const now = withStatus(service, statuses.get(key) ?? NONE);
    const was = before.get(key);
    return [key, was !== undefined && JSON.stringify(was) === JSON.stringify(now) ? was : now];
  }));
}

function withStatus(service: Service, { addresses, pool }: Held): Service {
  const { metadata } = service;
  const annotations = { ...metadata.annotations, ...pool !== null && { [ALLOCATED_FROM_POOL]: pool } };
  return {
    ...service,
    metadata: { ...metadata, annotations },
    status: { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } },
  };
}

function isSameHeld(a: Held, b: Held): boolean {
  return a.pool === b.pool && a.addresses.join() === b.addresses.join();
}

/** The Service as if it had been created before all that have a higher place. */
function createdIn(place: number, service: Service): Service {
  const creationTimestamp = new Date(place).toISOString();
  return { ...service, metadata: { ...service.metadata, creationTimestamp } };
}

function permutations<T>(of: readonly T[]): readonly (readonly T[])[] {
  if (of.length < 2) return [of];
  return of.flatMap((first, at) => permutations(of.toSpliced(at, 1)).map((rest) => [first, ...rest]));
}

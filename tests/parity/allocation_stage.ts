/**
 * A stage for allocation: Services and pools sketched in a few words, an Allocation, and a cluster that carries out its writes.
 *
 * Shape: sketches in, objects as an API server would hold them. `run` reconciles, applies every write as a new object,
 * and fails unless the next pass has nothing left to say.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Allocation } from "../../agent/allocate/allocation.ts";
import type { Decision } from "../../agent/allocate/decision.ts";
import type { Config, Pool } from "../../agent/config/config.ts";
import { snapshotOf } from "../../agent/snapshot.ts";
import { compileSelector, type Selector } from "../../k8s/selector.ts";
import type { LoadBalancerIngress, Service } from "../../k8s/types/core.ts";
import { keyOf, type Labels } from "../../k8s/types/meta.ts";
import { parseIp } from "../../protocols/net/ip.ts";
import { parsePrefix, type Prefix, prefixesOfRange } from "../../protocols/net/prefix.ts";

/** A pool in a few words; pinned when it names namespaces, labels or a priority. */
export interface PoolSketch {
  /** Prefixes and ranges. */
  readonly addresses: readonly string[];
  readonly manual?: boolean;
  readonly avoidBuggyIPs?: boolean;
  readonly priority?: number;
  readonly namespaces?: readonly string[];
  readonly labels?: Labels;
}

/** A Service in a few words: of type LoadBalancer, with cluster IP 10.0.0.1 and port TCP/80 unless it says otherwise. */
export interface ServiceSketch {
  readonly type?: string;
  readonly labels?: Labels;
  readonly clusterIPs?: readonly string[];
  readonly clusterIP?: string;
  readonly ports?: readonly string[];
  readonly policy?: string;
  readonly ipFamilies?: readonly string[];
  readonly loadBalancerIP?: string;
  readonly loadBalancerClass?: string;
  /** externalTrafficPolicy: Local. */
  readonly local?: boolean;
  readonly selector?: Labels;
  /** metallb.io/address-pool, /loadBalancerIPs and /allow-shared-ip. */
  readonly pool?: string;
  readonly ips?: string;
  readonly share?: string;
  readonly annotations?: Labels;
  /** Addresses already published; "hostname" stands for an entry without address. */
  readonly status?: readonly string[];
  readonly created?: string;
  readonly uid?: string;
}

/** A configuration of these pools. */
export function configOf(sketches: Readonly<Record<string, PoolSketch>>): Config {
  const names = Object.keys(sketches).sort();
  return {
    pools: new Map(names.map((name) => [name, poolOf(name, sketches[name]!)])),
    communities: new Map(),
    peers: new Map(),
  };
}

function poolOf(name: string, sketch: PoolSketch): Pool {
  const isPinned = (sketch.priority ?? sketch.namespaces ?? sketch.labels) !== undefined;
  const isOpen = sketch.namespaces === undefined && sketch.labels === undefined;
  return {
    name,
    prefixes: sketch.addresses.flatMap(prefixesOf),
    autoAssign: !sketch.manual,
    avoidBuggyIPs: sketch.avoidBuggyIPs ?? false,
    serviceAllocation: isPinned
      ? {
        priority: sketch.priority ?? 0,
        namespaces: sketch.namespaces === undefined ? null : new Set(sketch.namespaces),
        serviceSelectors: isOpen || sketch.labels !== undefined ? [selectorOf(sketch.labels ?? {})] : [],
      }
      : null,
    l2Advertisements: [],
    bgpAdvertisements: [],
  };
}

function prefixesOf(text: string): Prefix[] {
  const [first, last] = text.split("-").map(parseIp);
  return first && last ? prefixesOfRange(first, last) : [parsePrefix(text)!];
}

function selectorOf(matchLabels: Labels): Selector {
  const compiled = compileSelector({ matchLabels });
  assert(compiled.ok);
  return compiled.selector;
}

/** A Service under "name" (in the namespace default) or "namespace/name". */
export function serviceOf(path: string, sketch: ServiceSketch): Service {
  const [namespace, name] = path.includes("/") ? path.split("/") as [string, string] : ["default", path];
  const clusterIPs = sketch.clusterIPs ?? (sketch.clusterIP === undefined ? ["10.0.0.1"] : undefined);
  const annotations = {
    "metallb.io/address-pool": sketch.pool,
    "metallb.io/loadBalancerIPs": sketch.ips,
    "metallb.io/allow-shared-ip": sketch.share,
    ...sketch.annotations,
  };
  const ingress = (sketch.status ?? []).map((ip) => ip === "hostname" ? { hostname: "lb.example" } : { ip });
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name,
      namespace,
      uid: sketch.uid,
      creationTimestamp: sketch.created,
      labels: sketch.labels,
      annotations,
    },
    spec: {
      type: sketch.type ?? "LoadBalancer",
      clusterIPs,
      clusterIP: sketch.clusterIP,
      ports: (sketch.ports ?? ["TCP/80"]).map((text) => {
        const [protocol, port] = text.split("/");
        return { protocol, port: Number(port) };
      }),
      ipFamilyPolicy: sketch.policy,
      ipFamilies: sketch.ipFamilies,
      loadBalancerIP: sketch.loadBalancerIP,
      loadBalancerClass: sketch.loadBalancerClass,
      externalTrafficPolicy: sketch.local ? "Local" : "Cluster",
      selector: sketch.selector ?? { app: "any" },
    },
    status: { loadBalancer: ingress.length === 0 ? {} : { ingress } },
  };
  // Through JSON, so that what is not said is absent, as it is in objects from an API server.
  return JSON.parse(JSON.stringify(service)) as Service;
}

/** See the module comment. */
export class Stage {
  allocation: Allocation;
  config: Config | null = null;
  /** Replaced whole by every change, as a store does. */
  services: ReadonlyMap<string, Service> = new Map();
  /** Addresses of Services that cannot be read. */
  unreadable: ReadonlyMap<string, string> = new Map();

  constructor(loadBalancerClass: string | null = null) {
    this.allocation = new Allocation({ loadBalancerClass });
  }

  /** Creates or replaces a Service; its status survives unless the sketch has one. */
  apply(path: string, sketch: ServiceSketch): void {
    const service = serviceOf(path, sketch);
    const before = this.services.get(keyOf(service));
    const kept = before === undefined || sketch.status !== undefined ? service : withWrite(service, {
      ingress: before.status?.loadBalancer?.ingress ?? [],
      annotations: pick(before, "metallb.io/ip-allocated-from-pool"),
    });
    this.services = new Map(this.services).set(keyOf(service), kept);
  }

  remove(path: string): void {
    const services = new Map(this.services);
    services.delete(path.includes("/") ? path : `default/${path}`);
    this.services = services;
  }

  /** Forgets everything but the objects. */
  restart(loadBalancerClass: string | null = null): void {
    this.allocation = new Allocation({ loadBalancerClass });
  }

  /** One pass, without carrying out its writes. */
  reconcile(config: Config | null = this.config): readonly Decision[] {
    const none = new Map<string, never>();
    const objects = { endpointSlices: none, nodes: none, namespaces: none, ipAddressPools: none };
    const snapshot = snapshotOf({
      services: this.services,
      ...objects,
      l2Advertisements: none,
      communities: none,
      bgpPeers: none,
      bgpAdvertisements: none,
      bfdProfiles: none,
      secrets: none,
    });
    return this.allocation.reconcile(snapshot, config, this.unreadable);
  }

  /** Carries out writes, each as a new object. */
  write(decisions: readonly Decision[]): void {
    const services = new Map(this.services);
    for (const { key, write } of decisions) {
      const service = services.get(key);
      if (write !== null && service !== undefined) services.set(key, withWrite(service, write));
    }
    this.services = services;
  }

  /** One pass with its writes carried out; fails unless that settles everything. */
  run(): readonly Decision[] {
    const decisions = this.reconcile();
    this.write(decisions);
    assert.deepEqual(this.reconcile(), [], "a pass after its own writes has nothing left to say");
    return decisions;
  }

  /** The published addresses of a Service, joined by commas. */
  published(path: string): string {
    const service = this.services.get(path.includes("/") ? path : `default/${path}`);
    return (service?.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname).join();
  }
}

function pick(service: Service, annotation: string): Record<string, string> {
  const value = service.metadata.annotations?.[annotation];
  return value === undefined ? {} : { [annotation]: value };
}

interface Write {
  readonly ingress: readonly LoadBalancerIngress[];
  readonly annotations: Readonly<Record<string, string | null>>;
}

function withWrite(service: Service, { ingress, annotations }: Write): Service {
  const merged = Object.entries({ ...service.metadata.annotations, ...annotations });
  const kept = merged.filter((entry): entry is [string, string] => entry[1] !== null);
  return {
    ...service,
    metadata: { ...service.metadata, annotations: Object.fromEntries(kept) },
    status: { loadBalancer: ingress.length === 0 ? {} : { ingress } },
  };
}

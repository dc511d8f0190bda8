/**
 * Clusters in a few words, for tests: Services, Nodes, EndpointSlices and configuration as the plan reads them.
 *
 * Shape: every function fills in what a test does not care about. Configuration is written directly, as the parser would
 * make it; tests that start from YAML do not need this file.
 *
 * @module
 */
import type { Config, L2Advert, Pool } from "../../agent/config/config.ts";
import { type Snapshot, snapshotOf } from "../../agent/snapshot.ts";
import { compileSelector, type Selector } from "../../k8s/selector.ts";
import { type EndpointSlice, type Node, type Service, SERVICE_NAME_LABEL } from "../../k8s/types/core.ts";
import { keyOf, type Labels } from "../../k8s/types/meta.ts";
import type { Prefix } from "../../protocols/net/prefix.ts";

/** What a test says of a Service. */
export interface ServiceSketch {
  readonly name?: string;
  readonly ips?: readonly string[];
  readonly local?: boolean;
  readonly type?: string;
  readonly loadBalancerClass?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
}

/** A Service of type LoadBalancer in the namespace default, with 10.20.30.1 unless said otherwise. */
export function service(sketch: ServiceSketch = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: sketch.name ?? "web",
      namespace: "default",
      labels: sketch.labels ?? {},
      annotations: sketch.annotations ?? {},
    },
    spec: {
      type: sketch.type ?? "LoadBalancer",
      externalTrafficPolicy: sketch.local === true ? "Local" : "Cluster",
      ...(sketch.loadBalancerClass === undefined ? {} : { loadBalancerClass: sketch.loadBalancerClass }),
    },
    status: { loadBalancer: { ingress: (sketch.ips ?? ["10.20.30.1"]).map((ip) => ({ ip })) } },
  };
}

/** A Node; `unavailable` sets its condition NetworkUnavailable. */
export function node(name: string, labels: Labels = {}, unavailable = false): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels },
    status: { conditions: [{ type: "NetworkUnavailable", status: unavailable ? "True" : "False" }] },
  };
}

/** What a test says of an endpoint: its node, then its conditions, then its address if that matters. */
export type EndpointSketch = readonly [
  node: string | null,
  ready?: boolean,
  serving?: boolean,
  address?: string | null,
];

/** The EndpointSlice of a Service in the namespace default. */
export function slice(serviceName: string, ...endpoints: readonly EndpointSketch[]): EndpointSlice {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${serviceName}-1`,
      namespace: "default",
      labels: { [SERVICE_NAME_LABEL]: serviceName },
    },
    endpoints: endpoints.map(([nodeName, ready, serving, address], i) => ({
      addresses: address === null ? [] : [address ?? `10.244.0.${i + 1}`],
      conditions: {
        ...(ready === undefined ? {} : { ready }),
        ...(serving === undefined ? {} : { serving }),
      },
      nodeName,
    })),
  };
}

/** What a test says of an advertisement; `selects` are label sets, each a service selector. */
export interface AdvertSketch {
  readonly name?: string;
  readonly interfaces?: readonly string[];
  readonly selects?: readonly Labels[];
  readonly preference?: Readonly<Record<string, number>>;
  readonly refreshMs?: number;
}

/** An advertisement that includes these nodes. */
export function advert(nodes: readonly string[], sketch: AdvertSketch = {}): L2Advert {
  return {
    name: sketch.name ?? "l2",
    nodes: new Set(nodes),
    interfaces: sketch.interfaces === undefined ? null : new Set(sketch.interfaces),
    serviceSelectors: (sketch.selects ?? []).map(selectorOf),
    preference: sketch.preference === undefined ? null : new Map(Object.entries(sketch.preference)),
    refreshMs: sketch.refreshMs ?? null,
  };
}

/** A pool of one prefix. */
export function pool(name: string, prefix: string, ...l2Advertisements: readonly L2Advert[]): Pool {
  return {
    name,
    prefixes: prefix === "" ? [] : prefix.split(",").map((it) => it as Prefix),
    autoAssign: true,
    avoidBuggyIPs: false,
    serviceAllocation: null,
    l2Advertisements,
    bgpAdvertisements: [],
  };
}

/** A configuration of these pools. */
export function config(...pools: readonly Pool[]): Config {
  return { pools: new Map(pools.map((it) => [it.name, it])), communities: new Map(), peers: new Map() };
}

/** A snapshot of these objects. */
export function snapshot(
  { services = [], slices = [], nodes = [] }: {
    readonly services?: readonly Service[];
    readonly slices?: readonly EndpointSlice[];
    readonly nodes?: readonly Node[];
  },
): Snapshot {
  return snapshotOf({
    services: byKey(services),
    endpointSlices: byKey(slices),
    nodes: byKey(nodes),
    namespaces: new Map(),
    ipAddressPools: new Map(),
    l2Advertisements: new Map(),
    communities: new Map(),
    bgpPeers: new Map(),
    bgpAdvertisements: new Map(),
    bfdProfiles: new Map(),
    secrets: new Map(),
  });
}

function byKey<T extends Service | Node | EndpointSlice>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((it) => [keyOf(it), it]));
}

function selectorOf(matchLabels: Labels): Selector {
  const compiled = compileSelector({ matchLabels });
  if (!compiled.ok) throw new Error(`not a selector: ${JSON.stringify(matchLabels)}`);
  return compiled.selector;
}

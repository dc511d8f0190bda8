/**
 * The form of a tabled announcement behaviour of MetalLB, and what it takes to run one: real configuration objects through
 * the real parser, one plan per node, kept from step to step.
 *
 * Shape: a step says only what differs from the step before; the first one differs from {@linkcode START}.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bgpObject, l2Object, peerObject, poolObject } from "../../agent/config/config_fixture.ts";
import { type LastGood, nextLastGood, NO_CONFIG_YET } from "../../agent/config/last_good.ts";
import type { ClusterPlanOptions } from "../../agent/plan/cluster_plan.ts";
import type { BgpReason } from "../../agent/plan/bgp/decision.ts";
import { type NodeDecisions, NodePlan, type NodeReason } from "../../agent/plan/node_plan.ts";
import { keyOf, type Labels } from "../../k8s/types/meta.ts";
import type { BGPAdvertisement, BGPPeerSpec, L2Advertisement } from "../../k8s/types/metallb.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import { type EndpointSketch, node, service, type ServiceSketch, slice, snapshot } from "./sketch.ts";

/** What a row of the table became. */
export type Row =
  | { readonly row: number; readonly name: string; readonly steps: readonly Step[] }
  /** Not a decision: shown by another suite, or decided against. */
  | { readonly row: number; readonly shownBy: string }
  | { readonly row: number; readonly against: string };

/** A cluster, as far as it matters here. */
export interface Cluster {
  readonly nodes: Readonly<Record<string, NodeSketch>>;
  /** Pool name to addresses. */
  readonly pools: Readonly<Record<string, readonly string[]>>;
  readonly poolLabels: Labels;
  readonly ads: Readonly<Record<string, NonNullable<L2Advertisement["spec"]>>>;
  readonly bgpAds: Readonly<Record<string, NonNullable<BGPAdvertisement["spec"]>>>;
  readonly peers: Readonly<Record<string, Partial<BGPPeerSpec>>>;
  readonly services: Readonly<Record<string, Omit<ServiceSketch, "name">>>;
  /** Of every Service without its own. */
  readonly endpoints: readonly EndpointSketch[];
  readonly endpointsOf: Readonly<Record<string, readonly EndpointSketch[]>>;
  readonly live: readonly string[] | null;
  readonly localInterfaces: readonly string[] | null;
  /** Another value starts the speakers anew. */
  readonly options: ClusterPlanOptions;
}

export interface NodeSketch {
  readonly labels?: Labels;
  readonly unavailable?: boolean;
  readonly cordoned?: boolean;
}

/** What every node must say of every Service named; null: it announces. "ignored": not a word about it. */
export type Expected = Readonly<Record<string, Readonly<Record<string, NodeReason | null | "ignored">>>>;

/** What is on the wire of each node named: address to interfaces and Services. */
export type OnWire = Readonly<
  Record<
    string,
    Readonly<
      Record<string, { readonly interfaces: readonly string[] | null; readonly services: readonly string[] }>
    >
  >
>;

/** What every node must say of every Service named, by BGP alone. */
export type ExpectedBgp = Readonly<Record<string, Readonly<Record<string, BgpReason | null>>>>;

/** The routes of each session named, node by node: prefix to local preference and communities. */
export type Sessions = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, readonly (number | string | null)[]>>>>>
>;

/** A change, and what follows. */
export interface Step extends Partial<Cluster> {
  readonly expect?: Expected;
  readonly wire?: OnWire;
  readonly bgp?: ExpectedBgp;
  readonly sessions?: Sessions;
  /** The configuration must be refused with a message like this. */
  readonly refused?: RegExp;
  readonly check?: (plans: ReadonlyMap<string, NodeDecisions>) => void;
}

/** Two speakers, one pool, one advertisement for all, one Service with a ready endpoint on each node. */
export const START: Cluster = {
  nodes: { iris1: {}, iris2: {} },
  pools: { pool: ["10.20.30.0/24", "1000::/120"] },
  poolLabels: {},
  ads: { all: {} },
  bgpAds: {},
  peers: {},
  services: { web: {} },
  endpoints: [["iris1", true], ["iris2", true]],
  endpointsOf: {},
  live: null,
  localInterfaces: null,
  options: { loadBalancerClass: null, ignoreExcludeLb: false },
};

/** Runs the steps of a row, in order. */
export function runSteps(steps: readonly Step[]): void {
  const plans = new Map<string, NodePlan>();
  let cluster = START;
  let lastGood: LastGood = NO_CONFIG_YET;
  for (const [at, step] of steps.entries()) {
    cluster = { ...cluster, ...step };
    if (step.options !== undefined) plans.clear();
    const objects = objectsOf(cluster);
    lastGood = nextLastGood(lastGood, objects);
    if (step.refused === undefined) assert.deepEqual(lastGood.errors, [], `step ${at}`);
    else assert.match(lastGood.errors.map((it) => it.message).join("\n"), step.refused);
    const decisions = new Map<string, NodeDecisions>();
    for (const name of Object.keys(cluster.nodes)) {
      let plan = plans.get(name);
      if (plan === undefined) {
        plan = new NodePlan(name, cluster.options);
        plans.set(name, plan);
      }
      const { live, localInterfaces: local } = cluster;
      decisions.set(
        name,
        plan.plan({
          snapshot: objects,
          config: lastGood.config,
          live: live === null ? null : new Set(live),
          localInterfaces: local === null ? null : new Set(local),
        }),
      );
    }
    assertStep(at, step, decisions);
  }
}

function assertStep(at: number, step: Step, plans: ReadonlyMap<string, NodeDecisions>): void {
  for (const [name, reasons] of Object.entries(step.expect ?? {})) {
    const actual = Object.keys(reasons).map((node) => {
      const outcome = plans.get(node)?.services.get(`default/${name}`);
      return [node, outcome === undefined ? "ignored" : outcome.reason];
    });
    assert.deepEqual(Object.fromEntries(actual), reasons, `step ${at}, Service ${name}`);
  }
  for (const [node, addresses] of Object.entries(step.wire ?? {})) {
    const layer2 = plans.get(node)?.desired.layer2 ?? new Map();
    const actual = [...layer2].map(([ip, { interfaces, services }]) => [ip, { interfaces, services }]);
    assert.deepEqual(Object.fromEntries(actual), addresses, `step ${at}, node ${node}`);
  }
  for (const [name, reasons] of Object.entries(step.bgp ?? {})) {
    const actual = Object.keys(reasons).map((node) => {
      return [node, plans.get(node)?.services.get(`default/${name}`)?.bgp?.reason];
    });
    assert.deepEqual(Object.fromEntries(actual), reasons, `step ${at}, BGP of Service ${name}`);
  }
  for (const [node, sessions] of Object.entries(step.sessions ?? {})) {
    const actual = [...plans.get(node)?.desired.bgp ?? []].map(([peer, { routes }]) => {
      const views = [...routes].map(([prefix, it]) => [prefix, [it.localPref, ...it.communities]]);
      return [peer, Object.fromEntries(views)];
    });
    assert.deepEqual(Object.fromEntries(actual), sessions, `step ${at}, sessions of ${node}`);
  }
  step.check?.(plans);
  assertOneAnswerer(plans);
}

/** Holds after every step of every row. */
function assertOneAnswerer(plans: ReadonlyMap<string, NodeDecisions>): void {
  const answerers = new Map<Ip, string>();
  for (const [name, { desired }] of plans) {
    for (const ip of desired.layer2.keys()) {
      assert.equal(answerers.get(ip), undefined, `${ip} is answered by ${name} too`);
      answerers.set(ip, name);
    }
  }
}

function objectsOf(cluster: Cluster): ReturnType<typeof snapshot> {
  const base = snapshot({
    services: Object.entries(cluster.services).map(([name, it]) => service({ ...it, name })),
    slices: Object.keys(cluster.services).map((name) =>
      slice(name, ...(cluster.endpointsOf[name] ?? cluster.endpoints))
    ),
    nodes: Object.entries(cluster.nodes).map(([name, { labels, unavailable, cordoned }]) => ({
      ...node(name, { "kubernetes.io/hostname": name, ...labels }, unavailable),
      spec: { unschedulable: cordoned === true },
    })),
  });
  const pools = Object.entries(cluster.pools).map(([name, addresses]) =>
    poolObject(name, addresses, {}, cluster.poolLabels)
  );
  const ads = Object.entries(cluster.ads).map(([name, spec]) => l2Object(name, spec));
  const bgpAds = Object.entries(cluster.bgpAds).map(([name, spec]) => bgpObject(name, spec));
  const peers = Object.entries(cluster.peers).map(([name, spec]) => peerObject(name, spec));
  return {
    ...base,
    ipAddressPools: new Map(pools.map((it) => [keyOf(it), it])),
    l2Advertisements: new Map(ads.map((it) => [keyOf(it), it])),
    bgpAdvertisements: new Map(bgpAds.map((it) => [keyOf(it), it])),
    bgpPeers: new Map(peers.map((it) => [keyOf(it), it])),
  };
}

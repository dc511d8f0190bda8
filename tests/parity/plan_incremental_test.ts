/**
 * A speaker that looks at what changed plans what one plans that has just started.
 *
 * Shape: random Services, EndpointSlices, Nodes, advertisements, pools and interfaces, several changes to a pass, from the objects
 * to this node's plan. Maps are versions of one another, as the API's stores hand them out. Addresses always stay in some
 * pool: one that does not is remembered on purpose, see cluster_plan.ts.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bgpObject,
  l2Object,
  nodeObject,
  peerObject,
  poolObject,
} from "../../agent/config/config_fixture.ts";
import { nextLastGood, NO_CONFIG_YET } from "../../agent/config/last_good.ts";
import { type NodeDecisions, NodePlan } from "../../agent/plan/node_plan.ts";
import { EXCLUDE_LABEL } from "../../agent/elect/cluster_view.ts";
import { snapshotOf } from "../../agent/snapshot.ts";
import type { ClusterObjects } from "../../k8s/source.ts";
import { keyOf, type KubernetesObject, type ObjectKey } from "../../k8s/types/meta.ts";
import { VersionedMap } from "../../k8s/versioned_map.ts";
import { node, service, slice } from "./sketch.ts";

const NODES = ["n1", "n2"];
const OPTIONS = { loadBalancerClass: null, ignoreExcludeLb: false };

type Collection = keyof ClusterObjects;
/** What one pass finds changed. */
type Change =
  | { readonly type: "Put"; readonly collection: Collection; readonly object: KubernetesObject }
  | { readonly type: "Remove"; readonly collection: Collection; readonly key: ObjectKey }
  | { readonly type: "Interfaces"; readonly names: readonly string[] | null };

const put = (collection: Collection, object: fc.Arbitrary<KubernetesObject>): fc.Arbitrary<Change> =>
  object.map((object) => ({ type: "Put", collection, object }));
const remove = (collection: Collection, ...objects: KubernetesObject[]): fc.Arbitrary<Change> =>
  fc.constantFrom(...objects).map((object) => ({ type: "Remove", collection, key: keyOf(object) }));

const serviceName = fc.constantFrom("s1", "s2", "s3");
const services = fc.record({
  name: serviceName,
  ips: fc.subarray(["10.0.0.1", "10.0.0.2", "fc00::1"], { maxLength: 2 }),
  local: fc.boolean(),
  labels: fc.constantFrom({}, { app: "web" }),
  annotations: fc.constantFrom({}, { "metallb.io/allow-shared-ip": "k" }),
  type: fc.constantFrom("LoadBalancer", "LoadBalancer", "LoadBalancer", "ClusterIP"),
}).map(service);
const slices = fc.tuple(
  serviceName,
  fc.array(fc.tuple(fc.constantFrom(...NODES), fc.boolean()), { maxLength: 3 }),
).map(([name, endpoints]) => slice(name, ...endpoints));
const nodes = fc.tuple(
  fc.constantFrom(...NODES, "n3"),
  fc.constantFrom<Readonly<Record<string, string>>>({}, { rack: "a" }, { [EXCLUDE_LABEL]: "" }),
  fc.boolean(),
).map(([name, labels, isUnavailable]) => node(name, labels, isUnavailable));
const selectors = fc.record({
  nodeSelectors: fc.constantFrom([], [{ matchLabels: { rack: "a" } }]),
  serviceSelectors: fc.constantFrom([], [{ matchLabels: { app: "web" } }]),
  ipAddressPools: fc.constantFrom([], ["one"], ["two"]),
});
const l2 = fc.tuple(
  fc.constantFrom("x", "y"),
  selectors,
  fc.constantFrom({}, { interfaces: ["eth0"] }, { interfaces: ["eth0", "eth1"] }),
).map(([name, spec, more]) => l2Object(name, { ...spec, ...more }));
const bgp = fc.tuple(
  fc.constantFrom("x", "y"),
  selectors,
  fc.constantFrom({}, { communities: ["1:2"] }, { localPref: 5 }, { peers: ["a"] }),
  fc.boolean(),
).map(([name, spec, more, aggregates]) => {
  // An aggregate is for all Services.
  const length = aggregates && spec.serviceSelectors.length === 0 ? { aggregationLength: 24 } : {};
  return bgpObject(name, { ...spec, ...more, ...length });
});
const peers = fc.tuple(
  fc.constantFrom("a", "b"),
  fc.constantFrom({}, { nodeSelectors: [{ matchLabels: { rack: "a" } }] }, { dualStackAddressFamily: true }),
).map(([name, spec]) => peerObject(name, { peerAddress: name === "a" ? "10.9.0.1" : "10.9.0.2", ...spec }));
/** All addresses in one pool or in the other. */
const pools: fc.Arbitrary<readonly Change[]> = fc.constantFrom("one", "two").map((name) => [
  {
    type: "Remove",
    collection: "ipAddressPools",
    key: keyOf(poolObject(name === "one" ? "two" : "one", [])),
  },
  {
    type: "Put",
    collection: "ipAddressPools",
    object: poolObject(name, ["10.0.0.0/24", "fc00::/120"]),
  },
]);

const one = fc.oneof(
  { weight: 4, arbitrary: put("services", services) },
  { weight: 3, arbitrary: put("endpointSlices", slices) },
  { weight: 2, arbitrary: put("nodes", nodes) },
  { weight: 2, arbitrary: put("l2Advertisements", l2) },
  { weight: 2, arbitrary: put("bgpAdvertisements", bgp) },
  put("bgpPeers", peers),
  remove("services", service({ name: "s1" }), service({ name: "s2" })),
  remove("endpointSlices", slice("s1"), slice("s2")),
  remove("nodes", nodeObject("n1"), nodeObject("n2")),
  remove("l2Advertisements", l2Object("x"), l2Object("y")),
  remove("bgpAdvertisements", bgpObject("x"), bgpObject("y")),
  remove("bgpPeers", peerObject("a")),
  {
    weight: 3,
    arbitrary: fc.constantFrom<Change>(
      { type: "Interfaces", names: null },
      { type: "Interfaces", names: ["eth0"] },
      { type: "Interfaces", names: ["eth1"] },
      { type: "Interfaces", names: [] },
    ),
  },
).map((it): readonly Change[] => [it]);
const passes = fc.array(
  fc.array(fc.oneof({ weight: 12, arbitrary: one }, pools), { minLength: 1, maxLength: 4 }),
  {
    maxLength: 14,
  },
);

/** What every run begins with: all of it announced. */
const BEGINNING: readonly Change[] = ([
  ["nodes", nodeObject("n1", { rack: "a" })],
  ["nodes", nodeObject("n2")],
  ["ipAddressPools", poolObject("one", ["10.0.0.0/24", "fc00::/120"])],
  ["l2Advertisements", l2Object("x", { interfaces: ["eth0"] })],
  ["bgpAdvertisements", bgpObject("x")],
  ["bgpPeers", peerObject("a", { peerAddress: "10.9.0.1" })],
  ["services", service({ name: "s1", ips: ["10.0.0.1"] })],
  ["endpointSlices", slice("s1", ["n1", true], ["n2", true])],
] as const).map(([collection, object]) => ({ type: "Put", collection, object }));

/** Stores that hand out versions. */
class World {
  #maps = new Map<Collection, VersionedMap<ObjectKey, KubernetesObject>>();
  interfaces: ReadonlySet<string> | null = null;

  take(changes: readonly Change[]): void {
    const news = new Map<Collection, Map<ObjectKey, KubernetesObject | null>>();
    for (const change of changes) {
      if (change.type === "Interfaces") {
        this.interfaces = change.names === null ? null : new Set(change.names);
        continue;
      }
      const ofKind = news.get(change.collection) ?? new Map<ObjectKey, KubernetesObject | null>();
      news.set(change.collection, ofKind);
      if (change.type === "Put") ofKind.set(keyOf(change.object), change.object);
      else ofKind.set(change.key, null);
    }
    for (const [collection, ofKind] of news) {
      this.#maps.set(collection, this.#mapOf(collection).with([...ofKind]));
    }
  }

  objects(): ClusterObjects {
    const of = (collection: Collection) =>
      this.#mapOf(collection) as unknown as ReadonlyMap<ObjectKey, never>;
    return {
      services: of("services"),
      endpointSlices: of("endpointSlices"),
      nodes: of("nodes"),
      namespaces: of("namespaces"),
      ipAddressPools: of("ipAddressPools"),
      l2Advertisements: of("l2Advertisements"),
      communities: of("communities"),
      bgpPeers: of("bgpPeers"),
      bgpAdvertisements: of("bgpAdvertisements"),
      bfdProfiles: of("bfdProfiles"),
      secrets: of("secrets"),
    };
  }

  #mapOf(collection: Collection): VersionedMap<ObjectKey, KubernetesObject> {
    let map = this.#maps.get(collection);
    if (map === undefined) this.#maps.set(collection, map = VersionedMap.of(new Map()));
    return map;
  }
}

/** A node's plan from pass to pass. */
class Planner {
  readonly #node: string;
  readonly #plan: NodePlan;
  #lastGood = NO_CONFIG_YET;

  /** False while an older configuration is in force: some changes contradict each other. */
  get isUpToDate(): boolean {
    return this.#lastGood.errors.length === 0;
  }

  constructor(node: string) {
    this.#node = node;
    this.#plan = new NodePlan(node, OPTIONS);
  }

  plan(objects: ClusterObjects, localInterfaces: ReadonlySet<string> | null): NodeDecisions {
    this.#lastGood = nextLastGood(this.#lastGood, objects, [], { node: this.#node });
    const { config } = this.#lastGood;
    return this.#plan.plan({ snapshot: snapshotOf(objects), config, live: null, localInterfaces });
  }
}

/** Copies, which share nothing with what they are made of and tell of no change. */
function copied(objects: ClusterObjects): ClusterObjects {
  return Object.fromEntries(
    Object.entries(objects).map(([collection, map]) => [collection, new Map(map)]),
  ) as unknown as ClusterObjects;
}

/** All that is decided, in order of key. */
function shown({ desired, services }: NodeDecisions): unknown {
  const sorted = (map: ReadonlyMap<string, unknown>) => [...map].sort(([a], [b]) => a < b ? -1 : 1);
  const bgp = [...desired.bgp].map(([name, { peer, routes }]) => ({ name, peer, routes: sorted(routes) }));
  return { layer2: sorted(desired.layer2), bgp, services: sorted(services) };
}

Deno.test("NodePlan plans the same from versions of maps as from copies of them", () => {
  fc.assert(
    fc.property(fc.constantFrom(...NODES), passes, (name, passes) => {
      const [world, versioned, whole] = [new World(), new Planner(name), new Planner(name)];
      for (const pass of [[BEGINNING], ...passes]) {
        world.take(pass.flat());
        const objects = world.objects();
        const decisions = shown(versioned.plan(objects, world.interfaces));
        assert.deepEqual(decisions, shown(whole.plan(copied(objects), world.interfaces)));
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("NodePlan after any changes plans what a new one plans", () => {
  fc.assert(
    fc.property(fc.constantFrom(...NODES), passes, (name, passes) => {
      const [world, planner] = [new World(), new Planner(name)];
      for (const pass of [[BEGINNING], ...passes]) {
        world.take(pass.flat());
        const objects = world.objects();
        const decisions = shown(planner.plan(objects, world.interfaces));
        if (!planner.isUpToDate) continue;
        assert.deepEqual(decisions, shown(new Planner(name).plan(copied(objects), world.interfaces)));
      }
    }),
    { numRuns: 200 },
  );
});

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  advert,
  config,
  node,
  pool,
  service,
  type ServiceSketch,
  slice,
  snapshot,
} from "../../tests/parity/sketch.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Snapshot } from "../snapshot.ts";
import {
  type ClusterDecisions,
  ClusterPlan,
  type ClusterPlanOptions,
  type PlanInput,
} from "./cluster_plan.ts";

const OPTIONS: ClusterPlanOptions = { loadBalancerClass: null, ignoreExcludeLb: false };
const NODES = [node("iris1"), node("iris2")];
const POOL = pool("pool", "10.20.30.0/24,fc00::/120", advert(["iris1", "iris2"]));

/** A snapshot in which every Service has an endpoint on both nodes. */
function served(...sketches: readonly ServiceSketch[]): Snapshot {
  const services = sketches.map(service);
  const slices = services.map((it) => slice(it.metadata.name, ["iris1", true], ["iris2", true]));
  return snapshot({ services, slices, nodes: NODES });
}

function input(it: Snapshot, changes: Partial<PlanInput> = {}): PlanInput {
  return { snapshot: it, config: config(POOL), live: null, ...changes };
}

const decide = (it: Snapshot, changes: Partial<PlanInput> = {}): ClusterDecisions =>
  new ClusterPlan(OPTIONS).decide(input(it, changes));

function reasonOf(decisions: ClusterDecisions, name = "web"): string | null | undefined {
  return decisions.services.get(`default/${name}`)?.reason;
}

Deno.test("ClusterPlan handles the class it is told to, and leaves other Services out", () => {
  const it = served({ name: "none" }, { name: "x", loadBalancerClass: "x" }, {
    name: "y",
    loadBalancerClass: "y",
  });
  assert.deepEqual([...decide(it).services.keys()], ["default/none"]);
  const classed = new ClusterPlan({ ...OPTIONS, loadBalancerClass: "x" }).decide(input(it));
  assert.deepEqual([...classed.services.keys()], ["default/x"]);
});

Deno.test("ClusterPlan refuses Services in MetalLB's order, each with its reason", () => {
  const reason = (sketch: ServiceSketch, changes: Partial<PlanInput> = {}): string | null | undefined =>
    reasonOf(decide(served(sketch), changes));
  assert.equal(reason({ type: "ClusterIP" }, { config: null }), "notLoadBalancer");
  assert.equal(reason({ ips: [] }, { config: null }), "configurationInvalid");
  assert.equal(reason({ ips: [] }), "noIPAllocated");
  assert.equal(reason({ ips: ["10.20.30.1", "web.example.org"] }), "invalidIP");
  assert.equal(reason({ ips: ["10.20.31.1"] }), "ipNotAllowed");
  assert.equal(reason({}), null);
});

Deno.test("ClusterPlan takes an ingress with only a hostname for an invalid address", () => {
  const named = { ...service(), status: { loadBalancer: { ingress: [{ hostname: "web.example.org" }] } } };
  const it = snapshot({ services: [named], slices: [slice("web", ["iris1", true])], nodes: NODES });
  assert.equal(reasonOf(decide(it)), "invalidIP");
});

Deno.test("ClusterPlan wants all addresses of a Service in one pool", () => {
  const split = config(
    pool("a", "10.20.30.0/25", advert(["iris1"])),
    pool("b", "10.20.30.128/25", advert(["iris1"])),
  );
  assert.equal(
    reasonOf(decide(served({ ips: ["10.20.30.1", "10.20.30.129"] }), { config: split })),
    "ipNotAllowed",
  );
});

Deno.test("ClusterPlan announces every address of a dual-stack Service where the first one is elected", () => {
  const { announcements } = decide(served({ ips: ["10.20.30.1", "fc00::1"] }));
  assert.deepEqual([...announcements].map(([ip, it]) => [ip, it.node]), [
    ["10.20.30.1", "iris2"],
    ["fc00::1", "iris2"],
  ]);
});

Deno.test("ClusterPlan has one node answer for an address that Services elected apart share", () => {
  // SHA-256 elects iris2 for 10.20.30.1 and iris1 for fc00::2.
  const shared = served({ name: "dual", ips: ["10.20.30.1", "fc00::2"] }, {
    name: "single",
    ips: ["fc00::2"],
  });
  const { announcements } = decide(shared);
  assert.deepEqual([...announcements].map(([ip, it]) => [ip, it.node]), [
    ["10.20.30.1", "iris2"],
    ["fc00::2", "iris1"],
  ]);
  assert.equal(announcements.get("fc00::2" as Ip)?.holders.length, 2);
});

Deno.test("ClusterPlan keeps a Service with its pool when the pool of an announced address vanishes", () => {
  const plan = new ClusterPlan(OPTIONS);
  const announced = served({});
  assert.equal(reasonOf(plan.decide(input(announced))), null);
  assert.equal(reasonOf(plan.decide(input(announced, { config: config() }))), null);
  // It may still move, as with MetalLB's old configuration.
  const moved = plan.decide(input(announced, { config: config(), live: new Set(["iris1"]) }));
  assert.equal(moved.announcements.get("10.20.30.1" as Ip)?.node, "iris1");
  const cleared = served({ ips: [] });
  assert.equal(reasonOf(plan.decide(input(cleared, { config: config() }))), "noIPAllocated");
  assert.equal(reasonOf(plan.decide(input(announced, { config: config() }))), "ipNotAllowed");
});

Deno.test("ClusterPlan does not keep a vanished pool for a Service that was not announced, or has other addresses", () => {
  const plan = new ClusterPlan(OPTIONS);
  const silent = snapshot({ services: [service()], nodes: NODES });
  assert.equal(reasonOf(plan.decide(input(silent))), "noActiveEndpoints");
  assert.equal(reasonOf(plan.decide(input(served({}), { config: config() }))), "ipNotAllowed");
  assert.equal(reasonOf(plan.decide(input(served({})))), null);
  assert.equal(
    reasonOf(plan.decide(input(served({ ips: ["10.20.30.2"] }), { config: config() }))),
    "ipNotAllowed",
  );
});

Deno.test("ClusterPlan keeps the identity of decisions that nothing touched", () => {
  const plan = new ClusterPlan(OPTIONS);
  const settled = config(POOL);
  const services = [service({ name: "a", ips: ["10.20.30.7"] }), service({ name: "b" })];
  const slices = services.map((it) => slice(it.metadata.name, ["iris1", true]));
  const first = new Map(
    plan.decide(input(snapshot({ services, slices, nodes: NODES }), { config: settled })).services,
  );
  const beating = [node("iris1"), node("iris2")];
  const changed = [services[0] ?? service(), service({ name: "b", ips: ["10.20.30.9"] })];
  const second = plan.decide(
    input(snapshot({ services: changed, slices, nodes: beating }), { config: settled }),
  );
  assert.equal(second.services.get("default/a"), first.get("default/a"));
  assert.deepEqual([...second.changes.services], ["default/b"]);
  assert.deepEqual([...second.changes.addresses], ["10.20.30.1", "10.20.30.9"]);
  assert.notEqual(second.services.get("default/b"), first.get("default/b"));
});

Deno.test("ClusterPlan sees a changed Service beside unchanged slices, and changed slices beside an unchanged Service", () => {
  const plan = new ClusterPlan(OPTIONS);
  const settled = config(POOL);
  const before = served({ name: "web" });
  assert.equal(reasonOf(plan.decide(input(before, { config: settled }))), null);
  const outside = service({ name: "web", ips: ["192.0.2.1"] });
  const readdressed = { ...before, services: new Map([["default/web", outside]]) };
  assert.equal(reasonOf(plan.decide(input(readdressed, { config: settled }))), "ipNotAllowed");
  assert.equal(reasonOf(plan.decide(input(before, { config: settled }))), null);
  const idle = snapshot({ slices: [slice("web", ["iris1", false])] });
  const unready = { ...before, endpointSlices: idle.endpointSlices, slicesByService: idle.slicesByService };
  assert.equal(reasonOf(plan.decide(input(unready, { config: settled }))), "noActiveEndpoints");
  assert.equal(
    reasonOf(plan.decide(input({ ...before, services: new Map() }, { config: settled }))),
    undefined,
  );
});

// Small clusters with everything the election looks at, changed step by step.
const NAMES = ["a", "b", "c", "d"];
const IPS = ["10.20.30.1", "10.20.30.2", "10.20.30.3", "fc00::1", "fc00::2"];
const subset = fc.subarray(NAMES);

const world = fc.record({
  services: fc.array(
    fc.record({
      ips: fc.subarray(IPS, { maxLength: 2 }),
      local: fc.boolean(),
      shares: fc.boolean(),
      app: fc.constantFrom("x", "y"),
      endpoints: fc.array(fc.tuple(fc.constantFrom(...NAMES, null), fc.boolean(), fc.boolean()), {
        maxLength: 3,
      }),
    }),
    { maxLength: 5 },
  ),
  unavailable: subset,
  excluded: subset,
  live: fc.option(subset),
  adverts: fc.array(
    fc.record({
      nodes: subset,
      selective: fc.boolean(),
      preferred: fc.option(fc.tuple(fc.constantFrom(...NAMES), fc.integer({ min: 1, max: 100 }))),
    }),
    { maxLength: 3 },
  ),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

/** Equal sketches give identical objects, as a source gives an unchanged object again. */
const built = new Map<string, unknown>();

function same<T>(sketch: unknown, build: () => T): T {
  const text = JSON.stringify(sketch);
  if (!built.has(text)) built.set(text, build());
  return built.get(text) as T;
}

function inputOf(it: World): PlanInput {
  const services = it.services.map((sketch, i) =>
    same(["service", i, { ...sketch, endpoints: null }], () =>
      service({
        name: `s${i}`,
        ips: sketch.ips,
        local: sketch.local,
        labels: { app: sketch.app },
        annotations: sketch.shares ? { "metallb.io/allow-shared-ip": "k" } : {},
      }))
  );
  const slices = it.services.map(({ endpoints }, i) =>
    same(["slice", i, endpoints], () => slice(`s${i}`, ...endpoints))
  );
  const nodes = NAMES.map((name) =>
    node(
      name,
      it.excluded.includes(name) ? { "node.kubernetes.io/exclude-from-external-load-balancers": "" } : {},
      it.unavailable.includes(name),
    )
  );
  const adverts = () =>
    it.adverts.map(({ nodes, selective, preferred }, i) =>
      advert(nodes, {
        name: `ad${i}`,
        selects: selective ? [{ app: "x" }] : [],
        ...(preferred === null ? {} : { preference: { [preferred[0]]: preferred[1] } }),
      })
    );
  return {
    snapshot: snapshot({ services, slices, nodes }),
    config: same(
      ["config", it.adverts],
      () => config(pool("pool", "10.20.30.0/24,fc00::/120", ...adverts())),
    ),
    live: it.live === null ? null : new Set(it.live),
  };
}

/** Holders in order of name: their order is not promised. */
function sorted(announcements: ClusterDecisions["announcements"]): unknown {
  return new Map(
    [...announcements].map(([ip, { node, holders }]) => [
      ip,
      { node, holders: holders.toSorted((a, b) => a.key < b.key ? -1 : 1) },
    ]),
  );
}

Deno.test("ClusterPlan decides the same afresh as after any earlier worlds", () => {
  fc.assert(fc.property(fc.array(world, { minLength: 2, maxLength: 4 }), (worlds) => {
    const plan = new ClusterPlan(OPTIONS);
    for (const it of [...worlds, ...worlds]) {
      const input = inputOf(it);
      const { services, announcements } = plan.decide(input);
      const fresh = new ClusterPlan(OPTIONS).decide(input);
      assert.deepEqual(services, fresh.services);
      assert.deepEqual(sorted(announcements), sorted(fresh.announcements));
    }
  }));
});

Deno.test("ClusterPlan gives every address of an announced Service to exactly one live, available node", () => {
  fc.assert(fc.property(world, (it) => {
    const { services, announcements } = new ClusterPlan(OPTIONS).decide(inputOf(it));
    for (const decision of services.values()) {
      for (const ip of decision.reason === null ? decision.addresses : []) assert.ok(announcements.has(ip));
    }
    for (const { node: name, holders } of announcements.values()) {
      assert.ok(it.live === null || it.live.includes(name));
      assert.ok(!it.unavailable.includes(name) && !it.excluded.includes(name));
      assert.ok(holders.some((holder) => holder.decision.layer2.announcer === name));
    }
  }));
});

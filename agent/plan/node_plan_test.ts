import assert from "node:assert/strict";
import fc from "fast-check";
import { advert, config, node, pool, service, slice, snapshot } from "../../tests/parity/sketch.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { L2Advert } from "../config/config.ts";
import { type NodeDecisions, NodePlan, type NodePlanInput } from "./node_plan.ts";

const OPTIONS = { loadBalancerClass: null, ignoreExcludeLb: false };
const NODES = ["iris1", "iris2"];
const VIP = "10.20.30.1" as Ip;
const NO_BGP = { reason: "notOwner", addresses: [], peers: [] };

interface Scene {
  readonly services?: readonly Service[];
  readonly adverts?: readonly L2Advert[];
  readonly local?: readonly string[] | null;
}

function inputOf({ services = [service()], adverts = [advert(NODES)], local = null }: Scene): NodePlanInput {
  return {
    snapshot: snapshot({
      services,
      slices: services.map((it) => slice(it.metadata.name, ["iris1", true])),
      nodes: NODES.map((it) => node(it)),
    }),
    config: config(pool("pool", "10.20.30.0/24,fc00::/120", ...adverts)),
    live: null,
    localInterfaces: local === null ? null : new Set(local),
  };
}

const planOn = (name: string, scene: Scene): NodeDecisions =>
  new NodePlan(name, OPTIONS).plan(inputOf(scene));

Deno.test("NodePlan announces on the elected node and says on the other who does", () => {
  const here = planOn("iris2", {});
  assert.deepEqual([...here.desired.layer2.values()], [
    { ip: VIP, interfaces: null, refreshMs: null, services: ["default/web"] },
  ]);
  assert.deepEqual(here.services.get("default/web"), {
    reason: null,
    message: "",
    addresses: [VIP],
    interfaces: null,
    failure: null,
    bgp: NO_BGP,
  });
  const there = planOn("iris1", {});
  assert.equal(there.desired.layer2.size, 0);
  assert.deepEqual(there.services.get("default/web"), {
    reason: "notOwner",
    message: 'Node "iris2" announces it',
    addresses: [],
    interfaces: null,
    failure: null,
    bgp: NO_BGP,
  });
});

Deno.test("NodePlan unites interfaces and takes the shortest refresh of the advertisements that include the node", () => {
  const adverts = [
    advert(["iris2"], { interfaces: ["eth1", "eth0"], refreshMs: 60_000 }),
    advert(NODES, { interfaces: ["eth0", "eth2"], refreshMs: 30_000 }),
    advert(["iris1"], { interfaces: ["eth9"], refreshMs: 1_000 }),
  ];
  const { desired } = planOn("iris2", { adverts });
  assert.deepEqual(desired.layer2.get(VIP)?.interfaces, ["eth0", "eth1", "eth2"]);
  assert.equal(desired.layer2.get(VIP)?.refreshMs, 30_000);
  const everywhere = planOn("iris2", { adverts: [...adverts, advert(["iris2"])] });
  assert.equal(everywhere.desired.layer2.get(VIP)?.interfaces, null);
});

const MISSING =
  'the interfaces specified by LB IP "10.20.30.1" doesn\'t exist in assigned node "iris2" with protocol "layer2"';

Deno.test("NodePlan announces nothing when none of the interfaces exists, and what it can when one does", () => {
  const adverts = [advert(NODES, { interfaces: ["eth7", "eth8"] })];
  const { desired, services } = planOn("iris2", { adverts, local: ["eth0"] });
  assert.equal(desired.layer2.size, 0);
  assert.deepEqual(services.get("default/web"), {
    reason: "announceFailed",
    message: MISSING,
    addresses: [],
    interfaces: ["eth7", "eth8"],
    failure: MISSING,
    bgp: NO_BGP,
  });
  assert.equal(
    planOn("iris1", { adverts, local: ["eth7"] }).desired.layer2.size,
    0,
    "no other node takes over",
  );
  for (const local of [["eth0", "eth8"], null]) {
    assert.deepEqual(planOn("iris2", { adverts, local }).desired.layer2.get(VIP)?.interfaces, [
      "eth7",
      "eth8",
    ]);
  }
});

Deno.test("NodePlan drops the announcement when the selector changes to a missing interface", () => {
  const plan = new NodePlan("iris2", OPTIONS);
  const before = { adverts: [advert(NODES, { interfaces: ["eth0"] })], local: ["eth0"] };
  assert.equal(plan.plan(inputOf(before)).desired.layer2.size, 1);
  const after = { adverts: [advert(NODES, { interfaces: ["eth7"] })], local: ["eth0"] };
  assert.equal(plan.plan(inputOf(after)).desired.layer2.size, 0);
});

Deno.test("NodePlan registers a shared address once, with all its Services and all their interfaces", () => {
  const selects = (app: string, name: string): L2Advert =>
    advert(NODES, { interfaces: [name], selects: [{ app }] });
  const services = ["zoo", "bar"].map((name) => service({ name, labels: { app: name } }));
  const { desired } = planOn("iris2", {
    services,
    adverts: [selects("zoo", "eth0"), selects("bar", "eth1")],
  });
  assert.deepEqual([...desired.layer2.values()], [
    { ip: VIP, interfaces: ["eth0", "eth1"], refreshMs: null, services: ["default/bar", "default/zoo"] },
  ]);
});

Deno.test("NodePlan leaves the Service whose interfaces are missing out of a shared address", () => {
  const selects = (app: string, name: string): L2Advert =>
    advert(NODES, { interfaces: [name], selects: [{ app }] });
  const services = ["zoo", "bar"].map((name) => service({ name, labels: { app: name } }));
  const adverts = [selects("zoo", "eth0"), selects("bar", "eth7")];
  const decisions = planOn("iris2", { services, adverts, local: ["eth0"] });
  assert.deepEqual(decisions.desired.layer2.get(VIP)?.services, ["default/zoo"]);
  assert.equal(decisions.services.get("default/bar")?.reason, "announceFailed");
});

Deno.test("NodePlan announces no Service without endpoints, though it shares its address with one that has some", () => {
  const input = inputOf({ services: [service(), service({ name: "idle" })] });
  const slices = [slice("web", ["iris1", true]), slice("idle", ["iris1", false])];
  const { services, nodes } = input.snapshot;
  const decisions = new NodePlan("iris2", OPTIONS).plan({
    ...input,
    snapshot: snapshot({ services: [...services.values()], nodes: [...nodes.values()], slices }),
  });
  assert.deepEqual(decisions.desired.layer2.get(VIP)?.services, ["default/web"]);
  assert.partialDeepStrictEqual(decisions.services.get("default/idle"), {
    reason: "notOwner",
    addresses: [],
  });
});

Deno.test("NodePlan reports each half of a dual-stack Service where it is answered", () => {
  const services = [
    service({ name: "dual", ips: ["10.20.30.1", "fc00::2"] }),
    service({ name: "single", ips: ["fc00::2"] }),
  ];
  assert.deepEqual(planOn("iris2", { services }).services.get("default/dual")?.addresses, ["10.20.30.1"]);
  assert.deepEqual(planOn("iris1", { services }).services.get("default/dual")?.addresses, ["fc00::2"]);
});

Deno.test("NodePlan gives out values that stay as they are, and the same ones when nothing changed", () => {
  const plan = new NodePlan("iris2", OPTIONS);
  const services = [service({ name: "a" }), service({ name: "b", ips: ["10.20.30.4"] })];
  const first = plan.plan(inputOf({ services }));
  const idle = plan.plan({ ...inputOf({ services }), localInterfaces: new Set(["eth0"]) });
  assert.equal(idle.desired, first.desired);
  assert.equal(idle.services, first.services);
  const fewer = plan.plan(inputOf({ services: services.slice(1) }));
  assert.equal(first.desired.layer2.size, 2);
  assert.equal(first.services.size, 2);
  assert.deepEqual([...fewer.desired.layer2.keys()], ["10.20.30.4"]);
  assert.deepEqual([...fewer.services.keys()], ["default/b"]);
  assert.equal(fewer.services.get("default/b"), first.services.get("default/b"));
});

Deno.test("NodePlan follows interfaces that appear and vanish", () => {
  const plan = new NodePlan("iris2", OPTIONS);
  const adverts = [advert(NODES, { interfaces: ["eth0"] })];
  const sizes = [null, ["eth1"], ["eth1", "eth0"], [], ["eth0"]].map((local) =>
    plan.plan(inputOf({ adverts, local })).desired.layer2.size
  );
  assert.deepEqual(sizes, [1, 0, 1, 0, 1]);
});

Deno.test("NodePlan has every announced address on exactly one node, and no other address on any", () => {
  const ips = ["10.20.30.1", "10.20.30.2", "fc00::1", "fc00::2"];
  const sketch = fc.record({
    ips: fc.subarray(ips, { maxLength: 2 }),
    local: fc.boolean(),
    shown: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(sketch, { maxLength: 6 }), fc.subarray(NODES), (sketches, advertised) => {
    const services = sketches.map((it, i) => service({ name: `s${i}`, ips: it.ips, local: it.local }));
    const scene: Scene = {
      services,
      adverts: [advert(advertised, { interfaces: ["eth0"] })],
      local: ["eth0"],
    };
    const input = inputOf(scene);
    const expected = new Map<string, number>();
    const plans = NODES.map((name) => new NodePlan(name, OPTIONS).plan(input));
    for (const { desired, services: outcomes } of plans) {
      for (const [ip, it] of desired.layer2) {
        expected.set(ip, (expected.get(ip) ?? 0) + 1);
        for (const key of it.services) assert.ok(outcomes.get(key)?.addresses.includes(ip));
      }
    }
    for (const count of expected.values()) assert.equal(count, 1);
    // Endpoints are on iris1 alone, so a Local Service is announced where iris1 is advertised.
    const announced = sketches.filter((it) =>
      it.local ? advertised.includes("iris1") : advertised.length > 0
    );
    assert.deepEqual(new Set(expected.keys()), new Set(announced.flatMap((it) => it.ips)));
  }));
});

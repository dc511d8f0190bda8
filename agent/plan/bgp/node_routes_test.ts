import assert from "node:assert/strict";
import fc from "fast-check";
import type { Service } from "../../../k8s/types/core.ts";
import { node, service, slice, snapshot } from "../../../tests/parity/sketch.ts";
import { bgpObject, configOf, nodeObject, peerObject, poolObject } from "../../config/config_fixture.ts";
import type { Config } from "../../config/config.ts";
import { type NodeDecisions, NodePlan, type NodePlanInput } from "../node_plan.ts";
import { diffBgp } from "./diff.ts";

const OPTIONS = { loadBalancerClass: null, ignoreExcludeLb: false };

const CONFIG_LISTS = {
  nodes: [nodeObject("n1")],
  pools: [poolObject("v4", ["10.0.0.0/8"]), poolObject("v6", ["fc00::/64"])],
  bgpAdvertisements: [
    bgpObject("all", { communities: ["1:2"] }),
    bgpObject("one", { peers: ["a"], localPref: 7, aggregationLength: 24, aggregationLengthV6: 120 }),
    bgpObject("web", { serviceSelectors: [{ matchLabels: { app: "web" } }], communities: ["1:1"] }),
  ],
};
const PEERS = [
  peerObject("a"),
  peerObject("b", { peerAddress: "10.0.0.2" }),
  peerObject("c", { peerAddress: "fc00::1" }),
  peerObject("d", { peerAddress: "fc00::2", dualStackAddressFamily: true }),
  peerObject("e", { peerAddress: "", interface: "eth0" }),
];
const CONFIG = configOf({ ...CONFIG_LISTS, bgpPeers: PEERS });
const FEWER = configOf({ ...CONFIG_LISTS, bgpPeers: PEERS.slice(0, 2) });

function inputOf(services: readonly Service[], config: Config | null = CONFIG): NodePlanInput {
  const slices = services.map((it) => slice(it.metadata.name, ["n1", true]));
  return {
    snapshot: snapshot({ services, slices, nodes: [node("n1")] }),
    config,
    live: null,
    localInterfaces: null,
  };
}

const fresh = (input: NodePlanInput): NodeDecisions => new NodePlan("n1", OPTIONS).plan(input);
const namesTold = (decisions: NodeDecisions): Record<string, readonly string[]> =>
  Object.fromEntries(
    [...decisions.desired.bgp].map(([peer, { routes }]) => [peer, [...routes.keys()].sort()]),
  );

Deno.test("NodePlan tells each peer the families its session carries", () => {
  const services = [service({ name: "four", ips: ["10.1.1.1"] }), service({ name: "six", ips: ["fc00::7"] })];
  assert.deepEqual(namesTold(fresh(inputOf(services))), {
    a: ["10.1.1.0/24", "10.1.1.1/32"],
    b: ["10.1.1.1/32"],
    c: ["fc00::7/128"],
    d: ["10.1.1.1/32", "fc00::7/128"],
    e: ["10.1.1.1/32", "fc00::7/128"],
  });
});

Deno.test("NodePlan gives peers that hear the same the identical table", () => {
  const { desired } = fresh(inputOf([service({ ips: ["10.1.1.1"] })]));
  assert.equal(desired.bgp.get("d")?.routes, desired.bgp.get("e")?.routes);
  assert.notEqual(desired.bgp.get("a")?.routes, desired.bgp.get("b")?.routes);
});

Deno.test("NodePlan gives routes with equal attributes the identical object, over a new configuration too", () => {
  const plan = new NodePlan("n1", OPTIONS);
  const services = ["10.1.1.1", "10.1.1.2"].map((ip, i) => service({ name: `s${i}`, ips: [ip] }));
  const before = plan.plan(inputOf(services)).desired.bgp.get("b")!.routes;
  assert.equal(new Set(before.values()).size, 1);
  const after = plan.plan(inputOf(services, FEWER)).desired.bgp.get("b")!.routes;
  assert.equal(after, before);
});

Deno.test("NodePlan keeps an aggregate until the last Service under it is gone", () => {
  const plan = new NodePlan("n1", OPTIONS);
  const services = ["10.1.1.1", "10.1.1.2"].map((ip, i) => service({ name: `s${i}`, ips: [ip] }));
  const told = (them: readonly Service[]): readonly string[] => namesTold(plan.plan(inputOf(them)))["a"]!;
  assert.deepEqual(told(services), ["10.1.1.0/24", "10.1.1.1/32", "10.1.1.2/32"]);
  assert.deepEqual(told(services.slice(1)), ["10.1.1.0/24", "10.1.1.2/32"]);
  assert.deepEqual(told([]), []);
});

Deno.test("NodePlan merges reasons for one prefix: every community, the highest preference", () => {
  const config = configOf({
    nodes: [nodeObject("n1")],
    pools: [poolObject("v4", ["10.0.0.0/8"])],
    bgpPeers: [peerObject("a")],
    bgpAdvertisements: ["web", "api"].map((app, i) =>
      bgpObject(app, {
        serviceSelectors: [{ matchLabels: { app } }],
        localPref: 100 + i,
        communities: [`1:${2 - i}`],
      })
    ),
  });
  const services = ["web", "api"].map((app) => service({ name: app, labels: { app }, ips: ["10.1.1.1"] }));
  const { desired } = fresh(inputOf(services, config));
  assert.deepEqual([...desired.bgp.get("a")!.routes], [
    ["10.1.1.1/32", { localPref: 101, communities: ["1:1", "1:2"] }],
  ]);
});

Deno.test("NodePlan announces nothing without a configuration, and everything when it is there again", () => {
  const plan = new NodePlan("n1", OPTIONS);
  const services = [service({ ips: ["10.1.1.1"] })];
  const before = plan.plan(inputOf(services)).desired.bgp;
  assert.equal(plan.plan(inputOf(services, null)).desired.bgp.size, 0);
  assert.deepEqual(plan.plan(inputOf(services)).desired.bgp, before);
});

const sketch = fc.record({
  name: fc.constantFrom("s1", "s2", "s3", "s4"),
  ips: fc.constantFrom(["10.1.1.1"], ["10.1.1.2"], ["10.1.2.1"], ["fc00::1"], ["fc00::1:1"], []),
  labels: fc.constantFrom({}, { app: "web" }),
  local: fc.boolean(),
});
const world = fc.record({
  services: fc.uniqueArray(sketch, { selector: (it) => it.name }),
  config: fc.constantFrom(CONFIG, FEWER, configOf({ ...CONFIG_LISTS, bgpPeers: PEERS })),
});

Deno.test("NodePlan: BGP as the worlds go by is what a fresh plan makes of the last, and no change is no change", () => {
  fc.assert(fc.property(fc.array(world, { minLength: 1, maxLength: 6 }), (worlds) => {
    const plan = new NodePlan("n1", OPTIONS);
    for (const { services, config } of worlds) {
      const input = inputOf(services.map((it) => service(it)), config);
      const { desired } = plan.plan(input);
      assert.deepEqual(desired.bgp, fresh(input).desired.bgp);
      assert.equal(plan.plan(input).desired, desired);
      assert.deepEqual(diffBgp(desired.bgp, fresh(input).desired.bgp).routes, []);
    }
  }));
});

Deno.test("NodePlan touches one prefix of ten thousand when one Service changes", () => {
  const plan = new NodePlan("n1", OPTIONS);
  const services = Array.from({ length: 10_000 }, (_, i) => {
    return service({ name: `s${i}`, ips: [`10.1.${i >> 8}.${i & 255}`] });
  });
  const input = inputOf(services);
  const before = plan.plan(input).desired.bgp;
  const moved = new Map(input.snapshot.services);
  moved.set("default/s7", service({ name: "s7", ips: ["10.9.9.9"] }));
  const after = plan.plan({ ...input, snapshot: { ...input.snapshot, services: moved } }).desired.bgp;
  const { routes } = diffBgp(before, after);
  assert.deepEqual(routes.map(({ peer, announce, withdraw }) => [peer, announce.length, withdraw.length]), [
    ["a", 2, 1],
    ["b", 1, 1],
    ["d", 1, 1],
    ["e", 1, 1],
  ]);
});

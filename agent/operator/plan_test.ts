import assert from "node:assert/strict";
import fc from "fast-check";
import { advert, config, node, pool, service, slice, snapshot } from "../../tests/parity/sketch.ts";
import type { ObjectError } from "../../k8s/source.ts";
import type { Service } from "../../k8s/types/core.ts";
import { formatPlanJson, type PlanQuestion, type PlanReport, planReport } from "./plan.ts";

const NODES = ["iris1", "iris2"];
const POOL = pool("lan", "10.20.30.0/24,fc00::/120", advert(NODES));

/** A Service as it is created: cluster IPs, and no address unless the sketch gives one. */
function created(
  sketch: Parameters<typeof service>[0],
  clusterIPs: readonly string[] = ["10.96.0.1"],
): Service {
  const made = service({ ips: [], ...sketch });
  return {
    ...made,
    spec: { ...made.spec, clusterIPs, ipFamilyPolicy: "PreferDualStack", ports: [{ port: 80 }] },
  };
}

function question(services: readonly Service[], changes: Partial<PlanQuestion> = {}): PlanQuestion {
  return {
    snapshot: snapshot({
      services,
      slices: services.map((it) => slice(it.metadata.name, ["iris1", true])),
      nodes: NODES.map((it) => node(it)),
    }),
    parsed: { ok: true, config: config(POOL) },
    sourceErrors: [],
    options: { loadBalancerClass: null, ignoreExcludeLb: false },
    ...changes,
  };
}

const error = (object: string, field = "", message = "wrong"): ObjectError => ({ message, field, object });

Deno.test("planReport() allocates, elects and names node and interfaces for each address", () => {
  const lan = pool("lan", "10.20.30.0/24,fc00::/120", advert(NODES, { interfaces: ["eth1", "eth0"] }));
  const report = planReport(question([created({ name: "web" }, ["10.96.0.1", "fd00::1"])], {
    parsed: { ok: true, config: config(lan) },
  }));
  const shared = { protocol: "layer2", node: "iris1", interfaces: ["eth0", "eth1"], peers: [] };
  assert.deepEqual(report.services, [{
    service: "default/web",
    addresses: ["10.20.30.0", "fc00::"],
    pool: "lan",
    reason: null,
    message: "",
    announcers: [
      { address: "10.20.30.0", ...shared, node: report.services[0]?.announcers[0]?.node },
      { address: "fc00::", ...shared, node: report.services[0]?.announcers[0]?.node },
    ],
  }]);
});

Deno.test("planReport() keeps addresses in use and gives the oldest Service the next one", () => {
  const dated = (name: string, creationTimestamp: string): Service => {
    const made = created({ name });
    return { ...made, metadata: { ...made.metadata, creationTimestamp } };
  };
  const tiny = pool("tiny", "10.20.30.0/31", advert(NODES));
  const services = [
    dated("a-newest", "2026-01-03T00:00:00Z"),
    dated("b-oldest", "2026-01-01T00:00:00Z"),
    created({ name: "settled", ips: ["10.20.30.0"] }),
  ];
  const report = planReport(question(services, { parsed: { ok: true, config: config(tiny) } }));
  assert.deepEqual(report.services.map((it) => [it.service, ...it.addresses, it.reason]), [
    ["default/a-newest", "noAvailableAddress"],
    ["default/b-oldest", "10.20.30.1", null],
    ["default/settled", "10.20.30.0", null],
  ]);
  assert.match(report.services[0]?.message ?? "", /tiny/);
});

Deno.test("planReport() gives the reason when an address has no announcer", () => {
  const silent = question([created({ name: "web" })], {
    parsed: { ok: true, config: config(pool("p", "10.0.0.0/8")) },
  });
  const [web] = planReport(silent).services;
  assert.deepEqual([web?.addresses, web?.pool, web?.reason], [["10.0.0.0"], "p", "noMatchingAdvertisement"]);
  assert.deepEqual(web?.announcers, []);
});

Deno.test("planReport() lists Services of type LoadBalancer only, foreign ones with what they have", () => {
  const services = [
    created({ name: "internal", type: "ClusterIP" }),
    created({ name: "theirs", loadBalancerClass: "x", ips: ["192.0.2.1"] }),
  ];
  const report = planReport(question(services));
  assert.deepEqual(
    report.services.map((it) => [it.service, it.addresses, it.pool, it.reason, it.announcers]),
    [
      ["default/theirs", ["192.0.2.1"], null, "foreignLoadBalancerClass", []],
    ],
  );
  const classed = planReport(question([created({ name: "web" })], {
    options: { loadBalancerClass: "x", ignoreExcludeLb: false },
  }));
  assert.equal(classed.services[0]?.reason, "foreignLoadBalancerClass");
  assert.match(classed.services[0]?.message ?? "", /only "x" is handled/);
});

Deno.test("planReport() decides nothing while the configuration has errors", () => {
  const services = [created({ name: "settled", ips: ["10.20.30.7"] }), created({ name: "waiting" })];
  const refused = question(services, {
    parsed: { ok: false, errors: [error("IPAddressPool/m/p")], lacks: new Map() },
  });
  const unread = question(services, { sourceErrors: [error("L2Advertisement/m/ad")] });
  for (const it of [refused, unread]) {
    const report = planReport(it);
    assert.equal(report.errors.length, 1);
    assert.deepEqual(report.services.map((it) => [it.addresses, it.reason, it.announcers]), [
      [["10.20.30.7"], "configurationInvalid", []],
      [[], "configurationInvalid", []],
    ]);
  }
  assert.equal(
    planReport(question(services, { sourceErrors: [error("Service/m/s")] })).services[1]?.reason,
    null,
  );
});

Deno.test("planReport() sorts errors by object and field and tells each once", () => {
  const refused = [error("B/x", "b"), error("A/x", "z"), error("A/x", "y")];
  const parsed = { ok: false, errors: refused, lacks: new Map() } as const;
  const { errors } = planReport(
    question([], { parsed, sourceErrors: [error("B/x", "b"), error("B/x", "a")] }),
  );
  assert.deepEqual(errors.map((it) => `${it.object} ${it.field}`), ["A/x y", "A/x z", "B/x a", "B/x b"]);
  assert.deepEqual(Object.keys(errors[0] ?? {}), ["object", "field", "message"]);
});

Deno.test("planReport() names one node for all Services that share an address", () => {
  const services = ["a", "b"].map((name, i): Service => {
    const made = created({ name, annotations: { "metallb.io/allow-shared-ip": "k" }, ips: ["10.20.30.2"] });
    return { ...made, spec: { ...made.spec, ports: [{ port: 80 + i }] } };
  });
  const report = planReport(question(services));
  const iris1 = { address: "10.20.30.2", protocol: "layer2", node: "iris1", interfaces: [], peers: [] };
  assert.deepEqual(report.services.map((it) => it.announcers), [[iris1], [iris1]]);
});

Deno.test("formatPlanJson() is the same for the same objects in any order, with sorted Services", () => {
  const sketch = fc.record({
    name: fc.stringMatching(/^[a-z]{1,3}$/),
    ips: fc.subarray(["10.20.30.1", "fc00::1"]),
  });
  const sketches = fc.uniqueArray(sketch, { selector: (it) => it.name, maxLength: 6 });
  fc.assert(fc.property(sketches, (them) => {
    const text = formatPlanJson(planReport(question(them.map((it) => created(it)))));
    assert.equal(text, formatPlanJson(planReport(question(them.map((it) => created(it)).reverse()))));
    const names = (JSON.parse(text) as PlanReport).services.map((it) => it.service);
    assert.deepEqual(names, names.toSorted());
    assert.ok(text.endsWith("}\n"));
  }));
});

Deno.test("formatPlanJson() keeps the promised order of keys", () => {
  const text = formatPlanJson(
    planReport(question([created({ name: "web" })], { sourceErrors: [error("File/x")] })),
  );
  const keys = [...text.matchAll(/"([a-z]+)":/g)].map((it) => it[1]);
  assert.deepEqual(keys, [
    ...["services", "service", "addresses", "pool", "reason", "message"],
    ...["announcers", "address", "protocol", "node", "interfaces", "peers"],
    ...["errors", "object", "field", "message"],
  ]);
});

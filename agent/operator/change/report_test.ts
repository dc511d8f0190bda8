import assert from "node:assert/strict";
import { Catalog } from "../../../k8s/manifests/catalog.ts";
import type { Held } from "../plan.ts";
import { overlay } from "./overlay.ts";
import { type ChangeReport, changeReport } from "./report.ts";
import { formatChangeTable } from "./table.ts";

const NAMESPACE = "metallb-system";

function custom(kind: string, name: string, spec: unknown): unknown {
  const apiVersion = kind === "BGPPeer" ? "metallb.io/v1beta2" : "metallb.io/v1beta1";
  return { apiVersion, kind, metadata: { name, namespace: NAMESPACE }, spec };
}

const pool = (...addresses: readonly string[]) => custom("IPAddressPool", "lan", { addresses });
const l2 = (spec: unknown = {}) => custom("L2Advertisement", "lan", spec);
const peer = (spec: object = {}) =>
  custom("BGPPeer", "tor", { myASN: 64512, peerASN: 64513, peerAddress: "192.0.2.1", ...spec });

function node(name: string, labels: object = {}): unknown {
  return { apiVersion: "v1", kind: "Node", metadata: { name, labels: { rack: name, ...labels } } };
}

function service(name: string, ip: string | null, spec: object = { clusterIP: "10.96.0.9" }): unknown {
  const status = ip === null ? {} : { status: { loadBalancer: { ingress: [{ ip }] } } };
  const metadata = { name, namespace: "shop" };
  return { apiVersion: "v1", kind: "Service", metadata, spec: { type: "LoadBalancer", ...spec }, ...status };
}

function slice(name: string): unknown {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-1`, namespace: "shop", labels: { "kubernetes.io/service-name": name } },
    endpoints: [{ addresses: ["10.244.0.5"], conditions: { ready: true }, nodeName: "n1" }],
  };
}

function held(...items: readonly unknown[]): Held {
  const catalog = new Catalog(null);
  catalog.read("a.json", JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  return {
    objects: catalog.objects(new Map()),
    faulty: catalog.faulty(),
    errors: catalog.errors(),
  };
}

const OPTIONS = { loadBalancerClass: null, ignoreExcludeLb: false };
const NODES = [node("n1"), node("n2"), node("n3")];
const CLUSTER = [...NODES, pool("10.0.0.0/28"), l2(), service("web", "10.0.0.3"), slice("web")];

function change(cluster: readonly unknown[], ...manifests: readonly unknown[]): ChangeReport {
  const now = held(...cluster);
  return changeReport(now, overlay(now, held(...manifests)), OPTIONS);
}

Deno.test("changeReport() finds nothing to change in a cluster that is as it would be", () => {
  const { changes } = change(CLUSTER);
  assert.deepEqual(changes, { takesEffect: true, applied: [], services: [], sessions: [], errorsNow: [] });
  assert.deepEqual(change(CLUSTER, pool("10.0.0.0/28"), service("web", null, {})).changes.services, []);
  assert.match(formatChangeTable(change(CLUSTER), false), /\nNothing is pending\n$/);
});

Deno.test("changeReport() tells what is pending: an address that a status does not have yet, or still has", () => {
  const { changes } = change([...CLUSTER, service("new", null), service("old", "203.0.113.9")]);
  assert.deepEqual(changes.services.map(({ service, gets, loses }) => [service, gets, loses]), [
    ["shop/new", ["10.0.0.0"], []],
    ["shop/old", ["10.0.0.1"], ["203.0.113.9"]],
  ]);
  assert.deepEqual(changes.services[1]?.why.slice(0, 2), [
    "No IPAddressPool has 203.0.113.9 any more",
    'IPAddressPool "lan" gives it 10.0.0.1',
  ]);
});

Deno.test("changeReport() tells which node would answer instead, and why", () => {
  const before = change(CLUSTER).services[0]!.announcers[0]!.node;
  const others = NODES.map((_, i) => `n${i + 1}`).filter((name) => name !== before);
  const selectors = [{ matchExpressions: [{ key: "rack", operator: "In", values: others }] }];
  const [moved] = change(CLUSTER, l2({ nodeSelectors: selectors })).changes.services;
  const after = moved!.after!.announcers[0]!.node;
  assert.deepEqual([moved!.gets, moved!.loses, others.includes(after)], [[], [], true]);
  assert.deepEqual(moved!.why, [
    `${after} answers instead of ${before}, which no L2Advertisement of the Service includes`,
  ]);
  const label = { "node.kubernetes.io/exclude-from-external-load-balancers": "" };
  const [excluded] = change(CLUSTER, node(before, label)).changes.services;
  assert.match(excluded!.why[0]!, /, which is labelled exclude-from-external-load-balancers$/);
  const [silent] = change(CLUSTER, l2({ ipAddressPools: ["other"] })).changes.services;
  assert.match(silent!.why[0]!, new RegExp(`^${before} answers no more: No L2Advertisement uses`));
  assert.equal(silent!.after?.reason, "noMatchingAdvertisement");
});

Deno.test("changeReport() tells what becomes of a Service that loses its pool, leaves its type, or does not exist yet", () => {
  const [lost] = change(CLUSTER, pool("198.51.100.0/28")).changes.services;
  assert.deepEqual([lost!.loses, lost!.gets], [["10.0.0.3"], ["198.51.100.0"]]);
  const [gone] = change(CLUSTER, service("web", null, { type: "ClusterIP" })).changes.services;
  assert.deepEqual([gone!.loses, gone!.after], [["10.0.0.3"], null]);
  const { changes, services } = change(CLUSTER, service("next", null, {}));
  assert.deepEqual(changes.applied, [{ object: "Service/shop/next", change: "create" }]);
  assert.deepEqual(changes.services.map((it) => [it.service, it.gets, it.before]), [
    ["shop/next", ["10.0.0.0"], null],
  ]);
  assert.match(changes.services[0]!.why.join(), /taken for granted/);
  assert.equal(services.find((it) => it.service === "shop/next")?.announcers.length, 1);
});

Deno.test("changeReport() tells which sessions would come, go, start again or go on", () => {
  const bgp = [...CLUSTER, peer(), custom("BGPAdvertisement", "all", {})];
  const sessions = (...manifests: readonly unknown[]) =>
    change(bgp, ...manifests).changes.sessions.map(({ peer, change, nodes, fields }) =>
      [peer, change, nodes.join(), fields.join()].join(" ")
    );
  assert.deepEqual(sessions(), []);
  assert.deepEqual(sessions(peer({ holdTime: "30s", keepaliveTime: "10s" })), [
    "tor restarts n1,n2,n3 holdTimeSeconds,keepaliveTimeSeconds",
  ]);
  assert.deepEqual(sessions(peer({ connectTime: "5s" })), ["tor goesOn n1,n2,n3 connectTimeSeconds"]);
  assert.deepEqual(sessions(peer({ nodeSelectors: [{ matchLabels: { rack: "n2" } }] })), [
    "tor closes n1,n3 ",
  ]);
  assert.deepEqual(
    sessions(custom("BGPPeer", "two", { myASN: 64512, peerASN: 64513, peerAddress: "192.0.2.2" })),
    ["two opens n1,n2,n3 "],
  );
  const [web] = change(bgp, custom("BGPAdvertisement", "all", { peers: ["none"] })).changes.services;
  assert.match(web!.why[0]!, /^n1 withdraws it from tor: No BGPPeer that BGPAdvertisement "all" is for/);
});

Deno.test("changeReport() changes nothing with manifests that have errors, and tells them all", () => {
  const { errors, changes, services } = change(
    CLUSTER,
    pool("10.0.0.300/32"),
    custom("IPAddressPool", "b", { addresses: 5 }),
  );
  assert.deepEqual(errors.map(({ object }) => object), [
    `IPAddressPool/${NAMESPACE}/b`,
    `IPAddressPool/${NAMESPACE}/lan`,
  ]);
  assert.deepEqual([changes.takesEffect, changes.services, services[0]?.addresses], [false, [], [
    "10.0.0.3",
  ]]);
});

Deno.test("changeReport() tells from a broken cluster what mends it, by addresses alone", () => {
  const broken = [...NODES, pool("10.0.0.0/33"), l2(), service("web", "10.0.0.3"), slice("web")];
  const { errors, changes } = change(broken, pool("10.0.0.0/28"));
  assert.deepEqual([errors, changes.errorsNow.length, changes.services], [[], 1, []]);
});

Deno.test("formatChangeTable() shows what becomes of each Service and session", () => {
  const table = formatChangeTable(
    change([...CLUSTER, peer()], pool("198.51.100.0/28"), peer({ myASN: 64500 })),
    false,
  );
  assert.match(table, /\nWITH 0 CREATED, 2 REPLACED\nreplace BGPPeer\/metallb-system\/tor\n/);
  assert.match(table, /\nshop\/web +10\.0\.0\.3 -> 198\.51\.100\.0 +n\d.* +No IPAddressPool has 10\.0\.0\.3/);
  assert.match(table, /\ntor +start again +n1,n2,n3 +myAsn cannot change while a session lasts\n/);
});

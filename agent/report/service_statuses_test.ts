import assert from "node:assert/strict";
import type { Service } from "../../k8s/types/core.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { NodeOutcome } from "../plan/node_plan.ts";
import {
  BGP_STATUS,
  L2_STATUS,
  planServiceStatus,
  serviceOf,
  type StatusAuthor,
  type StatusObject,
} from "./service_statuses.ts";

const OWNER = { apiVersion: "v1", kind: "Pod", name: "speaker-x", uid: "pod-1" };
const AUTHOR: StatusAuthor = { node: "n1", namespace: "metallb-system", owner: OWNER };
const SAID = { node: "n1", serviceName: "web", serviceNamespace: "shop" };

function objectOf(name: string, node: string, status?: StatusObject["status"]): StatusObject {
  return {
    apiVersion: "metallb.io/v1beta1",
    kind: "ServiceL2Status",
    metadata: {
      name,
      namespace: "metallb-system",
      labels: {
        "metallb.io/node": node,
        "metallb.io/service-name": "web",
        "metallb.io/service-namespace": "shop",
      },
      ownerReferences: [OWNER],
    },
    ...status === undefined ? {} : { status },
  };
}

const plan = (names: readonly string[] | null, ...existing: readonly StatusObject[]): unknown =>
  planServiceStatus(L2_STATUS, AUTHOR, "shop/web", names, existing);
const planBgp = (names: readonly string[] | null, ...existing: readonly StatusObject[]): unknown =>
  planServiceStatus(BGP_STATUS, AUTHOR, "shop/web", names, existing);

Deno.test("planServiceStatus() creates what is announced, with MetalLB's labels and its Pod as owner", () => {
  assert.deepEqual(plan(["eth0"]), [{
    type: "Create",
    object: {
      apiVersion: "metallb.io/v1beta1",
      kind: "ServiceL2Status",
      metadata: {
        generateName: "l2-",
        namespace: "metallb-system",
        labels: {
          "metallb.io/node": "n1",
          "metallb.io/service-name": "web",
          "metallb.io/service-namespace": "shop",
        },
        ownerReferences: [OWNER],
      },
    },
    status: { ...SAID, interfaces: [{ name: "eth0" }] },
  }]);
});

Deno.test("planServiceStatus() creates an object without owner outside of a Pod", () => {
  const [change] = planServiceStatus(BGP_STATUS, { ...AUTHOR, owner: null }, "shop/web", ["tor"], []);
  assert.ok(change?.type === "Create" && !JSON.stringify(change.object).includes("ownerReferences"));
  assert.deepEqual(change.status, { ...SAID, peers: ["tor"] });
});

Deno.test("planServiceStatus() leaves alone what says it already, in any order", () => {
  const interfaces = [{ name: "eth1" }, { name: "eth0" }];
  assert.deepEqual(plan(["eth0", "eth1"], objectOf("l2-a", "n1", { ...SAID, interfaces })), []);
  assert.deepEqual(plan([], objectOf("l2-a", "n1", SAID)), []);
  assert.deepEqual(plan(null), []);
});

Deno.test("planServiceStatus() puts right what others changed", () => {
  const status = { ...SAID, interfaces: null };
  assert.deepEqual(plan([], objectOf("l2-a", "n1", { ...SAID, interfaces: [{ name: "x" }] })), [
    { type: "SetStatus", name: "l2-a", status },
  ]);
  assert.deepEqual(plan([], objectOf("l2-a", "n1")), [{ type: "SetStatus", name: "l2-a", status }]);
});

Deno.test("planServiceStatus() replaces an object that says for ever what is not so", () => {
  const foreign = objectOf("l2-a", "n1", { ...SAID, node: "n9" });
  const changes = planServiceStatus(L2_STATUS, AUTHOR, "shop/web", [], [foreign]);
  assert.deepEqual(changes.map(({ type }) => type), ["Create", "Delete"]);
});

Deno.test("planServiceStatus() takes over an object of the node's former Pod", () => {
  const before = objectOf("l2-a", "n1", SAID);
  const orphan = {
    ...before,
    metadata: { ...before.metadata, ownerReferences: [{ ...OWNER, uid: "pod-0" }] },
  };
  assert.deepEqual(plan([], orphan), [{ type: "SetOwner", name: "l2-a", owner: OWNER }]);
});

Deno.test("planServiceStatus() removes other nodes' objects of a Service that this node answers for", () => {
  const [mine, twin, other] = [
    objectOf("l2-b", "n1", SAID),
    objectOf("l2-c", "n1", SAID),
    objectOf("l2-a", "n2"),
  ];
  assert.deepEqual(plan([], twin, other, mine), [
    { type: "Delete", name: "l2-c" },
    { type: "Delete", name: "l2-a" },
  ]);
});

Deno.test("planServiceStatus() removes only this node's objects of a Service that it does not answer for", () => {
  assert.deepEqual(plan(null, objectOf("l2-a", "n2"), objectOf("l2-b", "n1")), [
    { type: "Delete", name: "l2-b" },
  ]);
});

Deno.test("planServiceStatus() leaves other nodes' objects alone where every node announces", () => {
  const peers = ["a", "b"];
  assert.deepEqual(planBgp(peers, objectOf("bgp-a", "n2"), objectOf("bgp-b", "n1", { ...SAID, peers })), []);
});

const SERVICE: Service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace: "shop" },
  status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }, { ip: "2001:db8:0::1" }] } },
};

function outcome(addresses: readonly string[], peers: readonly string[] = []): NodeOutcome {
  const bgp = { reason: null, addresses: [], peers };
  return { reason: null, message: "", addresses: addresses as Ip[], interfaces: null, failure: null, bgp };
}

Deno.test("of two nodes that answer for one Service, the one with its first address speaks for it", () => {
  assert.deepEqual(L2_STATUS.namesOf(SERVICE, outcome(["192.0.2.1"])), []);
  assert.equal(L2_STATUS.namesOf(SERVICE, outcome(["2001:db8::1"])), null);
  assert.equal(L2_STATUS.namesOf(SERVICE, outcome([])), null);
});

Deno.test("a Service that no peer is told of has no ServiceBGPStatus", () => {
  assert.equal(BGP_STATUS.namesOf(SERVICE, outcome([])), null);
  assert.equal(BGP_STATUS.namesOf(SERVICE, { ...outcome([]), bgp: null }), null);
  assert.deepEqual(BGP_STATUS.namesOf(SERVICE, outcome([], ["tor"])), ["tor"]);
});

Deno.test("serviceOf() knows no Service of an object that lacks one of the three labels", () => {
  const object = objectOf("l2-a", "n1");
  assert.equal(serviceOf(object), "shop/web");
  for (const label of Object.keys(object.metadata.labels!)) {
    const { [label]: _, ...labels } = object.metadata.labels!;
    assert.equal(serviceOf({ ...object, metadata: { ...object.metadata, labels } }), null);
  }
});

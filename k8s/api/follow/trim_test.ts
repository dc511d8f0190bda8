import assert from "node:assert/strict";
import { SERVICE } from "../../schema/core.ts";
import { trim } from "./trim.ts";

const sent = {
  metadata: {
    name: "web",
    namespace: "shop",
    uid: "u",
    resourceVersion: "7",
    generation: 3,
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { app: "web" },
    annotations: {
      "kubectl.kubernetes.io/last-applied-configuration": "{}",
      "metallb.io/address-pool": "gold",
      "metallb.universe.tf/loadBalancerIPs": "192.0.2.1",
    },
    managedFields: [{ manager: "kubectl" }],
  },
  spec: {
    type: "LoadBalancer",
    ports: [{ name: "http", protocol: "TCP", port: 80, targetPort: 8080, nodePort: 30001 }],
    selector: { app: "web" },
    sessionAffinity: "None",
    loadBalancerClass: null,
  },
  status: { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP", ports: [] }] }, conditions: [] },
};

Deno.test("trim() keeps the fields that are read, and gives version and kind", () => {
  assert.deepEqual(trim(SERVICE, "v1", "Service", sent), {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "web",
      namespace: "shop",
      uid: "u",
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { app: "web" },
      annotations: { "metallb.io/address-pool": "gold", "metallb.universe.tf/loadBalancerIPs": "192.0.2.1" },
    },
    spec: {
      type: "LoadBalancer",
      ports: [{ name: "http", protocol: "TCP", port: 80 }],
      selector: { app: "web" },
    },
    status: { loadBalancer: { ingress: [{ ip: "192.0.2.1", ipMode: "VIP" }] } },
  });
});

Deno.test("trim() shows values of a wrong type to whoever checks the schema", () => {
  const { spec } = trim(SERVICE, "v1", "Service", { metadata: {}, spec: { ports: "80" } }) as typeof sent;
  assert.deepEqual(spec, { ports: "80" });
});

Deno.test("trim() returns what cannot be changed", () => {
  const { spec } = trim(SERVICE, "v1", "Service", sent) as typeof sent;
  assert.ok(Object.isFrozen(spec) && Object.isFrozen(spec.ports) && Object.isFrozen(spec.ports[0]));
});

/**
 * The cluster of the lab is a real one: kubectl, RBAC, nodes, and a client's way through kube-proxy.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Lab } from "../lab.ts";
import { BACKEND_PORT, podAddresses } from "../network/addressing.ts";
import { Cluster, SYSTEM } from "./cluster.ts";
import { clusterTest } from "./suite.ts";

clusterTest(
  "a cluster comes up, lets accounts do what their rules allow, and proxies a Service",
  async () => {
    await using lab = await Lab.open({ nodes: 2 });
    await using cluster = await Cluster.open(lab);
    const nodes = await cluster.kubectl(["get", "nodes", "--no-headers"]);
    assert.match(nodes, /^n1 +Ready/m);
    assert.match(nodes, /^n2 +Ready/m);

    const kubeconfig = await cluster.serviceAccount("reader", [
      { apiGroups: [""], resources: ["services"], verbs: ["list"] },
    ]);
    await cluster.kubectl(["--kubeconfig", kubeconfig, "get", "services", "-A"]);
    await assert.rejects(cluster.kubectl(["--kubeconfig", kubeconfig, "get", "secrets", "-A"]), /forbidden/);

    await Promise.all(lab.nodes.map((node) => cluster.startKubeProxy(node)));
    await cluster.apply(
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web", namespace: SYSTEM },
        spec: { clusterIP: "10.96.1.1", ports: [{ port: 80, targetPort: BACKEND_PORT }] },
      },
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: "web-1", namespace: SYSTEM, labels: { "kubernetes.io/service-name": "web" } },
        addressType: "IPv4",
        ports: [{ port: BACKEND_PORT, protocol: "TCP" }],
        endpoints: [{ addresses: [podAddresses(2, 2).ipv4], conditions: { ready: true }, nodeName: "n2" }],
      },
    );
    await lab.client.namespace.ip(`route add 10.96.0.0/12 via ${lab.node("n1").ipv4}`);
    const deadline = performance.now() + 30_000;
    for (;;) {
      try {
        const answer = await lab.client.namespace.run(["curl", "-sS", "-m", "1", "http://10.96.1.1/"]);
        assert.match(answer, /n2/);
        break;
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
    }
  },
);

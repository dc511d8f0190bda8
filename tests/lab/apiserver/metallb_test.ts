/**
 * MetalLB itself runs in the lab: it gives a Service an address and answers for it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Prober } from "../prober.ts";
import { Lab } from "../lab.ts";
import { Cluster, SYSTEM } from "./cluster.ts";
import { MetalLb } from "./metallb.ts";
import { clusterMetalLbTest } from "./suite.ts";

const BETA1 = "metallb.io/v1beta1";

clusterMetalLbTest("MetalLB allocates an address, and one of its speakers answers for it", async () => {
  await using lab = await Lab.open({ nodes: 2 });
  await using cluster = await Cluster.open(lab);
  const metadata = { name: "lan", namespace: SYSTEM };
  await cluster.apply(
    { apiVersion: BETA1, kind: "IPAddressPool", metadata, spec: { addresses: ["10.77.0.200/29"] } },
    { apiVersion: BETA1, kind: "L2Advertisement", metadata },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace: SYSTEM },
      spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "web-1", namespace: SYSTEM, labels: { "kubernetes.io/service-name": "web" } },
      addressType: "IPv4",
      ports: [{ port: 8080 }],
      endpoints: [{ addresses: ["10.244.1.2"], conditions: { ready: true }, nodeName: "n1" }],
    },
  );
  await using metallb = await MetalLb.install(lab, cluster);
  const controller = await metallb.controller();
  await controller.waitForLog({ event: "ipAllocated" });
  const speakers = await Promise.all(lab.nodes.map((node) => metallb.speaker(node)));
  // Until they know of each other each of them answers.
  for (const [i, speaker] of speakers.entries()) {
    await speaker.waitForLog({ msg: "node event - forcing sync", "node name": lab.nodes[1 - i]!.name });
  }
  await using resolve = await Prober.resolve(lab, { address: "10.77.0.200" });
  const { answerer } = await resolve.waitForAnswerer(undefined, 60_000);
  const announcer = lab.nodes.findIndex(({ mac }) => mac === answerer);
  await speakers[announcer]!.waitForLog({ event: "serviceAnnounced", protocol: "layer2" });
  assert.deepEqual(resolve.rivals(), []);
  await speakers[announcer]!.stop();
  await resolve.waitForAnswerer(lab.nodes[1 - announcer]!.mac, 60_000);
});

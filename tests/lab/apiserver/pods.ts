/**
 * Pods on the lab's cluster, as a kubelet would report them: their container is a program that the lab starts itself.
 *
 * @module
 */
import type { LabNode } from "../network/host.ts";
import { type Cluster, SYSTEM } from "./cluster.ts";
import type { RoleName } from "./shipped_roles.ts";

/** Makes the Pod of a controller or speaker, running on a node's own addresses; one that is there stays what it is. */
export async function ensurePod(
  cluster: Cluster,
  component: RoleName,
  name: string,
  on: LabNode,
): Promise<void> {
  await cluster.apply({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: SYSTEM, labels: { app: "metallb", component } },
    spec: {
      nodeName: on.name,
      serviceAccountName: component,
      automountServiceAccountToken: false,
      hostNetwork: true,
      containers: [{ name: component, image: component }],
    },
  });
  const status = {
    phase: "Running",
    podIP: on.ipv4,
    podIPs: [{ ip: on.ipv4 }],
    conditions: [{ type: "Ready", status: "True" }],
  };
  await cluster.kubectl([
    ...["patch", "pod", name, "-n", SYSTEM, "--subresource=status", "-p", JSON.stringify({ status })],
  ]);
}

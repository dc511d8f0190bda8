/**
 * What `deno task lab --cluster` shows: the objects an administrator and a developer apply, as kubectl takes them.
 *
 * Not here: the Services' names and families, which are those of the demonstration without a cluster (../scenario.ts).
 *
 * @module
 */
import type { Cluster } from "../../apiserver/cluster.ts";
import { SYSTEM } from "../../apiserver/cluster.ts";
import type { Lab } from "../../lab.ts";
import { BACKEND_PORT, podAddresses, SERVICE_RANGES } from "../../network/addressing.ts";
import { EXCLUDE_LABEL, NAMESPACE, PORT, SERVICES, type ShownService } from "../scenario.ts";

const POLL_MS = 50;
/** A busy machine takes this long at worst to give an address. */
const PATIENCE_MS = 30_000;
const PROTOCOLS = [["http", "TCP"], ["echo", "UDP"]] as const;

/** Creates a pool and its advertisement. */
export async function applyPool(cluster: Cluster): Promise<void> {
  const [apiVersion, metadata] = ["metallb.io/v1beta1", { name: "lan", namespace: SYSTEM }];
  const addresses = [SERVICE_RANGES.ipv4, SERVICE_RANGES.ipv6];
  await apply(cluster, [
    { apiVersion, kind: "IPAddressPool", metadata, spec: { addresses } },
    { apiVersion, kind: "L2Advertisement", metadata, spec: { ipAddressPools: ["lan"] } },
    { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } },
  ]);
}

/** Creates the Services and, as no kubelet runs Pods here, their EndpointSlices. */
export async function applyServices(cluster: Cluster, lab: Lab): Promise<void> {
  await apply(cluster, SERVICES.flatMap((one) => [serviceOf(one), ...slicesOf(one, lab)]));
}

/** The addresses the controller gave each Service, in time. */
export async function waitForAddresses(cluster: Cluster): Promise<Map<string, readonly string[]>> {
  const addresses = new Map<string, readonly string[]>();
  const path = "jsonpath={.status.loadBalancer.ingress[*].ip}";
  for (const { name, families } of SERVICES) {
    for (const deadline = performance.now() + PATIENCE_MS;;) {
      const ips = (await cluster.kubectl(["get", "service", name, "-n", NAMESPACE, "-o", path])).split(" ");
      if (ips.join("") !== "" && ips.length === families.length) {
        addresses.set(name, ips);
        break;
      }
      if (performance.now() > deadline) {
        throw new Error(`Waited in vain for an address of ${NAMESPACE}/${name}`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  return addresses;
}

/** Takes a node out of load balancing by its label, or puts it back. */
export async function labelNode(cluster: Cluster, node: string, isExcluded: boolean): Promise<void> {
  await cluster.kubectl(["label", "node", node, isExcluded ? `${EXCLUDE_LABEL}=` : `${EXCLUDE_LABEL}-`]);
}

async function apply(cluster: Cluster, items: readonly unknown[]): Promise<void> {
  await cluster.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
}

function serviceOf({ name, families, externalTrafficPolicy }: ShownService): unknown {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: NAMESPACE },
    spec: {
      type: "LoadBalancer",
      allocateLoadBalancerNodePorts: false,
      ipFamilies: families,
      ipFamilyPolicy: families.length > 1 ? "RequireDualStack" : "SingleStack",
      externalTrafficPolicy,
      ports: PROTOCOLS.map(([name, protocol]) => ({ name, protocol, port: PORT, targetPort: BACKEND_PORT })),
    },
  };
}

function slicesOf({ name, families }: ShownService, lab: Lab): readonly unknown[] {
  return families.map((addressType) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${name}-${addressType.toLowerCase()}`,
      namespace: NAMESPACE,
      labels: { "kubernetes.io/service-name": name },
    },
    addressType,
    ports: PROTOCOLS.map(([name, protocol]) => ({ name, protocol, port: BACKEND_PORT })),
    endpoints: lab.nodes.map((node) => ({
      addresses: [podAddresses(node.index, 2)[addressType === "IPv4" ? "ipv4" : "ipv6"]],
      conditions: { ready: true },
      nodeName: node.name,
    })),
  }));
}

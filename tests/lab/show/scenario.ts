/**
 * What `deno task lab` shows: the objects of a small cluster, and the Services its proxies translate.
 *
 * @module
 */
import type { Lab } from "../lab.ts";
import { endpointSlices, ipAddressPool, l2Advertisement, Manifests, node, service } from "../manifests.ts";
import { SERVICE_RANGES } from "../network/addressing.ts";

/** One of the Services on show. */
export interface ShownService {
  readonly name: string;
  readonly families: readonly ("IPv4" | "IPv6")[];
  readonly externalTrafficPolicy: "Cluster" | "Local";
}

export const NAMESPACE = "shop";
export const PORT = 80;

/** Nodes with this label announce nothing. */
export const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";

export const SERVICES: readonly ShownService[] = [
  { name: "web", families: ["IPv4"], externalTrafficPolicy: "Cluster" },
  { name: "api", families: ["IPv4", "IPv6"], externalTrafficPolicy: "Local" },
  { name: "dns", families: ["IPv6"], externalTrafficPolicy: "Local" },
];

/** Writes all of it. */
export async function writeScenario(lab: Lab): Promise<Manifests> {
  const manifests = await Manifests.open(lab.folder);
  for (const { name } of lab.nodes) await writeNode(manifests, name, { excluded: false });
  await manifests.write(
    "pool",
    ipAddressPool("lan", { addresses: [SERVICE_RANGES.ipv4, SERVICE_RANGES.ipv6] }),
    l2Advertisement("lan"),
  );
  for (const { name, families, externalTrafficPolicy } of SERVICES) {
    const ipFamilyPolicy = families.length > 1 ? "RequireDualStack" : "SingleStack";
    await manifests.write(
      name,
      service({
        name,
        namespace: NAMESPACE,
        port: PORT,
        spec: { ipFamilies: families, ipFamilyPolicy, externalTrafficPolicy },
      }),
      ...endpointSlices({ name, namespace: NAMESPACE }, lab.nodes, families),
    );
  }
  return manifests;
}

/** Writes a Node, taken out of load balancing or not. */
export async function writeNode(
  manifests: Manifests,
  name: string,
  { excluded }: { readonly excluded: boolean },
): Promise<void> {
  await manifests.write(`node-${name}`, node(name, excluded ? { [EXCLUDE_LABEL]: "" } : {}));
}

/** Has every node translate the addresses the controller gave. */
export async function proxyAll(lab: Lab, addresses: ReadonlyMap<string, readonly string[]>): Promise<void> {
  await lab.proxy(SERVICES.map(({ name, externalTrafficPolicy }) => ({
    addresses: addresses.get(name) ?? [],
    port: PORT,
    externalTrafficPolicy,
    backends: lab.nodes.map(({ index }) => index),
  })));
}

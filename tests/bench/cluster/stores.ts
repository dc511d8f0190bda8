/**
 * What the cluster holds when a benchmark begins: so many Services with an endpoint each, waiting for an address or settled.
 *
 * Shape: kept stores (tests/lab/apiserver/kept_stores.ts), each on top of the next smaller one. The i-th Service is "s<i>"
 * and, settled, has the i-th address: its status, the pool's name and a speaker's ServiceL2Status stand as they do when
 * everything is at rest.
 * Not here: accounts and their rights, which follow the manifests of today (stage.ts).
 *
 * @module
 */
import { type ApiClient } from "../../../k8s/api/client.ts";
import type { KubernetesObject } from "../../../k8s/types/meta.ts";
import { type Cluster, SYSTEM } from "../../lab/apiserver/cluster.ts";
import type { KeptStore, Progress } from "../../lab/apiserver/kept_stores.ts";
import { openAdmin } from "./admin.ts";

/** The namespace of every Service. */
export const SHOP = "shop";
export const SERVICES: string = `/api/v1/namespaces/${SHOP}/services`;
export const SLICES: string = `/apis/discovery.k8s.io/v1/namespaces/${SHOP}/endpointslices`;
const L2_STATUSES = `/apis/metallb.io/v1beta1/namespaces/${SYSTEM}/servicel2statuses`;
const NODE = "n1";
const POOL = "bench";
/** Connections are few, so more at once would wait in the API server. */
const AT_ONCE = 16;
/** Raise it when a function below makes something else. */
const EDITION = 1;

/** The address of the i-th Service. */
export function addressOf(i: number): string {
  return `10.100.${i >> 8}.${i & 255}`;
}

/** A Service of type LoadBalancer. */
export function service(name: string): unknown {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: SHOP },
    spec: {
      type: "LoadBalancer",
      allocateLoadBalancerNodePorts: false,
      selector: { app: name },
      ports: [{ name: "http", port: 80, targetPort: 8080 }],
    },
  };
}

/** Its EndpointSlice, with a ready endpoint on the node. */
export function slice(name: string): unknown {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-1`, namespace: SHOP, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080 }],
    endpoints: [{ addresses: ["10.244.1.2"], conditions: { ready: true }, nodeName: NODE }],
  };
}

/** So many Services without an address. */
function waiting(count: number, base: KeptStore): KeptStore {
  return {
    title: `${count} Services waiting`,
    recipe: `${EDITION}: ${count} waiting`,
    base,
    fill: (cluster, progress) =>
      eachMissing(cluster, count, progress, async (client, i) => {
        await client.create(SERVICES, service(`s${i}`));
        await client.create(SLICES, slice(`s${i}`));
      }),
  };
}

/** The same Services with their addresses, announced by the node. */
function settled(count: number, base: KeptStore): KeptStore {
  return {
    title: `${count} Services settled`,
    recipe: `${EDITION}: ${count} settled`,
    base,
    fill: (cluster, progress) => forEach(cluster, 0, count, progress, settle),
  };
}

/** No Service; what every other store stands on. */
export const EMPTY: KeptStore = {
  title: "no Services",
  recipe: `${EDITION}: none`,
  base: null,
  fill: (cluster) =>
    cluster.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: SHOP } },
      {
        apiVersion: "metallb.io/v1beta1",
        kind: "IPAddressPool",
        metadata: { name: POOL, namespace: SYSTEM },
        spec: { addresses: ["10.100.0.0/16"] },
      },
      {
        apiVersion: "metallb.io/v1beta1",
        kind: "L2Advertisement",
        metadata: { name: POOL, namespace: SYSTEM },
      },
    ),
};

/** One number of Services. */
export interface Level {
  readonly count: number;
  readonly waiting: KeptStore;
  readonly settled: KeptStore;
}

/** A tenth, half and all of so many Services. */
export function levels(most: number): readonly Level[] {
  let base = EMPTY;
  return [Math.ceil(most / 10), Math.ceil(most / 2), most].map((count) => {
    const store = base = waiting(count, base);
    return { count, waiting: store, settled: settled(count, store) };
  });
}

async function settle(client: ApiClient, i: number): Promise<void> {
  await client.patch("merge", `${SERVICES}/s${i}/status`, {
    metadata: { annotations: { "metallb.io/ip-allocated-from-pool": POOL } },
    status: { loadBalancer: { ingress: [{ ip: addressOf(i), ipMode: "VIP" }] } },
  });
  const { metadata: { name } } = await client.create<KubernetesObject>(L2_STATUSES, {
    apiVersion: "metallb.io/v1beta1",
    kind: "ServiceL2Status",
    metadata: {
      generateName: "l2-",
      namespace: SYSTEM,
      labels: {
        "metallb.io/node": NODE,
        "metallb.io/service-name": `s${i}`,
        "metallb.io/service-namespace": SHOP,
      },
    },
  });
  await client.patch("merge", `${L2_STATUSES}/${name}/status`, {
    status: { node: NODE, serviceName: `s${i}`, serviceNamespace: SHOP },
  });
}

/** Works for each Service that is not there yet. */
async function eachMissing(
  cluster: Cluster,
  count: number,
  progress: Progress,
  work: (client: ApiClient, i: number) => Promise<void>,
): Promise<void> {
  using client = openAdmin(cluster);
  const { items } = await client.get<{ readonly items: readonly unknown[] }>(SERVICES);
  await forEach(cluster, items.length, count, progress, work);
}

async function forEach(
  cluster: Cluster,
  from: number,
  to: number,
  progress: Progress,
  work: (client: ApiClient, i: number) => Promise<void>,
): Promise<void> {
  using client = openAdmin(cluster);
  let next = from;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < to) {
      progress(`${next.toLocaleString("en-US")} of ${to.toLocaleString("en-US")} Services`);
      await work(client, next++);
    }
  }));
}

/**
 * Services for the tests in this folder, and a witness of every address they ever had.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type ApiSource, openApiSource } from "../../k8s/api/api_source.ts";
import { type Cluster, SYSTEM } from "../lab/apiserver/cluster.ts";
import { BACKEND_PORT, podAddresses } from "../lab/network/addressing.ts";
import type { LabNode } from "../lab/network/host.ts";

/** Where Services are created. */
export const SHOP = "shop";
const PATH = `/api/v1/namespaces/${SHOP}/services`;
const AT_ONCE = 16;

/** An IPAddressPool. */
export function pool(name: string, ...addresses: readonly string[]): unknown {
  const metadata = { name, namespace: SYSTEM };
  return { apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata, spec: { addresses } };
}

/** What is special about a Service. */
export interface ServiceSketch {
  readonly port?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** A Service of type LoadBalancer. */
export function service(
  name: string,
  { port = 80, annotations = {}, spec = {} }: ServiceSketch = {},
): unknown {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: SHOP, annotations },
    spec: {
      type: "LoadBalancer",
      allocateLoadBalancerNodePorts: false,
      ports: [{ port, targetPort: BACKEND_PORT }],
      ...spec,
    },
  };
}

/** The EndpointSlices, one a family, that make these nodes' backends the endpoints of a Service. */
export function endpoints(name: string, nodes: readonly LabNode[]): readonly unknown[] {
  return (["IPv4", "IPv6"] as const).map((addressType) => ({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${name}-${addressType.toLowerCase()}`,
      namespace: SHOP,
      labels: { "kubernetes.io/service-name": name },
    },
    addressType,
    ports: [{ name: "", port: BACKEND_PORT, protocol: "TCP" }],
    endpoints: nodes.map(({ index, name }) => ({
      addresses: [podAddresses(index, 2)[addressType === "IPv4" ? "ipv4" : "ipv6"]],
      conditions: { ready: true },
      nodeName: name,
    })),
  }));
}

/** An L2Advertisement. */
export function l2Advertisement(name: string, spec: unknown = {}): unknown {
  const metadata = { name, namespace: SYSTEM };
  return { apiVersion: "metallb.io/v1beta1", kind: "L2Advertisement", metadata, spec };
}

/** Sees every Service: which addresses each has had, and whether two ever had the same. Disposing it ends that. */
export class Witness implements AsyncDisposable {
  readonly #source: ApiSource;
  /** By a connection of its own: what it reads would come long after hundreds of writes on the same one. */
  readonly #writer: ApiSource;
  readonly #waiting = new Set<() => void>();
  /** The address of every Service that has one. */
  readonly addresses: Map<string, string> = new Map();
  /** What must never happen, as it happened. */
  readonly faults: string[] = [];
  /** When the newest address was seen. */
  lastAt = 0;

  private constructor(source: ApiSource, writer: ApiSource) {
    this.#source = source;
    this.#writer = writer;
    source.onChange(() => this.#look());
  }

  static async open(cluster: Cluster): Promise<Witness> {
    const options = { kubeconfig: cluster.adminKubeconfig, namespace: SYSTEM };
    return new Witness(
      await openApiSource({ ...options, collections: ["services"] }),
      await openApiSource({ ...options, collections: [] }),
    );
  }

  /** Creates Services with these names, several at a time. */
  async create(names: readonly string[]): Promise<void> {
    await severalAtATime(names, (name) => this.#writer.client.create(PATH, service(name)));
  }

  /** Deletes Services, several at a time. */
  async delete(names: readonly string[]): Promise<void> {
    await severalAtATime(names, (name) => this.#writer.client.delete(`${PATH}/${name}`));
  }

  /** Changes a label of each of these Services, those that are there, again and again until the signal. */
  async label(names: readonly string[], signal: AbortSignal): Promise<void> {
    for (let round = 0; !signal.aborted; round++) {
      const labels = { round: String(round) };
      await Promise.allSettled(
        names.map((name) => this.#writer.client.patch("merge", `${PATH}/${name}`, { metadata: { labels } })),
      );
    }
  }

  /** Waits until so many Services have an address. */
  async waitFor(count: number, withinMs = 60_000): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => this.addresses.size === count ? resolve() : undefined;
    const timer = setTimeout(
      () =>
        reject(new Error(`${this.addresses.size} of ${count} Services have an address after ${withinMs} ms`)),
      withinMs,
    );
    this.#waiting.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  /** Every Service's resource version: equal before and after means that nothing was written. */
  async revisions(cluster: Cluster): Promise<string[]> {
    const services = await cluster.list<{ readonly metadata: Record<string, string> }>("services");
    return services.map(({ metadata }) => `${metadata["name"]} ${metadata["resourceVersion"]}`).sort();
  }

  /** Fails when two Services had one address at the same time, or one lost or changed the one it had. */
  assertOrderly(): void {
    assert.deepEqual(this.faults, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]();
    await this.#writer[Symbol.asyncDispose]();
  }

  #look(): void {
    const { services } = this.#source.objects()!;
    const owners = new Map<string, string>();
    for (const [key, { status }] of services) {
      const ip = status?.loadBalancer?.ingress?.[0]?.ip;
      const before = this.addresses.get(key);
      if (before !== undefined && before !== ip) {
        this.faults.push(`${key} had ${before} and has ${ip ?? "none"}`);
      }
      if (ip === undefined) continue;
      const other = owners.get(ip);
      if (other !== undefined) this.faults.push(`${ip} is ${other}'s and ${key}'s`);
      owners.set(ip, key);
      if (before !== ip) this.lastAt = performance.now();
      this.addresses.set(key, ip);
    }
    for (const key of this.addresses.keys()) if (!services.has(key)) this.addresses.delete(key);
    for (const look of this.#waiting) look();
  }
}

async function severalAtATime(
  names: readonly string[],
  act: (name: string) => Promise<unknown>,
): Promise<void> {
  const left = names[Symbol.iterator]();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const name of left) await act(name);
  }));
}

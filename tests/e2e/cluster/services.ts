/**
 * Objects for the tests in this folder, and what became of them.
 *
 * @module
 */
import { type Cluster, SYSTEM } from "../../lab/apiserver/cluster.ts";

/** Where Services are created. */
export const SHOP = "shop";

/** An IPAddressPool. */
export function pool(name: string, ...addresses: readonly string[]): unknown {
  const metadata = { name, namespace: SYSTEM };
  return { apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata, spec: { addresses } };
}

/** A Service of type LoadBalancer. */
export function service(name: string): unknown {
  const spec = { type: "LoadBalancer", allocateLoadBalancerNodePorts: false, ports: [{ port: 80 }] };
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace: SHOP }, spec };
}

interface Written {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] } };
}

/** The address of every Service that has one. */
export async function addressesIn(cluster: Cluster): Promise<Map<string, string>> {
  const addresses = new Map<string, string>();
  for (const { metadata, status } of await cluster.list<Written>("services")) {
    const ip = status?.loadBalancer?.ingress?.[0]?.ip;
    if (ip !== undefined) addresses.set(`${metadata.namespace}/${metadata.name}`, ip);
  }
  return addresses;
}

/** Waits until so many Services have an address. */
export async function waitForAddresses(
  cluster: Cluster,
  count: number,
  withinMs = 60_000,
): Promise<Map<string, string>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const addresses = await addressesIn(cluster);
    if (addresses.size >= count) return addresses;
    if (performance.now() > deadline) {
      throw new Error(`${addresses.size} of ${count} Services have an address after ${withinMs} ms`);
    }
  }
}

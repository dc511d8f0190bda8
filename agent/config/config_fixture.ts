/**
 * Configuration objects for tests, each from the few fields a test is about.
 *
 * @module
 */
import type { Namespace, Node, Service } from "../../k8s/types/core.ts";
import { keyOf, type KubernetesObject, type Labels, type ObjectKey } from "../../k8s/types/meta.ts";
import type { Community, IPAddressPool, L2Advertisement } from "../../k8s/types/metallb.ts";
import type { Config, Parsed } from "./config.ts";
import { type ConfigObjects, parseConfig } from "./parse.ts";

/** Lists of objects, each empty when left out. */
export interface ObjectLists {
  readonly pools?: readonly IPAddressPool[];
  readonly l2Advertisements?: readonly L2Advertisement[];
  readonly communities?: readonly Community[];
  readonly nodes?: readonly Node[];
  readonly namespaces?: readonly Namespace[];
}

const NAMESPACE = "metallb-system";

export function poolObject(
  name: string,
  addresses: readonly string[],
  spec: Omit<IPAddressPool["spec"], "addresses"> = {},
  labels: Labels = {},
): IPAddressPool {
  return {
    ...head("IPAddressPool"),
    metadata: { name, namespace: NAMESPACE, labels },
    spec: { addresses, ...spec },
  };
}

export function l2Object(
  name: string,
  spec: NonNullable<L2Advertisement["spec"]> = {},
  annotations: Readonly<Record<string, string>> = {},
): L2Advertisement {
  return { ...head("L2Advertisement"), metadata: { name, namespace: NAMESPACE, annotations }, spec };
}

export function communityObject(name: string, aliases: readonly (readonly [string, string])[]): Community {
  return {
    ...head("Community"),
    metadata: { name, namespace: NAMESPACE },
    spec: { communities: aliases.map(([name, value]) => ({ name, value })) },
  };
}

export function nodeObject(name: string, labels: Labels = {}): Node {
  return { apiVersion: "v1", kind: "Node", metadata: { name, labels } };
}

export function namespaceObject(name: string, labels: Labels = {}): Namespace {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

export function serviceObject(namespace: string, labels: Labels = {}): Service {
  return { apiVersion: "v1", kind: "Service", metadata: { name: "service", namespace, labels } };
}

/** The lists as a snapshot holds them. */
export function objectsOf(lists: ObjectLists): ConfigObjects {
  return {
    ipAddressPools: keyed(lists.pools),
    l2Advertisements: keyed(lists.l2Advertisements),
    communities: keyed(lists.communities),
    nodes: keyed(lists.nodes),
    namespaces: keyed(lists.namespaces),
  };
}

export function parseLists(lists: ObjectLists): Parsed {
  return parseConfig(objectsOf(lists));
}

/** The configuration of these objects; fails the test when they have errors. */
export function configOf(lists: ObjectLists): Config {
  const parsed = parseLists(lists);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.config;
}

function head(kind: string): { readonly apiVersion: string; readonly kind: string } {
  return { apiVersion: "metallb.io/v1beta1", kind };
}

/** A name that stands twice keeps both objects, as two namespaces would. */
function keyed<T extends KubernetesObject>(objects: readonly T[] = []): Map<ObjectKey, T> {
  const map = new Map<ObjectKey, T>();
  for (const object of objects) {
    const key = keyOf(object);
    map.set(map.has(key) ? `${key} again` : key, object);
  }
  return map;
}

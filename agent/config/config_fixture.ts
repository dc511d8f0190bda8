/**
 * Configuration objects for tests, each from the few fields a test is about.
 *
 * @module
 */
import { BASIC_AUTH, type Namespace, type Node, type Secret, type Service } from "../../k8s/types/core.ts";
import { keyOf, type KubernetesObject, type Labels, type ObjectKey } from "../../k8s/types/meta.ts";
import type {
  BFDProfile,
  BGPAdvertisement,
  BGPPeer,
  BGPPeerSpec,
  Community,
  IPAddressPool,
  L2Advertisement,
} from "../../k8s/types/metallb.ts";
import { SecretValue } from "../../k8s/types/secret_value.ts";
import type { Config, Parsed, Peer } from "./config.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import { parseConfig } from "./parse.ts";
import type { ConfigObjects } from "./scope.ts";
import type { ConfigScope } from "./scope.ts";

/** Lists of objects, each empty when left out. */
export interface ObjectLists {
  readonly pools?: readonly IPAddressPool[];
  readonly l2Advertisements?: readonly L2Advertisement[];
  readonly communities?: readonly Community[];
  readonly bgpPeers?: readonly BGPPeer[];
  readonly bgpAdvertisements?: readonly BGPAdvertisement[];
  readonly bfdProfiles?: readonly BFDProfile[];
  readonly secrets?: readonly Secret[];
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

/** A peer at 10.0.0.1 with AS numbers, unless the spec says otherwise. */
export function peerObject(
  name: string,
  spec: Partial<BGPPeerSpec> = {},
  annotations: Readonly<Record<string, string>> = {},
): BGPPeer {
  return {
    ...head("BGPPeer"),
    metadata: { name, namespace: NAMESPACE, annotations },
    spec: { myASN: 65_000, peerASN: 65_001, peerAddress: "10.0.0.1", ...spec },
  };
}

/** What {@linkcode peerObject} means where it is spoken with from no node: all that a BGPPeer leaves open is filled in. */
export const PLAIN_PEER: Peer = {
  name: "p",
  myAsn: 65_000,
  peerAsn: 65_001,
  localAsn: null,
  address: "10.0.0.1" as Ip,
  interface: null,
  port: 179,
  sourceAddress: null,
  holdTimeSeconds: null,
  keepaliveTimeSeconds: null,
  connectTimeSeconds: null,
  sendHoldTimeSeconds: null,
  routerId: null,
  nodes: new Set(),
  password: null,
  bfd: null,
  gracefulRestart: false,
  ebgpMultiHop: false,
  vrf: null,
  dualStackAddressFamily: false,
  ttlSecurity: false,
  dials: true,
  listens: false,
};

export function bgpObject(name: string, spec: NonNullable<BGPAdvertisement["spec"]> = {}): BGPAdvertisement {
  return { ...head("BGPAdvertisement"), metadata: { name, namespace: NAMESPACE }, spec };
}

export function bfdObject(name: string, spec: NonNullable<BFDProfile["spec"]> = {}): BFDProfile {
  return { ...head("BFDProfile"), metadata: { name, namespace: NAMESPACE }, spec };
}

export function secretObject(
  name: string,
  values: Readonly<Record<string, string>>,
  type: string = BASIC_AUTH,
): Secret {
  const data = Object.entries(values).map(([key, text]) => [key, SecretValue.ofText(text)]);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: NAMESPACE },
    type,
    data: Object.fromEntries(data),
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
    bgpPeers: keyed(lists.bgpPeers),
    bgpAdvertisements: keyed(lists.bgpAdvertisements),
    bfdProfiles: keyed(lists.bfdProfiles),
    secrets: keyed(lists.secrets),
    nodes: keyed(lists.nodes),
    namespaces: keyed(lists.namespaces),
  };
}

export function parseLists(lists: ObjectLists, scope?: ConfigScope): Parsed {
  return parseConfig(objectsOf(lists), scope);
}

/** The configuration of these objects; fails the test when they have errors. */
export function configOf(lists: ObjectLists, scope?: ConfigScope): Config {
  const parsed = parseLists(lists, scope);
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

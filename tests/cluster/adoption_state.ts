/**
 * The state of a cluster that has lived with MetalLB for a while: pools, advertisements, and a Service of every sort.
 *
 * Shape: a table of Services that says of each how many addresses it gets and what announces them, and the objects.
 * Not here: who makes it so (adoption_stage.ts).
 *
 * @module
 */
import { SYSTEM } from "../lab/apiserver/cluster.ts";
import { bgpAdvertisement, bgpPeer, community } from "../lab/manifests.ts";
import type { LabNode } from "../lab/network/host.ts";
import { endpoints, l2Advertisement, service, type ServiceSketch, SHOP } from "./services.ts";

/** A namespace with a pool of its own. */
const TEAM = "team";
/** Of another load balancer, which has written it itself. */
export const FOREIGN_ADDRESS = "203.0.113.9";

/** A Service, and what there is to see of it once all is settled. */
export interface Resident extends ServiceSketch {
  readonly name: string;
  readonly namespace?: string;
  /** How many it has. */
  readonly addresses: 0 | 1 | 2;
  /** Which kind of status object there is for it. */
  readonly told: "layer2" | "bgp" | null;
}

const DUAL = { ipFamilyPolicy: "RequireDualStack" };
const PREFER = { ipFamilyPolicy: "PreferDualStack" };
const V6 = { ipFamilies: ["IPv6"] };
const OLD = "metallb.universe.tf";

/** So many alike, numbered from 1. */
function several(count: number, resident: Resident): Resident[] {
  return Array.from({ length: count }, (_, i) => ({ ...resident, name: `${resident.name}-${i + 1}` }));
}

function asking(annotations: Readonly<Record<string, string>>): Pick<Resident, "annotations"> {
  return { annotations };
}

/** Those that are there first. */
export const RESIDENTS: readonly Resident[] = [
  ...several(6, { name: "ipv4", addresses: 1, told: "layer2" }),
  ...several(3, { name: "ipv6", spec: V6, addresses: 1, told: "layer2" }),
  ...several(4, { name: "dual", spec: DUAL, addresses: 2, told: "layer2" }),
  ...several(3, { name: "prefer", spec: PREFER, addresses: 2, told: "layer2" }),
  { name: "local", spec: { externalTrafficPolicy: "Local" }, addresses: 1, told: "layer2" },
  { name: "asks", ...asking({ "metallb.io/loadBalancerIPs": "10.77.0.220" }), addresses: 1, told: "layer2" },
  {
    name: "asks-for-both",
    ...asking({ "metallb.io/loadBalancerIPs": "10.77.0.221,fd00:77::221" }),
    spec: DUAL,
    addresses: 2,
    told: "layer2",
  },
  { name: "asks-by-field", spec: { loadBalancerIP: "10.77.0.222" }, addresses: 1, told: "layer2" },
  {
    name: "asks-as-of-old",
    ...asking({ [`${OLD}/loadBalancerIPs`]: "10.77.0.223" }),
    addresses: 1,
    told: "layer2",
  },
  { name: "reserved", ...asking({ "metallb.io/address-pool": "reserved" }), addresses: 1, told: "layer2" },
  {
    name: "reserved-as-of-old",
    ...asking({ [`${OLD}/address-pool`]: "reserved" }),
    addresses: 1,
    told: "layer2",
  },
  ...[80, 81].map((port): Resident => ({
    name: `shares-${port}`,
    ...asking({ "metallb.io/allow-shared-ip": "a", "metallb.io/loadBalancerIPs": "10.77.0.224" }),
    port,
    addresses: 1,
    told: "layer2",
  })),
  ...[80, 81].map((port): Resident => ({
    name: `shares-both-${port}`,
    ...asking({
      [`${OLD}/allow-shared-ip`]: "b",
      "metallb.io/loadBalancerIPs": "10.77.0.225,fd00:77::225",
    }),
    spec: DUAL,
    port,
    addresses: 2,
    told: "layer2",
  })),
  ...several(3, {
    name: "routed",
    ...asking({ "metallb.io/address-pool": "routed" }),
    addresses: 1,
    told: "bgp",
  }),
  ...several(3, { name: "teamwork", namespace: TEAM, addresses: 1, told: "layer2" }),
  {
    name: "takes-the-only-one",
    ...asking({ "metallb.io/address-pool": "only" }),
    addresses: 1,
    told: "layer2",
  },
  { name: "unannounced", ...asking({ "metallb.io/address-pool": "dark" }), addresses: 1, told: null },
];

/** Those that come later, and get nothing of MetalLB's or Ingot's. */
export const LATECOMERS: readonly Resident[] = [
  { name: "waits", ...asking({ "metallb.io/address-pool": "only" }), addresses: 0, told: null },
  { name: "prose", ...asking({ "metallb.io/loadBalancerIPs": "any will do" }), addresses: 0, told: null },
  { name: "foreign", spec: { loadBalancerClass: "example.org/other" }, addresses: 0, told: null },
  {
    name: "inside",
    spec: { type: "ClusterIP", allocateLoadBalancerNodePorts: null },
    addresses: 0,
    told: null,
  },
];

/** The Service and its endpoints on these nodes. */
export function objectsOf(resident: Resident, nodes: readonly LabNode[]): readonly unknown[] {
  const { name, namespace = SHOP } = resident;
  return [service(name, resident), ...endpoints(name, nodes)].map((object) => {
    const { metadata, ...rest } = object as { readonly metadata: object };
    return { ...rest, metadata: { ...metadata, namespace } };
  });
}

function pool(name: string, addresses: readonly string[], spec: object = {}, labels: object = {}): unknown {
  return {
    apiVersion: "metallb.io/v1beta1",
    kind: "IPAddressPool",
    metadata: { name, namespace: SYSTEM, labels },
    spec: { addresses, autoAssign: false, ...spec },
  };
}

/** Namespaces and custom resources. BGP is MetalLB's own, which knows neither BFD nor IPv6. */
export function configuration(): readonly unknown[] {
  const on = (node: string) => ({ matchLabels: { "kubernetes.io/hostname": node } });
  return [
    ...[SHOP, TEAM].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    pool("lan", ["10.77.0.200-10.77.0.229", "fd00:77::200-fd00:77::229"], { autoAssign: true }),
    pool("reserved", ["10.77.0.232/29"], { avoidBuggyIPs: true }, { tier: "reserved" }),
    pool("only", ["10.77.0.240/32"]),
    pool("routed", ["10.99.0.0/28"]),
    pool("dark", ["10.97.0.0/30"]),
    pool("team", ["10.77.0.248/29", "fd00:98::/124"], {
      autoAssign: true,
      serviceAllocation: { priority: 5, namespaces: [TEAM] },
    }),
    l2Advertisement("lan", { ipAddressPools: ["lan", "only"] }),
    l2Advertisement("reserved", {
      ipAddressPoolSelectors: [{ matchLabels: { tier: "reserved" } }],
      nodeSelectors: [on("n2")],
    }),
    l2Advertisement("team", {
      ipAddressPools: ["team"],
      interfaces: ["eth0"],
      preferredNodeSelectors: [{ weight: 40, preference: on("n3") }],
    }),
    community("names", { shiny: "64512:7" }),
    bgpPeer("tor-a", { myASN: 64_512, peerASN: 65_000, peerAddress: "10.77.0.110" }),
    bgpPeer("tor-b", {
      myASN: 64_512,
      peerASN: 65_000,
      peerAddress: "10.77.0.111",
      nodeSelectors: [on("n1")],
    }),
    bgpAdvertisement("routed", { ipAddressPools: ["routed"], communities: ["shiny"], localPref: 120 }),
  ];
}

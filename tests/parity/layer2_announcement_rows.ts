/**
 * MetalLB's behaviour table, layer 2 announcements and the life of Services and nodes: what is put on the wire, and when
 * it is taken back. Rows about packets are shown where packets are.
 *
 * @module
 */
import { IRIS2, NO_MATCH, onNodes } from "./layer2_election_rows.ts";
import type { Row } from "./announcement_case.ts";

const WEB = { interfaces: null, services: ["default/web"] } as const;
const SINGLE_STACK = { ips: ["10.20.30.1"] } as const;

/** What iris2 has on the wire for the Service web, at its address. */
function onIris2(
  interfaces: readonly string[] | null,
): NonNullable<Extract<Row, { steps: unknown }>["steps"][0]["wire"]> {
  return { iris1: {}, iris2: { "10.20.30.1": { ...WEB, interfaces } } };
}

/** An advertisement for every pool and a peer for every node, beside layer 2. */
const BGP_TOO = { bgpAds: { all: {} }, peers: { tor: {} } } as const;
const TOLD = {
  iris1: { tor: { "10.20.30.1/32": [null] } },
  iris2: { tor: { "10.20.30.1/32": [null] } },
} as const;
const SILENT = { iris1: { tor: {} }, iris2: { tor: {} } } as const;
const NO_ENDPOINTS = { iris1: "noEndpoints", iris2: "noEndpoints" } as const;

const GONE = { iris1: {}, iris2: {} } as const;
const both = (
  reason: "notLoadBalancer" | "noIPAllocated" | "ipNotAllowed" | "configurationInvalid" | "ignored",
) => ({
  iris1: reason,
  iris2: reason,
});

export const ANNOUNCEMENT_ROWS: readonly Row[] = [
  { row: 43, shownBy: "protocols/arp/responder_test.ts" },
  { row: 44, shownBy: "protocols/arp/responder_test.ts" },
  { row: 45, shownBy: "protocols/arp/responder_test.ts" },
  { row: 46, shownBy: "protocols/arp/responder_test.ts" },
  {
    row: 47,
    name: "foo has both families, bar shares the IPv4 address",
    steps: [{
      services: { foo: { ips: ["10.20.30.1", "1000::1"] }, bar: SINGLE_STACK },
      wire: {
        iris2: {
          "10.20.30.1": { interfaces: null, services: ["default/bar", "default/foo"] },
          "1000::1": { interfaces: null, services: ["default/foo"] },
        },
      },
    }, {
      services: { foo: { ips: ["10.20.30.1", "1000::1"] } },
      wire: {
        iris2: {
          "10.20.30.1": { interfaces: null, services: ["default/foo"] },
          "1000::1": { interfaces: null, services: ["default/foo"] },
        },
      },
    }],
  },
  {
    row: 48,
    name: "the interfaces of two advertisements are united",
    steps: [{
      ads: { a: { interfaces: ["eth0", "eth1"] }, b: { interfaces: ["eth0", "eth2"] } },
      wire: onIris2(["eth0", "eth1", "eth2"]),
    }],
  },
  {
    row: 49,
    name: "an advertisement without interfaces means all",
    steps: [{ ads: { a: { interfaces: ["eth0"] }, b: {} }, wire: onIris2(null) }],
  },
  {
    row: 50,
    name: "none of the interfaces exists: nothing on the wire, announceFailed, nobody takes over",
    steps: [{
      localInterfaces: ["eth0"],
      ads: { a: { interfaces: ["eth7"] } },
      expect: { web: { iris1: "notOwner", iris2: "announceFailed" } },
      wire: GONE,
    }],
  },
  {
    row: 51,
    name: "the interface is changed in the advertisement",
    steps: [
      { localInterfaces: ["eth0", "eth1"], ads: { a: { interfaces: ["eth0"] } }, wire: onIris2(["eth0"]) },
      { ads: { a: { interfaces: ["eth1"] } }, wire: onIris2(["eth1"]) },
    ],
  },
  {
    row: 52,
    name: "two advertisements with an interface each",
    steps: [{
      ads: { a: { interfaces: ["eth0"] }, b: { interfaces: ["eth1"] } },
      wire: onIris2(["eth0", "eth1"]),
    }],
  },
  { row: 53, shownBy: "protocols/arp/responder_test.ts" },
  {
    row: 54,
    name: "the advertisement is deleted and added again",
    steps: [
      { expect: { web: IRIS2 } },
      { ads: {}, expect: { web: NO_MATCH }, wire: GONE },
      { ads: { all: {} }, wire: onIris2(null) },
      { ...BGP_TOO, expect: { web: { iris1: null, iris2: null } }, wire: onIris2(null), sessions: TOLD },
      { ads: {}, expect: { web: { iris1: null, iris2: null } }, wire: GONE, sessions: TOLD },
      { ads: { all: {} }, wire: onIris2(null), sessions: TOLD },
      { bgpAds: {}, expect: { web: IRIS2 }, wire: onIris2(null), sessions: SILENT },
    ],
  },
  {
    row: 55,
    against:
      "an announcement that did not change is not repeated and raises no event; bursts follow takeovers, and a " +
      "slow refresh is an advertisement's choice",
  },
  { row: 56, shownBy: "tests/e2e" },
  {
    row: 57,
    name: "two Services share their addresses, backends on different nodes",
    steps: [{
      services: { foo: { ips: ["10.20.30.1", "1000::1"] }, bar: { ips: ["10.20.30.1", "1000::1"] } },
      endpointsOf: { foo: [["iris1", true]], bar: [["iris2", true]] },
      expect: { foo: IRIS2, bar: IRIS2 },
    }],
  },
  { row: 58, shownBy: "tests/e2e" },
  {
    row: 59,
    name: "speakers that do not announce have no address to count under",
    steps: [{ wire: { iris1: {} }, check: (plans) => expectNoAddresses(plans.get("iris1")?.services) }],
  },
  { row: 60, shownBy: "tests/interop" },
];

export const LIFE_CYCLE_ROWS: readonly Row[] = [
  {
    row: 61,
    name: "both protocols announce, then layer 2 declines: BGP stays",
    steps: [
      { ...BGP_TOO, expect: { web: { iris1: null, iris2: null } }, wire: onIris2(null), sessions: TOLD },
      {
        // The annotation is refused by layer 2 alone, under an advertisement that selects Services.
        ads: { all: { serviceSelectors: [{}] } },
        services: { web: { annotations: { "metallb.io/allow-shared-ip": "key" } } },
        expect: { web: { iris1: null, iris2: null } },
        wire: GONE,
        sessions: TOLD,
      },
    ],
  },
  {
    row: 62,
    name: "then BGP declines too: withdrawn, and what was remembered of the Service is forgotten",
    steps: [
      { ...BGP_TOO, wire: onIris2(null), sessions: TOLD },
      { ads: {}, wire: GONE, sessions: TOLD },
      { pools: {}, wire: GONE, sessions: TOLD },
      {
        endpoints: [],
        expect: { web: NO_ENDPOINTS },
        bgp: { web: NO_ENDPOINTS },
        wire: GONE,
        sessions: SILENT,
      },
      { pools: {}, endpoints: [["iris1", true]], expect: { web: both("ipNotAllowed") } },
    ],
  },
  { row: 63, shownBy: "tests/e2e/manifest_source_test.ts" },
  {
    row: 64,
    against: "a plan is a function of everything at once: it cannot fail, so there is nothing to retry",
  },
  {
    row: 65,
    name: "Services of the class asked for, and no others",
    steps: [
      {
        services: {
          web: {},
          other: { loadBalancerClass: "y", ips: ["10.20.30.4"] },
          classed: { loadBalancerClass: "x", ips: ["10.20.30.5"] },
        },
        expect: { web: IRIS2, other: both("ignored"), classed: both("ignored") },
      },
      {
        options: { loadBalancerClass: "x", ignoreExcludeLb: false },
        expect: { web: both("ignored"), other: both("ignored"), classed: IRIS2 },
      },
    ],
  },
  {
    row: 66,
    name: "no configuration yet",
    steps: [{
      pools: { broken: ["10.20.30.0/240"] },
      refused: /10\.20\.30\.0\/240/,
      expect: { web: both("configurationInvalid") },
      wire: GONE,
    }],
  },
  {
    row: 67,
    name: "a Service that is not, or no longer, of type LoadBalancer",
    steps: [
      { services: { web: { type: "ClusterIP" } }, expect: { web: both("notLoadBalancer") } },
      { services: { web: {} }, expect: { web: IRIS2 } },
      { services: { web: { type: "ClusterIP" } }, expect: { web: both("notLoadBalancer") }, wire: GONE },
    ],
  },
  {
    row: 68,
    name: "no ingress, then one",
    steps: [
      { services: { web: { ips: [] } }, expect: { web: both("noIPAllocated") }, wire: GONE },
      { services: { web: {} }, wire: onIris2(null) },
    ],
  },
  {
    row: 69,
    name: "node updates: labels and NetworkUnavailable count, cordons and heartbeats do not",
    steps: [
      {
        ads: { a: onNodes("iris2"), b: { nodeSelectors: [{ matchLabels: { edge: "yes" } }] } },
        wire: onIris2(null),
      },
      { nodes: { iris1: {}, iris2: { cordoned: true } }, wire: onIris2(null) },
      { nodes: { iris1: { labels: { edge: "yes" } }, iris2: { unavailable: true } }, wire: { iris2: {} } },
      { nodes: { iris1: { labels: { edge: "yes" } }, iris2: {} }, wire: onIris2(null) },
    ],
  },
  {
    row: 70,
    name: "nodes are created and deleted",
    steps: [
      { nodes: { iris1: {} }, expect: { web: { iris1: null } } },
      { nodes: { iris1: {}, iris2: {} }, expect: { web: IRIS2 } },
      { nodes: { iris1: {} }, expect: { web: { iris1: null } } },
    ],
  },
  {
    row: 71,
    name: "the pool of an announced address is removed: announced until the status is cleared",
    steps: [
      { wire: onIris2(null) },
      { pools: {}, expect: { web: IRIS2 }, wire: onIris2(null) },
      {
        services: { web: {}, late: { ips: ["10.20.30.2"] } },
        expect: { web: IRIS2, late: both("ipNotAllowed") },
      },
      { pools: { other: ["10.99.0.0/24"] }, expect: { web: IRIS2, late: both("ipNotAllowed") } },
      { services: { web: { ips: [] } }, expect: { web: both("noIPAllocated") }, wire: GONE },
      { services: { web: {} }, expect: { web: both("ipNotAllowed") }, wire: GONE },
    ],
  },
  { row: 72, shownBy: "tests/parity/allocation_laws_test.ts" },
];

function expectNoAddresses(
  services: ReadonlyMap<string, { readonly addresses: readonly string[] }> | undefined,
): void {
  for (const { addresses } of services?.values() ?? []) {
    if (addresses.length > 0) throw new Error(`unexpected ${addresses.join()}`);
  }
}

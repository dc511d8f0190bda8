/**
 * MetalLB's behaviour table, BGP controller: which node announces which prefix to which peer, and with what.
 *
 * Not here: the form of a row (announcement_case.ts), configuration (config_bgp_cases.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { EXCLUDE_LABEL } from "../../agent/elect/cluster_view.ts";
import type { BgpReason } from "../../agent/plan/bgp/decision.ts";
import type { NodeDecisions } from "../../agent/plan/node_plan.ts";
import { SecretValue } from "../../k8s/types/secret_value.ts";
import type { Row, Step } from "./announcement_case.ts";
import { onNodes } from "./layer2_election_rows.ts";

/** BGP alone: one peer and one advertisement for every node. */
const BGP: Partial<Step> = { ads: {}, bgpAds: { all: {} }, peers: { tor: {} } };

const HOST = "10.20.30.1/32";
const AGGREGATE = "10.20.30.0/24";
const PLAIN: readonly [null] = [null];

const both = (reason: BgpReason | null) => ({ web: { iris1: reason, iris2: reason } });
const toTor = (...prefixes: readonly string[]) => ({
  tor: Object.fromEntries(prefixes.map((prefix) => [prefix, PLAIN])),
});
const onBoth = <T>(sessions: T) => ({ iris1: sessions, iris2: sessions });
const selecting = (app: string) => ({ serviceSelectors: [{ matchLabels: { app } }] });

/** Two advertisements of different preference, the second for Services labelled app=web. */
const preferences = (one: object, other: object): Step["bgpAds"] & object => ({
  a: { localPref: 100, ...one },
  b: { localPref: 200, ...selecting("web"), ...other },
});
const WEB = { web: { labels: { app: "web" } } };
const CONFLICT = "conflictingAdvertisements";

/** Compares an object of one step with the same of the next. */
function kept(pick: (iris1: NodeDecisions) => unknown): (plans: ReadonlyMap<string, NodeDecisions>) => void {
  let before: { readonly value: unknown } | null = null;
  return (plans) => {
    const value = pick(plans.get("iris1")!);
    assert.ok(value !== undefined && (before === null || before.value === value), "not the identical object");
    before = { value };
  };
}

export const BGP_ENDPOINT_ROWS: readonly Row[] = [
  {
    row: 73,
    name: "traffic policy Local, endpoint on another node",
    steps: [{
      ...BGP,
      services: { web: { local: true } },
      endpoints: [["iris2", true]],
      bgp: { web: { iris1: "noLocalEndpoints", iris2: null } },
      expect: { web: { iris1: "noLocalEndpoints", iris2: null } },
      sessions: { iris1: { tor: {} }, iris2: toTor(HOST) },
    }],
  },
  {
    row: 74,
    name: "traffic policy Local, an endpoint appears",
    steps: [
      {
        ...BGP,
        services: { web: { local: true } },
        endpoints: [["iris2", true]],
        sessions: { iris1: { tor: {} } },
      },
      { endpoints: [["iris2", true], ["iris1", true]], sessions: onBoth(toTor(HOST)) },
    ],
  },
  {
    row: 75,
    name: "traffic policy Local, ready and unready endpoints, a ready one here",
    steps: [{
      ...BGP,
      services: { web: { local: true } },
      endpoints: [["iris1", false], ["iris1", true], ["iris2", false]],
      bgp: { web: { iris1: null, iris2: "noLocalEndpoints" } },
    }],
  },
  {
    row: 76,
    name: "no endpoint, or none that is ready, or none with an address",
    steps: [
      { ...BGP, sessions: onBoth(toTor(HOST)) },
      { endpoints: [], bgp: both("noEndpoints"), sessions: onBoth({ tor: {} }) },
      { endpoints: [["iris1", true]], sessions: onBoth(toTor(HOST)) },
      {
        endpoints: [["iris1", false], ["iris2", false]],
        bgp: both("noEndpoints"),
        sessions: onBoth({ tor: {} }),
      },
      { endpoints: [["iris1", true, true, null]], bgp: both("noEndpoints"), sessions: onBoth({ tor: {} }) },
    ],
  },
  {
    row: 77,
    name: "serving and not ready, ready and not serving",
    steps: [
      { ...BGP, endpoints: [["iris1", false, true]], bgp: both(null) },
      { endpoints: [["iris1", true, false]], bgp: both(null) },
    ],
  },
  {
    row: 78,
    name: "one endpoint address, once ready and once not, in either order",
    steps: [
      {
        ...BGP,
        services: { web: { local: true } },
        endpoints: [["iris1", false, false, "10.244.0.1"], ["iris1", true, true, "10.244.0.1"]],
        bgp: { web: { iris1: null } },
      },
      {
        endpoints: [["iris1", true, true, "10.244.0.1"], ["iris1", false, false, "10.244.0.1"]],
        bgp: { web: { iris1: null } },
      },
    ],
  },
];

export const BGP_SESSION_ROWS: readonly Row[] = [
  {
    row: 79,
    name: "a host route with communities and an aggregate, each with its own preference",
    steps: [{
      ...BGP,
      pools: { pool: ["10.20.30.0/24"] },
      bgpAds: {
        host: { localPref: 100, communities: ["65000:2", "large:1:2:3", "65000:1"] },
        block: { localPref: 1000, aggregationLength: 24 },
      },
      sessions: onBoth({ tor: { [HOST]: [100, "1:2:3", "65000:1", "65000:2"], [AGGREGATE]: [1000] } }),
    }],
  },
  {
    row: 80,
    name: "one of two advertisements is for another node",
    steps: [{
      ...BGP,
      bgpAds: { a: onNodes("iris1"), b: { ...onNodes("iris2"), aggregationLength: 24 } },
      sessions: { iris1: toTor(HOST), iris2: toTor(AGGREGATE) },
    }],
  },
  {
    row: 81,
    name: "an advertisement for one peer, another for all",
    steps: [{
      ...BGP,
      peers: { tor: {}, spine: { peerAddress: "10.0.0.2" } },
      bgpAds: { one: { peers: ["spine"], communities: ["1:1"] }, all: { aggregationLength: 24 } },
      sessions: onBoth({
        tor: { [AGGREGATE]: PLAIN },
        spine: { [HOST]: [null, "1:1"], [AGGREGATE]: PLAIN },
      }),
    }],
  },
  {
    row: 82,
    name: "two peers, one Service: both are told, from one table",
    steps: [{
      ...BGP,
      peers: { tor: {}, spine: { peerAddress: "10.0.0.2" } },
      sessions: onBoth({ tor: { [HOST]: PLAIN }, spine: { [HOST]: PLAIN } }),
      check: (plans) => {
        const sessions = plans.get("iris1")?.desired.bgp;
        assert.equal(sessions?.get("tor")?.routes, sessions?.get("spine")?.routes);
      },
    }],
  },
  {
    row: 83,
    name: "two Services share an address: one route, which stays when one of them goes",
    steps: [
      { ...BGP, services: { web: {}, api: {} }, sessions: onBoth(toTor(HOST)) },
      { services: { api: {} }, sessions: onBoth(toTor(HOST)) },
      { services: {}, sessions: onBoth({ tor: {} }) },
    ],
  },
  {
    row: 84,
    name: "a peer is removed",
    steps: [
      { ...BGP, peers: { tor: {}, spine: { peerAddress: "10.0.0.2" } } },
      { peers: { tor: {} }, sessions: onBoth(toTor(HOST)) },
    ],
  },
  {
    row: 85,
    name: "the last Service is removed: the session stays, without routes",
    steps: [
      { ...BGP, sessions: onBoth(toTor(HOST)) },
      { services: {}, sessions: onBoth({ tor: {} }) },
    ],
  },
  {
    row: 86,
    name: "labels and selectors decide whether there is a session",
    steps: [
      {
        ...BGP,
        peers: { tor: { nodeSelectors: [{ matchLabels: { rack: "1" } }] } },
        bgp: both("noMatchingPeer"),
        sessions: onBoth({}),
      },
      { nodes: { iris1: { labels: { rack: "1" } }, iris2: {} }, sessions: { iris1: toTor(HOST), iris2: {} } },
      { nodes: { iris1: { labels: { rack: "2" } }, iris2: {} }, sessions: onBoth({}) },
      {
        peers: { tor: { nodeSelectors: [{ matchLabels: { rack: "2" } }] } },
        sessions: { iris1: toTor(HOST), iris2: {} },
      },
    ],
  },
  {
    row: 87,
    name: "a label changes and still matches: the routes stay the identical table",
    steps: ((stays) => [
      {
        ...BGP,
        nodes: { iris1: { labels: { rack: "1" } }, iris2: {} },
        peers: { tor: { nodeSelectors: [{ matchExpressions: [{ key: "rack", operator: "Exists" }] }] } },
        check: stays,
      },
      {
        nodes: { iris1: { labels: { rack: "2" } }, iris2: {} },
        sessions: { iris1: toTor(HOST), iris2: {} },
        check: stays,
      },
    ])(kept((iris1) => iris1.desired.bgp.get("tor")?.routes)),
  },
  {
    row: 88,
    name: "several node selectors of a peer are an OR",
    steps: [{
      ...BGP,
      nodes: { iris1: { labels: { rack: "1" } }, iris2: { labels: { rack: "2" } }, iris3: {} },
      peers: { tor: { nodeSelectors: ["1", "2"].map((rack) => ({ matchLabels: { rack } })) } },
      sessions: { iris1: toTor(HOST), iris2: toTor(HOST), iris3: {} },
    }],
  },
];

const EXCLUDED = { labels: { [EXCLUDE_LABEL]: "" } };

export const BGP_NODE_ROWS: readonly Row[] = [
  {
    row: 89,
    name: "nodes labelled excluded, and the flag that ignores it",
    steps: [
      { ...BGP, nodes: { iris1: EXCLUDED, iris2: EXCLUDED }, bgp: both("nodeLabeledExcludeBalancers") },
      { options: { loadBalancerClass: null, ignoreExcludeLb: true }, sessions: onBoth(toTor(HOST)) },
    ],
  },
  {
    row: 90,
    name: "NetworkUnavailable on one node",
    steps: [{
      ...BGP,
      nodes: { iris1: { unavailable: true }, iris2: {} },
      bgp: { web: { iris1: "nodeNetworkUnavailable", iris2: null } },
      sessions: { iris1: { tor: {} }, iris2: toTor(HOST) },
    }],
  },
];

export const BGP_ADVERT_ROWS: readonly Row[] = [
  {
    row: 91,
    name: "two preferences for one Service, which only its labels tell",
    steps: [{
      ...BGP,
      services: { ...WEB, api: { ips: ["10.20.30.2"] } },
      bgpAds: preferences({}, {}),
      bgp: { ...both(CONFLICT), api: { iris1: null, iris2: null } },
      sessions: onBoth({ tor: { "10.20.30.2/32": [100] } }),
    }],
  },
  {
    row: 92,
    name: "the same preference, disjoint nodes, disjoint peers, or no nodes at all: no conflict",
    steps: [
      { ...BGP, services: WEB, bgpAds: preferences({}, { localPref: 100 }), bgp: both(null) },
      {
        bgpAds: preferences(onNodes("iris1"), onNodes("iris2")),
        sessions: { iris1: { tor: { [HOST]: [100] } }, iris2: { tor: { [HOST]: [200] } } },
      },
      {
        peers: { tor: {}, spine: { peerAddress: "10.0.0.2" } },
        bgpAds: preferences({ peers: ["tor"] }, { peers: ["spine"] }),
        sessions: onBoth({ tor: { [HOST]: [100] }, spine: { [HOST]: [200] } }),
      },
      { bgpAds: preferences({}, onNodes("nowhere")), bgp: both(null) },
    ],
  },
  {
    row: 93,
    name: "nodes or peers that overlap in part, or one for all peers: a conflict",
    steps: [
      {
        ...BGP,
        services: WEB,
        bgpAds: preferences({}, onNodes("iris1")),
        bgp: { web: { iris1: CONFLICT, iris2: null } },
      },
      { bgpAds: preferences({ peers: ["tor", "a"] }, { peers: ["tor", "b"] }), bgp: both(CONFLICT) },
      { bgpAds: preferences({}, { peers: ["tor"] }), bgp: both(CONFLICT) },
    ],
  },
  {
    row: 94,
    name: "different preference, different aggregation length",
    steps: [{
      ...BGP,
      pools: { pool: ["10.20.30.0/24"] },
      services: WEB,
      bgpAds: preferences({ aggregationLength: 24 }, {}),
      sessions: onBoth({ tor: { [AGGREGATE]: [100], [HOST]: [200] } }),
    }],
  },
  {
    row: 95,
    name: "an advertisement for some Services aggregates nothing",
    steps: [
      { ...BGP },
      {
        bgpAds: { all: { ...selecting("web"), aggregationLength: 24 } },
        refused: /serviceSelectors and aggregationLength are mutually exclusive/,
        sessions: onBoth(toTor(HOST)),
      },
      { services: WEB, bgpAds: { all: { ...selecting("web"), aggregationLength: 32 } }, bgp: both(null) },
    ],
  },
  {
    row: 96,
    name: "a host route for selected Services beside an aggregate for all",
    steps: [{
      ...BGP,
      services: { ...WEB, api: { ips: ["10.20.30.2"] } },
      bgpAds: { all: { aggregationLength: 24 }, web: selecting("web") },
      sessions: onBoth(toTor(AGGREGATE, HOST)),
    }],
  },
  {
    row: 97,
    name: "two advertisements with a community each: one route with both",
    steps: [{
      ...BGP,
      services: { ...WEB, api: { ips: ["10.20.30.2"] } },
      bgpAds: { a: { communities: ["1:2"] }, b: { communities: ["1:1"], ...selecting("web") } },
      sessions: onBoth({ tor: { [HOST]: [null, "1:1", "1:2"], "10.20.30.2/32": [null, "1:2"] } }),
    }],
  },
  {
    row: 98,
    name: "a Service's label or an advertisement's selector is edited",
    steps: [
      { ...BGP, bgpAds: { web: selecting("web") }, bgp: both("noMatchingAdvertisement") },
      { services: WEB, sessions: onBoth(toTor(HOST)) },
      { bgpAds: { web: selecting("api") }, sessions: onBoth({ tor: {} }) },
      { services: { web: { labels: { app: "api" } } }, sessions: onBoth(toTor(HOST)) },
    ],
  },
  {
    row: 99,
    name: "preference, communities and aggregation are edited",
    steps: [
      { ...BGP, sessions: onBoth(toTor(HOST)) },
      { bgpAds: { all: { localPref: 7 } }, sessions: onBoth({ tor: { [HOST]: [7] } }) },
      { bgpAds: { all: { communities: ["1:2"] } }, sessions: onBoth({ tor: { [HOST]: [null, "1:2"] } }) },
      { bgpAds: { all: { aggregationLength: 24 } }, sessions: onBoth(toTor(AGGREGATE)) },
    ],
  },
  {
    row: 100,
    name: "an advertisement selects no node any more: others are not affected",
    steps: [
      {
        ...BGP,
        services: { ...WEB, api: { ips: ["10.20.30.2"], labels: { app: "api" } } },
        bgpAds: { web: selecting("web"), api: selecting("api") },
        sessions: onBoth(toTor(HOST, "10.20.30.2/32")),
      },
      {
        bgpAds: { web: { ...selecting("web"), ...onNodes("nowhere") }, api: selecting("api") },
        bgp: { ...both("noMatchingAdvertisement"), api: { iris1: null, iris2: null } },
        sessions: onBoth(toTor("10.20.30.2/32")),
      },
      { bgpAds: { web: { ...selecting("web"), ...onNodes("nowhere") } }, bgp: both("notOwner") },
    ],
  },
  {
    row: 101,
    name: "the password reaches the session in clear text, and nothing that is printed",
    steps: [{
      ...BGP,
      peers: { tor: { password: SecretValue.ofText("hunter2") } },
      check: (plans) => {
        const peer = plans.get("iris1")?.desired.bgp.get("tor")?.peer;
        assert.equal(new TextDecoder().decode(peer?.password?.reveal()), "hunter2");
        assert.ok(!JSON.stringify([...plans.get("iris1")?.desired.bgp ?? []]).includes("hunter2"));
      },
    }],
  },
  {
    row: 102,
    name: "the peers of a Service are news only where they changed",
    steps: ((stays) => [
      {
        ...BGP,
        services: { ...WEB, api: { ips: ["10.20.30.2"], labels: { app: "api" } } },
        bgpAds: {
          web: { ...selecting("web"), peers: ["tor"] },
          api: { ...selecting("api"), peers: ["tor"] },
        },
        check: stays,
      },
      {
        peers: { tor: {}, spine: { peerAddress: "10.0.0.2" } },
        bgpAds: { web: selecting("web"), api: { ...selecting("api"), peers: ["tor"] } },
        check: (plans) => {
          stays(plans);
          const peers = plans.get("iris1")?.services.get("default/web")?.bgp?.peers;
          assert.deepEqual(peers, ["spine", "tor"]);
        },
      },
    ])(kept((iris1) => iris1.services.get("default/api"))),
  },
];

/**
 * MetalLB's behaviour table, layer 2 election: who announces. The speakers are iris1 and iris2 unless said otherwise;
 * 10.20.30.1 hashes to iris2, 10.20.30.2 to iris1.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { L2Advertisement } from "../../k8s/types/metallb.ts";
import type { Row, Step } from "./announcement_case.ts";

type Spec = NonNullable<L2Advertisement["spec"]>;

/** Selects nodes by name. */
export function onNodes(...names: readonly string[]): Spec {
  return { nodeSelectors: names.map((name) => ({ matchLabels: { "kubernetes.io/hostname": name } })) };
}

/** Selects Services by their label app. */
function forApp(app: string): Spec {
  return { serviceSelectors: [{ matchLabels: { app } }] };
}

/** Prefers nodes by a label. */
function prefers(weight: number, matchLabels: Readonly<Record<string, string>>): Spec {
  return { preferredNodeSelectors: [{ weight, preference: { matchLabels } }] };
}

const prefersNode = (weight: number, name: string): Spec =>
  prefers(weight, { "kubernetes.io/hostname": name });

const IRIS1 = { iris1: null, iris2: "notOwner" } as const;
export const IRIS2 = { iris1: "notOwner", iris2: null } as const;
const NOBODY = { iris1: "notOwner", iris2: "notOwner" } as const;
export const NO_MATCH = { iris1: "noMatchingAdvertisement", iris2: "noMatchingAdvertisement" } as const;
const SHARED_REFUSED = {
  iris1: "sharedIPWithServiceSelector",
  iris2: "sharedIPWithServiceSelector",
} as const;

const EXCLUDED = { labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "" } };
const LOCAL = { web: { local: true } };

const VIPS = Array.from({ length: 255 }, (_, i) => `10.20.30.${i + 1}`);

/** Row 12: two Services for each address of the pool. */
const EVERY_VIP: Step = {
  services: Object.fromEntries(
    VIPS.flatMap((ip, i) => [[`a${i}`, { ips: [ip] }], [`b${i}`, { ips: [ip] }]]),
  ),
  check(plans) {
    const won = [...plans.values()].map(({ desired, services }) => {
      for (const { services: sharers } of desired.layer2.values()) assert.equal(sharers.length, 2);
      const announced = [...services.values()].filter((it) => it.reason === null);
      assert.equal(announced.length, 2 * desired.layer2.size);
      return desired.layer2.size;
    });
    assert.equal(won.reduce((a, b) => a + b), VIPS.length);
    assert.ok(won.every((count) => count > 0));
  },
};

export const ELECTION_ROWS: readonly Row[] = [
  {
    row: 1,
    name: "Local, two endpoints on iris1",
    steps: [{ services: LOCAL, endpoints: [["iris1", true], ["iris1", true]], expect: { web: IRIS1 } }],
  },
  {
    row: 2,
    name: "no endpoint ready, either policy",
    steps: [
      { endpoints: [["iris1", false], ["iris2", false]], expect: { web: NOBODY } },
      { services: LOCAL, expect: { web: NOBODY } },
    ],
  },
  {
    row: 3,
    name: "Local, endpoints on both: the hash decides",
    steps: [{ services: LOCAL, expect: { web: IRIS2 } }],
  },
  {
    row: 4,
    name: "Local, the endpoint on iris2 is not ready",
    steps: [{ services: LOCAL, endpoints: [["iris1", true], ["iris2", false]], expect: { web: IRIS1 } }],
  },
  {
    row: 5,
    name: "Local, addresses spread over the nodes",
    steps: [{
      services: { one: { local: true }, two: { local: true, ips: ["10.20.30.2"] } },
      expect: { one: IRIS2, two: IRIS1 },
    }],
  },
  {
    row: 6,
    name: "Local, the number of endpoints does not matter",
    steps: [{
      services: LOCAL,
      endpoints: [["iris1", true], ["iris1", true], ["iris2", true]],
      expect: { web: IRIS2 },
    }],
  },
  {
    row: 7,
    name: "Local, one ready endpoint of two makes a node eligible",
    steps: [{ services: LOCAL, endpoints: [["iris2", false], ["iris2", true]], expect: { web: IRIS2 } }],
  },
  {
    row: 8,
    name: "an endpoint that is not ready but serving counts",
    steps: [{ services: LOCAL, endpoints: [["iris1", false, true]], expect: { web: IRIS1 } }],
  },
  {
    row: 9,
    name: "an endpoint that is ready but not serving counts",
    steps: [{ services: LOCAL, endpoints: [["iris1", true, false]], expect: { web: IRIS1 } }],
  },
  {
    row: 10,
    name: "an endpoint without a node is active, but makes no node eligible",
    steps: [
      { endpoints: [[null, true]], expect: { web: IRIS2 } },
      { services: LOCAL, expect: { web: NOBODY } },
    ],
  },
  {
    row: 11,
    name: "Cluster ignores where endpoints are",
    steps: [{ endpoints: [["iris1", true]], expect: { web: IRIS2 } }],
  },
  {
    row: 12,
    name: "every address has one announcer, whichever Service uses it, and both nodes win some",
    steps: [EVERY_VIP],
  },
  {
    row: 13,
    name: "an advertisement for iris1 only",
    steps: [{
      ads: { ad: onNodes("iris1") },
      expect: { web: { iris1: null, iris2: "noMatchingAdvertisement" } },
    }],
  },
  {
    row: 14,
    name: "Local, endpoint on iris1, advertisement on iris2",
    steps: [{
      services: LOCAL,
      endpoints: [["iris1", true]],
      ads: { ad: onNodes("iris2") },
      expect: { web: { iris1: "noMatchingAdvertisement", iris2: "notOwner" } },
    }],
  },
  {
    row: 15,
    name: "Local, endpoint on iris1, an advertisement for each node",
    steps: [{
      services: LOCAL,
      endpoints: [["iris1", true]],
      ads: { a: onNodes("iris1"), b: onNodes("iris2") },
      expect: { web: IRIS1 },
    }],
  },
  {
    row: 16,
    name: "exclude label on iris2",
    steps: [{ nodes: { iris1: {}, iris2: EXCLUDED }, expect: { web: IRIS1 } }],
  },
  {
    row: 17,
    name: "exclude label on both",
    steps: [{ nodes: { iris1: EXCLUDED, iris2: EXCLUDED }, expect: { web: NOBODY } }],
  },
  {
    row: 18,
    name: "exclude label on both, ignored",
    steps: [{
      options: { loadBalancerClass: null, ignoreExcludeLb: true },
      nodes: { iris1: EXCLUDED, iris2: EXCLUDED },
      services: LOCAL,
      endpoints: [["iris1", true]],
      expect: { web: IRIS1 },
    }],
  },
  {
    row: 19,
    name: "without liveness every known node is a candidate",
    steps: [
      { live: ["iris1"], expect: { web: IRIS1 } },
      { live: null, expect: { web: IRIS2 } },
    ],
  },
  {
    row: 20,
    name: "an advertisement for other Services brings in no candidates",
    steps: [{
      services: { web: { labels: { app: "web" } } },
      ads: { a: { ...onNodes("iris1"), ...forApp("web") }, b: { ...onNodes("iris2"), ...forApp("other") } },
      expect: { web: { iris1: null, iris2: "noMatchingAdvertisement" } },
    }],
  },
  {
    row: 21,
    name: "the matching advertisement selects no node",
    steps: [{
      services: { web: { labels: { app: "web" } } },
      ads: { a: { ...onNodes("ghost"), ...forApp("web") }, b: forApp("other") },
      expect: { web: NO_MATCH },
      wire: { iris1: {}, iris2: {} },
    }],
  },
  {
    row: 22,
    name: "two advertisements on two nodes give one announcer",
    steps: [{ ads: { a: onNodes("iris1"), b: onNodes("iris2") }, expect: { web: IRIS2 } }],
  },
  {
    row: 23,
    name: "selectors of one advertisement are alternatives",
    steps: [
      { ads: { a: onNodes("iris1", "iris2") }, expect: { web: IRIS2 } },
      {
        services: { web: { labels: { app: "web" } }, other: { ips: ["10.20.30.4"], labels: { app: "x" } } },
        ads: { a: { serviceSelectors: [{ matchLabels: { app: "y" } }, { matchLabels: { app: "web" } }] } },
        expect: { web: IRIS2, other: NO_MATCH },
      },
    ],
  },
  ...["metallb.io", "metallb.universe.tf"].map((prefix, i): Row => ({
    row: 24 + i,
    name: `${prefix}/allow-shared-ip beside a matching serviceSelector`,
    steps: [{
      services: { web: { labels: { app: "web" }, annotations: { [`${prefix}/allow-shared-ip`]: "key" } } },
      ads: { a: forApp("web") },
      expect: { web: SHARED_REFUSED },
    }],
  })),
  {
    row: 26,
    name: "one matching advertisement with serviceSelectors is enough to refuse sharing",
    steps: [{
      services: { web: { labels: { app: "web" }, annotations: { "metallb.io/allow-shared-ip": "key" } } },
      ads: { a: forApp("web"), b: {} },
      expect: { web: SHARED_REFUSED },
    }],
  },
  {
    row: 27,
    name: "sharing without serviceSelectors on matching advertisements",
    steps: [{
      services: { web: { labels: { app: "web" }, annotations: { "metallb.io/allow-shared-ip": "key" } } },
      ads: { a: forApp("other"), b: {} },
      expect: { web: IRIS2 },
    }],
  },
  {
    row: 28,
    name: "a preferred node wins against the hash",
    steps: [{ ads: { a: prefersNode(100, "iris1") }, expect: { web: IRIS1 } }],
  },
  {
    row: 29,
    name: "equal scores leave it to the hash, ahead of nodes without a score",
    steps: [{
      nodes: { iris1: { labels: { fast: "yes" } }, iris2: {}, iris3: { labels: { fast: "yes" } } },
      ads: { a: prefers(50, { fast: "yes" }) },
      services: Object.fromEntries(VIPS.map((ip, i) => [`s${i}`, { ips: [ip] }])),
      check(plans) {
        assert.deepEqual([...plans.values()].map((it) => it.desired.layer2.size > 0), [true, false, true]);
      },
    }],
  },
  {
    row: 30,
    name: "a preferred node without a local endpoint",
    steps: [{
      services: LOCAL,
      endpoints: [["iris2", true]],
      ads: { a: prefersNode(100, "iris1") },
      expect: { web: IRIS2 },
    }],
  },
  {
    row: 31,
    name: "weights of several resources add up",
    steps: [
      {
        nodes: { iris1: { labels: { zone: "a", role: "edge" } }, iris2: { labels: { rack: "r" } } },
        ads: {
          a: prefers(60, { zone: "a" }),
          b: prefers(50, { role: "edge" }),
          c: prefers(100, { rack: "r" }),
        },
        expect: { web: IRIS1 },
      },
      {
        nodes: { iris1: { labels: { role: "edge" } }, iris2: { labels: { rack: "r" } } },
        ads: { a: prefers(60, { rack: "r" }), b: prefers(50, { role: "edge" }) },
        expect: { web: IRIS2 },
      },
    ],
  },
  {
    row: 32,
    name: "a preference for every node changes nothing",
    steps: [
      { expect: { web: IRIS2 } },
      { ads: { a: prefers(100, {}) }, expect: { web: IRIS2 } },
    ],
  },
  {
    row: 33,
    name: "a preference does not reach beyond the nodeSelectors",
    steps: [{
      ads: { a: { ...onNodes("iris2"), ...prefersNode(100, "iris1") }, b: onNodes("iris1") },
      expect: { web: IRIS2 },
    }],
  },
  {
    row: 34,
    name: "the preference goes away with the label, and with the selector",
    steps: [
      {
        nodes: { iris1: { labels: { fast: "yes" } }, iris2: {} },
        ads: { a: prefers(100, { fast: "yes" }) },
        expect: { web: IRIS1 },
      },
      { nodes: { iris1: {}, iris2: {} }, expect: { web: IRIS2 } },
      { nodes: { iris1: { labels: { fast: "yes" } }, iris2: {} }, expect: { web: IRIS1 } },
      { ads: { a: {} }, expect: { web: IRIS2 } },
    ],
  },
  {
    row: 35,
    name: "a preferred node is excluded, then takes the address back",
    steps: [
      { ads: { a: prefersNode(100, "iris1") }, expect: { web: IRIS1 } },
      { nodes: { iris1: EXCLUDED, iris2: {} }, expect: { web: IRIS2 } },
      { nodes: { iris1: {}, iris2: {} }, expect: { web: IRIS1 } },
    ],
  },
  {
    row: 36,
    name: "preferences beside serviceSelectors hold for the Services that match",
    steps: [{
      services: { web: { labels: { app: "web" } }, other: {} },
      ads: { a: { ...forApp("web"), ...prefersNode(100, "iris1") }, b: {} },
      // Elected apart for one address, of which only one may answer: the first by name decides.
      expect: { web: IRIS2, other: IRIS2 },
    }, {
      services: { web: { labels: { app: "web" } }, other: { ips: ["10.20.30.4"] } },
      expect: { web: IRIS1, other: IRIS2 },
    }],
  },
  {
    row: 37,
    name: "attached by name and by pool selector counts once",
    steps: [{
      poolLabels: { team: "x" },
      ads: {
        a: {
          ipAddressPools: ["pool"],
          ipAddressPoolSelectors: [{ matchLabels: { team: "x" } }],
          ...prefersNode(60, "iris1"),
        },
        b: prefersNode(100, "iris2"),
      },
      expect: { web: IRIS2 },
    }],
  },
  {
    row: 38,
    name: "a preference with an invalid operator is a configuration error",
    steps: [{
      ads: {
        a: {
          preferredNodeSelectors: [{
            weight: 1,
            preference: { matchExpressions: [{ key: "zone", operator: "Near", values: ["a"] }] },
          }],
        },
      },
      refused: /operator/,
      expect: { web: { iris1: "configurationInvalid" } },
    }],
  },
  {
    row: 39,
    name: "the announcing speaker goes away and comes back",
    steps: [
      { live: ["iris1", "iris2"], expect: { web: IRIS2 } },
      { live: ["iris1"], expect: { web: IRIS1 } },
      { live: ["iris1", "iris2"], expect: { web: IRIS2 } },
    ],
  },
  {
    row: 40,
    name: "the announcing node has its network unavailable for a while",
    steps: [
      { expect: { web: IRIS2 } },
      { nodes: { iris1: {}, iris2: { unavailable: true } }, expect: { web: IRIS1 } },
      { nodes: { iris1: {}, iris2: {} }, expect: { web: IRIS2 } },
    ],
  },
  {
    row: 41,
    name: "a cordoned node announces on",
    steps: [
      { expect: { web: IRIS2 } },
      { nodes: { iris1: {}, iris2: { cordoned: true } }, expect: { web: IRIS2 } },
    ],
  },
  {
    row: 42,
    name: "a node gets the label that the advertisement selects",
    steps: [
      { ads: { a: { nodeSelectors: [{ matchLabels: { edge: "yes" } }] } }, expect: { web: NO_MATCH } },
      {
        nodes: { iris1: { labels: { edge: "yes" } }, iris2: {} },
        expect: { web: { iris1: null, iris2: "noMatchingAdvertisement" } },
      },
    ],
  },
];

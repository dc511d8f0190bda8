/**
 * What the API server takes as an object of metallb.io, what it makes of it, and what it refuses.
 *
 * Source: MetalLB's CustomResourceDefinitions.
 * Shape: tables. A body is the object without apiVersion, kind and metadata.
 * Not here: how a case is put to the API server (definitions_test.ts).
 *
 * @module
 */

type Body = { readonly spec?: unknown; readonly status?: unknown };

/** Plural and version. */
export type Resource = readonly [plural: string, kind: string, version: "v1beta1" | "v1beta2"];

export const POOLS: Resource = ["ipaddresspools", "IPAddressPool", "v1beta1"];
export const PEERS: Resource = ["bgppeers", "BGPPeer", "v1beta2"];
export const OLD_PEERS: Resource = ["bgppeers", "BGPPeer", "v1beta1"];
const PROFILES: Resource = ["bfdprofiles", "BFDProfile", "v1beta1"];
export const BGP: Resource = ["bgpadvertisements", "BGPAdvertisement", "v1beta1"];
const L2: Resource = ["l2advertisements", "L2Advertisement", "v1beta1"];
export const COMMUNITIES: Resource = ["communities", "Community", "v1beta1"];
export const L2_STATUSES: Resource = ["servicel2statuses", "ServiceL2Status", "v1beta1"];
const BGP_STATUSES: Resource = ["servicebgpstatuses", "ServiceBGPStatus", "v1beta1"];
export const STATES: Resource = ["configurationstates", "ConfigurationState", "v1beta1"];

/** An object that is taken, and what is stored of it; itself when nothing is said. */
export interface Accepted {
  readonly title: string;
  readonly of: Resource;
  readonly body: Body;
  readonly stored?: Body;
}

/** A value that is refused in a field, and the words that say why. */
export interface Refused {
  readonly title: string;
  readonly of: Resource;
  readonly body: Body;
  readonly why: RegExp;
}

/** A change that is allowed, or refused with these words. */
export interface Change {
  readonly title: string;
  readonly of: Resource;
  readonly before: Body;
  readonly after: Body;
  readonly why: RegExp | null;
}

const SELECTOR = {
  matchLabels: { rack: "a" },
  matchExpressions: [{ key: "zone", operator: "In", values: ["x", "y"] }, {
    key: "edge",
    operator: "Surrounds",
  }],
};
const DEFAULT_POOL = { autoAssign: true, avoidBuggyIPs: false };
const DEFAULT_PEER = { peerPort: 179, disableMP: false, dualStackAddressFamily: false };
const DEFAULT_BGP = { aggregationLength: 32, aggregationLengthV6: 128 };

const FULL_POOL = {
  addresses: ["192.0.2.0/24", "2001:db8::1-2001:db8::9"],
  autoAssign: false,
  avoidBuggyIPs: true,
  serviceAllocation: {
    priority: -3,
    namespaces: ["a"],
    namespaceSelectors: [SELECTOR],
    serviceSelectors: [{}, SELECTOR],
  },
};
const FULL_PEER = {
  myASN: 4_294_967_295,
  peerASN: 64_512,
  localASN: 1,
  peerAddress: "192.0.2.1",
  interface: "eth0",
  sourceAddress: "192.0.2.2",
  peerPort: 16_384,
  holdTime: "90s",
  keepaliveTime: "soon",
  connectTime: "1m30s",
  routerID: "10.0.0.1",
  nodeSelectors: [SELECTOR],
  password: "secret",
  passwordSecret: { name: "bgp", namespace: "metallb-system" },
  bfdProfile: "fast",
  enableGracefulRestart: true,
  ebgpMultiHop: true,
  vrf: "red",
  disableMP: true,
  dualStackAddressFamily: true,
};
const FULL_PROFILE = {
  receiveInterval: 10,
  transmitInterval: 60_000,
  detectMultiplier: 255,
  echoInterval: 50,
  echoMode: true,
  passiveMode: true,
  minimumTtl: 254,
};
const FULL_BGP = {
  aggregationLength: 24,
  aggregationLengthV6: 64,
  localPref: 100,
  communities: ["64512:1", "alias"],
  ipAddressPools: ["lan"],
  ipAddressPoolSelectors: [SELECTOR],
  nodeSelectors: [SELECTOR],
  peers: ["tor"],
};
const FULL_L2 = {
  ipAddressPools: ["lan"],
  ipAddressPoolSelectors: [SELECTOR],
  nodeSelectors: [SELECTOR],
  interfaces: ["eth0"],
  serviceSelectors: [SELECTOR],
  preferredNodeSelectors: [{ weight: 1, preference: {} }, { weight: 100, preference: SELECTOR }],
};
const OLD_PEER = { myASN: 0, peerASN: 0, peerAddress: "x" };
const FULL_OLD_PEER = {
  ...OLD_PEER,
  sourceAddress: "192.0.2.2",
  peerPort: 0,
  holdTime: "90s",
  keepaliveTime: "30s",
  routerID: "10.0.0.1",
  password: "secret",
  bfdProfile: "fast",
  ebgpMultiHop: true,
  nodeSelectors: [{
    matchLabels: { rack: "a" },
    matchExpressions: [{ key: "zone", operator: "In", values: ["x"] }],
  }],
};

export const ACCEPTED: readonly Accepted[] = [
  { title: "a pool with every field", of: POOLS, body: { spec: FULL_POOL } },
  {
    title: "a pool with addresses alone, and none of them",
    of: POOLS,
    body: { spec: { addresses: [] } },
    stored: { spec: { addresses: [], ...DEFAULT_POOL } },
  },
  {
    title: "a pool without unknown fields and without a status of its own",
    of: POOLS,
    body: { spec: { addresses: ["x"], protocol: "layer2", serviceAllocation: { pods: 1 } }, status: {} },
    stored: { spec: { addresses: ["x"], ...DEFAULT_POOL, serviceAllocation: {} } },
  },
  { title: "a peer with every field", of: PEERS, body: { spec: FULL_PEER } },
  {
    title: "a peer with its autonomous system alone",
    of: PEERS,
    body: { spec: { myASN: 0 } },
    stored: { spec: { myASN: 0, ...DEFAULT_PEER } },
  },
  { title: "a peer without a spec", of: PEERS, body: {} },
  {
    title: "a peer of a dynamic autonomous system",
    of: PEERS,
    body: { spec: { myASN: 1, dynamicASN: "external", connectTime: "65535s" } },
    stored: { spec: { myASN: 1, dynamicASN: "external", connectTime: "65535s", ...DEFAULT_PEER } },
  },
  { title: "a peer of the old version with every field", of: OLD_PEERS, body: { spec: FULL_OLD_PEER } },
  {
    title: "a peer of the old version, with the default of the version that is stored",
    of: OLD_PEERS,
    body: { spec: OLD_PEER },
    stored: { spec: { ...OLD_PEER, peerPort: 179 } },
  },
  { title: "a BFD profile with every field", of: PROFILES, body: { spec: FULL_PROFILE } },
  { title: "a BFD profile without defaults", of: PROFILES, body: { spec: {} } },
  { title: "a BFD profile without a spec", of: PROFILES, body: {} },
  { title: "a BGP advertisement with every field", of: BGP, body: { spec: FULL_BGP } },
  { title: "a BGP advertisement of nothing", of: BGP, body: { spec: {} }, stored: { spec: DEFAULT_BGP } },
  { title: "a BGP advertisement without a spec", of: BGP, body: {} },
  {
    title: "what only the configuration can judge",
    of: BGP,
    body: { spec: { aggregationLength: 3_000_000_000, aggregationLengthV6: -5, localPref: -1 } },
  },
  {
    title: "selected Services with whole addresses",
    of: BGP,
    body: { spec: { serviceSelectors: [SELECTOR], ...DEFAULT_BGP } },
  },
  {
    title: "no selected Services with aggregates",
    of: BGP,
    body: { spec: { serviceSelectors: [], aggregationLength: 24, aggregationLengthV6: 64 } },
  },
  { title: "an L2 advertisement with every field", of: L2, body: { spec: FULL_L2 } },
  { title: "an L2 advertisement without a spec", of: L2, body: {} },
  {
    title: "communities of any text",
    of: COMMUNITIES,
    body: { spec: { communities: [{ name: "a", value: "64512:1" }, { name: "b" }, { value: "?" }, {}] } },
  },
  { title: "a Community without a spec", of: COMMUNITIES, body: {} },
  { title: "the status of a Service on layer 2", of: L2_STATUSES, body: { spec: {} } },
  { title: "the status of a Service on BGP", of: BGP_STATUSES, body: { spec: {} } },
  { title: "a configuration's state, without a spec", of: STATES, body: { spec: { a: 1 } }, stored: {} },
];

/** Of each bounded number: the field, least and greatest value, the rest of a spec. */
const BOUNDS:
  readonly (readonly [Resource, string, number | null, number | null, Record<string, unknown>])[] = [
    [PEERS, "myASN", 0, 4_294_967_295, {}],
    [PEERS, "peerASN", 0, 4_294_967_295, { myASN: 1 }],
    [PEERS, "localASN", 1, 4_294_967_295, { myASN: 1 }],
    [PEERS, "peerPort", 1, 16_384, { myASN: 1 }],
    [OLD_PEERS, "myASN", 0, 4_294_967_295, OLD_PEER],
    [OLD_PEERS, "peerASN", 0, 4_294_967_295, OLD_PEER],
    [OLD_PEERS, "peerPort", 0, 16_384, OLD_PEER],
    [PROFILES, "receiveInterval", 10, 60_000, {}],
    [PROFILES, "transmitInterval", 10, 60_000, {}],
    [PROFILES, "detectMultiplier", 2, 255, {}],
    [PROFILES, "echoInterval", 10, 60_000, {}],
    [PROFILES, "minimumTtl", 1, 254, {}],
    [BGP, "aggregationLength", 1, null, {}],
  ];

/** What lies just within and just without the bounds. */
export function boundCases(): {
  readonly accepted: readonly Accepted[];
  readonly refused: readonly Refused[];
} {
  const cases = BOUNDS.flatMap(([of, field, least, greatest, rest]) => {
    const at = (value: number) => ({
      title: `${of[1]} ${of[2]} ${field} ${value}`,
      of,
      body: { spec: { ...rest, [field]: value } },
    });
    const within = [least, greatest].filter((bound) => bound !== null).map(at);
    const why = new RegExp(`${field} in body should be (less|greater) than or equal to`);
    const without = [
      ...(least === null ? [] : [{ ...at(least - 1), why }]),
      ...(greatest === null ? [] : [{ ...at(greatest + 1), why }]),
    ];
    return [{ within, without }];
  });
  return {
    accepted: cases.flatMap(({ within }) => within),
    refused: cases.flatMap(({ without }) => without),
  };
}

const MISSING = /Required value/;
const TYPE = /must be of type|in body must be/;

function preference(entry: unknown): Body {
  return { spec: { preferredNodeSelectors: [entry] } };
}

export const REFUSED: readonly Refused[] = [
  { title: "a pool without a spec", of: POOLS, body: {}, why: MISSING },
  { title: "a pool without addresses", of: POOLS, body: { spec: {} }, why: MISSING },
  {
    title: "a pool with an address that is no text",
    of: POOLS,
    body: { spec: { addresses: [1] } },
    why: TYPE,
  },
  {
    title: "a selector without a key",
    of: POOLS,
    body: { spec: { addresses: [], serviceAllocation: { serviceSelectors: [{ matchExpressions: [{}] }] } } },
    why: MISSING,
  },
  { title: "a peer without myASN", of: PEERS, body: { spec: { peerASN: 1 } }, why: MISSING },
  {
    title: "an unknown dynamicASN",
    of: PEERS,
    body: { spec: { myASN: 1, dynamicASN: "any" } },
    why: /supported values: "internal", "external"/,
  },
  ...["0s", "999ms", "65536s", "1500ms", "2s1ms", "soon"].map((connectTime) => ({
    title: `connectTime ${connectTime}`,
    of: PEERS,
    body: { spec: { myASN: 1, connectTime } },
    why: /spec.connectTime/,
  })),
  ...["myASN", "peerASN", "peerAddress"].map((field) => ({
    title: `a peer of the old version without ${field}`,
    of: OLD_PEERS,
    body: { spec: { ...OLD_PEER, [field]: undefined } },
    why: MISSING,
  })),
  ...["key", "operator", "values"].map((field) => ({
    title: `a selector of the old version without ${field}`,
    of: OLD_PEERS,
    body: {
      spec: {
        ...OLD_PEER,
        nodeSelectors: [{
          matchExpressions: [{ key: "a", operator: "In", values: ["b"], [field]: undefined }],
        }],
      },
    },
    why: MISSING,
  })),
  {
    title: "a selector of the old version without a value",
    of: OLD_PEERS,
    body: {
      spec: {
        ...OLD_PEER,
        nodeSelectors: [{ matchExpressions: [{ key: "a", operator: "In", values: [] }] }],
      },
    },
    why: /should have at least 1 items/,
  },
  {
    title: "selected Services with an IPv4 aggregate",
    of: BGP,
    body: { spec: { serviceSelectors: [{}], aggregationLength: 24 } },
    why: /serviceSelectors and aggregationLength are mutually exclusive/,
  },
  {
    title: "selected Services with an IPv6 aggregate",
    of: BGP,
    body: { spec: { serviceSelectors: [{}], aggregationLengthV6: 64 } },
    why: /serviceSelectors and aggregationLength are mutually exclusive/,
  },
  { title: "a preference without weight", of: L2, body: preference({ preference: {} }), why: MISSING },
  { title: "a weight without preference", of: L2, body: preference({ weight: 1 }), why: MISSING },
  { title: "a weight of 0", of: L2, body: preference({ weight: 0, preference: {} }), why: /greater than/ },
  { title: "a weight of 101", of: L2, body: preference({ weight: 101, preference: {} }), why: /less than/ },
  {
    title: "an interval that is a text",
    of: PROFILES,
    body: { spec: { receiveInterval: "300" } },
    why: TYPE,
  },
];

const CONDITION = {
  type: "poolReconcilerValid",
  status: "True",
  reason: "Reconciled",
  message: "",
  lastTransitionTime: "2026-01-01T00:00:00Z",
};
const ANNOUNCED = { node: "n1", serviceName: "web", serviceNamespace: "shop" };
const COUNTS = {
  assignedIPv4: 1,
  assignedIPv6: 0,
  availableIPv4: 2,
  availableIPv6: 9_223_372_036_854_775_000,
};

function condition(change: Readonly<Record<string, unknown>>): Body {
  return { status: { conditions: [{ ...CONDITION, ...change }] } };
}

/** Changes of a spec. */
export const CHANGES: readonly Change[] = [
  {
    title: "graceful restart turned off",
    of: PEERS,
    before: { spec: { myASN: 1, enableGracefulRestart: true } },
    after: { spec: { enableGracefulRestart: false } },
    why: /enableGracefulRestart cannot be changed/,
  },
  {
    title: "graceful restart said for the first time",
    of: PEERS,
    before: { spec: { myASN: 1 } },
    after: { spec: { enableGracefulRestart: true } },
    why: null,
  },
  {
    title: "graceful restart no longer mentioned",
    of: PEERS,
    before: { spec: { myASN: 1, enableGracefulRestart: true } },
    after: { spec: { enableGracefulRestart: null } },
    why: null,
  },
  {
    title: "another field of a peer with graceful restart",
    of: PEERS,
    before: { spec: { myASN: 1, enableGracefulRestart: true } },
    after: { spec: { peerAddress: "192.0.2.9" } },
    why: null,
  },
];

/** Changes of a status: `before` and then `after` are written, and only `after` may be refused. */
export const STATUS_CHANGES: readonly Change[] = [
  ...Object.keys(ANNOUNCED).flatMap((field) =>
    [L2_STATUSES, BGP_STATUSES].map((of) => ({
      title: `another ${field}`,
      of,
      before: { status: ANNOUNCED },
      after: { status: { [field]: "other" } },
      why: new RegExp(`${field} cannot be changed`),
    }))
  ),
  {
    title: "other interfaces",
    of: L2_STATUSES,
    before: { status: { ...ANNOUNCED, interfaces: [{ name: "eth0" }] } },
    after: { status: { interfaces: [] } },
    why: null,
  },
  {
    title: "other peers",
    of: BGP_STATUSES,
    before: { status: { ...ANNOUNCED, peers: ["a"] } },
    after: { status: { peers: ["a", "b"] } },
    why: null,
  },
  ...Object.keys(COUNTS).map((field) => ({
    title: `a pool's status without ${field}`,
    of: POOLS,
    before: { status: COUNTS },
    after: { status: { [field]: null } },
    why: MISSING,
  })),
  { title: "a pool's status", of: POOLS, before: { status: COUNTS }, after: { status: COUNTS }, why: null },
  ...["Valid", "Invalid", "Unknown"].map((result) => ({
    title: `the result ${result}`,
    of: STATES,
    before: {},
    after: { status: { result, errorSummary: "one\ntwo" } },
    why: null,
  })),
  {
    title: "another result",
    of: STATES,
    before: {},
    after: { status: { result: "Good" } },
    why: /supported values: "Valid", "Invalid", "Unknown"/,
  },
  { title: "a condition", of: STATES, before: {}, after: condition({ observedGeneration: 0 }), why: null },
  ...Object.keys(CONDITION).map((field) => ({
    title: `a condition without ${field}`,
    of: STATES,
    before: {},
    after: condition({ [field]: undefined }),
    why: MISSING,
  })),
  ...([
    ["status", "Maybe", /supported values/],
    ["reason", "", /should be at least 1 chars long/],
    ["reason", "r".repeat(1025), /may not be more than 1024/],
    ["reason", "-", /should match/],
    ["type", "a b", /should match/],
    ["type", "t".repeat(317), /may not be more than 316/],
    ["message", "m".repeat(32_769), /may not be more than 32768/],
    ["lastTransitionTime", "yesterday", /must be of type date-time/],
    ["observedGeneration", -1, /greater than or equal to 0/],
  ] as const).map(([field, value, why]) => ({
    title: `a condition with ${field} ${String(value).slice(0, 20)}`,
    of: STATES,
    before: {},
    after: condition({ [field]: value }),
    why,
  })),
  {
    title: "two conditions of one type",
    of: STATES,
    before: {},
    after: { status: { conditions: [CONDITION, CONDITION] } },
    why: /Duplicate value/,
  },
];

/**
 * MetalLB's configuration behaviours about BGP and BFD as data: the rest of the parser's rows, and rows M1 to M14 of the
 * modes. Ingot has one mode, which can do what any of MetalLB's can.
 *
 * Not here: the form of a case (config_case.ts, config_bgp_case.ts), the comparison (config_test.ts).
 *
 * @module
 */
import {
  bfdObject,
  bgpObject,
  communityObject,
  peerObject,
  poolObject,
  secretObject,
} from "../../agent/config/config_fixture.ts";
import { SecretValue } from "../../k8s/types/secret_value.ts";
import {
  bgpAdverts,
  clash,
  NODES,
  ON_NODE,
  peer,
  peers,
  refusedAdverts,
  refusedPeer,
  refusedProfile,
  twoPreferences,
} from "./config_bgp_case.ts";
import { type ConfigCase, inValues } from "./config_case.ts";

/** A row that is decided in another way, and why. */
export interface AgainstRow {
  readonly row: string;
  readonly against: string;
}

export const AGAINST: readonly AgainstRow[] = [
  {
    row: "P29",
    against:
      "nothing outside speaks BGP for Ingot, so there is nobody to pass the reference of a Secret on to",
  },
  { row: "M1", against: "only MetalLB's native mode cannot do these; Ingot can, as its frr-k8s mode" },
  { row: "M2", against: "only MetalLB's native mode has no BFD" },
  { row: "M3", against: "only MetalLB's native mode has no IPv6" },
  { row: "M4", against: "only MetalLB's native mode has no IPv6" },
  { row: "M5", against: "only MetalLB's native mode has no IPv6" },
  { row: "M6", against: "only MetalLB's native mode has no large communities" },
];

const TIMER_CASES: readonly ConfigCase[] = [
  peer("P13", "hold time alone", { holdTime: "180s" }, { holdTimeSeconds: 180, keepaliveTimeSeconds: 60 }),
  peer("P14", "keepalive time alone", { keepaliveTime: "60s" }, {
    holdTimeSeconds: 180,
    keepaliveTimeSeconds: 60,
  }),
  peer("P15", "both timers zero", { holdTime: "0s", keepaliveTime: "0s" }, {
    holdTimeSeconds: 0,
    keepaliveTimeSeconds: 0,
  }),
  peer("P15", "a hold time below a second is zero", { holdTime: "500ms", keepaliveTime: "0s" }, {
    holdTimeSeconds: 0,
  }),
  peer("P16", "neither timer", {}, { holdTimeSeconds: null, keepaliveTimeSeconds: null }),
  refusedPeer(
    "P17",
    "keepalive longer than hold time",
    { holdTime: "30s", keepaliveTime: "90s" },
    "spec.keepaliveTime",
    "invalid keepalive time 90s",
  ),
  peer("P17", "keepalive as long as hold time", { holdTime: "30s", keepaliveTime: "30s" }, {
    keepaliveTimeSeconds: 30,
  }),
  refusedPeer("P18", "hold time of 1 s", { holdTime: "1s" }, "spec.holdTime", "invalid hold time 1s"),
  refusedPeer("P18", "hold time of 2.9 s", { holdTime: "2.9s" }, "spec.holdTime", "invalid hold time 2.9s"),
];

const PEER_CASES: readonly ConfigCase[] = [
  refusedPeer(
    "P19",
    "a peer address that is none",
    { peerAddress: "1.2.3.400" },
    "spec.peerAddress",
    'invalid BGPPeer address "1.2.3.400"',
  ),
  refusedPeer(
    "P19",
    "a router ID that is none",
    { routerID: "text" },
    "spec.routerID",
    'invalid router ID "text"',
  ),
  refusedPeer("P19", "no myASN", { myASN: 0 }, "spec.myASN", "parsing peer p missing local ASN"),
  refusedPeer("P19", "neither peerASN nor dynamicASN", { peerASN: 0 }, "spec.peerASN", "missing peer ASN"),
  refusedPeer(
    "P19",
    "peerASN and dynamicASN",
    { dynamicASN: "internal" },
    "spec.dynamicASN",
    "both set",
  ),
  refusedPeer(
    "P20",
    "ebgpMultiHop with equal AS numbers",
    { peerASN: 65_000, ebgpMultiHop: true },
    "spec.ebgpMultiHop",
    "invalid EBGP peer",
  ),
  peer("P21", "dynamicASN", { peerASN: 0, dynamicASN: "internal" }, { peerAsn: "internal" }),
  peer("P22", "an interface without address", { peerAddress: "", interface: "eth0" }, {
    address: null,
    interface: "eth0",
  }),
  refusedPeer(
    "P22",
    "neither address nor interface",
    { peerAddress: "" },
    "spec.peerAddress",
    "neither peerAddress nor interface",
  ),
  refusedPeer(
    "P22",
    "address and interface",
    { interface: "eth0" },
    "spec.interface",
    "interface and peerAddress are both set",
  ),
  peer("P24", "a peer without node selectors is for every node", {}, { nodes: ["n1", "n2", "n3"] }),
  peer("P24", "several node selectors are an OR", ON_NODE("n1", "n3"), { nodes: ["n1", "n3"] }),
];

const SECRET = { passwordSecret: { name: "s" } };

const PASSWORD_CASES: readonly ConfigCase[] = [
  refusedPeer(
    "P25",
    "password and passwordSecret",
    { ...SECRET, password: SecretValue.ofText("x") },
    "spec.password",
    "both password and passwordSecret are set",
    { secrets: [secretObject("s", { password: "y" })] },
  ),
  refusedPeer(
    "P26",
    "a Secret of type Opaque",
    SECRET,
    "spec.passwordSecret",
    'parsing peer p secret type mismatch on "metallb-system"/"s"',
    { secrets: [secretObject("s", { password: "y" }, "Opaque")] },
  ),
  refusedPeer(
    "P27",
    "a Secret without password",
    SECRET,
    "spec.passwordSecret",
    'password not specified in the secret "metallb-system"/"s"',
    { secrets: [secretObject("s", { username: "y" })] },
  ),
  refusedPeer(
    "P28",
    "a missing Secret",
    SECRET,
    "spec.passwordSecret",
    "parsing peer p secret ref not found",
  ),
  peer(
    "P28",
    "a Secret beside the peer, whatever namespace is written",
    {
      passwordSecret: { name: "s", namespace: "elsewhere" },
    },
    { hasPassword: true },
    { secrets: [secretObject("s", { password: "y" })] },
  ),
];

const ECHO = { bfdProfiles: [bfdObject("echo", { echoMode: true })] };

const BFD_CASES: readonly ConfigCase[] = [
  refusedPeer(
    "P30",
    "a missing BFD profile",
    { bfdProfile: "none" },
    "spec.bfdProfile",
    "peer p referencing non existing bfd profile none",
  ),
  {
    row: "P30",
    what: "a profile name that stands twice",
    objects: { bfdProfiles: [bfdObject("fast"), bfdObject("fast")] },
    expected: {
      refused: [["BFDProfile/metallb-system/fast", "metadata.name", "duplicate BFD profile name"]],
    },
  },
  refusedProfile("P30", "receiveInterval", 2),
  refusedProfile("P30", "receiveInterval", 90_000),
  refusedProfile("P30", "transmitInterval", 9),
  refusedProfile("P30", "echoInterval", 60_001),
  refusedProfile("P30", "detectMultiplier", 1),
  refusedProfile("P30", "minimumTtl", 255),
  refusedPeer(
    "P31",
    "an IPv6 pool towards a peer with BFD echo",
    { bfdProfile: "echo" },
    "spec.bfdProfile",
    'pool "six" has IPv6 addresses',
    { ...ECHO, pools: [poolObject("six", ["fc00::/120"])], bgpAdvertisements: [bgpObject("adv")] },
  ),
  peer("P31", "an IPv4 pool towards a peer with BFD echo", { bfdProfile: "echo" }, { bfd: "echo" }, {
    ...ECHO,
    pools: [poolObject("four", ["10.1.0.0/24"])],
    bgpAdvertisements: [bgpObject("adv")],
  }),
  peer("P31", "an IPv6 pool towards another peer than the one with BFD echo", { bfdProfile: "echo" }, {}, {
    ...ECHO,
    pools: [poolObject("six", ["fc00::/120"])],
    bgpAdvertisements: [bgpObject("adv", { peers: ["other"] })],
  }),
];

const V4 = ["10.1.0.0/24"];

const ADVERT_CASES: readonly ConfigCase[] = [
  refusedAdverts(
    "P32",
    "aggregation longer than the addresses of the pool allow",
    ["10.1.0.0/24", "10.2.0.0/28"],
    [bgpObject("adv", { aggregationLength: 26 })],
    ["adv", "spec.aggregationLength", "invalid aggregation length 26: prefix 28"],
  ),
  bgpAdverts(
    "P33",
    "aggregation 26 of a range",
    ["3.3.3.2-3.3.3.254"],
    [bgpObject("adv", { aggregationLength: 26 })],
    [{ ipv4: 26, ipv6: 128 }],
  ),
  refusedAdverts(
    "P33",
    "aggregation 24 of a range",
    ["3.3.3.2-3.3.3.254"],
    [bgpObject("adv", { aggregationLength: 24 })],
    ["adv", "spec.aggregationLength", "for addresses 3.3.3.2-3.3.3.254"],
  ),
  refusedAdverts(
    "P34",
    "two local preferences for one route",
    V4,
    twoPreferences({}, {}),
    ["adv2", "spec.localPref", "invalid localpref 200"],
  ),
  bgpAdverts(
    "P35",
    "two local preferences, different lengths",
    V4,
    twoPreferences({ aggregationLength: 24 }, {}),
    [
      { localPref: 100, ipv4: 24 },
      { localPref: 200, ipv4: 32 },
    ],
  ),
  refusedAdverts(
    "P35",
    "two local preferences on a pool of both families, only one length different",
    [...V4, "fc00::/120"],
    twoPreferences({ aggregationLength: 24 }, {}),
    ["adv2", "spec.localPref", "invalid localpref 200"],
  ),
  bgpAdverts(
    "P36",
    "two local preferences, disjoint nodes",
    V4,
    twoPreferences(ON_NODE("n1"), ON_NODE("n2")),
    [
      { nodes: ["n1"] },
      { nodes: ["n2"] },
    ],
  ),
  bgpAdverts(
    "P37",
    "two local preferences, disjoint peers",
    V4,
    twoPreferences({ peers: ["b", "a"] }, {
      peers: ["c"],
    }),
    [{ peers: ["a", "b"] }, { peers: ["c"] }],
  ),
  refusedAdverts(
    "P37",
    "two local preferences, one for all peers",
    V4,
    twoPreferences({ peers: ["a"] }, {}),
    ["adv2", "spec.localPref", "invalid localpref 200"],
  ),
  refusedAdverts(
    "P38",
    "a repeated pool, peer or community",
    V4,
    [bgpObject("adv", { ipAddressPools: ["a", "a"], peers: ["p", "p"], communities: ["1:2", "1:2"] })],
    ["adv", "spec.communities[1]", 'duplicate definition of community "1:2"'],
    ["adv", "spec.ipAddressPools[1]", 'duplicate definition of ipAddressPool "a"'],
    ["adv", "spec.peers[1]", 'duplicate definition of peer "p"'],
  ),
  refusedAdverts(
    "P39",
    "communities that are none",
    V4,
    [bgpObject("adv", { communities: ["1234", "1:99999999", "unknown-alias"] })],
    ["adv", "spec.communities[0]", "invalid community format: 1234"],
    ["adv", "spec.communities[1]", "invalid community value: invalid section"],
    ["adv", "spec.communities[2]", "invalid community format: unknown-alias"],
  ),
  bgpAdverts("P42", "pool selectors that match nothing attach to nothing", V4, [
    bgpObject("adv", { ipAddressPoolSelectors: [inValues("tier", "lead")] }),
  ], []),
  bgpAdverts("P43", "no pool selection attaches to all pools", V4, [bgpObject("adv")], [
    { localPref: null, ipv4: 32, ipv6: 128, peers: null, communities: [] },
  ]),
  ...([["aggregationLength", 24], ["aggregationLengthV6", 64]] as const).map(([field, length]) =>
    refusedAdverts(
      "P54",
      `service selectors with ${field} ${length}`,
      V4,
      [bgpObject("adv", { serviceSelectors: [inValues("app", "web")], [field]: length })],
      ["adv", `spec.${field}`, "serviceSelectors and aggregationLength are mutually exclusive"],
    )
  ),
  bgpAdverts("P54", "service selectors with explicit full lengths", V4, [
    bgpObject("adv", {
      serviceSelectors: [inValues("app", "web")],
      aggregationLength: 32,
      aggregationLengthV6: 128,
    }),
  ], [{ serviceSelectors: ["app in (web)"] }]),
  {
    row: "P56",
    what: "communities stand in order of their numbers, an alias beside its value once",
    objects: {
      pools: [poolObject("a", V4)],
      communities: [communityObject("c", [["low", "0:1234"]])],
      bgpAdvertisements: [bgpObject("adv", { communities: ["low", "large:123:456:789", "0:1234"] })],
    },
    expected: { pools: { a: { bgpAdverts: [{ communities: ["123:456:789", "0:1234"] }] } } },
  },
];

const at = (peerAddress: string): { readonly peerAddress: string } => ({ peerAddress });

const MODE_CASES: readonly ConfigCase[] = [
  peer(
    "M1",
    "Ingot can do what native mode refuses",
    {
      bfdProfile: "fast",
      keepaliveTime: "1s",
      connectTime: "10s",
      enableGracefulRestart: true,
      disableMP: true,
      localASN: 65_100,
    },
    { bfd: "fast", connectTimeSeconds: 10, localAsn: 65_100 },
    { bfdProfiles: [bfdObject("fast")] },
  ),
  peers("M7", "router IDs may differ: each session has its own", [
    peerObject("p1", { ...at("10.0.0.1"), routerID: "1.1.1.1" }),
    peerObject("p2", { ...at("10.0.0.2"), routerID: "2.2.2.2" }),
    peerObject("p3", at("10.0.0.3")),
  ]),
  peers("M8", "myASN may differ, in one VRF or in two", [
    peerObject("p1", { ...at("10.0.0.1"), myASN: 65_010 }),
    peerObject("p2", { ...at("10.0.0.2"), myASN: 65_020 }),
    peerObject("p3", { ...at("10.0.0.3"), myASN: 65_030, vrf: "red" }),
  ]),
  clash("M9", "the same address twice", [peerObject("p1"), peerObject("p2")], "p2"),
  peers("M9", "the same address in three VRFs", [
    peerObject("p1"),
    peerObject("p2", { vrf: "red" }),
    peerObject("p3", { vrf: "blue" }),
  ]),
  clash("M9", "the same address twice in one VRF", [
    peerObject("p1", { vrf: "red" }),
    peerObject("p2", { vrf: "red" }),
  ], "p2"),
  clash(
    "M10",
    "the same interface twice",
    ["p1", "p2"].map((name) => peerObject(name, { peerAddress: "", interface: "eth0" })),
    "p2",
    "spec.interface",
  ),
  peers("M10", "different interfaces", [
    peerObject("p1", { peerAddress: "", interface: "eth0" }),
    peerObject("p2", { peerAddress: "", interface: "eth1" }),
  ]),
  peers("M11", "the same address on different nodes", [
    peerObject("p1", ON_NODE("n1")),
    peerObject("p2", ON_NODE("n2")),
  ]),
  clash(
    "M11",
    "the same address, different selectors, nodes unknown",
    [peerObject("p1", ON_NODE("n1")), peerObject("p2", ON_NODE("n2"))],
    "p2",
    "spec.peerAddress",
    [],
  ),
  clash("M12", "the same address, one peer without selectors", [
    peerObject("p1"),
    peerObject("p2", ON_NODE("n2")),
  ], "p2"),
  clash("M13", "the same address, selectors that overlap on one node", [
    peerObject("p1", ON_NODE("n1", "n2")),
    peerObject("p2", ON_NODE("n2", "n3")),
  ], "p2"),
  {
    row: "M14",
    what: "a BFD profile that nobody uses",
    objects: { nodes: NODES, bfdProfiles: [bfdObject("fast")] },
    expected: { pools: {} },
  },
];

/** Every case about BGP and BFD. */
export const BGP_CASES: readonly ConfigCase[] = [
  ...TIMER_CASES,
  ...PEER_CASES,
  ...PASSWORD_CASES,
  ...BFD_CASES,
  ...ADVERT_CASES,
  ...MODE_CASES,
];

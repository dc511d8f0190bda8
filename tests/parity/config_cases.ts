/**
 * MetalLB's configuration behaviours as data: the rows of the parser, P1 to P56, that are about pools, A29 to A32 of pool capacity, and D5 to D14,
 * where Ingot decides a MetalLB defect in another way.
 *
 * Shape: each case holds objects, and either everything that is refused or what is to be found in the configuration.
 * Not here: cases about BGP and BFD (config_bgp_cases.ts), the form of a case (config_case.ts), the comparison
 * (config_test.ts).
 *
 * @module
 */
import { communityObject, l2Object, poolObject } from "../../agent/config/config_fixture.ts";
import { UNCOUNTABLE } from "../../agent/config/pool_capacity.ts";
import { BGP_CASES } from "./config_bgp_cases.ts";
import {
  adverts,
  aliases,
  allocation,
  capacity,
  type ConfigCase,
  inValues,
  refusedAdvert,
  refusedEntry,
} from "./config_case.ts";

const POOL_CASES: readonly ConfigCase[] = [
  { row: "P1", what: "nothing at all is a configuration", objects: {}, expected: { pools: {} } },
  {
    row: "P2",
    what: "blanks around the hyphen are accepted",
    objects: { pools: [poolObject("a", ["40.0.0.210 - 40.0.0.240"])] },
    expected: {
      pools: {
        a: {
          prefixes: ["40.0.0.210/31", "40.0.0.212/30", "40.0.0.216/29", "40.0.0.224/28", "40.0.0.240/32"],
        },
      },
    },
  },
  {
    row: "P3",
    what: "a range of one address is a /32",
    objects: { pools: [poolObject("a", ["40.0.0.250 - 40.0.0.250"])] },
    expected: { pools: { a: { prefixes: ["40.0.0.250/32"] } } },
  },
  refusedEntry("P4", " 10.20.30.0/24", "invalid CIDR"),
  refusedEntry("P5", "100.200.300.400/24", "invalid CIDR"),
  refusedEntry("P5", "1.2.3.0/33", "invalid CIDR"),
  refusedEntry("P5", "1.2.3.10-1.2.3.1", "invalid IP range"),
  {
    row: "P6",
    what: "host bits are masked away, autoAssign is on by default",
    objects: { pools: [poolObject("a", ["10.20.30.40/24"])] },
    expected: { pools: { a: { prefixes: ["10.20.30.0/24"], autoAssign: true } } },
  },
  {
    row: "P7",
    what: "a pool without a name is refused",
    objects: { pools: [poolObject("", ["10.0.0.0/24"])] },
    expected: { refused: [["IPAddressPool/metallb-system/", "metadata.name", "missing pool name"]] },
  },
  {
    row: "P7",
    what: "a pool without addresses is refused",
    objects: { pools: [poolObject("a", [])] },
    expected: {
      refused: [[
        "IPAddressPool/metallb-system/a",
        "spec.addresses",
        "parsing address pool a: pool has no prefixes defined",
      ]],
    },
  },
  {
    row: "P8",
    what: "a pool name that stands twice is refused",
    objects: { pools: [poolObject("a", ["10.1.0.0/24"]), poolObject("a", ["10.2.0.0/24"])] },
    expected: {
      refused: [["IPAddressPool/metallb-system/a", "metadata.name", 'duplicate definition of pool "a"']],
    },
  },
  {
    row: "P8",
    what: "overlapping pools are refused",
    objects: { pools: [poolObject("a", ["10.0.0.0/8"]), poolObject("b", ["10.0.0.0/16"])] },
    expected: {
      refused: [[
        "IPAddressPool/metallb-system/b",
        "spec.addresses[0]",
        'overlaps with already defined CIDR "10.0.0.0/8"',
      ]],
    },
  },
  {
    row: "P8",
    what: "overlapping entries of one pool are refused",
    objects: { pools: [poolObject("a", ["10.0.0.8-10.0.0.9", "10.0.0.9-10.0.0.20"])] },
    expected: {
      refused: [[
        "IPAddressPool/metallb-system/a",
        "spec.addresses[1]",
        'overlaps with already defined CIDR "10.0.0.8/31"',
      ]],
    },
  },
];

const ALLOCATION_CASES: readonly ConfigCase[] = [
  allocation("P9", "a repeated namespace is refused", { namespaces: ["ns1", "ns2", "ns1"] }, {
    refused: [[
      "IPAddressPool/metallb-system/a",
      "spec.serviceAllocation.namespaces[2]",
      'duplicate definition of namespace "ns1"',
    ]],
  }),
  allocation("P10", "a repeated namespace selector is refused", {
    namespaceSelectors: [{ matchLabels: { a: "1", b: "2" } }, { matchLabels: { b: "2", a: "1" } }],
  }, {
    refused: [[
      "IPAddressPool/metallb-system/a",
      "spec.serviceAllocation.namespaceSelectors[1]",
      'duplicate definition of label selector "a=1,b=2"',
    ]],
  }),
  allocation("P10", "a repeated value in an expression is refused", {
    namespaceSelectors: [inValues("team", "x", "y", "x")],
  }, {
    refused: [[
      "IPAddressPool/metallb-system/a",
      "spec.serviceAllocation.namespaceSelectors[0].matchExpressions[0].values[2]",
      'duplicate definition of value "x"',
    ]],
  }),
  allocation("P11", "a namespace selector may match nothing", {
    namespaceSelectors: [{ matchLabels: { team: "nobody" } }],
  }, {
    pools: { a: { namespaces: [], serviceSelectors: [] } },
    pinned: [["ns1", {}, []]],
  }),
  allocation("P12", "priority alone pins the pool to every Service", { priority: 7 }, {
    pools: { a: { priority: 7, namespaces: null, serviceSelectors: [""] } },
    pinned: [["anywhere", {}, ["a"]]],
  }),
  allocation("D14", "a namespace selector that matches nothing lets nobody in, not everybody", {
    namespaceSelectors: [{ matchLabels: { team: "nobody" } }],
    serviceSelectors: [{ matchLabels: { app: "web" } }],
  }, {
    pools: { a: { namespaces: [], serviceSelectors: ["app=web"] } },
    pinned: [["ns1", { app: "web" }, []]],
  }),
  {
    row: "D8",
    what: "equal priorities go by name, zero and below come last",
    objects: {
      pools: [["e", 0], ["d", 2], ["c", 1], ["b", 1], ["a", -1]].map(([name, priority], index) =>
        poolObject(name as string, [`10.${index}.0.0/24`], {
          serviceAllocation: { priority: priority as number },
        })
      ),
    },
    expected: { pools: {}, pinned: [["ns1", {}, ["b", "c", "d", "a", "e"]]] },
  },
  refusedEntry("D7", "10.0.0.1-fc00::1", "different address families"),
  refusedEntry("D7", "fc00::1-10.0.0.1", "different address families"),
];

const ADVERT_CASES: readonly ConfigCase[] = [
  ...[
    refusedAdvert(
      "P23",
      "a selector without a key is refused",
      { nodeSelectors: [{ matchExpressions: [{ key: "", operator: "Exists" }] }] },
      "spec.nodeSelectors[0].matchExpressions[0].key",
      "must not be empty",
    ),
    refusedAdvert(
      "P23",
      "a selector without an operator is refused",
      { nodeSelectors: [{ matchExpressions: [{ key: "role", operator: "" }] }] },
      "spec.nodeSelectors[0].matchExpressions[0].operator",
      "is not a valid label selector operator",
    ),
    refusedAdvert(
      "P23",
      "operator surrounds is refused",
      { nodeSelectors: [{ matchExpressions: [{ key: "role", operator: "surrounds", values: ["x"] }] }] },
      "spec.nodeSelectors[0].matchExpressions[0].operator",
      '"surrounds" is not a valid label selector operator',
    ),
    refusedAdvert(
      "P38",
      "a repeated pool name is refused",
      { ipAddressPools: ["a", "b", "a"] },
      "spec.ipAddressPools[2]",
      'duplicate definition of ipAddressPool "a"',
    ),
    refusedAdvert(
      "P46",
      "expressions that differ in the order of values are refused as duplicates",
      {
        nodeSelectors: [{
          matchExpressions: [
            { key: "role", operator: "In", values: ["first", "second"] },
            { key: "role", operator: "In", values: ["second", "first"] },
          ],
        }],
      },
      "spec.nodeSelectors[0].matchExpressions[1]",
      "duplicate definition of match expression",
    ),
    refusedAdvert(
      "P55",
      "a repeated service selector is refused",
      { serviceSelectors: [inValues("app", "x", "y"), inValues("app", "y", "x")] },
      "spec.serviceSelectors[1]",
      'duplicate definition of label selector "app in (x,y)"',
    ),
  ],
  adverts("P42", "pool selectors that match nothing attach to nothing", [
    l2Object("adv", { ipAddressPoolSelectors: [{ matchLabels: { tier: "lead" } }] }),
  ], { a: [], b: [] }),
  adverts("P43", "no pool selection attaches to all pools", [l2Object("adv")], {
    a: [{ name: "adv" }],
    b: [{ name: "adv" }],
  }),
  adverts("P44", "a name without a pool is ignored", [l2Object("adv", { ipAddressPools: ["b", "none"] })], {
    a: [],
    b: [{ name: "adv" }],
  }),
  adverts("P44", "only a name without a pool does not mean all pools", [
    l2Object("adv", { ipAddressPools: ["none"] }),
  ], { a: [], b: [] }),
  adverts("P45", "no node selectors mean all nodes, every interface and every Service", [l2Object("adv")], {
    a: [{ nodes: ["n1", "n2", "n3"], interfaces: null, serviceSelectors: [], preference: null }],
  }),
  adverts("P45", "node selectors are an OR, and may match nothing", [
    l2Object("adv", { nodeSelectors: [{ matchLabels: { zone: "primary" } }, inValues("role", "edge")] }),
    l2Object("nowhere", { nodeSelectors: [inValues("role", "core")] }),
  ], { a: [{ name: "adv", nodes: ["n1", "n2"] }, { name: "nowhere", nodes: [] }] }),
  adverts("P47", "equal advertisements are attached once, whatever the order of interfaces", [
    l2Object("adv1", { interfaces: ["eth0", "eth1"] }),
    l2Object("adv2", { interfaces: ["eth1", "eth0"], nodeSelectors: [{}] }),
  ], { a: [{ name: "adv1", interfaces: ["eth0", "eth1"] }] }),
  adverts("P48", "one of two equal advertisements has preferences: both are kept", [
    l2Object("adv1"),
    l2Object("adv2", { preferredNodeSelectors: [{ weight: 1, preference: {} }] }),
  ], { a: [{ name: "adv1" }, { name: "adv2" }] }),
  adverts("P48", "both of two equal advertisements have preferences: both are kept", [
    l2Object("adv1", { preferredNodeSelectors: [{ weight: 1, preference: {} }] }),
    l2Object("adv2", { preferredNodeSelectors: [{ weight: 1, preference: {} }] }),
  ], { a: [{ name: "adv1" }, { name: "adv2" }] }),
  adverts("P49", "advertisements that differ in anything are kept", [
    l2Object("adv1"),
    l2Object("adv2", { nodeSelectors: [inValues("role", "edge")] }),
    l2Object("adv3", { interfaces: ["eth0"] }),
    l2Object("adv4", { interfaces: ["eth1"] }),
    l2Object("adv5", { serviceSelectors: [inValues("app", "web")] }),
  ], { a: [{ name: "adv1" }, { name: "adv2" }, { name: "adv3" }, { name: "adv4" }, { name: "adv5" }] }),
  adverts("P50", "a pool reached by name and by selector is attached once", [
    l2Object("adv", {
      ipAddressPools: ["a"],
      ipAddressPoolSelectors: [{ matchLabels: { tier: "gold" } }],
      preferredNodeSelectors: [{ weight: 5, preference: { matchLabels: { zone: "primary" } } }],
    }),
  ], { a: [{ name: "adv", preference: { n1: 5 } }], b: [] }),
  adverts("P51", "weights add up", [
    l2Object("adv", {
      preferredNodeSelectors: [
        { weight: 40, preference: { matchLabels: { role: "edge" } } },
        { weight: 30, preference: { matchLabels: { zone: "primary" } } },
      ],
    }),
  ], { a: [{ preference: { n1: 70, n2: 40 } }] }),
  adverts("P52", "preferences that match only ineligible nodes are none", [
    l2Object("adv", {
      nodeSelectors: [{ matchExpressions: [{ key: "role", operator: "DoesNotExist" }] }],
      preferredNodeSelectors: [{ weight: 40, preference: { matchLabels: { role: "edge" } } }],
    }),
  ], { a: [{ nodes: ["n3"], preference: null }] }),
  adverts("P53", "an empty preference prefers every eligible node", [
    l2Object("adv", {
      nodeSelectors: [inValues("role", "edge")],
      preferredNodeSelectors: [{ weight: 10, preference: {} }],
    }),
  ], { a: [{ preference: { n1: 10, n2: 10 } }] }),
  adverts("P55", "service selectors are kept in order of their text", [
    l2Object("adv", { serviceSelectors: [{ matchLabels: { app: "web" } }, { matchLabels: { app: "api" } }] }),
  ], { a: [{ serviceSelectors: ["app=api", "app=web"] }] }),
];

const COMMUNITY_CASES: readonly ConfigCase[] = [
  aliases("P39", "1234", "invalid community format: 1234"),
  aliases("P39", "99999999:1", 'invalid community value: invalid section "99999999"'),
  aliases("P39", "1:99999999", 'invalid community value: invalid section "99999999"'),
  aliases("P39", "unknown-alias", "invalid community format: unknown-alias"),
  aliases("P40", "larg:1:2:3", "invalid community value: expected community to be of format large"),
  aliases("P40", "large:1:x:3", 'invalid community value: invalid section "x"'),
  aliases("P40", "1:2:3", "invalid community format: 1:2:3"),
  aliases("P40", "12345", "invalid community format: 12345"),
  {
    row: "P41",
    what: "an alias defined twice in one object is refused",
    objects: { communities: [communityObject("c", [["x", "1:2"], ["x", "1:2"]])] },
    expected: {
      refused: [[
        "Community/metallb-system/c",
        "spec.communities[1].name",
        'duplicate definition of community "x"',
      ]],
    },
  },
  {
    row: "P41",
    what: "an alias defined in two objects is refused in the later one",
    objects: { communities: [communityObject("d", [["x", "1:2"]]), communityObject("c", [["x", "1:2"]])] },
    expected: {
      refused: [[
        "Community/metallb-system/d",
        "spec.communities[0].name",
        'duplicate definition of community "x"',
      ]],
    },
  },
  {
    row: "P41",
    what: "different aliases may share a value, and a large value loses its marker",
    objects: {
      communities: [
        communityObject("c", [["x", "1:2"], ["y", "1:2"]]),
        communityObject("d", [["z", "large:1:2:3"]]),
      ],
    },
    expected: { pools: {}, communities: { x: "1:2", y: "1:2", z: "1:2:3" } },
  },
];

const A30 = ["1.2.3.0/24", "2.3.4.128/25"];

const CAPACITY_CASES: readonly ConfigCase[] = [
  capacity("A29", ["1.2.3.0/24"], false, [256n, 256n, 0n]),
  capacity("A30", A30, false, [384n, 384n, 0n]),
  capacity("A30", A30, true, [381n, 381n, 0n]),
  capacity("A31", [...A30, "1000::/64"], true, [UNCOUNTABLE, 381n, UNCOUNTABLE]),
  capacity("A32", ["1.2.3.0/31", "1000::/127"], true, [3n, 1n, 2n]),
  capacity("D5", ["1000::/64", "2000::/64", "1.2.3.0/24"], false, [UNCOUNTABLE, 256n, UNCOUNTABLE]),
  capacity("D6", ["1.2.3.0/32", "1.2.3.255/32", "1.2.3.7/32"], true, [1n, 1n, 0n]),
];

/** Every case, in the order of the tables. */
export const CONFIG_CASES: readonly ConfigCase[] = [
  ...POOL_CASES,
  ...ALLOCATION_CASES,
  ...ADVERT_CASES,
  ...COMMUNITY_CASES,
  ...CAPACITY_CASES,
  ...BGP_CASES,
];

/**
 * The tabled behaviours of MetalLB's webhooks, as data: what is asked, and what becomes of it.
 *
 * Source: MetalLB's validating webhooks (internal/k8s/webhooks); the numbers of the rows are the table's, D marks where
 * Ingot decides otherwise, with the reason.
 * Not here: the same on a real API server (tests/cluster/webhooks/).
 *
 * @module
 */
import type { Change } from "../../agent/config/admission/verdict.ts";
import {
  bfdObject,
  bgpObject,
  communityObject,
  l2Object,
  nodeObject,
  type ObjectLists,
  peerObject,
  poolObject,
} from "../../agent/config/config_fixture.ts";
import type { KubernetesObject } from "../../k8s/types/meta.ts";

/** One row. */
export interface WebhookRow {
  readonly row: string;
  readonly what: string;
  readonly operation: Change["operation"];
  readonly object: KubernetesObject;
  readonly before?: KubernetesObject;
  /** What there is. */
  readonly objects: ObjectLists;
  /** Parts of the message that refuses it; null when it is allowed. */
  readonly refused: readonly string[] | null;
  readonly warned?: boolean;
}

function create(
  row: string,
  what: string,
  object: KubernetesObject,
  objects: ObjectLists = {},
  refused: readonly string[] | null = null,
): WebhookRow {
  return { row, what, operation: "CREATE", object, objects, refused };
}

function update(
  row: string,
  what: string,
  [before, object]: readonly [KubernetesObject, KubernetesObject],
  objects: ObjectLists,
  refused: readonly string[] | null = null,
): WebhookRow {
  return { row, what, operation: "UPDATE", object, before, objects, refused };
}

function remove(
  row: string,
  what: string,
  object: KubernetesObject,
  objects: ObjectLists,
  refused: readonly string[] | null = null,
): WebhookRow {
  return { row, what, operation: "DELETE", object, objects, refused };
}

function elsewhere(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, namespace: "default" } };
}

const EVERY_KIND: readonly KubernetesObject[] = [
  poolObject("o", ["10.0.0.0/24"]),
  l2Object("o"),
  communityObject("o", []),
  peerObject("o"),
  bgpObject("o"),
  bfdObject("o"),
];

const FIRST = poolObject("first", ["1.1.1.1-1.1.1.100"]);
const OVERLAP = "overlaps with already defined CIDR";
const SELECTS = (rack: string) => ({ nodeSelectors: [{ matchLabels: { rack } }] });
const RACKS = [nodeObject("n1", { rack: "1" }), nodeObject("n2", { rack: "2" })];

export const WEBHOOK_ROWS: readonly WebhookRow[] = [
  ...EVERY_KIND.map((object) =>
    create("W1", `${object.kind} in another namespace`, elsewhere(object), {}, [
      "resource must be created in metallb-system namespace",
    ])
  ),
  create("W2", "pool whose name exists", poolObject("first", ["1.1.1.0/24"]), { pools: [FIRST] }),
  create("W3", "pool that overlaps", poolObject("p", ["1.1.1.15-1.1.1.20"]), { pools: [FIRST] }, [OVERLAP]),
  create("W3", "pool beside it", poolObject("p", ["1.1.1.101-1.1.1.200"]), { pools: [FIRST] }),
  update(
    "W3",
    "pool that grows into another",
    [
      poolObject("p", ["1.1.1.101-1.1.1.200"]),
      poolObject("p", ["1.1.1.0/24"]),
    ],
    { pools: [FIRST, poolObject("p", ["1.1.1.101-1.1.1.200"])] },
    [OVERLAP],
  ),
  remove("W4", "profile that a peer names", bfdObject("fast"), {
    bfdProfiles: [bfdObject("fast")],
    bgpPeers: [peerObject("p", { bfdProfile: "fast" })],
  }, ["failed to delete BFDProfile"]),
  remove("W4", "profile that no peer names any more", bfdObject("fast"), {
    bfdProfiles: [bfdObject("fast")],
    bgpPeers: [peerObject("p")],
  }),
  create("W5", "peer that names a missing profile", peerObject("p", { bfdProfile: "missing" })),
  create("W5", "peer that names a missing Secret", peerObject("p", { passwordSecret: { name: "missing" } })),
  create("W6", "advertisement with an undefined alias", bgpObject("a", { communities: ["undefined"] })),
  create(
    "W6",
    "advertisement with a value that is no alias",
    bgpObject("a", { communities: ["11111:11aaaa", "larg:12345:12345:12345", "alias"] }),
    {},
    ["invalid community value: invalid section", "expected community to be of format large"],
  ),
  create("W7", "peer of an address that other nodes speak with", peerObject("p", SELECTS("1")), {
    nodes: RACKS,
    bgpPeers: [peerObject("q", SELECTS("2"))],
  }),
  create("W7", "peer of an address that the same nodes speak with", peerObject("p", SELECTS("1")), {
    nodes: RACKS,
    bgpPeers: [peerObject("q", SELECTS("1"))],
  }, ["already exists"]),
  remove("W", "anything else may be deleted", FIRST, { pools: [FIRST] }),

  create("text", "aggregation", bgpObject("a", { aggregationLength: 26 }), {
    pools: [poolObject("p", ["10.0.0.0/28"])],
  }, ["invalid aggregation length 26: prefix 28", "for addresses 10.0.0.0/28"]),
  create(
    "text",
    "aggregation with selectors",
    bgpObject("a", { aggregationLength: 24, serviceSelectors: [{ matchLabels: { a: "b" } }] }),
    {},
    ["serviceSelectors and aggregationLength are mutually exclusive"],
  ),
  create("text", "peer address", peerObject("p", { peerAddress: "1.2.3.400" }), {}, [
    "invalid BGPPeer address",
  ]),
  create("text", "empty pool", poolObject("p", []), {}, ["pool has no prefixes defined"]),
  create("text", "missing ASN", peerObject("p", { myASN: 0 }), {}, ["parsing peer p missing local ASN"]),
  create("text", "duplicate alias", communityObject("b", [["x", "1:2"]]), {
    communities: [communityObject("a", [["x", "1:2"]])],
  }, ["duplicate definition of community"]),

  // Whoever sets a field without effect wants the rest of the object checked all the same.
  create("D10", "peer with disableMP that is wrong", peerObject("p", { disableMP: true, myASN: 0 }), {}, [
    "missing local ASN",
  ]),
  { ...create("D10", "peer with disableMP", peerObject("p", { disableMP: true })), warned: true },
  // What stands in another namespace counts for nothing, so it clashes with nothing.
  {
    ...update("D13", "object of the same name elsewhere", [
      elsewhere(poolObject("first", ["2.2.2.0/24"])),
      elsewhere(poolObject("first", ["nonsense"])),
    ], { pools: [FIRST] }),
    warned: true,
  },
  // MetalLB takes these, and then all its speakers refuse the whole configuration.
  create("D18", "pool that an advertisement does not fit", poolObject("p", ["10.0.0.0/28"]), {
    bgpAdvertisements: [bgpObject("a", { aggregationLength: 26 })],
  }, ["invalid aggregation length 26"]),
  create("D18", "profile with echo for a peer that is told of IPv6", bfdObject("echo", { echoMode: true }), {
    pools: [poolObject("p", ["fd00::/120"])],
    bgpAdvertisements: [bgpObject("a")],
    bgpPeers: [peerObject("p", { bfdProfile: "echo" })],
  }, ["echoMode"]),
];

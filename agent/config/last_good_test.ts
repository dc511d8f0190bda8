import assert from "node:assert/strict";
import { SecretValue } from "../../k8s/types/secret_value.ts";
import type { Node } from "../../k8s/types/core.ts";
import {
  bfdObject,
  bgpObject,
  communityObject,
  l2Object,
  namespaceObject,
  nodeObject,
  objectsOf,
  peerObject,
  poolObject,
  secretObject,
} from "./config_fixture.ts";
import { TTL_SECURITY_ANNOTATION } from "./bgp/peer.ts";
import { nextLastGood, NO_CONFIG_YET } from "./last_good.ts";
import { REFRESH_ANNOTATION } from "./l2_advertisement.ts";

const lists = {
  pools: [poolObject("pool", ["10.0.0.0/24"])],
  l2Advertisements: [l2Object("advert")],
  communities: [communityObject("community", [["alias", "1:2"]])],
  bgpPeers: [peerObject("peer", { passwordSecret: { name: "secret" } })],
  bgpAdvertisements: [bgpObject("advert")],
  bfdProfiles: [bfdObject("profile")],
  secrets: [secretObject("secret", { password: "one" })],
  nodes: [nodeObject("n1", { zone: "a" })],
  namespaces: [namespaceObject("ns1", { team: "x" })],
};
const good = nextLastGood(NO_CONFIG_YET, objectsOf(lists));
const broken = { ...lists, pools: [poolObject("pool", ["10.0.0.0/33"])] };

Deno.test("nextLastGood() has no configuration before a good one, but says why", () => {
  const next = nextLastGood(NO_CONFIG_YET, objectsOf(broken));
  assert.equal(next.config, null);
  assert.equal(next.errors.length, 1);
});

Deno.test("nextLastGood() keeps the last good configuration while there are errors, and forgets them afterwards", () => {
  const stale = nextLastGood(good, objectsOf(broken));
  assert.equal(stale.config, good.config);
  assert.equal(stale.errors[0]?.field, "spec.addresses[0]");
  const staleStill = nextLastGood(stale, objectsOf({ ...broken, nodes: [] }));
  assert.equal(staleStill.config, good.config);
  const reverted = nextLastGood(staleStill, objectsOf(lists));
  assert.deepEqual(reverted.errors, []);
  assert.deepEqual([...reverted.config?.pools.keys() ?? []], ["pool"]);
});

Deno.test("nextLastGood() returns the very same value while nothing relevant changes", () => {
  const objects = objectsOf(lists);
  const heartbeat: Node = {
    ...nodeObject("n1", { zone: "a" }),
    status: { conditions: [{ type: "Ready", status: "False" }] },
  };
  const cordoned = { ...nodeObject("n1", { zone: "a" }), spec: { unschedulable: true } };
  const poolStatus = { ...poolObject("pool", ["10.0.0.0/24"]), status: { assignedIPv4: 7 } };
  assert.equal(nextLastGood(good, objects), good, "equal objects read again");
  assert.equal(nextLastGood(good, objectsOf({ ...lists, nodes: [heartbeat] })), good, "a node's heartbeat");
  assert.equal(nextLastGood(good, objectsOf({ ...lists, nodes: [cordoned] })), good, "a node's spec");
  assert.equal(nextLastGood(good, objectsOf({ ...lists, pools: [poolStatus] })), good, "a pool's status");
});

const RELEVANT: Readonly<Record<string, Partial<typeof lists>>> = {
  "a pool's spec": { pools: [poolObject("pool", ["10.0.0.0/25"])] },
  "a pool's labels": { pools: [poolObject("pool", ["10.0.0.0/24"], {}, { a: "b" })] },
  "a pool more": { pools: [...lists.pools, poolObject("second", ["10.0.1.0/24"])] },
  "an advertisement's spec": { l2Advertisements: [l2Object("advert", { interfaces: ["eth0"] })] },
  "an advertisement's refresh": {
    l2Advertisements: [l2Object("advert", {}, { [REFRESH_ANNOTATION]: "60s" })],
  },
  "an alias": { communities: [communityObject("community", [["alias", "1:3"]])] },
  "a peer's spec": { bgpPeers: [peerObject("peer", { holdTime: "9s" })] },
  "a peer's annotation": {
    bgpPeers: [
      peerObject("peer", { passwordSecret: { name: "secret" } }, { [TTL_SECURITY_ANNOTATION]: "true" }),
    ],
  },
  "a peer's password": { bgpPeers: [peerObject("peer", { password: SecretValue.ofText("clear") })] },
  "a BGP advertisement": { bgpAdvertisements: [bgpObject("advert", { localPref: 7 })] },
  "a BFD profile": { bfdProfiles: [bfdObject("profile", { detectMultiplier: 7 })] },
  "a Secret": { secrets: [secretObject("secret", { password: "two" })] },
  "a node's labels": { nodes: [nodeObject("n1", { zone: "b" })] },
  "a node less": { nodes: [] },
  "a namespace's labels": { namespaces: [namespaceObject("ns1")] },
};

for (const [what, change] of Object.entries(RELEVANT)) {
  Deno.test(`nextLastGood() parses again after a change of ${what}`, () => {
    const next = nextLastGood(good, objectsOf({ ...lists, ...change }));
    assert.notEqual(next.config, good.config);
    assert.deepEqual(next.errors, []);
  });
}

Deno.test("nextLastGood() takes no first configuration while an object of it cannot be read", () => {
  const unreadable = {
    object: "IPAddressPool/metallb-system/lan",
    field: "spec.addresses",
    message: "Expected a list",
  };
  const waiting = nextLastGood(NO_CONFIG_YET, objectsOf(lists), [unreadable]);
  assert.deepEqual([waiting.config, waiting.errors], [null, []]);
  assert.equal(nextLastGood(waiting, objectsOf(lists), [unreadable]), waiting);
  assert.notEqual(nextLastGood(waiting, objectsOf(lists)).config, null, "mended");
  const alsoBroken = nextLastGood(NO_CONFIG_YET, objectsOf(broken), [unreadable]);
  assert.deepEqual(alsoBroken.errors, nextLastGood(NO_CONFIG_YET, objectsOf(broken)).errors, "told at once");
  assert.equal(nextLastGood(good, objectsOf(lists), [unreadable]), good);
  const service = { object: "Service/default/web", field: "spec.ports", message: "Expected a list" };
  assert.notEqual(nextLastGood(NO_CONFIG_YET, objectsOf(lists), [service]).config, null);
});

Deno.test("nextLastGood() remembers no password in clear text, and notices another of the same length", () => {
  const [one, two] = ["one", "two"].map((text) => {
    return { ...lists, bgpPeers: [peerObject("peer", { password: SecretValue.ofText(text) })] };
  });
  const first = nextLastGood(NO_CONFIG_YET, objectsOf(one!));
  assert.ok(!JSON.stringify(first).includes('"one"'));
  assert.equal(nextLastGood(first, objectsOf(one!)), first);
  const second = nextLastGood(first, objectsOf(two!));
  assert.equal(new TextDecoder().decode(second.config?.peers.get("peer")?.password?.reveal()), "two");
});

Deno.test("nextLastGood() for allocation takes no notice of BGP, not even of what cannot be read", () => {
  const unreadable = { object: "BGPPeer/metallb-system/peer", field: "spec.myASN", message: "Missing" };
  const bad = { ...lists, bgpPeers: [peerObject("peer", { myASN: 0 })] };
  const first = nextLastGood(NO_CONFIG_YET, objectsOf(bad), [unreadable], "allocation");
  assert.deepEqual([...first.config?.pools.keys() ?? []], ["pool"]);
  assert.equal(nextLastGood(first, objectsOf(lists), [], "allocation"), first);
  assert.equal(nextLastGood(NO_CONFIG_YET, objectsOf(lists), [unreadable], { node: "n1" }).config, null);
});

import assert from "node:assert/strict";
import type { KubernetesObject } from "../../../k8s/types/meta.ts";
import { SecretValue } from "../../../k8s/types/secret_value.ts";
import {
  bfdObject,
  bgpObject,
  communityObject,
  l2Object,
  type ObjectLists,
  objectsOf,
  peerObject,
  poolObject,
} from "../config_fixture.ts";
import { customCollectionOf } from "../../../k8s/source.ts";
import { type Change, judge } from "./verdict.ts";

const NAMESPACE = "metallb-system";

function change(
  operation: Change["operation"],
  object: KubernetesObject,
  before: KubernetesObject | null = null,
): Change {
  return { operation, kind: object.kind, collection: customCollectionOf(object.kind)!, object, before };
}

function assertAllowed(change: Change, lists: ObjectLists, warnings: readonly string[] = []): void {
  assert.deepEqual(judge(change, objectsOf(lists), NAMESPACE), { allowed: true, warnings });
}

function assertRefused(change: Change, lists: ObjectLists, message: RegExp): void {
  const verdict = judge(change, objectsOf(lists), NAMESPACE);
  assert.match(verdict.allowed ? "allowed" : verdict.message, message);
}

function elsewhere(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, namespace: "shop" } };
}

const REFUSED: readonly (readonly [KubernetesObject, RegExp])[] = [
  [poolObject("a", ["10.0.0.0/33"]), /^IPAddressPool\/metallb-system\/a: spec\.addresses\[0\]: /],
  [
    l2Object("a", { ipAddressPools: ["p", "p"] }),
    /^L2Advertisement\/metallb-system\/a: spec\.ipAddressPools/,
  ],
  [
    communityObject("a", [["x", "1:99999999"]]),
    /^Community\/metallb-system\/a: spec\.communities\[0\]\.value: invalid community value: invalid section/,
  ],
  [
    peerObject("a", { peerAddress: "1.2.3.400" }),
    /^BGPPeer\/metallb-system\/a: spec\.peerAddress: invalid BGPPeer address/,
  ],
  [
    bgpObject("a", { communities: ["1:2:3"] }),
    /^BGPAdvertisement\/metallb-system\/a: spec\.communities\[0\]: invalid community format: 1:2:3/,
  ],
  [
    bfdObject("a", { receiveInterval: 2 }),
    /^BFDProfile\/metallb-system\/a: spec\.receiveInterval: invalid value 2/,
  ],
];

for (const [object, message] of REFUSED) {
  Deno.test(`judge: a new ${object.kind} that is wrong is refused by object and field`, () => {
    assertRefused(change("CREATE", object), {}, message);
  });

  Deno.test(`judge: a ${object.kind} outside the namespace of the configuration is not created`, () => {
    assertRefused(
      change("CREATE", elsewhere(object)),
      {},
      /resource must be created in metallb-system namespace/,
    );
  });

  Deno.test(`judge: a ${object.kind} outside that namespace may be changed and deleted, as it counts for nothing`, () => {
    const foreign = elsewhere(object);
    assertAllowed(change("UPDATE", foreign, elsewhere(poolObject("a", []))), {}, [
      "it counts for nothing: resource must be created in metallb-system namespace",
    ]);
    assertAllowed(change("DELETE", foreign), {});
  });
}

Deno.test("judge: each error has a line", () => {
  const object = poolObject("a", ["x", "y"]);
  assertRefused(change("CREATE", object), {}, /addresses\[0\].*\n.*addresses\[1\]/);
});

Deno.test("judge: an update replaces its object, so it does not clash with itself", () => {
  const before = poolObject("a", ["10.0.0.0/24"]);
  const after = poolObject("a", ["10.0.0.0/25"]);
  assertAllowed(change("UPDATE", after, before), { pools: [before] });
  assertAllowed(change("CREATE", after), { pools: [before] });
});

Deno.test("judge: who is blamed for a clash does not matter", () => {
  const overlap = /overlaps with already defined CIDR/;
  for (const [there, added] of [["a", "b"], ["b", "a"]] as const) {
    assertRefused(
      change("CREATE", poolObject(added, ["10.0.0.0/24"])),
      { pools: [poolObject(there, ["10.0.0.0/16"])] },
      overlap,
    );
  }
});

Deno.test("judge: a pool is held against advertisements and peers too", () => {
  const aggregated = bgpObject("adv", { aggregationLength: 26 });
  assertRefused(
    change("CREATE", poolObject("a", ["10.0.0.0/28"])),
    { bgpAdvertisements: [aggregated] },
    /^BGPAdvertisement\/metallb-system\/adv: spec\.aggregationLength: invalid aggregation length 26/,
  );
  assertRefused(
    change("CREATE", poolObject("a", ["fd00::/120"])),
    {
      bgpAdvertisements: [bgpObject("adv")],
      bgpPeers: [peerObject("tor", { bfdProfile: "echo" })],
      bfdProfiles: [bfdObject("echo", { echoMode: true })],
    },
    /^BGPPeer\/metallb-system\/tor: spec\.bfdProfile: /,
  );
});

Deno.test("judge: errors of others that were there before do not refuse a change", () => {
  const broken = {
    pools: [poolObject("broken", ["nonsense"])],
    bgpPeers: [peerObject("broken", { peerAddress: "nonsense" })],
  };
  assertAllowed(change("CREATE", poolObject("a", ["10.0.0.0/24"])), broken);
  assertAllowed(change("CREATE", l2Object("a")), broken);
  assertRefused(
    change("CREATE", poolObject("a", ["x"])),
    broken,
    /^IPAddressPool\/metallb-system\/a: [^\n]*$/,
  );
});

Deno.test("judge: an object that is wrong already may change in what the configuration does not read", () => {
  const before = poolObject("a", ["nonsense"]);
  const finalized = { ...before, metadata: { ...before.metadata, uid: "u" } };
  assertAllowed(change("UPDATE", finalized, before), { pools: [before] });
  const annotated = {
    ...before,
    metadata: { ...before.metadata, annotations: { "example.org/by": "a pipeline" } },
  };
  assertAllowed(change("UPDATE", annotated, before), { pools: [before] });
  assertRefused(
    change("UPDATE", poolObject("a", ["nonsense"], { autoAssign: false }), before),
    { pools: [before] },
    /spec\.addresses/,
  );
});

Deno.test("judge: what an object lacks may come later, so objects come in any order", () => {
  const adv = bgpObject("adv", { communities: ["alias"], ipAddressPools: ["later"], peers: ["later"] });
  assertAllowed(change("CREATE", adv), {});
  assertAllowed(change("CREATE", peerObject("a", { bfdProfile: "later" })), {});
  assertAllowed(change("CREATE", peerObject("a", { passwordSecret: { name: "later" } })), {});
  const renamed = communityObject("c", [["renamed", "1:2"]]);
  const before = communityObject("c", [["alias", "1:2"]]);
  assertAllowed(change("UPDATE", renamed, before), { communities: [before], bgpAdvertisements: [adv] });
});

Deno.test("judge: a BFDProfile that a peer names is not deleted", () => {
  const profile = bfdObject("fast");
  const peers = [peerObject("tor", { bfdProfile: "fast" })];
  assertRefused(
    change("DELETE", profile),
    { bfdProfiles: [profile], bgpPeers: peers },
    /^failed to delete BFDProfile fast: BGPPeer\/metallb-system\/tor: spec\.bfdProfile: /,
  );
  assertAllowed(change("DELETE", profile), { bfdProfiles: [profile] });
  assertAllowed(change("DELETE", bfdObject("other")), {
    bfdProfiles: [profile, bfdObject("other")],
    bgpPeers: peers,
  });
});

Deno.test("judge: disableMP is warned of, and spares no check", () => {
  const warnings = ["spec.disableMP is deprecated and has no effect: remove it"];
  assertAllowed(change("CREATE", peerObject("a", { disableMP: true })), {}, warnings);
  assertRefused(
    change("CREATE", peerObject("a", { disableMP: true, peerAddress: "x" })),
    {},
    /invalid BGPPeer address/,
  );
});

Deno.test("judge: no verdict holds a password", () => {
  const password = SecretValue.ofText("hunter2");
  const peer = peerObject("a", { password, passwordSecret: { name: "key" } });
  assertRefused(change("CREATE", peer), {}, /^(?!.*hunter2).*both password and passwordSecret are set/s);
});

Deno.test("judge: a new password is a change", () => {
  const peer = (text: string) =>
    peerObject("a", { password: SecretValue.ofText(text), passwordSecret: { name: "key" } });
  const lists = { bgpPeers: [peer("one")] };
  assertAllowed(change("UPDATE", peer("one"), peer("one")), lists);
  assertRefused(change("UPDATE", peer("two"), peer("one")), lists, /both password and passwordSecret/);
});

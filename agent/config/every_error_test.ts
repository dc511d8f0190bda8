import assert from "node:assert/strict";
import { restOf } from "../../k8s/manifests/reading.ts";
import { MANIFEST_KINDS } from "../../k8s/manifests/kinds.ts";
import { checkSchema } from "../../k8s/schema/check.ts";
import type { FaultyObject } from "../../k8s/source.ts";
import { keyOf, type KubernetesObject } from "../../k8s/types/meta.ts";
import { objectsOf, peerObject, poolObject } from "./config_fixture.ts";
import { everyError } from "./every_error.ts";

/** An object as a source hands it on when its schema refuses it. */
function faulty(kind: string, name: string, spec: unknown): FaultyObject {
  const { collection, versions } = MANIFEST_KINDS.get(kind)!;
  const [[apiVersion, version]] = [...versions] as [[string, Parameters<typeof restOf>[1]]];
  const written = { apiVersion, kind, metadata: { name, namespace: "metallb-system" }, spec };
  const object = written as unknown as KubernetesObject;
  const fields = checkSchema(version.schema, object).map(({ field }) => field);
  assert.ok(fields.length > 0, "the schema refuses it");
  return { collection, key: keyOf(object), object: restOf(object, version), fields };
}

const told = (...them: readonly FaultyObject[]): string[] =>
  everyError(objectsOf({}), them).errors.map(({ object, field }) => `${object} ${field}`);

Deno.test("everyError() finds what is wrong with the sound fields of an object of the wrong form", () => {
  const pool = faulty("IPAddressPool", "lan", {
    addresses: ["10.0.0.0/24", 5, "10.0.1.300/32"],
    autoAssign: "yes",
    serviceAllocation: { namespaces: ["a", "a"] },
  });
  assert.deepEqual(pool.fields, ["spec.addresses[1]", "spec.autoAssign"]);
  assert.deepEqual(told(pool), [
    "IPAddressPool/metallb-system/lan spec.addresses[2]",
    "IPAddressPool/metallb-system/lan spec.serviceAllocation.namespaces[1]",
  ]);
  const peer = faulty("BGPPeer", "tor", {
    myASN: 64512,
    peerASN: 64513,
    peerAddress: "10.0.0",
    holdTime: 90,
    routerID: "::1",
  });
  assert.deepEqual(told(peer), [
    "BGPPeer/metallb-system/tor spec.peerAddress",
    "BGPPeer/metallb-system/tor spec.routerID",
  ]);
});

const silent: readonly [string, string, unknown][] = [
  ["the missing counterpart of a faulty field", "BGPPeer", {
    myASN: 64512,
    peerASN: 64513,
    peerAddress: 5,
  }],
  ["the missing alternative of a faulty field", "BGPPeer", { myASN: 64512, dynamicASN: 5, interface: 5 }],
  ["a time judged by a faulty one", "BGPPeer", {
    myASN: 64512,
    peerASN: 64513,
    peerAddress: "10.0.0.1",
    holdTime: 3,
    keepaliveTime: "30h",
  }],
  ["a list that is no list", "IPAddressPool", { addresses: "10.0.0.0/24" }],
  ["an object without a spec", "IPAddressPool", undefined],
];
for (const [what, kind, spec] of silent) {
  Deno.test(`everyError() blames nobody for ${what}`, () => {
    assert.deepEqual(told(faulty(kind, "one", spec)), []);
  });
}

Deno.test("everyError() blames nobody for referring to an object of the wrong form, or for clashing with its guess", () => {
  const sound = objectsOf({
    pools: [poolObject("lan", ["10.0.0.0/24"])],
    bgpPeers: [peerObject("tor", { peerAddress: "10.9.9.9", bfdProfile: "quick" })],
  });
  const twin = faulty("BGPPeer", "a-first", {
    myASN: 64512,
    peerASN: 64513,
    peerAddress: "10.9.9.9",
    nodeSelectors: 5,
  });
  assert.deepEqual(everyError(sound, [faulty("BFDProfile", "quick", { echoMode: "on" }), twin]).errors, []);
  const { errors: [missing], lacks } = everyError(sound, [twin]);
  assert.equal(missing?.field, "spec.bfdProfile", "a profile that is not there at all");
  assert.deepEqual(lacks.get(missing!), {
    collection: "bfdProfiles",
    name: "quick",
  });
  const everywhere = faulty("BGPAdvertisement", "wide", { ipAddressPools: 5, aggregationLength: 8 });
  assert.deepEqual(everyError(sound, [twin, everywhere]).errors, [missing], "nobody knows its pools");
});

Deno.test("everyError() finds that a sound field of a faulty object clashes with a sound object", () => {
  const sound = objectsOf({ pools: [poolObject("lan", ["10.0.0.0/24"])] });
  const other = faulty("IPAddressPool", "other", { addresses: ["10.0.0.5/32"], autoAssign: "no" });
  const { errors } = everyError(sound, [other]);
  assert.deepEqual(errors.map(({ object, field }) => [object, field]), [
    ["IPAddressPool/metallb-system/other", "spec.addresses[0]"],
  ]);
});

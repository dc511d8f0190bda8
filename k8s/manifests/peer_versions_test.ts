import assert from "node:assert/strict";
import { peerInVersion, type PeerVersion } from "./peer_versions.ts";

const OLD: PeerVersion = "metallb.io/v1beta1";
const NEW: PeerVersion = "metallb.io/v1beta2";
const METADATA = { name: "tor", namespace: "metallb-system", labels: { rack: "1" }, uid: "u" };

function converted(from: PeerVersion, spec: unknown, to: PeerVersion): unknown {
  const object = { apiVersion: from, kind: "BGPPeer", metadata: METADATA, spec, status: {} };
  const { apiVersion, kind, metadata, spec: result, ...rest } = peerInVersion(object, to);
  assert.deepEqual({ apiVersion, kind, metadata, rest }, {
    apiVersion: to,
    kind: "BGPPeer",
    metadata: METADATA,
    rest: {},
  });
  return result;
}

const SHARED = {
  myASN: 64512,
  peerASN: 64513,
  peerAddress: "10.0.0.1",
  sourceAddress: "10.0.0.2",
  peerPort: 1179,
  routerID: "10.0.0.3",
  password: "hunter2",
  bfdProfile: "fast",
  ebgpMultiHop: true,
};

Deno.test("peerInVersion: the old version's fields are the new one's", () => {
  const nodeSelectors = [{
    matchLabels: { rack: "1" },
    matchExpressions: [{ key: "a", operator: "In", values: ["b"] }],
  }];
  const spec = { ...SHARED, holdTime: "180s", keepaliveTime: "1s", nodeSelectors };
  assert.deepEqual(converted(OLD, spec, NEW), spec);
  assert.deepEqual(converted(NEW, spec, OLD), spec);
});

Deno.test("peerInVersion: timers are written where there are none", () => {
  const timers = { holdTime: "0s", keepaliveTime: "0s" };
  assert.deepEqual(converted(OLD, SHARED, NEW), { ...SHARED, ...timers });
  assert.deepEqual(converted(NEW, SHARED, OLD), { ...SHARED, ...timers });
  assert.deepEqual(converted(NEW, { ...SHARED, holdTime: "90s" }, OLD), {
    ...SHARED,
    ...timers,
    holdTime: "90s",
  });
});

Deno.test("peerInVersion: an empty selector is {} in the new version, and whole in the old one", () => {
  const selectors = (spec: unknown) => (spec as { readonly nodeSelectors: unknown }).nodeSelectors;
  const old = [{ matchLabels: {}, matchExpressions: [] }, { matchLabels: { a: "b" } }];
  assert.deepEqual(selectors(converted(OLD, { nodeSelectors: old }, NEW)), [{}, { matchLabels: { a: "b" } }]);
  const now = [{}, { matchExpressions: [{ key: "a", operator: "Exists" }] }];
  assert.deepEqual(selectors(converted(NEW, { nodeSelectors: now }, OLD)), [
    { matchLabels: {}, matchExpressions: [] },
    { matchLabels: {}, matchExpressions: [{ key: "a", operator: "Exists", values: [] }] },
  ]);
});

Deno.test("peerInVersion: what the old version has no field for is lost, what it requires is there", () => {
  const spec = {
    myASN: 64512,
    dynamicASN: "external",
    localASN: 64514,
    interface: "eth1",
    connectTime: "10s",
    passwordSecret: { name: "key" },
    enableGracefulRestart: true,
    vrf: "red",
    disableMP: true,
    dualStackAddressFamily: true,
    holdTime: "90s",
    keepaliveTime: "30s",
  };
  assert.deepEqual(converted(NEW, spec, OLD), {
    myASN: 64512,
    peerASN: 0,
    peerAddress: "",
    holdTime: "90s",
    keepaliveTime: "30s",
  });
});

Deno.test("peerInVersion: a peer of that version is left alone, whatever is in it", () => {
  const object = { apiVersion: NEW, kind: "BGPPeer", metadata: METADATA, spec: { vrf: "red" } };
  assert.equal(peerInVersion(object, NEW), object);
});

Deno.test("peerInVersion: a broken object becomes one that can be judged", () => {
  const object = { apiVersion: OLD, kind: "BGPPeer", metadata: METADATA };
  const timers = { holdTime: "0s", keepaliveTime: "0s" };
  assert.deepEqual(peerInVersion(object, NEW).spec, timers);
  assert.deepEqual(peerInVersion({ ...object, spec: "no" }, NEW).spec, timers);
  assert.deepEqual(peerInVersion({ ...object, spec: { nodeSelectors: [7] } }, NEW).spec, {
    ...timers,
    nodeSelectors: [{}],
  });
});

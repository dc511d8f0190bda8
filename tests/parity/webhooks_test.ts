/**
 * MetalLB's tabled webhook and conversion behaviours, row by row.
 *
 * @module
 */
import assert from "node:assert/strict";
import { customCollectionOf } from "../../k8s/source.ts";
import { judge } from "../../agent/config/admission/verdict.ts";
import { objectsOf } from "../../agent/config/config_fixture.ts";
import { peerInVersion } from "../../k8s/manifests/peer_versions.ts";
import { WEBHOOK_ROWS } from "./webhook_rows.ts";

for (
  const { row, what, operation, object, before = null, objects, refused, warned = false } of WEBHOOK_ROWS
) {
  Deno.test(`${row}: ${operation} ${what}`, () => {
    const change = {
      operation,
      kind: object.kind,
      collection: customCollectionOf(object.kind)!,
      object,
      before,
    };
    const verdict = judge(change, objectsOf(objects), "metallb-system");
    if (!verdict.allowed) {
      assert.ok(refused !== null, verdict.message);
      for (const part of refused) assert.ok(verdict.message.includes(part), verdict.message);
    } else {
      assert.equal(refused, null);
      assert.equal(verdict.warnings.length > 0, warned);
    }
  });
}

const METADATA = { name: "p", namespace: "metallb-system" };
const FIELDS = { myASN: 64512, peerASN: 64513, peerAddress: "10.0.0.1" };

Deno.test("W8: v1beta1 with timers and selectors, in v1beta2", () => {
  const nodeSelectors = [{ matchLabels: { rack: "1" } }];
  const spec = { ...FIELDS, holdTime: "180s", keepaliveTime: "1s", nodeSelectors };
  const peer = { apiVersion: "metallb.io/v1beta1", kind: "BGPPeer", metadata: METADATA, spec };
  assert.deepEqual(peerInVersion(peer, "metallb.io/v1beta2"), {
    apiVersion: "metallb.io/v1beta2",
    kind: "BGPPeer",
    metadata: METADATA,
    spec,
  });
});

Deno.test("W9: v1beta2 with a passwordSecret, in v1beta1, has none", () => {
  const spec = { ...FIELDS, passwordSecret: { name: "key" } };
  const peer = { apiVersion: "metallb.io/v1beta2", kind: "BGPPeer", metadata: METADATA, spec };
  assert.deepEqual(peerInVersion(peer, "metallb.io/v1beta1").spec, {
    ...FIELDS,
    holdTime: "0s",
    keepaliveTime: "0s",
  });
});

Deno.test("D11: a peer of v1beta1 without timers has both at zero, as MetalLB stores it", () => {
  const peer = { apiVersion: "metallb.io/v1beta1", kind: "BGPPeer", metadata: METADATA, spec: FIELDS };
  assert.partialDeepStrictEqual(peerInVersion(peer, "metallb.io/v1beta2").spec, {
    holdTime: "0s",
    keepaliveTime: "0s",
  });
});

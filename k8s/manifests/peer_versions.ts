/**
 * A BGPPeer of one version as one of the other.
 *
 * Source: MetalLB's conversion between metallb.io/v1beta1 and v1beta2, field by field.
 * Shape: any object of the kind in, a new one out, its metadata untouched; the status, which is empty, stays behind. What
 * v1beta1 has no field for is lost on the way to it.
 * METALLB: both timers are written always: a peer of the old version without them has hold time 0, and a peer of the new
 * one without them reads so in the old.
 * Not here: the conversion webhook (agent/runtime/webhooks), passwords (adoption.ts).
 *
 * @module
 */
import type { KubernetesObject } from "../types/meta.ts";
import { isRecord } from "./json.ts";

export const PEER_VERSIONS = ["metallb.io/v1beta1", "metallb.io/v1beta2"] as const;
export type PeerVersion = typeof PEER_VERSIONS[number];

/** A BGPPeer of any version; what is in it nobody has checked. */
export interface WrittenPeer extends KubernetesObject {
  readonly spec?: unknown;
}

/** What both versions have, but for the timers and the selectors. */
const SHARED = [
  "myASN",
  "peerASN",
  "peerAddress",
  "sourceAddress",
  "peerPort",
  "routerID",
  "password",
  "bfdProfile",
  "ebgpMultiHop",
] as const;

/** A peer of the new version may go without them. */
const REQUIRED_IN_OLD = { peerASN: 0, peerAddress: "" } as const;

/** The peer in that version; the same object when it has it already. */
export function peerInVersion(peer: WrittenPeer, version: PeerVersion): WrittenPeer {
  if (peer.apiVersion === version) return peer;
  const spec = isRecord(peer.spec) ? peer.spec : {};
  const converted: Record<string, unknown> = version === "metallb.io/v1beta1" ? { ...REQUIRED_IN_OLD } : {};
  for (const field of SHARED) if (spec[field] !== undefined) converted[field] = spec[field];
  converted["holdTime"] = spec["holdTime"] ?? "0s";
  converted["keepaliveTime"] = spec["keepaliveTime"] ?? "0s";
  const selectors = spec["nodeSelectors"];
  if (Array.isArray(selectors)) {
    const inVersion = version === "metallb.io/v1beta2" ? selectorInNew : selectorInOld;
    converted["nodeSelectors"] = selectors.map((selector) => inVersion(isRecord(selector) ? selector : {}));
  }
  return { apiVersion: version, kind: peer.kind, metadata: peer.metadata, spec: converted };
}

type Selector = Readonly<Record<string, unknown>>;

/** What is empty is left out: a selector without anything is {}. */
function selectorInNew({ matchLabels, matchExpressions }: Selector): Selector {
  return {
    ...(isRecord(matchLabels) && Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
    ...(Array.isArray(matchExpressions) && matchExpressions.length > 0 ? { matchExpressions } : {}),
  };
}

/** Every part is there, as the old version requires. */
function selectorInOld({ matchLabels, matchExpressions }: Selector): Selector {
  const expressions = Array.isArray(matchExpressions) ? matchExpressions : [];
  return {
    matchLabels: matchLabels ?? {},
    matchExpressions: expressions.map((one) => ({ values: [], ...(isRecord(one) ? one : {}) })),
  };
}

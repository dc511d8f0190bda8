/**
 * What becomes of an object between the manifest and the store: older versions are converted, passwords wrapped.
 *
 * Source: MetalLB's BGPPeer conversion, v1beta1 to v1beta2; Kubernetes API reference, Secret.
 * Shape: an object that keeps its schema in, a frozen one out; pure. From here on no password is a string.
 *
 * @module
 */
import { BASIC_AUTH } from "../types/core.ts";
import type { KubernetesObject, ObjectMeta } from "../types/meta.ts";
import { SecretValue } from "../types/secret_value.ts";

/** See the module comment. */
export type Adopt = (object: KubernetesObject) => KubernetesObject;

/** A BGPPeer as a manifest spells it. */
interface WrittenPeer extends KubernetesObject {
  readonly spec: { readonly password?: string };
}

interface WrittenSecret extends KubernetesObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

/** A BGPPeer of v1beta2, its clear-text password wrapped; an empty one is none. */
export const sealedPeer: Adopt = (object) => {
  const peer = object as WrittenPeer;
  const { password, ...spec } = peer.spec;
  const wrapped = password === undefined || password === ""
    ? spec
    : { ...spec, password: SecretValue.ofText(password) };
  return Object.freeze({ ...peer, metadata: withoutCopy(peer.metadata), spec: Object.freeze(wrapped) });
};

/**
 * A BGPPeer of v1beta1 as v1beta2.
 *
 * METALLB: its conversion writes both timers always, so a peer of the old version without timers has none: hold time 0.
 */
export const peerFromV1beta1: Adopt = (object) => {
  const { spec } = object as WrittenPeer;
  return sealedPeer(
    {
      ...object,
      apiVersion: "metallb.io/v1beta2",
      spec: { holdTime: "0s", keepaliveTime: "0s", ...spec },
    } as WrittenPeer,
  );
};

/** A Secret, its values wrapped; `stringData` wins over `data`, as in the API server. */
export const sealedSecret: Adopt = (object) => {
  const { data = {}, stringData = {}, ...rest } = object as WrittenSecret;
  const values: Record<string, SecretValue> = {};
  if (rest.type === BASIC_AUTH) {
    for (const [key, base64] of Object.entries(data)) values[key] = SecretValue.ofBase64(base64);
    for (const [key, text] of Object.entries(stringData)) values[key] = SecretValue.ofText(text);
  }
  return Object.freeze({ ...rest, metadata: withoutCopy(rest.metadata), data: Object.freeze(values) });
};

/** kubectl apply keeps a copy of the whole object, passwords in clear text, among its annotations. */
function withoutCopy(metadata: ObjectMeta): ObjectMeta {
  const { annotations = {}, ...rest } = metadata;
  const { "kubectl.kubernetes.io/last-applied-configuration": _copy, ...kept } = annotations;
  return Object.freeze({ ...rest, annotations: Object.freeze(kept) });
}

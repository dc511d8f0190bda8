/**
 * What becomes of an object between the manifest and the store: older versions are converted, passwords wrapped.
 *
 * Source: Kubernetes API reference, Secret; of older versions see peer_versions.ts.
 * Shape: an object that keeps its schema in, a frozen one out; pure. From here on no password is a string.
 *
 * @module
 */
import { BASIC_AUTH } from "../types/core.ts";
import type { KubernetesObject, ObjectMeta } from "../types/meta.ts";
import { SecretValue } from "../types/secret_value.ts";
import { peerInVersion } from "./peer_versions.ts";

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

/** A BGPPeer of v1beta1 as v1beta2. */
export const peerFromV1beta1: Adopt = (object) => sealedPeer(peerInVersion(object, "metallb.io/v1beta2"));

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

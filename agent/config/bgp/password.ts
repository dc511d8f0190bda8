/**
 * The password of a BGPPeer, in clear text or from a Secret.
 *
 * Source: RFC 2385; MetalLB's passwordFromSecretForPeer (internal/config), its words where its users search for them.
 * Shape: the object and the Secrets in, the wrapped octets out. No message ever holds any of them.
 *
 * @module
 */
import { BASIC_AUTH, type Secret } from "../../../k8s/types/core.ts";
import { keyOf, type ObjectKey } from "../../../k8s/types/meta.ts";
import type { BGPPeer } from "../../../k8s/types/metallb.ts";
import type { SecretValue } from "../../../k8s/types/secret_value.ts";
import type { Refuse } from "../error_list.ts";

/** Linux's TCP_MD5SIG_MAXKEYLEN. */
const MOST_OCTETS = 80;

/**
 * Parses it; null when none is asked for.
 *
 * METALLB: `passwordSecret.namespace` is ignored, the Secret is looked for beside the BGPPeer. An empty password in a
 * Secret, which there means a session without any, is refused: who names a Secret wants one.
 */
export function parsePassword(
  object: BGPPeer,
  secrets: ReadonlyMap<ObjectKey, Secret>,
  refuse: Refuse,
): SecretValue | null {
  const { password, passwordSecret } = object.spec;
  const secretName = passwordSecret?.name ?? "";
  if (secretName === "") return bounded(password ?? null, "spec.password", refuse);
  const peer = `parsing peer ${object.metadata.name}`;
  if (password !== undefined) {
    refuse("spec.password", `${peer}: both password and passwordSecret are set, remove one of the two`);
  }
  const field = "spec.passwordSecret";
  const { namespace } = object.metadata;
  const key = keyOf({ metadata: { name: secretName, ...(namespace === undefined ? {} : { namespace }) } });
  const secret = secrets.get(key);
  const quoted = key.split("/").map((part) => `"${part}"`).join("/");
  if (secret === undefined) {
    refuse(
      field,
      `${peer} secret ref not found for ${quoted}: create a Secret of that name beside the BGPPeer`,
      { collection: "secrets", name: secretName },
    );
    return null;
  }
  if (secret.type !== BASIC_AUTH) {
    refuse(field, `${peer} secret type mismatch on ${quoted}: type ${BASIC_AUTH} is expected`);
    return null;
  }
  const value = secret.data?.["password"];
  if (value === undefined || value.octetCount === 0) {
    refuse(field, `${peer} password not specified in the secret ${quoted}: give it under the key "password"`);
    return null;
  }
  return bounded(value, field, refuse);
}

function bounded(password: SecretValue | null, field: string, refuse: Refuse): SecretValue | null {
  if (password !== null && password.octetCount > MOST_OCTETS) {
    refuse(field, `the password has ${password.octetCount} octets, TCP MD5 takes ${MOST_OCTETS} at most`);
  }
  return password;
}

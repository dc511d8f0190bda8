/**
 * Makes the Secret that MetalLB's speakers share, if it is not there: their Pods, and ours, wait for it.
 *
 * Source: MetalLB's controller: 16 random octets in base64 without padding, under the key "secretkey", owned by the
 * Deployment. Speakers of ours do not use it; those of MetalLB, whoever goes back to them, find it as they left it.
 * METALLB: it ends when this fails; here it is tried again, with growing pauses.
 * Shape: never rejects; resolves once the Secret is there or the signal comes. One that exists is left alone.
 *
 * @module
 */
import { ApiError } from "../../../k8s/api/api_error.ts";
import { backoffMs } from "../../../k8s/api/backoff.ts";
import type { ApiClient } from "../../../k8s/api/client.ts";
import { pathOfObject } from "../../../k8s/api/kinds.ts";
import type { KubernetesObject } from "../../../k8s/types/meta.ts";
import type { MemberlistTerms } from "../options/cluster.ts";
import { pause } from "../pause.ts";

const KEY_OCTETS = 16;

export interface MemberlistSecretOptions extends MemberlistTerms {
  readonly client: Pick<ApiClient, "get" | "create">;
  readonly namespace: string;
  readonly onMade: (secret: string) => void;
  readonly onFailure: (resource: string, error: Error, attempt: number) => void;
}

/** See the module comment. */
export async function ensureMemberlistSecret(
  options: MemberlistSecretOptions,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      if (!await exists(options, signal)) await make(options, signal);
      return;
    } catch (error) {
      if (signal.aborted) return;
      options.onFailure("secrets", error instanceof Error ? error : new Error(String(error)), attempt);
      await pause(backoffMs(attempt, Math.random()), signal);
    }
  }
}

async function exists(
  { client, namespace, secretName }: MemberlistSecretOptions,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.get(pathOfObject("v1", "secrets", `${namespace}/${secretName}`), { signal });
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.code === 404) return false;
    throw error;
  }
}

async function make(options: MemberlistSecretOptions, signal: AbortSignal): Promise<void> {
  const { client, namespace, secretName, deployment, onMade } = options;
  const path = pathOfObject("apps/v1", "deployments", `${namespace}/${deployment}`);
  const { metadata: { name, uid } } = await client.get<KubernetesObject>(path, { signal });
  const secretkey = crypto.getRandomValues(new Uint8Array(KEY_OCTETS)).toBase64({ omitPadding: true });
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name, uid };
  try {
    await client.create(`/api/v1/namespaces/${namespace}/secrets`, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: secretName, namespace, ownerReferences: [owner] },
      stringData: { secretkey },
    }, { signal });
    onMade(secretName);
  } catch (error) {
    // Another replica was faster.
    if (!(error instanceof ApiError && error.code === 409)) throw error;
  }
}

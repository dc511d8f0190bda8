/**
 * The Pod this program runs in, as the owner of what it writes of itself: gone with it when the Pod is gone.
 *
 * Shape: asks until there is an answer, with growing pauses.
 *
 * @module
 */
import { backoffMs } from "../../../k8s/api/backoff.ts";
import type { ApiClient } from "../../../k8s/api/client.ts";
import { pathOfObject } from "../../../k8s/api/kinds.ts";
import type { KubernetesObject } from "../../../k8s/types/meta.ts";
import type { OwnerReference } from "../../../k8s/types/statuses.ts";
import { pause } from "../pause.ts";

export interface OwnPodOptions {
  readonly client: Pick<ApiClient, "get">;
  readonly namespace: string;
  /** Null outside of a Pod. */
  readonly podName: string | null;
  /** A request about the resource failed and is tried again. */
  readonly onFailure: (resource: string, error: Error, attempt: number) => void;
}

/** The reference; null outside of a Pod, and when the signal comes first. */
export async function findOwnPod(
  { client, namespace, podName, onFailure }: OwnPodOptions,
  signal: AbortSignal,
): Promise<OwnerReference | null> {
  for (let attempt = 1; podName !== null && !signal.aborted; attempt++) {
    try {
      const path = pathOfObject("v1", "pods", `${namespace}/${podName}`);
      const { metadata: { name, uid } } = await client.get<KubernetesObject>(path, { signal });
      return { apiVersion: "v1", kind: "Pod", name, uid: uid! };
    } catch (error) {
      if (signal.aborted) break;
      onFailure("pods", error instanceof Error ? error : new Error(String(error)), attempt);
      await pause(backoffMs(attempt, Math.random()), signal);
    }
  }
  return null;
}

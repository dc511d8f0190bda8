/**
 * Opens the webhooks where there are to be any; what they take is loaded only then.
 *
 * @module
 */
import { namespaceOf } from "../open_source.ts";
import type { RoleOptions } from "../options/command_line.ts";
import type { Webhooks } from "./webhooks.ts";

/** The webhooks, or null without a cluster and where they are disabled; rejects when the namespace is not known. */
export async function openWebhooks(
  { place, namespace, cluster }: Pick<RoleOptions, "place" | "namespace" | "cluster">,
): Promise<Webhooks | null> {
  if (place.type !== "Cluster" || cluster.webhooks.mode === "disabled") return null;
  const { Webhooks } = await import("./webhooks.ts");
  return new Webhooks({
    ...cluster.webhooks,
    kubeconfig: place.kubeconfig,
    namespace: await namespaceOf(namespace),
    leastVersion: cluster.tls.leastVersion,
  });
}

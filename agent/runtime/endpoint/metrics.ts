/**
 * Opens the metrics of a role where it is in a cluster; what that takes is loaded only then.
 *
 * Not here: metrics without a cluster (health.ts).
 *
 * @module
 */
import type { RoleOptions } from "../options.ts";

/** The listener, or null where there is to be none; rejects when it cannot be opened, saying what to do. */
export async function openMetrics(
  { place, cluster }: Pick<RoleOptions, "place" | "cluster">,
  metrics: () => Promise<string>,
): Promise<AsyncDisposable | null> {
  if (place.type !== "Cluster" || cluster.metricsPort === 0) return null;
  const { openMetricsListener } = await import("./metrics_listener.ts");
  return await openMetricsListener({ ...cluster, kubeconfig: place.kubeconfig, metrics });
}

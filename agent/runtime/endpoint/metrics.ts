/**
 * Opens the metrics of a role where it is in a cluster.
 *
 * Shape: a little after the role's start: what it is started for goes first, and making a certificate takes a while and 7 MB
 * that are loaded only then. A failure ends the role, as a port that is taken is for whoever started it to mend.
 * Not here: metrics without a cluster (health.ts), the listener (metrics_listener.ts).
 *
 * @module
 */
import type { RoleOptions } from "../options/command_line.ts";
import { pause } from "../pause.ts";

const OPEN_AFTER_MS = 2_000;

/** See the module comment. Disposing it closes what is open and keeps the rest from being opened. */
export function openMetrics(
  { place, cluster }: Pick<RoleOptions, "place" | "cluster">,
  metrics: () => Promise<string>,
  onFailure: (error: Error) => void,
): AsyncDisposable {
  const closed = new AbortController();
  const open = async (): Promise<AsyncDisposable | null> => {
    if (place.type !== "Cluster" || cluster.metricsPort === 0) return null;
    await pause(OPEN_AFTER_MS, closed.signal);
    if (closed.signal.aborted) return null;
    const { openMetricsListener } = await import("./metrics_listener.ts");
    return await openMetricsListener({ ...cluster, kubeconfig: place.kubeconfig, metrics });
  };
  const opening = open().catch((error: Error) => {
    onFailure(error);
    return null;
  });
  return {
    [Symbol.asyncDispose]: async () => {
      closed.abort();
      await (await opening)?.[Symbol.asyncDispose]();
    },
  };
}

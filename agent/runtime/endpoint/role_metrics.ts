/**
 * Everything a role shows when it is asked for its metrics. Imported by the first request: nobody may ever ask.
 *
 * @module
 */
import { formatMetrics, type Metric } from "../../report/exposition.ts";
import { usageMetrics } from "./usage_metrics.ts";

export { controllerMetrics, speakerMetrics } from "../../report/metrics.ts";

/** The role's metrics and those of any program, as text. */
export function formatRoleMetrics(metrics: readonly Metric[]): string {
  return formatMetrics([...metrics, ...usageMetrics()]);
}

/**
 * `ingot plan`: reads a folder of manifests once, prints what Ingot would decide, and says by its exit code whether the
 * manifests are free of errors.
 *
 * Not here: deciding (plan.ts), the command line (agent/runtime/options.ts).
 *
 * @module
 */
import { openManifestSource } from "../../k8s/manifest_source.ts";
import { parseConfig } from "../config/parse.ts";
import type { PlanOptions } from "../runtime/options.ts";
import { snapshotOf } from "../snapshot.ts";
import { formatPlanJson, planReport } from "./plan.ts";
import { formatPlanTable } from "./plan_table.ts";

/** Where the command prints. */
export interface PlanOutput {
  /** Writes to standard output. */
  readonly write: (text: string) => void;
}

/** Prints the plan; resolves to the exit code: 0, or 1 when a manifest has errors. Rejects when there is no such folder. */
export async function runPlan(options: PlanOptions, output: PlanOutput): Promise<number> {
  await using source = await openManifestSource({
    directory: options.manifests,
    namespace: options.namespace,
    watch: false,
  });
  const objects = source.objects();
  if (objects === null) {
    throw new Error(`Cannot plan: ${options.manifests} has not been read whole; try again`);
  }
  const snapshot = snapshotOf(objects);
  const report = planReport({
    snapshot,
    parsed: parseConfig(snapshot),
    sourceErrors: source.errors(),
    options,
  });
  output.write(options.output === "json" ? formatPlanJson(report) : formatPlanTable(report));
  return report.errors.length === 0 ? 0 : 1;
}

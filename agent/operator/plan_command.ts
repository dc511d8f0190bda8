/**
 * `ingot plan`: reads a folder of manifests once, prints what Ingot would decide, and says by its exit code whether the
 * manifests are free of errors.
 *
 * Not here: deciding (plan.ts), the command line (agent/runtime/options.ts).
 *
 * @module
 */
import type { ClusterSource } from "../../k8s/source.ts";
import { parseConfig } from "../config/parse.ts";
import { openReader } from "../runtime/open_source.ts";
import type { PlanOptions } from "../runtime/operator_commands.ts";
import { snapshotOf } from "../snapshot.ts";
import { formatPlanJson, planReport } from "./plan.ts";
import { formatPlanTable } from "./plan_table.ts";

/** Where the command prints. */
export interface PlanIo {
  /** True when a person reads standard output as it comes. */
  readonly isTerminal: boolean;
  /** Standard output. */
  readonly out: (text: string) => void;
  /** Standard error. */
  readonly err: (text: string) => void;
}

/** Prints the plan; resolves to the exit code: 0, or 1 when a manifest has errors or the folder cannot be read. */
export async function runPlan(options: PlanOptions, io: PlanIo): Promise<number> {
  let source: ClusterSource;
  try {
    source = await openReader(options.place, options.namespace, false);
  } catch (error) {
    io.err(`ingot: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  await using _open = source;
  const objects = source.objects();
  if (objects === null) throw new Error("a source that opened has been read whole");
  const snapshot = snapshotOf(objects);
  const parsed = parseConfig(snapshot);
  const report = planReport({ snapshot, parsed, sourceErrors: source.errors(), options });
  io.out(options.output === "json" ? formatPlanJson(report) : formatPlanTable(report, io.isTerminal));
  return report.errors.length === 0 ? 0 : 1;
}

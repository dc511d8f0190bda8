/**
 * `ingot plan`: reads a folder of manifests or a cluster once, prints what Ingot would decide and, of a cluster, what would
 * change; says by its exit code whether what it read is free of errors.
 *
 * Not here: deciding (plan.ts), comparing (change/), the command line (agent/runtime/options/operator_commands.ts).
 *
 * @module
 */
import { Catalog } from "../../k8s/manifests/catalog.ts";
import { fileName } from "../../k8s/manifests/reading.ts";
import type { ClusterSource } from "../../k8s/source.ts";
import { openReader } from "../runtime/open_source.ts";
import type { PlanOptions } from "../runtime/options/operator_commands.ts";
import { overlay } from "./change/overlay.ts";
import { changeReport } from "./change/report.ts";
import { formatChangeTable } from "./change/table.ts";
import { formatPlanJson, type Held, planQuestionOf, planReport } from "./plan.ts";
import { formatPlanTable } from "./plan_table.ts";
import { readFiles } from "./validate/files.ts";

/** Where the command prints. */
export interface PlanIo {
  /** True when a person reads standard output as it comes. */
  readonly isTerminal: boolean;
  /** Standard output. */
  readonly out: (text: string) => void;
  /** Standard error. */
  readonly err: (text: string) => void;
}

/** Prints the plan; resolves to the exit code: 0, or 1 when there are errors or something cannot be read. */
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
  const held = { objects, faulty: source.faulty(), errors: source.errors() };
  return options.place.type === "Manifests"
    ? printPlan(held, options, io)
    : await printChanges(held, options, io);
}

function printPlan(held: Held, options: PlanOptions, io: PlanIo): number {
  const report = planReport(planQuestionOf(held, options));
  io.out(options.output === "json" ? formatPlanJson(report) : formatPlanTable(report, io.isTerminal));
  return report.errors.length === 0 ? 0 : 1;
}

async function printChanges(now: Held, options: PlanOptions, io: PlanIo): Promise<number> {
  const manifests = options.overlay === null ? NO_MANIFESTS : await readManifests(options.overlay, options);
  const report = changeReport(now, overlay(now, manifests), options);
  io.out(options.output === "json" ? formatPlanJson(report) : formatChangeTable(report, io.isTerminal));
  return report.errors.length === 0 ? 0 : 1;
}

const NO_MANIFESTS: Held = { objects: new Catalog(null).objects(new Map()), faulty: [], errors: [] };

/** What would be applied; custom resources of another namespace than the one that is read would have no effect. */
async function readManifests(path: string, { namespace }: PlanOptions): Promise<Held> {
  const catalog = new Catalog(namespace);
  const errors = [];
  for (const named of await readFiles([path], () => Promise.resolve(new Uint8Array()))) {
    if ("text" in named) catalog.read(named.file, named.text);
    else errors.push({ object: fileName(named.file), field: "", message: named.fault });
  }
  const objects = catalog.objects(new Map());
  return { objects, faulty: catalog.faulty(), errors: [...errors, ...catalog.errors()] };
}

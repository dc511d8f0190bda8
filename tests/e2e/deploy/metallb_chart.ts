/**
 * MetalLB's own Helm chart, where this machine has it: it is part of MetalLB's Go module.
 *
 * Shape: the folder, or null; who needs it says aloud when there is none.
 *
 * @module
 */
import { run } from "../../lab/program/command.ts";

const MODULE = "go.universe.tf/metallb@v0.16.2";

/** The folder of the chart; null without it. */
export const METALLB_CHART: string | null = await find();
if (METALLB_CHART === null) {
  console.error(
    `SKIPPED: MetalLB's chart is not there: fetch it once with go mod download ${MODULE} (needs Go)`,
  );
}

async function find(): Promise<string | null> {
  try {
    const chart = `${(await run(["go", "env", "GOMODCACHE"])).trim()}/${MODULE}/charts/metallb`;
    return (await Deno.stat(chart)).isDirectory ? chart : null;
  } catch {
    return null; // No Go, or not fetched.
  }
}

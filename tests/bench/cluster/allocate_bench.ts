/**
 * From so many Services without an address to an address in every status, beside MetalLB and a bare writer of statuses.
 *
 * Shape: each time on a fresh copy of the same store, from the start of the program to the watch event of the last address.
 * MetalLB searches a pool from its first address for every Service and slows down as it goes, so it is stopped after a
 * while; the time it would take is then at least that of the rest at its last rate.
 *
 * @module
 */
import { formatNumber, formatRatio, formatTable } from "../figures.ts";
import { cpuSeconds, memoryOf } from "../../lab/program/usage.ts";
import { AddressWatch } from "./address_watch.ts";
import { BenchCluster, type Running } from "./stage.ts";
import { levels } from "./stores.ts";

const WRITERS = decodeURIComponent(new URL("../reference/eight_writers.ts", import.meta.url).pathname);
/** LIMIT: nothing takes longer that is not broken. */
const PATIENCE_MS = 300_000;
/** LIMIT: MetalLB takes 14 s for 1,000 Services and more than 400 s for 10,000. */
const METALLB_MS = 45_000;
/** The rate at the end is that of so many of the newest addresses. */
const LAST = 200;

/** What came of one run. */
interface Outcome {
  readonly label: string;
  /** Until the last address; when it was stopped, the least it would have taken. */
  readonly seconds: number;
  readonly given: number;
  readonly isWhole: boolean;
  readonly cpuSeconds: number;
  readonly rssMb: number;
}

/** Every number of Services, every contender. */
export async function benchClusterAllocate(command: readonly string[], most: number): Promise<string> {
  const all = levels(most);
  await using bench = await BenchCluster.open(command, all.map(({ waiting }) => waiting));
  const rows: string[][] = [];
  for (const { count, waiting } of all) {
    const outcomes: Outcome[] = [];
    for (const start of [startWriters, startIngot, startMetalLb]) {
      if (rows.length + outcomes.length > 0) await bench.restartOn(waiting);
      const outcome = await measure(bench, start, count);
      if (outcome !== null) outcomes.push(outcome);
    }
    rows.push(...format(count, outcomes));
  }
  return "  Once each, from the start of the program; target: no slower than the writers, at 10,000 a twentieth of MetalLB\n" +
    formatTable(["Services", "", "s", "of writers'", "of MetalLB's", "CPU s", "RSS MB", "given"], rows);
}

/** Starts a contender, or says that it is not there. */
type Start = (bench: BenchCluster, count: number) => Promise<Starter | null>;

interface Starter {
  readonly label: string;
  readonly withinMs: number;
  readonly start: () => Promise<Running>;
}

const startWriters: Start = async ({ cluster, lab }, count) => {
  const { authority, folder } = cluster.credentials;
  const files = [authority, `${folder}/admin.crt`, `${folder}/admin.key`];
  const argv = [Deno.execPath(), "run", "-A", WRITERS, cluster.server, ...files, String(count)];
  const start = () => Promise.resolve(lab.control.spawn(argv));
  return await Promise.resolve({ label: "eight bare writers", withinMs: PATIENCE_MS, start });
};

const startIngot: Start = async (bench) => {
  const ingot = await bench.ingot();
  return { label: "Ingot", withinMs: PATIENCE_MS, start: () => ingot.start("controller") };
};

const startMetalLb: Start = async (bench) => {
  const metallb = await bench.metallb();
  if (metallb === null) return null;
  return { label: "MetalLB", withinMs: METALLB_MS, start: () => metallb.start("controller") };
};

async function measure(bench: BenchCluster, prepare: Start, count: number): Promise<Outcome | null> {
  const starter = await prepare(bench, count);
  if (starter === null) return null;
  const { label, withinMs, start } = starter;
  await using watch = await AddressWatch.open(bench.client);
  await using running = await start();
  const begun = performance.now();
  // The writers end with the last answer, so what they used is read while they run.
  let used = { cpuSeconds: 0, rssMb: 0 };
  const gauge = setInterval(() => used = usage(running.pid) ?? used, 250);
  const isWhole = await watch.waitFor(count, withinMs);
  clearInterval(gauge);
  used = usage(running.pid) ?? used;
  if (!isWhole && label !== "MetalLB") {
    throw new Error(`${label} gave ${watch.seenAt.size} of ${count} addresses`);
  }
  const seen = [...watch.seenAt.values()];
  return { label, seconds: secondsFor(count, begun, seen), given: seen.length, isWhole, ...used };
}

function usage(pid: number): { readonly cpuSeconds: number; readonly rssMb: number } | null {
  try {
    return { cpuSeconds: cpuSeconds(pid), rssMb: memoryOf(pid).rss / 1024 };
  } catch {
    return null; // It has ended.
  }
}

/** The time to the last address; of those that are missing, each takes as long as the newest did. */
function secondsFor(count: number, begun: number, seen: readonly number[]): number {
  const last = seen.at(-1) ?? NaN;
  const newest = seen.slice(-LAST);
  const eachMs = (last - newest[0]!) / (newest.length - 1);
  const missing = count - seen.length;
  return (last - begun + (missing === 0 ? 0 : missing * eachMs)) / 1000;
}

function format(count: number, outcomes: readonly Outcome[]): string[][] {
  const [writers, metallb] = ["eight bare writers", "MetalLB"].map((label) =>
    outcomes.find((outcome) => outcome.label === label)
  );
  return outcomes.map(({ label, seconds, given, isWhole, cpuSeconds, rssMb }) => [
    count.toLocaleString("en-US"),
    label,
    `${isWhole ? "" : "over "}${formatNumber(seconds)}`,
    formatRatio(seconds, writers?.seconds ?? NaN),
    metallb === undefined || metallb.label === label
      ? "-"
      : `${metallb.isWhole ? "" : "under "}1/${formatNumber(metallb.seconds / seconds)}`,
    formatNumber(cpuSeconds),
    formatNumber(rssMb),
    isWhole
      ? "all"
      : `${given.toLocaleString("en-US")} after ${METALLB_MS / 1000} s, the rest as slow as the last`,
  ]);
}

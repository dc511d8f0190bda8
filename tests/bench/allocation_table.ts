/**
 * The figures of allocation_bench.ts beside the least work that could be called the same.
 *
 * Source of the linear search: MetalLB internal/allocator/allocator.go, getIPFromCIDR walks the pool from its first address
 * for every Service.
 * Shape: run by itself it prints the table; {@linkcode benchAllocationTable} does so in a program of its own, with a fresh
 * heap and the garbage collector in reach, so that heap figures are exact.
 *
 * @module
 */
import { run } from "../lab/program/command.ts";
import { benchAllocation } from "./allocation_bench.ts";
import { formatNumber, formatRatio, formatTable, median } from "./figures.ts";

const SELF = decodeURIComponent(new URL(import.meta.url).pathname);
const RUNS = 5;
const COUNTS = [10_000, 65_536];
/** Beyond this the linear search takes minutes. */
const LINEAR_COUNT = 10_000;

/** The table. */
export async function benchAllocationTable(): Promise<string> {
  return (await run([Deno.execPath(), "run", "--frozen", "-A", "--v8-flags=--expose-gc", SELF])).trimEnd();
}

/** Walks the pool once, writes down each address under the Service that gets it, and decides nothing. */
function walk(count: number): Map<string, string> {
  const given = new Map<string, string>();
  for (let i = 0; i < count; i++) given.set(`ns${i % 100}/s${i}`, formatAddress(i));
  return given;
}

/** The same, but each Service looks for a free address from the first one on. */
function searchLinearly(count: number): Map<string, string> {
  const given = new Map<string, string>();
  const taken = new Set<number>();
  for (let i = 0; i < count; i++) {
    let free = 0;
    while (taken.has(free)) free++;
    taken.add(free);
    given.set(`ns${i % 100}/s${i}`, formatAddress(free));
  }
  return given;
}

function formatAddress(i: number): string {
  return `10.1.${i >> 8}.${i & 255}`;
}

interface Reference {
  readonly label: string;
  readonly count: number;
  readonly ms: number;
  readonly heapMb: number;
}

function measure(label: string, count: number, work: (count: number) => object): Reference {
  const runs = Array.from({ length: RUNS }, () => measureOnce(count, work));
  return {
    label,
    count,
    ms: median(runs.map(({ ms }) => ms)),
    heapMb: median(runs.map(({ heapMb }) => heapMb)),
  };
}

function measureOnce(count: number, work: (count: number) => object): { ms: number; heapMb: number } {
  const kept: object[] = [];
  const before = heapMbNow();
  const start = performance.now();
  kept.push(work(count));
  const ms = performance.now() - start;
  const heapMb = heapMbNow() - before;
  kept.pop(); // Until here the result was in use.
  return { ms, heapMb };
}

function heapMbNow(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return Deno.memoryUsage().heapUsed / 1e6;
}

function formatAllocation(): string {
  const walks = COUNTS.map((count) =>
    measure(`${count.toLocaleString("en-US")} addresses, walked once (reference)`, count, walk)
  );
  const linear = measure(
    `${LINEAR_COUNT.toLocaleString("en-US")} addresses, linear search (reference)`,
    LINEAR_COUNT,
    searchLinearly,
  );
  const [walk10k] = walks;
  const figures = benchAllocation();
  const rows = [
    ...[...walks, linear].map(({ label, count, ms, heapMb }) =>
      row(label, { p50Ms: ms, perServiceUs: (ms * 1000) / count, heapMb }, walk10k!)
    ),
    ...figures.map((figure) => row(figure.name, figure, walk10k!)),
  ];
  return "  Whole decisions from nothing, medians; target: linear overall, so about the same time a Service for 10,000 and 65,536\n" +
    formatTable(["", "p50 ms", "us each", "of a walk's", "heap MB"], rows);
}

function row(
  label: string,
  figure: { readonly p50Ms: number; readonly perServiceUs: number | null; readonly heapMb: number | null },
  walked: Reference,
): string[] {
  const { p50Ms, perServiceUs, heapMb } = figure;
  return [
    label,
    formatNumber(p50Ms),
    perServiceUs === null ? "" : formatNumber(perServiceUs),
    perServiceUs === null ? "" : formatRatio(perServiceUs, (walked.ms * 1000) / walked.count),
    heapMb === null ? "" : formatNumber(heapMb),
  ];
}

if (import.meta.main) console.log(formatAllocation());

/**
 * Everything is decided and written already: what each role does when it starts again, what it weighs, and what it asks
 * of the API server when nothing happens. Beside MetalLB.
 *
 * Shape: on a store where every Service is settled. Both roles of a contender start once and end, so that the second start
 * finds everything as it left it; that one is measured, role by role, until it is quiet; then both for a minute.
 *
 * @module
 */
import { formatNumber, formatTable } from "../figures.ts";
import { cpuSeconds, memoryOf, waitUntilQuiet } from "../../lab/program/usage.ts";
import { auditMark, formatRequests, requestsSince, writesIn } from "./audit.ts";
import { BenchCluster, type Contender, type Running } from "./stage.ts";
import { EMPTY, levels } from "./stores.ts";

const IDLE_MS = 60_000;
/** LIMIT: MetalLB's speaker is not quiet before it has looked at thousands of statuses. */
const QUIET_WITHIN_MS = 25_000;
const ROLES = ["controller", "speaker"] as const;

/** None, a tenth and all of so many Services. */
export async function benchClusterRest(command: readonly string[], most: number): Promise<string> {
  const [tenth, , all] = levels(most);
  const stores = [
    { count: 0, store: EMPTY },
    { count: tenth!.count, store: tenth!.settled },
    { count: all!.count, store: all!.settled },
  ];
  await using bench = await BenchCluster.open(command, stores.map(({ store }) => store), { isAudited: true });
  const rows: string[][] = [];
  const idle: string[] = [];
  for (const { count, store } of stores) {
    for (const contend of [() => bench.ingot(), () => bench.metallb()]) {
      await bench.restartOn(store);
      const contender = await contend();
      if (contender === null) continue;
      await startOnce(contender);
      await using running = new AsyncDisposableStack();
      for (const role of ROLES) {
        rows.push([
          String(count),
          `${contender.name} ${role}`,
          ...await weigh(bench, contender, role, running),
        ]);
      }
      if (count === all!.count) idle.push(await idleRequests(bench, contender));
    }
  }
  return "  A second start on objects as the first one left them; target: no write; 2 kB a Service at most\n" +
    formatTable(["Services", "", "RSS MB", "CPU s", "quiet after s", "writes"], rows) +
    `\n\n  Both roles over ${all!.count} Services, ${
      IDLE_MS / 1000
    } s without a change; target: watches and one Lease\n` +
    idle.join("\n");
}

/** Starts both, and ends them in order once they are quiet: who is killed has the next one wait for the Lease. */
async function startOnce({ start }: Contender): Promise<void> {
  await using running = new AsyncDisposableStack();
  const all: Running[] = [];
  for (const role of ROLES) {
    const one = running.use(await start(role));
    await quietAfter(one, performance.now());
    all.push(one);
  }
  await Promise.all(all.map((one) => one.stop()));
}

async function weigh(
  bench: BenchCluster,
  { start }: Contender,
  role: typeof ROLES[number],
  running: AsyncDisposableStack,
): Promise<string[]> {
  const mark = await auditMark(bench.auditLog);
  const one = running.use(await start(role));
  const quietMs = await quietAfter(one, performance.now());
  const writes = writesIn(await requestsSince(bench.auditLog, mark));
  return [
    formatNumber(memoryOf(one.pid).rss / 1024),
    formatNumber(cpuSeconds(one.pid)),
    quietMs === null ? `over ${QUIET_WITHIN_MS / 1000}` : formatNumber(quietMs / 1000),
    formatNumber(writes),
  ];
}

/** Milliseconds until it was quiet, or null when it was not. */
async function quietAfter({ pid }: Running, begun: number): Promise<number | null> {
  // Nothing is quieter than a program that has not begun.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  try {
    await waitUntilQuiet(pid, QUIET_WITHIN_MS);
    return performance.now() - begun;
  } catch {
    return null;
  }
}

async function idleRequests(bench: BenchCluster, { name }: Contender): Promise<string> {
  const mark = await auditMark(bench.auditLog);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return `  ${name}: ${formatRequests(await requestsSince(bench.auditLog, mark))}`;
}

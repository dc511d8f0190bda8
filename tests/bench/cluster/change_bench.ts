/**
 * One Service more into so many: from its creation to the address in its status, from there to the first gratuitous packet.
 * Beside MetalLB, and beside a program that only waits for the Service and writes an address.
 *
 * Shape: both roles of a contender at work and quiet; Services one after another, instants of the one clock that the
 * benchmark and its capture on the client share.
 *
 * @module
 */
import { Capture } from "../../lab/capture.ts";
import { formatNumber, formatTable, quantile } from "../figures.ts";
import { waitUntilQuiet } from "../../lab/program/usage.ts";
import { AddressWatch } from "./address_watch.ts";
import { BenchCluster, type Contender } from "./stage.ts";
import { levels, service, SERVICES, slice, SLICES } from "./stores.ts";

const REPETITIONS = 60;
/** LIMIT: MetalLB's speaker is busy for a while after it has started over thousands of Services. */
const QUIET_WITHIN_MS = 60_000;
const PATIENCE_MS = 10_000;
/** Between two Services: long enough for both to settle, no multiple of what anybody might poll at. */
const PAUSE_MS = 137;

/** What one more Service took. */
interface Change {
  readonly statusMs: number;
  /** From the status; null when no packet came, or nobody was to send one. */
  readonly packetMs: number | null;
}

/** Each contender over the largest number of Services. */
export async function benchClusterChange(command: readonly string[], most: number): Promise<string> {
  const { count, settled } = levels(most).at(-1)!;
  await using bench = await BenchCluster.open(command, [settled]);
  const rows = row("one bare writer", await changes(bench, writeBarely));
  await bench.restartOn(settled);
  rows.push(...row("Ingot", await measure(bench, await bench.ingot())));
  const findMetalLb = async () => {
    await bench.restartOn(settled);
    return await bench.metallb();
  };
  const metallb = await findMetalLb();
  if (metallb !== null) rows.push(...row("MetalLB", await measure(bench, metallb)));
  return `  ${REPETITIONS} Services, one after another, into ${count.toLocaleString("en-US")}\n` +
    formatTable(["", "p50 ms", "p99 ms", "samples"], rows);
}

async function measure(bench: BenchCluster, { start }: Contender): Promise<Change[]> {
  await using running = new AsyncDisposableStack();
  for (const role of ["controller", "speaker"] as const) {
    const { pid } = running.use(await start(role));
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await waitUntilQuiet(pid, QUIET_WITHIN_MS).catch(() => {});
  }
  return await changes(bench, null);
}

/** Creates the Services; `write` gives each its address, when nobody else does. */
async function changes(
  bench: BenchCluster,
  write: ((bench: BenchCluster, name: string, i: number) => Promise<void>) | null,
): Promise<Change[]> {
  await using capture = await Capture.open(bench.lab.client.namespace, "eth0");
  await using watch = await AddressWatch.open(bench.client);
  const all: Change[] = [];
  for (let i = 0; i < REPETITIONS; i++) {
    const name = `more-${i}`;
    await bench.client.create(SLICES, slice(name));
    const created = performance.now();
    await bench.client.create(SERVICES, service(name));
    if (write !== null) await write(bench, name, i);
    if (!await watch.waitFor(watch.addresses.size + (watch.addresses.has(name) ? 0 : 1), PATIENCE_MS)) {
      throw new Error(`${name} was given no address within ${PATIENCE_MS} ms`);
    }
    const seen = watch.seenAt.get(name)!;
    const packetAt = write === null ? await firstPacket(capture, watch.addresses.get(name)!) : null;
    all.push({
      statusMs: seen - created,
      packetMs: packetAt === null ? null : packetAt - performance.timeOrigin - seen,
    });
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS + Math.random() * 20));
  }
  return all;
}

/** When it came, in milliseconds since 1970; null when it did not. */
async function firstPacket(capture: Capture, ip: string): Promise<number | null> {
  try {
    const frame = await capture.waitForArp(
      `a gratuitous packet for ${ip}`,
      ({ senderIp, targetIp }) => senderIp === ip && targetIp === ip,
      PATIENCE_MS,
    );
    return frame.atMs;
  } catch {
    return null;
  }
}

/** Far from what contenders give. */
async function writeBarely({ client }: BenchCluster, name: string, i: number): Promise<void> {
  const ingress = [{ ip: `10.100.255.${i}`, ipMode: "VIP" }];
  await client.patch("merge", `${SERVICES}/${name}/status`, { status: { loadBalancer: { ingress } } });
}

function row(label: string, all: readonly Change[]): string[][] {
  const line = (what: string, samples: readonly number[]) => [
    `${label}: ${what}`,
    formatNumber(quantile(samples, 0.5)),
    formatNumber(quantile(samples, 0.99)),
    `${samples.length}`,
  ];
  const packets = all.flatMap(({ packetMs }) => packetMs ?? []);
  return [
    line("create to status", all.map(({ statusMs }) => statusMs)),
    ...packets.length === 0 ? [] : [line("status to first packet", packets)],
  ];
}

/**
 * From the start of a speaker to its first answer for the last of so many Services, beside MetalLB's.
 *
 * Shape: on a store where every Service is settled; asked from the client without a pause; killed each time.
 * Not here: the start on a folder, asked every millisecond (../start_bench.ts).
 *
 * @module
 */
import { formatNumber, formatTable, quantile } from "../figures.ts";
import { waitForAnswer } from "../setup/native.ts";
import type { Cable } from "../setup/wire.ts";
import { BenchCluster, type Contender } from "./stage.ts";
import { addressOf, levels } from "./stores.ts";

const REPETITIONS: Readonly<Record<Contender["name"], number>> = { Ingot: 7, MetalLB: 3 };
/** LIMIT: MetalLB's speaker goes through all its Services one by one. */
const PATIENCE_MS = 60_000;

/** A tenth and all of so many Services. */
export async function benchClusterStart(command: readonly string[], most: number): Promise<string> {
  const [tenth, , all] = levels(most);
  await using bench = await BenchCluster.open(command, [tenth!.settled, all!.settled]);
  const rows: string[][] = [];
  for (const { count, settled } of [tenth!, all!]) {
    for (const contend of [() => bench.ingot(), () => bench.metallb()]) {
      if (rows.length > 0) await bench.restartOn(settled);
      const contender = await contend();
      if (contender !== null) rows.push(await measure(bench, contender, count));
    }
  }
  return "  The speaker alone; no target, MetalLB's is the reference\n" +
    formatTable(["Services", "", "p50 s", "worst s", "starts"], rows);
}

async function measure(bench: BenchCluster, { name, start }: Contender, count: number): Promise<string[]> {
  const cable = clientsCable(bench);
  const seconds: number[] = [];
  for (let i = 0; i < REPETITIONS[name]; i++) {
    await using _speaker = await start("speaker");
    const begun = performance.now();
    await waitForAnswer(cable, addressOf(count - 1), PATIENCE_MS);
    seconds.push((performance.now() - begun) / 1000);
  }
  return [
    count.toLocaleString("en-US"),
    name,
    formatNumber(quantile(seconds, 0.5)),
    formatNumber(quantile(seconds, 1)),
    `${seconds.length}`,
  ];
}

/** The client's way to the node, as the measuring programs want it. */
function clientsCable({ lab, node }: BenchCluster): Cable {
  const { client } = lab;
  return {
    near: client.namespace,
    nearInterface: "eth0",
    nearAddresses: { ipv4: client.ipv4, ipv6: client.ipv6! },
    far: node.namespace,
    farInterface: "eth0",
    targets: { ipv4: addressOf(0), ipv6: client.ipv6! },
    index: 0,
  };
}

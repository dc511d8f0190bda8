/**
 * `deno task bench [names...]`: our figures, each beside its reference of the same run.
 *
 * Shape: one block of text a benchmark on standard output; nothing passes or fails here, the target stands beside the
 * figure. Nothing else should be running on the machine.
 * Options: --source measures the sources instead of the executable dist/ingot; --cluster runs those on a real API server
 * instead of the others, with --services at most so many Services (10,000), whose stores are made once and kept.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ingotCommand } from "../lab/ingot.ts";
import { formatMissing, missingTools } from "../lab/install.ts";
import { benchAllocationTable } from "./allocation_table.ts";
import { benchAnnounce } from "./bgp/announce_bench.ts";
import { benchBfd } from "./bgp/bfd_bench.ts";
import { benchChange } from "./bgp/change_bench.ts";
import { benchPeers } from "./bgp/peers_bench.ts";
import { benchPlan } from "./bgp/plan_bench.ts";
import { benchLatency } from "./latency_bench.ts";
import { benchMemory } from "./memory_bench.ts";
import { benchReaction } from "./reaction_bench.ts";
import { benchSaturation } from "./saturation_bench.ts";
import { benchStart } from "./start_bench.ts";
import { benchClusterAllocate } from "./cluster/allocate_bench.ts";
import { benchClusterChange } from "./cluster/change_bench.ts";
import { benchClusterRest } from "./cluster/rest_bench.ts";
import { benchClusterStart } from "./cluster/start_bench.ts";
import { stolenSeconds } from "../lab/program/usage.ts";

interface Bench {
  readonly name: string;
  readonly title: string;
  readonly run: (command: readonly string[], services: number) => string | Promise<string>;
}

const BENCHES: readonly Bench[] = [
  { name: "latency", title: "ARP and NDP reply latency", run: benchLatency },
  { name: "saturation", title: "ARP and NDP replies at saturation", run: benchSaturation },
  { name: "allocation", title: "Allocation", run: benchAllocationTable },
  { name: "reaction", title: "From a changed manifest to the first gratuitous packet", run: benchReaction },
  { name: "memory", title: "Resident memory", run: benchMemory },
  { name: "start", title: "From the start of the executable to the first answer", run: benchStart },
  { name: "bgp-announce", title: "BGP: routes into a router's kernel, and out of it", run: benchAnnounce },
  { name: "bgp-change", title: "BGP: one route more", run: benchChange },
  { name: "bgp-plan", title: "BGP: what one changed Service costs the plan", run: benchPlan },
  { name: "bgp-peers", title: "BGP: many peers, and many routes at rest", run: benchPeers },
  { name: "bfd", title: "BFD: a cut link", run: benchBfd },
];

const CLUSTER_BENCHES: readonly Bench[] = [
  { name: "cluster-allocate", title: "Cluster: an address for every Service", run: benchClusterAllocate },
  { name: "cluster-change", title: "Cluster: one Service more", run: benchClusterChange },
  { name: "cluster-rest", title: "Cluster: started again, and at rest", run: benchClusterRest },
  {
    name: "cluster-start",
    title: "Cluster: from the start of the speaker to the first answer",
    run: benchClusterStart,
  },
];

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(argv: readonly string[]): Promise<number> {
  const { values: options, positionals: names } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      source: { type: "boolean", default: false },
      cluster: { type: "boolean", default: false },
      services: { type: "string", default: "10000" },
    },
  });
  const benches = options.cluster ? CLUSTER_BENCHES : BENCHES;
  const unknown = names.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    console.error(
      `Unknown benchmark ${unknown.join(", ")}; there are: ${benches.map(({ name }) => name).join(", ")}`,
    );
    return 2;
  }
  const services = Number(options.services);
  if (!Number.isInteger(services) || services < 10) {
    console.error(`--services is a whole number from 10 up, not ${options.services}`);
    return 2;
  }
  const missing = await missingTools();
  if (missing.length > 0) {
    console.error(formatMissing(missing));
    return 1;
  }
  const command = await ingotCommand(options.source ? "source" : "executable");
  console.log(await header(command));
  for (const bench of benches.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const [start, stolen] = [performance.now(), stolenSeconds()];
    const text = await bench.run(command, services);
    const seconds = (performance.now() - start) / 1000;
    const stolenPercent = (stolenSeconds() - stolen) / seconds / navigator.hardwareConcurrency * 100;
    const took = `${seconds.toFixed(0)} s, ${stolenPercent.toFixed(0)} % of the processors taken by the host`;
    console.log(`\n${bench.title} (${bench.name}, ${took})\n\n${text}`);
  }
  return 0;
}

/** What the figures depend on. */
async function header(command: readonly string[]): Promise<string> {
  const cpu = /^model name\s*: (.*)$/m.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1] ?? Deno.build.arch;
  const load = Deno.loadavg().map((value) => value.toFixed(2)).join(" ");
  return [
    `Ingot's benchmarks, ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    `  ${navigator.hardwareConcurrency} x ${cpu}, Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}`,
    `  Ingot as ${command.length === 1 ? "the executable dist/ingot" : "sources"}; load average ${load}` +
    (Deno.loadavg()[0]! > 0.5 ? " (NOT IDLE: figures are worse than they should be)" : ""),
  ].join("\n");
}

/**
 * `deno task bench [names...]`: our figures, each beside its reference of the same run.
 *
 * Shape: one block of text a benchmark on standard output; nothing passes or fails here, the target stands beside the
 * figure. Nothing else should be running on the machine.
 * Options: --source measures the sources instead of the executable dist/ingot.
 *
 * @module
 */
import { ingotCommand } from "../lab/ingot.ts";
import { formatMissing, missingTools } from "../lab/install.ts";
import { benchAllocationTable } from "./allocation_table.ts";
import { benchAnnounce } from "./bgp/announce_bench.ts";
import { benchBfd } from "./bgp/bfd_bench.ts";
import { benchChange } from "./bgp/change_bench.ts";
import { benchPeers } from "./bgp/peers_bench.ts";
import { benchLatency } from "./latency_bench.ts";
import { benchMemory } from "./memory_bench.ts";
import { benchReaction } from "./reaction_bench.ts";
import { benchSaturation } from "./saturation_bench.ts";
import { benchStart } from "./start_bench.ts";
import { stolenSeconds } from "./setup/usage.ts";

interface Bench {
  readonly name: string;
  readonly title: string;
  readonly run: (command: readonly string[]) => string | Promise<string>;
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
  { name: "bgp-peers", title: "BGP: many peers, and many routes at rest", run: benchPeers },
  { name: "bfd", title: "BFD: a cut link", run: benchBfd },
];

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(argv: readonly string[]): Promise<number> {
  const names = argv.filter((argument) => argument !== "--source");
  const unknown = names.filter((name) => !BENCHES.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    console.error(
      `Unknown benchmark ${unknown.join(", ")}; there are: ${BENCHES.map(({ name }) => name).join(", ")}`,
    );
    return 2;
  }
  const missing = await missingTools();
  if (missing.length > 0) {
    console.error(formatMissing(missing));
    return 1;
  }
  const command = await ingotCommand(argv.includes("--source") ? "source" : "executable");
  console.log(await header(command));
  for (const bench of BENCHES.filter(({ name }) => names.length === 0 || names.includes(name))) {
    const [start, stolen] = [performance.now(), stolenSeconds()];
    const text = await bench.run(command);
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

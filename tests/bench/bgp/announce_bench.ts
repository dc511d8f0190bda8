/**
 * How long until a router's kernel has everything an announcer has to say, and until it has lost all of it again.
 *
 * Source: the router is FRR, passive and shut until the announcer is loaded; clock zero is its first KEEPALIVE on the wire,
 * or the first octet of a withdrawal.
 * Shape: each run in a lab of its own; announcers in turn, rounds in turn; a figure is the median. The reference is a
 * speaker that hands pre-encoded octets to the kernel at once: what is above 1x is the announcer's own. Processor time and
 * memory are the announcer's from when it was loaded until well after the router had everything.
 *
 * @module
 */
import { findMetalLb } from "../../lab/apiserver/assets.ts";
import { Lab } from "../../lab/lab.ts";
import { Frr } from "../../lab/routers/frr.ts";
import { formatNumber, formatRatio, formatTable, median } from "../figures.ts";
import { cpuSeconds, memoryOf } from "../../lab/program/usage.ts";
import {
  type Announcer,
  BIRD,
  BLAST,
  GOBGP,
  OWN_ASN,
  ROUTER_ASN,
  type Scene,
  SPEAKER,
  THREAD,
} from "./announcers.ts";
import { METALLB } from "./metallb_announcer.ts";
import { observe, type Observed } from "./observer.ts";

const ALL: readonly Announcer[] = [BLAST, BIRD, GOBGP, THREAD, SPEAKER];
/** The largest table comes without Services: 100,000 of them are for the benchmark of the plan. */
const SIZES: readonly Size[] = [
  { count: 1_000, announcers: ALL, rounds: 3 },
  // One run: MetalLB's takes minutes.
  { count: 3_000, announcers: [BLAST, METALLB, THREAD, SPEAKER], rounds: 1 },
  // Where the target begins, and what FRR needs differs from run to run by more than the announcers do.
  { count: 10_000, announcers: ALL, rounds: 12 },
  { count: 100_000, announcers: ALL.filter((one) => one !== SPEAKER), rounds: 3 },
];
/** FRR returns what it was told, for a second. */
const SETTLE_MS = 2_000;
const TARGET =
  "target: in kernel <= 1.1x the blast from 10,000 up; at 100,000 processor time <= 0.5 s, growth of memory <= 60 MiB";

/** So many routes, and who announces them how often. */
interface Size {
  readonly count: number;
  readonly announcers: readonly Announcer[];
  readonly rounds: number;
}

/** What came of one run. Milliseconds; null where an announcer did not do all of it. */
interface Run {
  readonly setupMs: number;
  readonly lastMs: number;
  readonly kernelMs: number;
  readonly withdrawnLastMs: number;
  readonly withdrawnMs: number;
  readonly updates: number;
  readonly octets: number;
  readonly cpu: number;
  readonly rssMib: number;
  readonly growthMib: number;
}

/** Every size. */
export async function benchAnnounce(command: readonly string[]): Promise<string> {
  const blocks: string[] = [];
  const setups = new Map<string, number[]>();
  const metalLb = findMetalLb();
  if ("lacking" in metalLb) blocks.push(`  SKIPPED: MetalLB's native BGP, for lack of ${metalLb.lacking}`);
  for (const { count, announcers: wanted, rounds } of SIZES) {
    const announcers = wanted.filter((one) => one !== METALLB || !("lacking" in metalLb));
    const runs = new Map<Announcer, Run[]>(announcers.map((one) => [one, []]));
    for (let round = 0; round < rounds; round++) {
      for (const announcer of announcers) {
        try {
          const run = await measure(announcer, count, command);
          runs.get(announcer)!.push(run);
          setups.set(announcer.label, [...setups.get(announcer.label) ?? [], run.setupMs]);
        } catch (error) {
          // A reference that does not get going costs a row, not the others' figures.
          console.error(`${announcer.label}, ${count} routes: left out: ${error}`);
        }
      }
    }
    blocks.push(formatSize(count, rounds, runs));
  }
  blocks.push(formatSetups(setups));
  return blocks.join("\n\n");
}

async function measure(announcer: Announcer, count: number, command: readonly string[]): Promise<Run> {
  await using lab = await Lab.open({ nodes: 1 });
  const [from, router] = [lab.nodes[0]!, await lab.addClient("frr")];
  const scene: Scene = { lab, from, router, command };
  await using frr = await Frr.start(lab, router, {
    asn: ROUTER_ASN,
    neighbours: [{
      peer: { address: from.ipv4 },
      asn: OWN_ASN,
      families: ["ipv4"],
      passive: true,
      holdTimeSeconds: 90,
    }],
  });
  const shut = `neighbor ${from.ipv4} shutdown`;
  await frr.configure("bgpd", `router bgp ${ROUTER_ASN}`, shut);
  await using announcing = await announcer.start(scene, count);
  const { pid } = announcing;
  const loaded = memoryOf(pid).rss;
  const cpuBefore = cpuSeconds(pid);
  const expected = { announcer: from, router, count };
  await using coming = await observe({ ...expected, change: "announce" });
  await frr.configure("bgpd", `router bgp ${ROUTER_ASN}`, `no ${shut}`);
  const came = await coming.result;
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const cpu = cpuSeconds(pid) - cpuBefore;
  const { rss } = memoryOf(pid);
  await using going = await observe({ ...expected, change: "withdraw" });
  await announcing.withdraw();
  const went = await going.result;
  for (const seen of [came, went]) complain(announcer, count, seen);
  const zero = came.routerKeepalive ?? NaN;
  return {
    setupMs: (Math.max(zero, came.announcerKeepalive ?? NaN) - (came.syn ?? NaN)) / 1e6,
    lastMs: span(zero, came.wire[1]),
    kernelMs: came.inKernel < count ? NaN : span(zero, came.kernel[1]),
    withdrawnLastMs: span(went.wire[0], went.wire[1]),
    withdrawnMs: went.inKernel < count ? NaN : span(went.wire[0], went.kernel[1]),
    updates: came.updates,
    octets: came.octets,
    cpu,
    rssMib: rss / 1024,
    growthMib: (rss - (announcing.emptyRss ?? loaded)) / 1024,
  };
}

function complain({ label }: Announcer, count: number, { inKernel, gaps }: Observed): void {
  if (inKernel < count) console.error(`${label}: only ${inKernel} of ${count} routes changed in the kernel`);
  if (gaps > 0) console.error(`${label}: ${gaps} holes in the capture`);
}

function span(from: number | null | undefined, to: number | null | undefined): number {
  return ((to ?? NaN) - (from ?? NaN)) / 1e6;
}

function formatSize(count: number, rounds: number, runs: ReadonlyMap<Announcer, readonly Run[]>): string {
  const of = (announcer: Announcer, field: keyof Run) =>
    median(runs.get(announcer)!.map((run) => run[field]));
  const rows = [...runs.keys()].map((announcer) => [
    announcer.label,
    formatNumber(of(announcer, "lastMs")),
    formatNumber(of(announcer, "kernelMs")),
    formatRatio(of(announcer, "kernelMs"), of(BLAST, "kernelMs")),
    formatNumber(of(announcer, "withdrawnLastMs")),
    formatNumber(of(announcer, "withdrawnMs")),
    formatRatio(of(announcer, "withdrawnMs"), of(BLAST, "withdrawnMs")),
    `${of(announcer, "updates")}`,
    of(announcer, "octets").toLocaleString("en-US"),
    of(announcer, "cpu").toFixed(2),
    formatNumber(of(announcer, "rssMib")),
    formatNumber(of(announcer, "growthMib")),
  ]);
  const head = [
    "last octet ms",
    "in kernel ms",
    "of blast's",
    "last withdrawn",
    "out of kernel",
    "of blast's",
    "UPDATEs",
    "octets",
    "CPU s",
    "RSS MiB",
    "growth",
  ];
  return `  ${
    count.toLocaleString("en-US")
  } routes with equal attributes into FRR, ${rounds} rounds in turn; ${TARGET}\n` +
    formatTable(["", ...head], rows);
}

function formatSetups(setups: ReadonlyMap<string, readonly number[]>): string {
  const reference = median(setups.get(BIRD.label)!);
  const rows = [...setups].map(([label, all]) => [
    label,
    formatNumber(median(all)),
    formatRatio(median(all), reference),
    formatNumber(Math.max(...all)),
    `${all.length}`,
  ]);
  return `  Session setup, from SYN to the second KEEPALIVE; no target, the reference is BIRD\n` +
    formatTable(["", "p50 ms", "of BIRD's", "most ms", "sessions"], rows);
}

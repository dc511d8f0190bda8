/**
 * How long an answer takes: ARP and NDP, beside the kernel's own answer and a minimal responder in C; then the same while
 * the speaker's main thread is kept busy.
 *
 * Shape: one asker, four responders, each on its own cable: the speaker answers twice, with and without the right to go
 * before other programs. Rounds in turn, so that what the machine does besides falls on all of them. A figure is the median
 * over the rounds of each round's quantile.
 *
 * @module
 */
import { formatNumber, formatRatio, formatTable, median, quantile } from "./figures.ts";
import { announcedService, fillers, openManifests, spawnRole, targetService } from "./setup/role.ts";
import { ask, type Asked, spawnResponder, waitForAnswer } from "./setup/native.ts";
import { mainThreadLoad, waitUntilQuiet } from "../lab/program/usage.ts";
import { type Cable, Wire } from "./setup/wire.ts";
import { stringify } from "yaml";
import type { Manifests } from "../lab/manifests.ts";

type Family = "ipv4" | "ipv6";
type Speaker = "ingot" | "ordinary";
type Responder = "kernel" | "reference" | Speaker;

const RESPONDERS: readonly Responder[] = ["kernel", "reference", "ingot", "ordinary"];
const LABELS: Readonly<Record<Responder, string>> = {
  kernel: "kernel",
  reference: "C responder",
  ingot: "Ingot",
  ordinary: "Ingot without CAP_SYS_NICE",
};
const PROTOCOL: Readonly<Record<Family, string>> = { ipv4: "ARP", ipv6: "NDP" };

/** Many short rounds: whether asker and responder share a processor is decided anew in each. */
const ROUNDS = 15;
const REQUESTS_PER_ROUND = 400;
const BUSY_ROUNDS = 9;
const FIRST_REQUESTS = 200;
const GAPS_US = [1_000, 0];
const BUSY_SERVICES = 1_000;
/** Hardly longer than the source waits for a file to settle, so that there is always a next text to read. */
const REWRITE_EVERY_MS = 50;
/** Leaves the network thread at the priority of everybody, as in a Pod with no more than NET_RAW. */
const WITHOUT_SYS_NICE = ["setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice"];
const TARGET = "target: p50 <= 2x and p99 <= 3x the C responder's";

/** What one responder did in all rounds. */
interface Result {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly samples: number;
  readonly lost: number;
}

/** A speaker that answers on its own cable. */
interface Speaking {
  readonly name: Speaker;
  readonly manifests: Manifests;
  readonly pid: number;
}

/** Idle and busy. */
export async function benchLatency(command: readonly string[]): Promise<string> {
  await using wire = await Wire.open(...RESPONDERS);
  await using stack = new AsyncDisposableStack();
  const speakers = [await startSpeaker(wire, "ingot", command, stack)];
  await using _references = await startReferences(wire);
  const first = await askFirst(wire.to("ingot"));
  speakers.push(await startSpeaker(wire, "ordinary", [...WITHOUT_SYS_NICE, ...command], stack));
  await waitForAnswer(wire.to("ordinary"), wire.to("ordinary").targets.ipv4);
  for (const { pid } of speakers) await waitUntilQuiet(pid);
  const blocks: string[] = [];
  for (const gapUs of GAPS_US) blocks.push(await benchIdle(wire, gapUs));
  for (const { manifests, pid } of speakers) {
    await manifests.write("fillers", ...fillers(BUSY_SERVICES, announcedService));
    await waitUntilQuiet(pid);
  }
  return [first, ...blocks, await benchBusy(wire, speakers)].join("\n\n");
}

async function startSpeaker(
  wire: Wire<Responder>,
  name: Speaker,
  command: readonly string[],
  stack: AsyncDisposableStack,
): Promise<Speaking> {
  const { far, targets } = wire.to(name);
  const manifests = await openManifests(`${wire.folder}/${name}`);
  await manifests.write("target", ...targetService(targets));
  const { pid } = stack.use(spawnRole(far, command, "speaker", manifests));
  return { name, manifests, pid };
}

async function startReferences(wire: Wire<Responder>): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const { targets, far, farInterface } = wire.to("kernel");
  await far.ip(
    `addr add ${targets.ipv4}/32 dev ${farInterface}`,
    `addr add ${targets.ipv6}/128 dev ${farInterface} nodad`,
  );
  for (const family of ["ipv4", "ipv6"] as const) {
    const cable = wire.to("reference");
    stack.use(await spawnResponder(cable, [cable.targets[family]]));
    for (const name of ["kernel", "reference"] as const) {
      await waitForAnswer(wire.to(name), wire.to(name).targets[family]);
    }
  }
  return stack.move();
}

/** The first requests of a speaker's life, before anything in it has been optimised. */
async function askFirst(cable: Cable): Promise<string> {
  await waitForAnswer(cable, cable.targets.ipv4);
  const rows: string[][] = [];
  for (const family of ["ipv4", "ipv6"] as const) {
    const { p50Us, p99Us, samples, lost } = resultOf([
      await ask(cable, cable.targets[family], FIRST_REQUESTS, 1_000),
    ]);
    rows.push([
      `Ingot, ${PROTOCOL[family]}`,
      formatNumber(p50Us),
      formatNumber(p99Us),
      `${samples}`,
      `${lost}`,
    ]);
  }
  return `  The first ${FIRST_REQUESTS} requests after its start, 1 ms between requests\n` +
    formatTable(["", "p50 us", "p99 us", "answers", "lost"], rows);
}

async function benchIdle(wire: Wire<Responder>, gapUs: number): Promise<string> {
  const rows: string[][] = [];
  for (const family of ["ipv4", "ipv6"] as const) {
    const rounds: Record<Responder, Asked[]> = { kernel: [], reference: [], ingot: [], ordinary: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of RESPONDERS) rounds[name].push(await askRound(wire.to(name), family, gapUs));
    }
    const reference = resultOf(rounds.reference);
    for (const name of RESPONDERS) {
      rows.push(resultRow(`${PROTOCOL[family]}, ${LABELS[name]}`, resultOf(rounds[name]), reference));
    }
  }
  const gap = gapUs === 0 ? "no pause" : `${gapUs / 1000} ms`;
  return `  ${gap} between requests, ${ROUNDS} rounds of ${REQUESTS_PER_ROUND} each in turn; ${TARGET}\n` +
    formatTable(["", "p50 us", "of C's", "p99 us", "of C's", "answers", "lost"], rows);
}

/** Idle and busy rounds in turn, of the reference as well: a busy machine is not the speaker's doing. */
async function benchBusy(wire: Wire<Responder>, speakers: readonly Speaking[]): Promise<string> {
  const states = ["idle", "busy"] as const;
  const rounds: Record<string, Asked[]> = {};
  const loads: number[] = [];
  const texts = [1, 2].map((revision) =>
    fillers(BUSY_SERVICES, announcedService, revision).map((object) => stringify(object)).join("---\n")
  );
  for (let round = 0; round < BUSY_ROUNDS; round++) {
    for (const state of states) {
      for (const { name: speaker, manifests, pid } of speakers) {
        await using writer = state === "busy" ? new Rewriter(manifests, texts) : null;
        if (writer !== null) loads.push(await mainThreadLoad(pid, 1_000));
        for (const name of speaker === "ingot" ? ["reference", speaker] as const : [speaker]) {
          for (const family of ["ipv4", "ipv6"] as const) {
            (rounds[`${name} ${family} ${state}`] ??= []).push(await askRound(wire.to(name), family, 1_000));
          }
        }
        if (writer !== null) loads.push(await mainThreadLoad(pid, 1_000));
      }
    }
    for (const { pid } of speakers) await waitUntilQuiet(pid);
  }
  const rows = (["ipv4", "ipv6"] as const).flatMap((family) =>
    (["reference", "ingot", "ordinary"] as const).flatMap((name) => {
      const idle = resultOf(rounds[`${name} ${family} idle`]!);
      return states.map((state) =>
        resultRow(
          `${PROTOCOL[family]}, ${LABELS[name]}, ${state}`,
          resultOf(rounds[`${name} ${family} ${state}`]!),
          idle,
        )
      );
    })
  );
  return `  The main thread re-reads ${BUSY_SERVICES} Services over and over (running ${
    (median(loads) * 100).toFixed(0)
  } % of the time), 1 ms between requests, ${BUSY_ROUNDS} rounds of ${REQUESTS_PER_ROUND} each in turn; target: at most 1.20x its own idle figure\n` +
    formatTable(["", "p50 us", "of idle", "p99 us", "of idle", "answers", "lost"], rows);
}

function askRound(cable: Cable, family: Family, gapUs: number): Promise<Asked> {
  return ask(cable, cable.targets[family], REQUESTS_PER_ROUND, gapUs);
}

function resultOf(rounds: readonly Asked[]): Result {
  return {
    p50Us: median(rounds.map(({ tookNs }) => quantile(tookNs, 0.5))) / 1e3,
    p99Us: median(rounds.map(({ tookNs }) => quantile(tookNs, 0.99))) / 1e3,
    samples: rounds.reduce((sum, { tookNs }) => sum + tookNs.length, 0),
    lost: rounds.reduce((sum, { lost }) => sum + lost, 0),
  };
}

function resultRow(label: string, result: Result, reference: Result): string[] {
  const { p50Us, p99Us, samples, lost } = result;
  return [
    label,
    formatNumber(p50Us),
    formatRatio(p50Us, reference.p50Us),
    formatNumber(p99Us),
    formatRatio(p99Us, reference.p99Us),
    `${samples}`,
    `${lost}`,
  ];
}

/** Rewrites the Services' file again and again, with one text after the other; ends when disposed. */
class Rewriter implements AsyncDisposable {
  readonly #ending: Promise<void>;
  #ended = false;

  constructor(manifests: Manifests, texts: readonly string[]) {
    this.#ending = this.#rewrite(manifests, texts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#ending;
  }

  async #rewrite(manifests: Manifests, texts: readonly string[]): Promise<void> {
    for (let i = 0; !this.#ended; i++) {
      await manifests.writeText("fillers.yaml", texts[i % texts.length]!);
      await new Promise((resolve) => setTimeout(resolve, REWRITE_EVERY_MS));
    }
  }
}

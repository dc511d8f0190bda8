/**
 * Resident memory of each role with no Service and with 1,000, beside a bare Deno that idles with one Worker.
 *
 * Shape: one program at a time, so that nothing is shared with another one; rounds in turn; a figure is the median.
 *
 * @module
 */
import { formatNumber, formatRatio, formatTable, median } from "./figures.ts";
import { waitForAnswer } from "./setup/native.ts";
import {
  announcedService,
  fillerAddress,
  fillers,
  openManifests,
  spawnRole,
  wantingService,
} from "./setup/role.ts";
import { type Memory, memoryOf, waitUntilQuiet } from "../lab/program/usage.ts";
import { Wire } from "./setup/wire.ts";
import type { Program } from "../lab/program/program.ts";

const ROUNDS = 3;
const SERVICES = 1_000;
const IDLE = decodeURIComponent(new URL("./reference/idle.ts", import.meta.url).pathname);

/** A program to weigh: started, and settled once it has done all it has to do. */
interface Subject {
  readonly label: string;
  spawn(round: number): Promise<Program>;
  settle(round: number): Promise<void>;
}

/** Each subject in each round. */
export async function benchMemory(command: readonly string[]): Promise<string> {
  await using wire = await Wire.open("weighed");
  const cable = wire.to("weighed");
  const folder = (role: string, count: number, round: number) => `${wire.folder}/${role}-${count}-${round}`;
  const spawn = async (role: "controller" | "speaker", count: number, round: number) => {
    const manifests = await openManifests(folder(role, count, round));
    await manifests.write(
      "services",
      ...fillers(count, role === "controller" ? wantingService : announcedService),
    );
    return spawnRole(cable.far, command, role, manifests);
  };
  const subjects: Subject[] = [
    {
      label: "deno, idle with one Worker",
      spawn: () => Promise.resolve(cable.far.spawn([Deno.execPath(), "run", "-A", IDLE])),
      settle: () => Promise.resolve(),
    },
    ...[0, SERVICES].flatMap((count): Subject[] => [
      {
        label: `controller, ${count} Services`,
        spawn: (round) => spawn("controller", count, round),
        settle: (round) => waitForStatuses(`${folder("controller", count, round)}/manifests/status`, count),
      },
      {
        label: `speaker, ${count} Services`,
        spawn: (round) => spawn("speaker", count, round),
        settle: () => count === 0 ? Promise.resolve() : waitForAnswer(cable, fillerAddress(count - 1)),
      },
    ]),
  ];
  const weighed = subjects.map((): Memory[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, subject] of subjects.entries()) weighed[i]!.push(await weigh(subject, round));
  }
  const [reference] = weighed;
  const rows = subjects.map(({ label }, i) => row(label, weighed[i]!, reference!));
  return `  Median of ${ROUNDS} rounds in turn, in MiB; no target, the reference is what the runtime costs by itself\n` +
    formatTable(["", "RSS", "of ref.", "PSS", "of ref.", "anonymous", "of ref."], rows);
}

async function weigh(subject: Subject, round: number): Promise<Memory> {
  await using program = await subject.spawn(round);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await subject.settle(round);
  await waitUntilQuiet(program.pid);
  return memoryOf(program.pid);
}

async function waitForStatuses(folder: string, count: number, withinMs = 30_000): Promise<void> {
  for (const deadline = performance.now() + withinMs; performance.now() < deadline;) {
    if (countStatuses(folder) === count) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Waited ${withinMs} ms in vain for ${count} statuses in ${folder}`);
}

function countStatuses(folder: string): number {
  try {
    return [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".json")).length;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0; // The controller has yet to make the folder.
    throw error;
  }
}

function row(label: string, all: readonly Memory[], reference: readonly Memory[]): string[] {
  const cells = (["rss", "pss", "anonymous"] as const).flatMap((field) => {
    const [ours, theirs] = [all, reference].map((memories) =>
      median(memories.map((memory) => memory[field]))
    );
    return [formatNumber(ours! / 1024), formatRatio(ours!, theirs!)];
  });
  return [label, ...cells];
}

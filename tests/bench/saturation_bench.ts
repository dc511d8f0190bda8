/**
 * How many answers a second a responder gives when there is always another request waiting, and for how much processor
 * time: Ingot and a minimal responder in C.
 *
 * Shape: rounds in turn; a figure is the median over the rounds. Processor time is that of all the responder's threads.
 *
 * @module
 */
import { formatNumber, formatRatio, formatTable, median } from "./figures.ts";
import { flood, spawnResponder, waitForAnswer } from "./setup/native.ts";
import { openManifests, spawnRole, targetService } from "./setup/role.ts";
import { cpuSeconds } from "../lab/program/usage.ts";
import { type Cable, Wire } from "./setup/wire.ts";

const OUTSTANDING = 64;
const SECONDS = 2;
const ROUNDS = 5;
const FAMILIES = [["ARP", "ipv4"], ["NDP", "ipv6"]] as const;

interface Result {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly answers: number;
  readonly lost: number;
}

/** Both protocols. */
export async function benchSaturation(command: readonly string[]): Promise<string> {
  await using wire = await Wire.open("reference", "ingot");
  const manifests = await openManifests(wire.folder);
  await manifests.write("target", ...targetService(wire.to("ingot").targets));
  await using speaker = spawnRole(wire.to("ingot").far, command, "speaker", manifests);
  const rows: string[][] = [];
  for (const [protocol, family] of FAMILIES) {
    const target = {
      reference: wire.to("reference").targets[family],
      ingot: wire.to("ingot").targets[family],
    };
    await using reference = await spawnResponder(wire.to("reference"), [target.reference]);
    await waitForAnswer(wire.to("reference"), target.reference);
    await waitForAnswer(wire.to("ingot"), target.ingot);
    const [c, ours]: [Result[], Result[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      c.push(await floodOnce(wire.to("reference"), target.reference, reference.pid));
      ours.push(await floodOnce(wire.to("ingot"), target.ingot, speaker.pid));
    }
    rows.push(resultRow(`${protocol}, C responder`, c, c), resultRow(`${protocol}, Ingot`, ours, c));
  }
  return `  ${OUTSTANDING} requests outstanding, ${ROUNDS} rounds of ${SECONDS} s each in turn; no target, 1x would be C's\n` +
    formatTable(["", "answers/s", "of C's", "per core second", "of C's", "answers", "lost"], rows);
}

async function floodOnce(cable: Cable, target: string, pid: number): Promise<Result> {
  const before = cpuSeconds(pid);
  const { answers, lost, tookNs } = await flood(cable, target, OUTSTANDING, SECONDS);
  return {
    perSecond: answers / (tookNs / 1e9),
    perCpuSecond: answers / (cpuSeconds(pid) - before),
    answers,
    lost,
  };
}

function resultRow(label: string, rounds: readonly Result[], reference: readonly Result[]): string[] {
  const of = (results: readonly Result[], field: keyof Result) =>
    median(results.map((result) => result[field]));
  const total = (field: "answers" | "lost") => rounds.reduce((sum, result) => sum + result[field], 0);
  return [
    label,
    formatNumber(of(rounds, "perSecond")),
    formatRatio(of(rounds, "perSecond"), of(reference, "perSecond")),
    formatNumber(of(rounds, "perCpuSecond")),
    formatRatio(of(rounds, "perCpuSecond"), of(reference, "perCpuSecond")),
    `${total("answers")}`,
    `${total("lost")}`,
  ];
}

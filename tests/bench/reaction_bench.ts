/**
 * How long from a changed manifest to the first gratuitous packet: through controller and speaker, and through the speaker
 * alone when the Service comes with its address.
 *
 * Shape: each time one Service more, put in place by an atomic rename; repetitions of both kinds in turn. The reference,
 * measured on the same renames, is the time until another process has read the change from inotify.
 *
 * @module
 */
import { stringify } from "yaml";
import { formatNumber, formatTable, quantile } from "./figures.ts";
import { react, type Reacted, waitForAnswer } from "./setup/native.ts";
import { announcedService, openManifests, spawnRole, targetService, wantingService } from "./setup/role.ts";
import { type Cable, Wire } from "./setup/wire.ts";
import type { Manifests } from "../lab/manifests.ts";

const REPETITIONS = 60;
/** Between two changes: longer than any of them takes, and no multiple of what either end might poll at. */
const PAUSE_MS = 137;
const TARGET = "target: re-read within 200 ms of a change; the source waits 30 ms for a file to settle";

/** One way from a file to the wire. */
interface Way {
  readonly label: string;
  readonly cable: Cable;
  readonly manifests: Manifests;
  readonly make: typeof announcedService;
  readonly reactions: Reacted[];
}

/** Both ways. */
export async function benchReaction(command: readonly string[]): Promise<string> {
  await using wire = await Wire.open("both", "alone");
  await using stack = new AsyncDisposableStack();
  const ways: Way[] = [];
  for (const name of ["both", "alone"] as const) {
    const cable = wire.to(name);
    const manifests = await openManifests(`${wire.folder}/${name}`);
    await manifests.write("target", ...targetService(cable.targets));
    if (name === "both") stack.use(spawnRole(cable.far, command, "controller", manifests));
    stack.use(spawnRole(cable.far, command, "speaker", manifests));
    await waitForAnswer(cable, cable.targets.ipv4);
    const [label, make] = name === "both"
      ? ["controller and speaker", wantingService] as const
      : ["speaker alone", announcedService] as const;
    ways.push({ label, cable, manifests, make, reactions: [] });
  }
  for (let i = 0; i < REPETITIONS; i++) {
    for (const way of ways) {
      way.reactions.push(await addService(way, i));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS + Math.random() * 20));
    }
  }
  const rows = ways.flatMap(({ label, reactions }) => [
    row(`${label}: inotify read`, reactions.map(({ noticeNs }) => noticeNs)),
    row(`${label}: first packet`, reactions.map(({ packetNs }) => packetNs)),
  ]);
  return `  ${REPETITIONS} repetitions of both in turn; ${TARGET}\n` +
    formatTable(["", "p50 ms", "p99 ms", "packets", "lost"], rows);
}

/** One Service more, on an address that is nobody's yet. */
async function addService({ cable, manifests, make }: Way, i: number): Promise<Reacted> {
  const address = `10.91.${cable.index}.${i}`;
  const name = `more-${i}`;
  const unfinished = `${manifests.directory}/.${name}.new`;
  await Deno.writeTextFile(
    unfinished,
    make(name, [address]).map((object) => stringify(object)).join("---\n"),
  );
  return await react(cable, address, unfinished, `${manifests.directory}/${name}.yaml`);
}

function row(label: string, all: readonly (number | null)[]): string[] {
  const ms = all.filter((ns) => ns !== null).map((ns) => ns / 1e6);
  const format = (part: number) =>
    quantile(ms, part) < 1 ? quantile(ms, part).toFixed(3) : formatNumber(quantile(ms, part));
  return [label, format(0.5), format(0.99), `${ms.length}`, `${all.length - ms.length}`];
}

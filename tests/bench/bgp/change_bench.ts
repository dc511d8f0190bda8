/**
 * How long from one Service more to its route on the wire and in BIRD's kernel: from the moment the network thread is told,
 * and from a changed manifest.
 *
 * Source: BIRD takes a route to its kernel in a tenth of a millisecond; FRR would add 60.
 * Shape: each time one route more over a session that stands. "Told" begins on the main thread before the desired state is
 * compared and ends when another process reads the segment from a packet socket beside BIRD, or the route from BIRD's kernel;
 * so comparing, the message to the thread, its wake-up, encoding and sending are in it, and planning is not (plan_bench.ts).
 * The reference begins before a byte is written to a pipe, and is a process that then sends an UPDATE it has encoded: what the
 * machine takes to wake a program is in both. Through manifests, the reference measured on the same renames is the time until
 * another process has read the change from inotify; the source itself waits 30 ms for a file to settle.
 *
 * @module
 */
import { stringify } from "yaml";
import { Lab } from "../../lab/lab.ts";
import { Bird } from "../../lab/routers/bird.ts";
import { until } from "../../stage/until.ts";
import { formatRatio, formatTable, quantile } from "../figures.ts";
import { rawNow } from "../setup/raw_clock.ts";
import { announcedService, spawnRole } from "../setup/role.ts";
import {
  openBgpManifests,
  OWN_ASN,
  ROUTER_ASN,
  type Scene,
  spawnThread,
  spawnTold,
  type Telling,
} from "./announcers.ts";
import { observe, type Observed } from "./observer.ts";
import { addressOf } from "./prefixes.ts";

const TOLD = 2_000;
/** Of those, before anything in the thread has been optimised. */
const COLD = 100;
const RENAMED = 60;
/** Between two changes: longer than any of them takes, and no multiple of what either end might poll at. */
const PAUSE_MS = 137;
const TARGET =
  "from before the main thread tells the network thread, or the reference writes to its pipe, until the segment is read beside\n" +
  "  BIRD; target: p99 <= 1 ms to the wire, <= 2 ms to BIRD's kernel; manifests settle for 30 ms";

/** A scene whose router is BIRD. */
interface BirdScene extends Scene {
  readonly bird: Bird;
}

/** One route more each time: when, on the wire, in the kernel. */
interface Changes {
  readonly at: readonly number[];
  readonly seen: Observed;
}

/** Every way. */
export async function benchChange(command: readonly string[]): Promise<string> {
  const octets = await tellOneByOne(command, async ({ from, router }) => await spawnTold(from, router, TOLD));
  const thread = await tellOneByOne(command, async ({ from, router, bird }) => {
    const telling = spawnThread(from, router, TOLD, "one-by-one");
    await telling.lines.waitFor("the thread to stand", ({ type }) => type === "Idle");
    telling.program.signal("SIGUSR2");
    await established(bird, from.ipv4);
    return telling;
  });
  const renamed = await renameOneByOne(command);
  const notices = renamed.seen.moved.map((moved, i) => (moved - renamed.at[i]!) / 1e6);
  return `  One route at a time; ${TARGET}\n` +
    formatTable(["", "p50 ms", "of ref.", "p99 ms", "of ref.", "most ms", "changes"], [
      ...rowsOf("process told (reference)", octets, octets),
      ...rowsOf("network thread told", thread, octets),
      ...rowsOf(`network thread's first ${COLD}`, first(thread), first(octets)),
      row("manifest renamed: inotify read (reference)", notices, notices),
      ...rowsOf("manifest renamed", renamed, null),
    ]);
}

async function tellOneByOne(
  command: readonly string[],
  start: (scene: BirdScene) => Promise<Telling>,
): Promise<Changes> {
  await using scene = await openScene(command);
  const { from, router, bird } = scene;
  const { program, lines } = await start(scene);
  await using _program = program;
  await established(bird, from.ipv4);
  await using observing = await observe({
    announcer: from,
    router,
    count: TOLD,
    change: "announce",
    each: true,
  });
  program.signal("SIGUSR2");
  const { at = [] } = await lines.waitFor("the routes to be told", ({ type }) => type === "Told", {
    withinMs: 60_000,
  });
  return { at, seen: await observing.result };
}

async function renameOneByOne(command: readonly string[]): Promise<Changes> {
  await using scene = await openScene(command);
  const { lab, from, router, bird } = scene;
  const manifests = await openBgpManifests(lab.folder, router);
  const folder = manifests.directory;
  await using _speaker = spawnRole(from.namespace, command, "speaker", manifests);
  await established(bird, from.ipv4);
  await using observing = await observe({
    announcer: from,
    router,
    count: RENAMED,
    change: "announce",
    each: true,
    folder,
  });
  const at: number[] = [];
  for (let i = 0; i < RENAMED; i++) {
    const objects = announcedService(`more-${i}`, [addressOf(i)]);
    const unfinished = `${folder}/.more-${i}.new`;
    await Deno.writeTextFile(unfinished, objects.map((object) => stringify(object)).join("---\n"));
    at.push(rawNow());
    Deno.renameSync(unfinished, `${folder}/more-${i}.yaml`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS + Math.random() * 20));
  }
  return { at, seen: await observing.result };
}

/** A node and BIRD, which waits for it. */
async function openScene(command: readonly string[]): Promise<BirdScene & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const lab = stack.use(await Lab.open({ nodes: 1 }));
  const [from, router] = [lab.nodes[0]!, await lab.addClient("bird")];
  const bird = stack.use(
    await Bird.start(lab, router, {
      asn: ROUTER_ASN,
      neighbours: [{ peer: { address: from.ipv4 }, asn: OWN_ASN, families: ["ipv4"], passive: true }],
    }),
  );
  const all = stack.move();
  return { lab, from, router, command, bird, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function established(bird: Bird, neighbour: string): Promise<void> {
  await until("BIRD to have a session", async () => {
    return (await bird.session(neighbour))?.state === "Established" ? true : null;
  }, 20_000);
  // Until both ends have said all they had to say.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
}

function rowsOf(label: string, changes: Changes, reference: Changes | null): string[][] {
  return [
    row(`${label}: UPDATE on the wire`, wireMs(changes), reference && wireMs(reference)),
    row(`${label}: route in BIRD's kernel`, kernelMs(changes), reference && kernelMs(reference)),
  ];
}

function first({ at, seen }: Changes): Changes {
  return { at, seen: { ...seen, wire: seen.wire.slice(0, COLD), kernel: seen.kernel.slice(0, COLD) } };
}

function wireMs({ at, seen }: Changes): number[] {
  return seen.wire.flatMap((one, i) => one === null ? [] : [(one - at[i]!) / 1e6]);
}

function kernelMs({ at, seen }: Changes): number[] {
  return seen.kernel.flatMap((one, i) => one === null ? [] : [(one - at[i]!) / 1e6]);
}

function row(label: string, ms: readonly number[], reference: readonly number[] | null): string[] {
  const compared = [0.5, 0.99].flatMap((part) => [
    quantile(ms, part).toFixed(2),
    reference === null ? "" : formatRatio(quantile(ms, part), quantile(reference, part)),
  ]);
  return [label, ...compared, quantile(ms, 1).toFixed(2), `${ms.length}`];
}

/**
 * How long from one Service more to its route on the wire and in BIRD's kernel: from the moment the network thread is told,
 * and from a changed manifest.
 *
 * Source: BIRD takes a route to its kernel in a tenth of a millisecond; FRR would add 60.
 * Shape: each time one route more over a session that stands. Through manifests, the reference measured on the same renames
 * is the time until another process has read the change from inotify; the source itself waits 30 ms for a file to settle.
 *
 * @module
 */
import { stringify } from "yaml";
import { Lab } from "../../lab/lab.ts";
import { Bird } from "../../lab/routers/bird.ts";
import { until } from "../../stage/until.ts";
import { formatTable, quantile } from "../figures.ts";
import { rawNow } from "../setup/raw_clock.ts";
import { announcedService, spawnRole } from "../setup/role.ts";
import { openBgpManifests, OWN_ASN, ROUTER_ASN, type Scene, spawnThread } from "./announcers.ts";
import { observe, type Observed } from "./observer.ts";
import { addressOf } from "./prefixes.ts";

const TOLD = 400;
const RENAMED = 60;
/** Between two changes: longer than any of them takes, and no multiple of what either end might poll at. */
const PAUSE_MS = 137;
const TARGET =
  "target: from being told p99 <= 1 ms to the wire, <= 2 ms to BIRD's kernel; manifests settle for 30 ms";

/** Both ways. */
export async function benchChange(command: readonly string[]): Promise<string> {
  const told = await benchTold(command);
  const renamed = await benchRenamed(command);
  return `  One route at a time; ${TARGET}\n` +
    formatTable(["", "p50 ms", "p99 ms", "most ms", "changes"], [...told, ...renamed]);
}

async function benchTold(command: readonly string[]): Promise<string[][]> {
  await using scene = await openScene(command);
  const { from, router, bird } = scene;
  const { program, lines } = spawnThread(from, router, TOLD, "one-by-one");
  await using _program = program;
  await lines.waitFor("the thread to stand", ({ type }) => type === "Idle");
  program.signal("SIGUSR2");
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
  const seen = await observing.result;
  return rowsOf("network thread told", at, seen);
}

async function benchRenamed(command: readonly string[]): Promise<string[][]> {
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
  const seen = await observing.result;
  return [
    row("manifest renamed: inotify read", seen.moved.map((moved, i) => (moved - at[i]!) / 1e6)),
    ...rowsOf("manifest renamed", at, seen),
  ];
}

/** A node and BIRD, which waits for it. */
async function openScene(
  command: readonly string[],
): Promise<Scene & { readonly bird: Bird } & AsyncDisposable> {
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

function rowsOf(label: string, at: readonly number[], { wire, kernel }: Observed): string[][] {
  const after = (all: Observed["wire"], since: readonly (number | null)[]) =>
    all.map((one, i) => one === null || since[i] == null ? NaN : (one - since[i]!) / 1e6);
  return [
    row(`${label}: UPDATE on the wire`, after(wire, at)),
    row(`${label}: route in BIRD's kernel`, after(kernel, at)),
    row(`${label}: of that, BIRD's own`, after(kernel, wire)),
  ];
}

function row(label: string, ms: readonly number[]): string[] {
  const came = ms.filter((one) => !Number.isNaN(one));
  return [label, ...[0.5, 0.99, 1].map((part) => quantile(came, part).toFixed(2)), `${came.length}`];
}

/**
 * Who announces the prefixes: pre-encoded octets, BIRD, GoBGP, Ingot's network thread alone, Ingot's speaker.
 *
 * Shape: each is started with all it has to say, and says it when the router lets it; then it takes it back when asked.
 *
 * @module
 */
import { V8_FLAGS } from "../../../deploy/bundle.ts";
import { until } from "../../stage/until.ts";
import { bgpAdvertisement, bgpPeer, ipAddressPool, Manifests, node } from "../../lab/manifests.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Host } from "../../lab/network/host.ts";
import type { Program } from "../../lab/program/program.ts";
import { Recording } from "../../lab/program/recording.ts";
import { Gobgp } from "../../lab/routers/gobgp.ts";
import { nativeExecutable } from "../setup/native.ts";
import { announcedService, NODE_NAME, spawnRole } from "../setup/role.ts";
import { memoryOf, waitUntilQuiet } from "../../lab/program/usage.ts";
import { BirdProgram } from "./bird_program.ts";
import { formatMrt } from "./mrt.ts";
import { blast } from "./observer.ts";
import { addresses, POOL } from "./prefixes.ts";

export const OWN_ASN = 64_512;
export const ROUTER_ASN = 65_000;

/** Where a benchmark takes place. */
export interface Scene {
  readonly lab: Lab;
  readonly from: Host;
  readonly router: Host;
  /** Starts Ingot; see ingotCommand() of tests/lab/ingot.ts. */
  readonly command: readonly string[];
}

/** A program with all prefixes in its table. Disposing it kills it. */
export interface Announcing extends AsyncDisposable {
  readonly pid: number;
  /** Resident KiB before it had any prefix; null where it never was without. */
  readonly emptyRss: number | null;
  withdraw(): Promise<void>;
}

/** See the module comment. */
export interface Announcer {
  readonly label: string;
  start(scene: Scene, count: number): Promise<Announcing>;
}

/** A line of thread_alone.ts. */
interface ThreadLine {
  readonly type: "Idle" | "Loaded" | "Told";
  readonly at?: readonly number[];
}

/** A program that SIGUSR2 takes from step to step. */
export interface Telling {
  readonly program: Program;
  readonly lines: Recording<ThreadLine>;
}

const LOAD_MS = 60_000;
const ASK_GOBGP_EVERY_MS = 300;
const SERVICES_PER_FILE = 10_000;
/** Less than a runtime that has done nothing yet. */
const RUNNING_KIB = 30_000;

export const BLAST: Announcer = {
  label: "pre-encoded blast",
  async start({ from, router }, count) {
    const program = await blast(from, router, OWN_ASN, count);
    const withdraw = () => Promise.resolve(program.signal("SIGUSR2"));
    return announcing(program, null, withdraw);
  },
};

export const BIRD: Announcer = {
  label: "BIRD",
  async start({ lab, from, router }, count) {
    const bird = await BirdProgram.start(from, lab.folder, formatBirdAnnouncer(from, router, count));
    await until("BIRD to have its routes", async () => {
      const text = await bird.command("show route count table master4");
      return Number(/for (\d+) networks/.exec(text)?.[1]) >= count ? true : null;
    }, LOAD_MS);
    const withdraw = async () => void await bird.command("disable vips");
    return {
      ...announcing(bird.program, null, withdraw),
      [Symbol.asyncDispose]: () => bird[Symbol.asyncDispose](),
    };
  },
};

export const GOBGP: Announcer = {
  label: "GoBGP",
  async start({ lab, from, router }, count) {
    const gobgp = await Gobgp.start(lab, from, {
      asn: OWN_ASN,
      neighbours: [{
        peer: { address: router.ipv4 },
        asn: ROUTER_ASN,
        families: ["ipv4"],
        holdTimeSeconds: 90,
      }],
    });
    const pid = await pidOf(from, "gobgpd");
    const emptyRss = memoryOf(pid).rss;
    await fillGobgp(gobgp, lab.folder, count);
    const withdraw = async () => void await gobgp.command("global", "rib", "del", "all");
    return { pid, emptyRss, withdraw, [Symbol.asyncDispose]: () => gobgp[Symbol.asyncDispose]() };
  },
};

export const THREAD: Announcer = {
  label: "Ingot, network thread",
  async start({ from, router }, count) {
    const { program, lines } = spawnThread(from, router, count, "table");
    await lines.waitFor("the thread to stand", ({ type }) => type === "Idle");
    await waitUntilQuiet(program.pid);
    const emptyRss = memoryOf(program.pid).rss;
    program.signal("SIGUSR2");
    await lines.waitFor("the thread to have its routes", ({ type }) => type === "Loaded", {
      withinMs: LOAD_MS,
    });
    await waitUntilQuiet(program.pid);
    return announcing(program, emptyRss, () => Promise.resolve(program.signal("SIGUSR2")));
  },
};

export const SPEAKER: Announcer = {
  label: "Ingot, speaker with Services",
  async start({ lab, from, router, command }, count) {
    const manifests = await openBgpManifests(lab.folder, router);
    const files = Math.ceil(count / SERVICES_PER_FILE);
    const all = addresses(count);
    for (let i = 0; i < files; i++) {
      const items = all.slice(i * SERVICES_PER_FILE, (i + 1) * SERVICES_PER_FILE)
        .flatMap((address) => announcedService(`s-${address.replaceAll(".", "-")}`, [address]));
      await manifests.writeText(
        `services-${i}.json`,
        JSON.stringify({ apiVersion: "v1", kind: "List", items }),
      );
    }
    const program = spawnRole(from.namespace, command, "speaker", manifests);
    await speakerLoaded(program);
    const withdraw = async () => {
      for (let i = 0; i < files; i++) await Deno.remove(`${manifests.directory}/services-${i}.json`);
    };
    return announcing(program, memoryOf(program.pid).rss, withdraw);
  },
};

/**
 * Waits until a speaker that was just started has read its folder. An executable that packs its own runtime unpacks it at its
 * first start, in a program of its own.
 */
export async function speakerLoaded({ pid }: Program): Promise<void> {
  await until("the speaker to run", () => memoryOf(pid).rss > RUNNING_KIB ? true : null, LOAD_MS);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await waitUntilQuiet(pid, LOAD_MS);
}

/** Starts the network thread alone; see thread_alone.ts. */
export function spawnThread(
  from: Host,
  router: Host,
  count: number,
  mode: "table" | "one-by-one",
): Telling {
  const lines = new Recording<ThreadLine>();
  const path = decodeURIComponent(new URL("./thread_alone.ts", import.meta.url).pathname);
  const args = [router.ipv4, `${OWN_ASN}`, `${ROUTER_ASN}`, `${count}`, mode];
  const program = from.namespace.spawn([
    Deno.execPath(),
    "run",
    "-A",
    `--v8-flags=${V8_FLAGS}`,
    path,
    ...args,
  ], {
    onLine: (line) => lines.push(JSON.parse(line)),
    onErrorLine: (line) => console.error(`network thread: ${line}`),
  });
  return { program, lines };
}

/** Starts the speaker that is nothing but octets, told by another process through a pipe; see ../native/blast.c. */
export async function spawnTold(from: Host, router: Host, count: number): Promise<Telling> {
  const lines = new Recording<ThreadLine>();
  const program = from.namespace.spawn(
    [await nativeExecutable(), "tell", from.ipv4, router.ipv4, `${OWN_ASN}`, `${count}`],
    {
      onLine: (line) => lines.push({ type: line.includes('"ready"') ? "Idle" : "Told", ...JSON.parse(line) }),
    },
  );
  return { program, lines };
}

/** A folder with a node, a pool of all prefixes, its advertisement, and the router, if there is one, as peer. */
export async function openBgpManifests(parent: string, router: Host | null): Promise<Manifests> {
  const manifests = await Manifests.open(parent);
  await manifests.write(
    "base",
    node(NODE_NAME),
    ipAddressPool("bench", { addresses: [POOL] }),
    bgpAdvertisement("bench"),
    ...router === null ? [] : [
      bgpPeer("router", {
        myASN: OWN_ASN,
        peerASN: ROUTER_ASN,
        peerAddress: router.ipv4,
        connectTime: "1s",
      }),
    ],
  );
  return manifests;
}

function announcing(program: Program, emptyRss: number | null, withdraw: () => Promise<void>): Announcing {
  const { pid } = program;
  return { pid, emptyRss, withdraw, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

function formatBirdAnnouncer(from: Host, router: Host, count: number): string {
  return [
    `router id ${from.ipv4};`,
    "protocol device { scan time 60; }",
    "protocol static vips {",
    "  ipv4;",
    ...addresses(count).map((address) => `  route ${address}/32 unreachable;`),
    "}",
    "protocol bgp up {",
    `  local ${from.ipv4} as ${OWN_ASN};`,
    `  neighbor ${router.ipv4} as ${ROUTER_ASN};`,
    "  hold time 90; connect delay time 1; connect retry time 1; error wait time 1, 1;",
    "  ipv4 { import none; export where source = RTS_STATIC; next hop self; };",
    "}",
    "",
  ].join("\n");
}

/** Through a pipe that stays open: `gobgp mrt inject` ends before all it has read is in the daemon. */
async function fillGobgp(gobgp: Gobgp, folder: string, count: number): Promise<void> {
  const pipe = `${folder}/gobgp.mrt`;
  const { namespace, ipv4 } = gobgp.host;
  await namespace.run(["mkfifo", pipe]);
  await using injector = namespace.spawn([
    "/usr/bin/gobgp",
    "mrt",
    "inject",
    "global",
    "--queue-size",
    "1024",
    pipe,
  ]);
  using file = await Deno.open(pipe, { write: true });
  const octets = formatMrt(count, ipv4, OWN_ASN);
  for (let sent = 0; sent < octets.length;) sent += await file.write(octets.subarray(sent));
  await until("GoBGP to have its routes", async () => {
    if (injector.ended) throw new Error(`gobgp: ${(await injector.ending).stderr}`);
    // Each question is a program that takes the daemon's processors away.
    await new Promise((resolve) => setTimeout(resolve, ASK_GOBGP_EVERY_MS));
    return await gobgp.routeCount("ipv4") >= count ? true : null;
  }, LOAD_MS);
}

async function pidOf(host: Host, name: string): Promise<number> {
  for (const pid of await host.namespace.pids()) {
    if (Deno.readTextFileSync(`/proc/${pid}/comm`).trim() === name) return pid;
  }
  throw new Error(`No ${name} runs on ${host.name}`);
}

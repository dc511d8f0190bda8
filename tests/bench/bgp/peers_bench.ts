/**
 * What many sessions, and many routes at rest, cost one program: 50 peers, and 10,000 routes towards one; beside BIRD.
 *
 * Source: the peers are the 50 addresses of one BIRD.
 * Shape: clock zero is when the 50 peers are put in the folder, or BIRD is told to read its configuration again; up is when
 * the router has all sessions, told is when it has every route from each.
 *
 * @module
 */
import { Lab } from "../../lab/lab.ts";
import { bgpPeer } from "../../lab/manifests.ts";
import type { Host } from "../../lab/network/host.ts";
import { until } from "../../stage/until.ts";
import { formatNumber, formatRatio, formatTable, median } from "../figures.ts";
import { announcedService, spawnRole } from "../setup/role.ts";
import { cpuSeconds, memoryOf, waitUntilQuiet } from "../../lab/program/usage.ts";
import {
  type Announcer,
  BIRD,
  openBgpManifests,
  OWN_ASN,
  ROUTER_ASN,
  SPEAKER,
  speakerLoaded,
  THREAD,
} from "./announcers.ts";
import { BirdProgram } from "./bird_program.ts";
import { addresses } from "./prefixes.ts";

const PEERS = 50;
const ROUTES = 100;
const ROUNDS = 3;
const IDLE_ROUTES = 10_000;
const IDLE_MS = 10_000;
const PATIENCE_MS = 60_000;
/** Each session has addresses of its own on the LAN's link: a BIRD speaks with no neighbour twice. */
const SESSIONS = Array.from({ length: PEERS }, (_, i) => ({
  own: `10.80.0.${1 + i}`,
  router: `10.80.0.${101 + i}`,
}));

/** A speaker that has its routes and no peers. */
interface Speaking extends AsyncDisposable {
  readonly pid: number;
  /** Gives it all peers at once. */
  addPeers(): Promise<void>;
}

interface Subject {
  readonly label: string;
  start(lab: Lab, from: Host): Promise<Speaking>;
}

interface Round {
  readonly upMs: number;
  readonly toldMs: number;
  readonly cpu: number;
  readonly growthMib: number;
  readonly idlePercent: number;
}

/** A program with nothing to do. */
interface Rest {
  readonly label: string;
  readonly cpuPercent: number;
  readonly rssMib: number;
}

/** Sessions, then rest. */
export async function benchPeers(command: readonly string[]): Promise<string> {
  const subjects = [birdSubject(), ingotSubject(command)];
  const rounds = subjects.map((): Round[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, subject] of subjects.entries()) rounds[i]!.push(await measure(subject));
  }
  const rows = subjects.map(({ label }, i) => {
    const of = (field: keyof Round, from = rounds[i]!) => median(from.map((one) => one[field]));
    return [
      label,
      formatNumber(of("upMs")),
      formatRatio(of("upMs"), of("upMs", rounds[0])),
      formatNumber(of("toldMs")),
      of("cpu").toFixed(2),
      formatRatio(of("cpu"), of("cpu", rounds[0])),
      formatNumber(of("growthMib")),
      formatRatio(of("growthMib"), of("growthMib", rounds[0])),
      of("idlePercent").toFixed(2),
    ];
  });
  const head = [
    "all up ms",
    "of BIRD's",
    "all told ms",
    "CPU s",
    "of BIRD's",
    "growth MiB",
    "of BIRD's",
    "CPU at rest %",
  ];
  return `  ${PEERS} peers and ${ROUTES} routes to each, ${ROUNDS} rounds in turn; no target, the reference is BIRD, which waits 1 s before it dials\n` +
    `${formatTable(["", ...head], rows)}\n\n${await benchRest(command)}`;
}

async function measure(subject: Subject): Promise<Round> {
  await using lab = await Lab.open({ nodes: 1 });
  const [from, router] = [lab.nodes[0]!, await lab.addClient("router")];
  await from.namespace.ip(...SESSIONS.map(({ own }) => `addr add ${own}/24 dev eth0`));
  await router.namespace.ip(...SESSIONS.map((session) => `addr add ${session.router}/24 dev eth0`));
  await using bird = await BirdProgram.start(router, lab.folder, formatRouter());
  await using speaking = await subject.start(lab, from);
  const { pid } = speaking;
  await waitUntilQuiet(pid);
  const [cpu, rss, start] = [cpuSeconds(pid), memoryOf(pid).rss, performance.now()];
  await speaking.addPeers();
  const upMs = await until("all sessions to be up", async () => {
    return await bird.sessionsUp() === PEERS ? performance.now() - start : null;
  }, PATIENCE_MS);
  const toldMs = await until("all routes to be told", async () => {
    const text = await bird.command("show route count table master4");
    return text.includes(`${PEERS * ROUTES} of `) ? performance.now() - start : null;
  }, PATIENCE_MS);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const used = cpuSeconds(pid) - cpu;
  const growthMib = (memoryOf(pid).rss - rss) / 1024;
  return { upMs, toldMs, cpu: used, growthMib, idlePercent: await cpuPercent(pid, IDLE_MS) };
}

async function benchRest(command: readonly string[]): Promise<string> {
  const all: Rest[] = [];
  for (const announcer of [BIRD, THREAD, SPEAKER]) all.push(await restOf(announcer, command));
  const rows = all.map(({ label, cpuPercent, rssMib }) => [
    label,
    cpuPercent.toFixed(2),
    formatNumber(rssMib),
    formatRatio(rssMib, all[0]!.rssMib),
  ]);
  return `  ${IDLE_ROUTES.toLocaleString("en-US")} routes towards one BIRD, at rest for ${
    IDLE_MS / 1000
  } s; no target\n` +
    formatTable(["", "CPU %", "RSS MiB", "of BIRD's"], rows);
}

async function restOf(announcer: Announcer, command: readonly string[]): Promise<Rest> {
  await using lab = await Lab.open({ nodes: 1 });
  const [from, router] = [lab.nodes[0]!, await lab.addClient("router")];
  await using bird = await BirdProgram.start(
    router,
    lab.folder,
    formatRouterHead(router.ipv4) + formatSession("p0", router.ipv4, from.ipv4),
  );
  await using announcing = await announcer.start({ lab, from, router, command }, IDLE_ROUTES);
  await until("BIRD to have the routes", async () => {
    const text = await bird.command("show route count table master4");
    return text.includes(`${IDLE_ROUTES} of `) ? true : null;
  }, PATIENCE_MS);
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  return {
    label: announcer.label,
    cpuPercent: await cpuPercent(announcing.pid, IDLE_MS),
    rssMib: memoryOf(announcing.pid).rss / 1024,
  };
}

async function cpuPercent(pid: number, duringMs: number): Promise<number> {
  const [cpu, start] = [cpuSeconds(pid), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, duringMs));
  return (cpuSeconds(pid) - cpu) / ((performance.now() - start) / 1000) * 100;
}

function ingotSubject(command: readonly string[]): Subject {
  return {
    label: "Ingot, speaker",
    async start(lab, from) {
      const manifests = await openBgpManifests(lab.folder, null);
      await manifests.write(
        "services",
        ...addresses(ROUTES).flatMap((address, i) => announcedService(`s-${i}`, [address])),
      );
      const program = spawnRole(from.namespace, command, "speaker", manifests);
      await speakerLoaded(program);
      const peers = SESSIONS.map(({ own, router }, i) =>
        bgpPeer(`router-${i}`, {
          myASN: OWN_ASN,
          peerASN: ROUTER_ASN,
          peerAddress: router,
          sourceAddress: own,
          connectTime: "1s",
        })
      );
      return {
        pid: program.pid,
        addPeers: () => manifests.write("peers", ...peers),
        [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
      };
    },
  };
}

function birdSubject(): Subject {
  return {
    label: "BIRD",
    async start(lab, from) {
      const base = [
        `router id ${from.ipv4};`,
        "protocol device { scan time 60; }",
        `protocol static vips { ipv4; ${
          addresses(ROUTES).map((address) => `route ${address}/32 unreachable;`).join(" ")
        } }`,
      ];
      const sessions = SESSIONS.map(({ own, router }, i) =>
        `protocol bgp p${i} { local ${own} as ${OWN_ASN}; neighbor ${router} as ${ROUTER_ASN}; ` +
        "hold time 90; connect delay time 1; connect retry time 1; " +
        "ipv4 { import none; export where source = RTS_STATIC; next hop self; }; }"
      );
      const bird = await BirdProgram.start(from, lab.folder, base.join("\n") + "\n");
      return {
        pid: bird.program.pid,
        addPeers: () => bird.configure([...base, ...sessions, ""].join("\n")),
        [Symbol.asyncDispose]: () => bird[Symbol.asyncDispose](),
      };
    },
  };
}

function formatRouter(): string {
  const sessions = SESSIONS.map(({ own, router }, i) => formatSession(`p${i}`, router, own));
  return formatRouterHead(SESSIONS[0]!.router) + sessions.join("");
}

function formatRouterHead(routerId: string): string {
  return `router id ${routerId};\nprotocol device { scan time 60; }\n`;
}

function formatSession(name: string, own: string, neighbour: string): string {
  return `protocol bgp ${name} { local ${own} as ${ROUTER_ASN}; neighbor ${neighbour} as ${OWN_ASN}; ` +
    "passive on; hold time 90; ipv4 { import all; export none; }; }\n";
}

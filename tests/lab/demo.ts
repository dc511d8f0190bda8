/**
 * `deno task lab`: Ingot at work on a network of its own, measured by a client on that network.
 *
 * Shape: three nodes and a client in namespaces; a controller and three speakers as separate processes; one planned
 * change of node, there and back; a summary of what the client measured. About 25 seconds, then exit code 0; Ctrl-C
 * takes everything down at any time. Options: see USAGE.
 * Not here: the network (lab.ts), the objects (show/scenario.ts), the tables (show/tables.ts).
 *
 * @module
 */
import { Ingot, ingotCommand } from "./ingot.ts";
import { installTools } from "./install.ts";
import { Lab } from "./lab.ts";
import type { Manifests } from "./manifests.ts";
import type { LabNode } from "./network/host.ts";
import { removeLeftovers } from "./network/ownership.ts";
import { epochMs } from "./prober.ts";
import { showRouted } from "./routed_demo.ts";
import { Followed } from "./show/followed.ts";
import { complaints, stopRoles } from "./show/roles.ts";
import { NAMESPACE, PORT, proxyAll, SERVICES, writeNode, writeScenario } from "./show/scenario.ts";
import { Screen } from "./show/screen.ts";
import { formatNow, formatRequest, formatSummary, type Measured, type Move } from "./show/tables.ts";

const USAGE = `Shows Ingot at work: three nodes and a client in network namespaces (root)

  deno task lab            about 25 seconds, then a summary
  deno task lab --bgp      the same nodes behind routers: BGP and BFD with FRR and BIRD, about 20 seconds
  deno task lab --keep     either, and stays up until Ctrl-C
  deno task lab --source   runs the sources instead of the executable dist/ingot
  deno task lab --clean    removes what a crashed lab left behind, and nothing else`;

const REDRAW_MS = 100;
const REQUESTS_SHOWN_MS = 2_000;
/** How long each part is watched once everything has settled. */
const WATCH_MS = 5_000;
/** After the last address has moved: time for what the move causes to be seen. */
const SETTLE_MS = 500;

const FLAGS = ["--bgp", "--clean", "--keep", "--source"];

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(argv: readonly string[]): Promise<number> {
  const unknown = argv.find((argument) => !FLAGS.includes(argument));
  if (unknown !== undefined) {
    console[unknown === "--help" ? "log" : "error"](
      unknown === "--help" ? USAGE : `Unknown option ${unknown}\n\n${USAGE}`,
    );
    return unknown === "--help" ? 0 : 2;
  }
  const screen = new Screen();
  try {
    const isRouted = argv.includes("--bgp");
    await installTools((line) => screen.say(line), isRouted ? "lab and routers" : "lab");
    if (argv.includes("--clean")) {
      const removed = await removeLeftovers();
      screen.say(removed.length === 0 ? "Nothing was left behind" : `Removed ${removed.join(", ")}`);
      return 0;
    }
    screen.say("Getting Ingot ready");
    const command = await ingotCommand(argv.includes("--source") ? "source" : "executable");
    await (isRouted ? showRouted : show)(screen, command, argv.includes("--keep"));
    return 0;
  } catch (error) {
    screen.leave();
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

/** The demonstration, from an empty network to an empty network. */
async function show(screen: Screen, command: readonly string[], keep: boolean): Promise<void> {
  await using lab = await Lab.open({ nodes: 3 });
  screen.say(`Built a LAN with ${lab.nodes.map(({ name }) => name).join(", ")} and a client (${lab.name}-*)`);
  const manifests = await writeScenario(lab);
  const options = { command, manifests: manifests.directory, logLevel: "info" };
  await using controller = Ingot.controller(lab, options);
  screen.say(`Started the controller on ${manifests.directory}`);
  const addresses = await Promise.race([allocate(screen, manifests), controller.untimelyEnd]);
  await proxyAll(lab, addresses);
  await using stack = new AsyncDisposableStack();
  const all: Followed[] = [];
  for (const [service, ips] of addresses) {
    for (const ip of ips) all.push(stack.use(await Followed.open(lab, `${NAMESPACE}/${service}`, ip, PORT)));
  }
  const startedAt = epochMs();
  const speakers = lab.nodes.map((node) => stack.use(Ingot.speaker(node, options)));
  screen.say("Started a speaker on each node");
  const roles = [...speakers, controller];
  const alive = Promise.race(roles.map((role) => role.untimelyEnd));
  const stopDrawing = keepDrawing(screen, all);
  try {
    const measured = await Promise.race([change(screen, lab, manifests, all, startedAt), alive]);
    if (keep) await Promise.race([stayUp(screen, lab), alive]);
    await stopRoles(screen, roles);
    stopDrawing();
    screen.leave();
    screen.print(formatSummary(measured));
  } catch (error) {
    throw new Error(
      [error instanceof Error ? error.message : error, ...roles.flatMap(complaints)].join("\n"),
    );
  } finally {
    stopDrawing();
  }
}

/** Waits for the controller's decisions. */
async function allocate(screen: Screen, manifests: Manifests): Promise<Map<string, readonly string[]>> {
  const addresses = new Map<string, readonly string[]>();
  for (const { name } of SERVICES) {
    const ips = await manifests.waitForAddresses(`${NAMESPACE}/${name}`);
    screen.say(`The controller gave ${NAMESPACE}/${name} ${ips.join(" and ")}`);
    addresses.set(name, ips);
  }
  return addresses;
}

/** The main part: the speakers begin to answer, one node is taken out and put back. */
async function change(
  screen: Screen,
  lab: Lab,
  manifests: Manifests,
  all: readonly Followed[],
  startedAt: number,
): Promise<Measured[]> {
  const first = await Promise.all(
    all.map(async (one) => (await one.waitForFirst()).atMs - startedAt),
  );
  screen.say(
    `Every address is answered, the last ${Math.max(...first).toFixed(0)} ms after the speakers' start`,
  );
  await watch(screen, all);

  const leaving = busiestNode(lab, all);
  const affected = all.filter(({ mac }) => mac === leaving.mac);
  screen.say(`Taking ${leaving.name} out of load balancing, by a label on its Node`);
  const away = await move(
    affected,
    leaving.mac,
    "away",
    () => writeNode(manifests, leaving.name, { excluded: true }),
  );
  screen.say(`Moved ${affected.map(({ address }) => address).join(", ")} away from ${leaving.name}`);
  await watch(screen, all);

  screen.say(`Putting ${leaving.name} back`);
  const back = await move(
    affected,
    leaving.mac,
    "back",
    () => writeNode(manifests, leaving.name, { excluded: false }),
  );
  screen.say(`${leaving.name} has its addresses back`);
  await watch(screen, all);
  return all.map((followed, i) => ({
    followed,
    firstAnswerMs: first[i]!,
    away: away.get(followed) ?? null,
    back: back.get(followed) ?? null,
  }));
}

/** The node that answers for the most addresses. */
function busiestNode(lab: Lab, all: readonly Followed[]): LabNode {
  const countOf = ({ mac }: LabNode) => all.filter((one) => one.mac === mac).length;
  return lab.nodes.toSorted((a, b) => countOf(b) - countOf(a))[0]!;
}

/** Makes a change and measures what it does to the addresses it moves. */
async function move(
  affected: readonly Followed[],
  mac: string,
  direction: "away" | "back",
  make: () => Promise<void>,
): Promise<Map<Followed, Move>> {
  const before = affected.map(({ node }) => node ?? "nobody");
  const changedAt = epochMs();
  await make();
  const moves = await Promise.all(
    affected.map((one) => direction === "away" ? one.waitToLeave(mac) : one.waitToReturn(mac)),
  );
  await pause(SETTLE_MS);
  const settledAt = epochMs();
  return new Map(affected.map((one, i) => [one, {
    from: before[i]!,
    to: one.node ?? "nobody",
    startMs: changedAt,
    endMs: settledAt,
    tookMs: moves[i]!.atMs - changedAt,
    gaps: one.interruptions(changedAt),
  }]));
}

/** Lets everything run for a while; where no table is redrawn, shows requests as they are answered. */
async function watch(screen: Screen, all: readonly Followed[]): Promise<void> {
  for (let leftMs = WATCH_MS; leftMs > 0; leftMs -= REQUESTS_SHOWN_MS) {
    await pause(Math.min(leftMs, REQUESTS_SHOWN_MS));
    if (screen.isTerminal) continue;
    for (const { address, request } of all) {
      if (request !== null) {
        screen.say(
          `GET http://${address.includes(":") ? `[${address}]` : address}/  ${formatRequest(request)}`,
        );
      }
    }
  }
  if (!screen.isTerminal) screen.print(["", ...formatNow(all), ""]);
}

function keepDrawing(screen: Screen, all: readonly Followed[]): () => void {
  const timer = setInterval(() => screen.draw(["", ...formatNow(all)]), REDRAW_MS);
  return () => clearInterval(timer);
}

async function stayUp(screen: Screen, lab: Lab): Promise<void> {
  screen.say(`Staying up; look around with: ip netns exec ${lab.client.namespace.name} ip neigh`);
  screen.say("Ctrl-C takes everything down");
  await new Promise(() => {});
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

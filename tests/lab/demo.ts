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
import { expectCluster, showCluster } from "./cluster_demo.ts";
import { Ingot, ingotCommand } from "./ingot.ts";
import { installTools } from "./install.ts";
import { Lab } from "./lab.ts";
import type { Manifests } from "./manifests.ts";
import { removeLeftovers } from "./network/ownership.ts";
import { epochMs } from "./prober.ts";
import { showRouted } from "./routed_demo.ts";
import { Followed } from "./show/followed.ts";
import { keepDrawing, showPlannedChange } from "./show/planned_change.ts";
import { complaints, stopRoles } from "./show/roles.ts";
import { NAMESPACE, PORT, proxyAll, SERVICES, writeNode, writeScenario } from "./show/scenario.ts";
import { Screen } from "./show/screen.ts";
import { formatSummary } from "./show/tables.ts";

const USAGE = `Shows Ingot at work: three nodes and a client in network namespaces (root)

  deno task lab            about 25 seconds, then a summary
  deno task lab --bgp      the same nodes behind routers: BGP and BFD with FRR and BIRD, about 20 seconds
  deno task lab --cluster  the same nodes in a real cluster: API server, kube-proxy, Services made by kubectl, about 40 seconds
  deno task lab --keep     any of them, and stays up until Ctrl-C
  deno task lab --source   runs the sources instead of the executable dist/ingot
  deno task lab --clean    removes what a crashed lab left behind, and nothing else`;

const FLAGS = ["--bgp", "--clean", "--cluster", "--keep", "--source"];

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
    const [isRouted, isCluster] = [argv.includes("--bgp"), argv.includes("--cluster")];
    if (isRouted && isCluster) throw new Error("--bgp and --cluster are two demonstrations: name one");
    if (isCluster && !argv.includes("--clean")) expectCluster();
    await installTools((line) => screen.say(line), isRouted ? "lab and routers" : "lab");
    if (argv.includes("--clean")) {
      const removed = await removeLeftovers();
      screen.say(removed.length === 0 ? "Nothing was left behind" : `Removed ${removed.join(", ")}`);
      return 0;
    }
    screen.say("Getting Ingot ready");
    const command = await ingotCommand(argv.includes("--source") ? "source" : "executable");
    const demonstration = isRouted ? showRouted : isCluster ? showCluster : show;
    await demonstration(screen, command, argv.includes("--keep"));
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
  const startedAtMs = epochMs();
  const speakers = lab.nodes.map((node) => stack.use(Ingot.speaker(node, options)));
  screen.say("Started a speaker on each node");
  const roles = [...speakers, controller];
  const alive = Promise.race(roles.map((role) => role.untimelyEnd));
  const stopDrawing = keepDrawing(screen, all);
  try {
    const exclude = (node: string, excluded: boolean) => writeNode(manifests, node, { excluded });
    const shown = showPlannedChange({ screen, lab, all, startedAtMs, exclude });
    const measured = await Promise.race([shown, alive]);
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

async function stayUp(screen: Screen, lab: Lab): Promise<void> {
  screen.say(`Staying up; look around with: ip netns exec ${lab.client.namespace.name} ip neigh`);
  screen.say("Ctrl-C takes everything down");
  await new Promise(() => {});
}

/**
 * `deno task lab --bgp`: three nodes announce one Service to FRR and BIRD, which spread traffic over them; one node is cut
 * off, mended, and stopped in order, and the routers' kernels follow.
 *
 * Shape: about 20 seconds, from an empty network to an empty network.
 * Not here: the network and the objects (show/routed/scenario.ts), what is looked at (show/routed/followed_router.ts).
 *
 * @module
 */
import { Ingot } from "./ingot.ts";
import { Lab } from "./lab.ts";
import { epochMs } from "./prober.ts";
import { complaints, stopRoles } from "./show/roles.ts";
import { FollowedRouter } from "./show/routed/followed_router.ts";
import {
  addRouterHosts,
  BFD,
  PORT,
  SERVICE,
  startRouters,
  writeRoutedScenario,
} from "./show/routed/scenario.ts";
import { type Event, formatRoutedSummary, formatRoutersNow } from "./show/routed/tables.ts";
import type { Screen } from "./show/screen.ts";

const REDRAW_MS = 100;
/** How long each part is watched once the routers have followed. */
const WATCH_MS = 4_000;

/** The demonstration. */
export async function showRouted(screen: Screen, command: readonly string[], keep: boolean): Promise<void> {
  await using lab = await Lab.open({ nodes: 3, ipv6: false });
  const hosts = await addRouterHosts(lab);
  screen.say(
    `Built a LAN with ${[...lab.nodes, ...hosts].map(({ name }) => name).join(", ")} (${lab.name}-*)`,
  );
  const manifests = await writeRoutedScenario(lab, hosts);
  await using stack = new AsyncDisposableStack();
  const pairs = await startRouters(lab, hosts);
  for (const { router } of pairs) stack.use(router);
  screen.say("Started FRR and BIRD, which expect BGP with a password and BFD from every node");
  const options = { command, manifests: manifests.directory, logLevel: "info" };
  const controller = stack.use(Ingot.controller(lab, options));
  const [address] = await Promise.race([manifests.waitForAddresses(SERVICE), controller.untimelyEnd]);
  screen.say(`The controller gave ${SERVICE} ${address}`);
  const backends = lab.nodes.map(({ index }) => index);
  await lab.proxy([{ addresses: [address!], port: PORT, externalTrafficPolicy: "Local", backends }]);
  const routers: FollowedRouter[] = [];
  for (const pair of pairs) routers.push(stack.use(await FollowedRouter.open(lab, pair, address!)));

  const startedAt = epochMs();
  const speakers = lab.nodes.map((node) => stack.use(Ingot.speaker(node, options)));
  screen.say("Started a speaker on each node");
  const alive = Promise.race([controller, ...speakers].map((role) => role.untimelyEnd));
  const drawing = setInterval(() => screen.draw(["", ...formatRoutersNow(address!, routers)]), REDRAW_MS);
  const show = new Show(screen, address!, routers);
  try {
    await Promise.race([show.change(lab, speakers, startedAt), alive]);
    if (keep) {
      screen.say(`Staying up; look around with: ip netns exec ${hosts[0]!.namespace.name} ip route`);
      await alive;
    }
    await stopRoles(screen, [controller, ...speakers]);
    clearInterval(drawing);
    screen.leave();
    screen.print(formatRoutedSummary(routers, show.events));
  } catch (error) {
    const lines = [controller, ...speakers].flatMap(complaints);
    throw new Error([error instanceof Error ? error.message : error, ...lines].join("\n"));
  } finally {
    clearInterval(drawing);
  }
}

/** What is done, and what is measured of it. */
class Show {
  readonly events: Event[] = [];
  readonly #screen: Screen;
  readonly #address: string;
  readonly #routers: readonly FollowedRouter[];

  constructor(screen: Screen, address: string, routers: readonly FollowedRouter[]) {
    this.#screen = screen;
    this.#address = address;
    this.#routers = routers;
  }

  /** The main part. */
  async change(lab: Lab, speakers: readonly Ingot[], startedAt: number): Promise<void> {
    const all = lab.nodes.map(({ name }) => name);
    const [lost, leaving] = [lab.node("n2"), speakers[2]!];
    await this.#follow("three speakers started", startedAt, all);
    await this.#watch();
    const detectionMs = BFD.intervalMs * BFD.multiplier;
    this.#screen.say(`Cutting ${lost.name} off; BFD notices after ${detectionMs} ms`);
    const cutAt = epochMs();
    await lab.cut(lost, "port");
    await this.#follow(`${lost.name} cut off`, cutAt, all.filter((name) => name !== lost.name));
    await this.#watch();
    this.#screen.say(`Mending ${lost.name}`);
    const mendedAt = epochMs();
    await lab.mend(lost);
    await this.#follow(`${lost.name} mended`, mendedAt, all);
    await this.#watch();
    this.#screen.say(`Stopping the ${leaving.name} in order`);
    const stoppedAt = epochMs();
    await Promise.all([
      leaving.stop(),
      this.#follow("speaker of n3 stopped", stoppedAt, all.filter((name) => name !== "n3")),
    ]);
    await this.#watch();
  }

  /** Waits until every router's kernel sends to these nodes, and says when it did. */
  async #follow(what: string, sinceMs: number, nodes: readonly string[]): Promise<void> {
    const tookMs = (await Promise.all(this.#routers.map((one) => one.waitFor(nodes)))).map((at) =>
      at - sinceMs
    );
    this.events.push({ what, atMs: sinceMs, tookMs });
    const times = this.#routers.map(({ router }, i) => `${router.kind} after ${tookMs[i]!.toFixed(0)} ms`);
    this.#screen.say(`Both kernels send to ${nodes.join(", ")}: ${times.join(", ")}`);
  }

  async #watch(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    if (!this.#screen.isTerminal) {
      this.#screen.print(["", ...formatRoutersNow(this.#address, this.#routers), ""]);
    }
  }
}

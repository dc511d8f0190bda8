/**
 * BIRD 2 in a host's namespace, in the foreground.
 *
 * Source: BIRD 2.0; its control socket answers with lines that begin with a four-digit code, the last one's followed by a
 * blank.
 * Shape: everything in the lab's own folder. BIRD has no JSON: its lines are read.
 * Not here: the configuration (bird_config.ts).
 *
 * @module
 */
import type { Lab } from "../lab.ts";
import type { Host } from "../network/host.ts";
import type { Program } from "../program/program.ts";
import { formatBird } from "./bird_config.ts";
import {
  type BfdSession,
  type Capability,
  type Family,
  nameOf,
  type Route,
  type Router,
  type RouterConfig,
  type Session,
  sortCommunities,
} from "./router.ts";
import { Conversation } from "./unix_socket.ts";

/** See the module comment. */
export class Bird implements Router {
  readonly kind = "BIRD";
  readonly host: Host;
  readonly #config: RouterConfig;
  readonly #program: Program;
  readonly #control: Conversation;

  private constructor(host: Host, config: RouterConfig, program: Program, control: Conversation) {
    this.host = host;
    this.#config = config;
    this.#program = program;
    this.#control = control;
  }

  /** Starts it; it answers questions when this returns. */
  static async start(lab: Lab, host: Host, config: RouterConfig): Promise<Bird> {
    const folder = `${lab.folder}/bird-${host.name}`;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/bird.conf`, formatBird(config, config.routerId ?? host.ipv4));
    const [file, socket] = [`${folder}/bird.conf`, `${folder}/bird.ctl`];
    const program = host.namespace.spawn(["/usr/sbin/bird", "-f", "-c", file, "-s", socket]);
    const failure = program.ending.then(({ stderr }) => {
      throw new Error(`BIRD ended: ${stderr}`);
    });
    failure.catch(() => {});
    const control = await Promise.race([Conversation.open(socket, endsByLastCode), failure]);
    const bird = new Bird(host, config, program, control);
    // It greets whoever connects.
    await control.ask("");
    return bird;
  }

  async session(neighbour: string): Promise<Session | null> {
    const text = await this.command(`show protocols all`);
    const blocks = text.split(/\n(?=\S)/).filter((block) => /^\S+ +BGP /.test(block));
    const block = blocks.find((one) => this.#isAbout(one, neighbour));
    return block === undefined ? null : sessionOf(block);
  }

  async routes(prefix: string): Promise<readonly Route[]> {
    const text = await this.command(`show route for ${prefix} all`);
    if (!text.split("\n").some((line) => line.startsWith(`${prefix} `))) return [];
    // Each path begins with "unicast [<protocol> <since>]", the first one behind the prefix.
    const paths = text.split(/\n(?=\S*\s+(?:unicast|blackhole) \[)/);
    const learned = paths.filter((path) => path.includes("BGP.origin"));
    if (learned.length === 0) return [];
    const restarting = await this.#restarting();
    return learned.map((path) => routeOf(path, restarting));
  }

  async routeCount(family: Family): Promise<number> {
    const text = await this.command(`show route count table master${family === "ipv4" ? 4 : 6}`);
    return Number(/for (\d+) networks/.exec(text)?.[1] ?? 0);
  }

  async bfd(neighbour: string): Promise<BfdSession | null> {
    const text = await this.command("show bfd sessions");
    // IP address, interface, state, since, interval in seconds, timeout in seconds
    for (const line of text.split("\n")) {
      const [address, name, state, , interval, timeout] = line.trim().split(/\s+/);
      if (address !== neighbour && name !== neighbour) continue;
      const [intervalMs, timeoutMs] = [Number(interval) * 1_000, Number(timeout) * 1_000];
      return {
        state: state as BfdSession["state"],
        transmitIntervalMs: Math.round(intervalMs),
        remoteMultiplier: intervalMs > 0 ? Math.round(timeoutMs / intervalMs) : null,
      };
    }
    return null;
  }

  /** What birdc would print, without its codes. */
  async command(command: string): Promise<string> {
    const text = new TextDecoder().decode(await this.#control.ask(`${command}\n`));
    return text.split("\n").map((line) => line.replace(/^(\d{4}[- ]| )/, "")).join("\n");
  }

  pause(): void {
    this.#program.signal("SIGSTOP");
  }

  resume(): void {
    this.#program.signal("SIGCONT");
  }

  async kill(): Promise<void> {
    await this.#end(() => this.#program.kill());
  }

  async stop(): Promise<void> {
    await this.#end(() => this.#program.stop());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** The sessions whose neighbour restarts; BIRD marks them, not their routes. */
  async #restarting(): Promise<ReadonlySet<string>> {
    const blocks = (await this.command("show protocols all")).split(/\n(?=\S)/);
    const found = blocks.filter((block) => block.includes("Neighbor graceful restart active"));
    return new Set(found.map((block) => block.slice(0, block.indexOf(" "))));
  }

  async #end(how: () => Promise<unknown>): Promise<void> {
    this.#control[Symbol.dispose]();
    await how();
  }

  /** A neighbour from a range has a protocol of its own, "d" and a number, as soon as it has connected. */
  #isAbout(block: string, neighbour: string): boolean {
    const name = block.slice(0, block.indexOf(" "));
    const index = this.#config.neighbours.findIndex((one) => nameOf(one) === neighbour);
    const configured = this.#config.neighbours[index];
    if (configured !== undefined && "address" in configured.peer) return name === `p${index}`;
    if (!name.startsWith("d")) return false;
    const address = /Neighbor address: (\S+)/.exec(block)?.[1] ?? "";
    return address === neighbour || address.endsWith(`%${neighbour}`);
  }
}

function endsByLastCode(answer: Uint8Array): boolean {
  return /(^|\n)\d{4} [^\n]*\n$/.test(new TextDecoder().decode(answer.subarray(-512)));
}

function sessionOf(block: string): Session {
  const field = (name: string) => new RegExp(`${name}: +(.*)`).exec(block)?.[1] ?? null;
  const state = field("BGP state") ?? "Idle";
  const isUp = state === "Established";
  const received = [...block.matchAll(/Routes: +(\d+) imported/g)].map(([, count]) => Number(count));
  return {
    state,
    remoteAsn: Number(field("Neighbor AS") ?? 0),
    holdTimeSeconds: isUp ? Number(field("Hold timer")?.split("/")[1] ?? 0) : 0,
    capabilities: isUp ? capabilitiesOf(block) : [],
    receivedRoutes: received.reduce((sum, count) => sum + count, 0),
    establishedCount: null,
    // It counts routes, not messages.
    receivedUpdates: null,
    lastError: field("Last error"),
  };
}

/** BIRD's words for what the neighbour offered. */
const CAPABILITIES: Readonly<Record<string, Capability>> = {
  "Route refresh": "route-refresh",
  "Enhanced refresh": "enhanced-route-refresh",
  "4-octet AS numbers": "four-octet-asn",
  "Extended message": "extended-message",
  "Extended next hop": "extended-next-hop",
  "Graceful restart": "graceful-restart",
};

function capabilitiesOf(block: string): Capability[] {
  const offered = /Neighbor capabilities\n((?: {6,}.*\n)*)/.exec(block)?.[1] ?? "";
  const all = Object.entries(CAPABILITIES).flatMap(([name, capability]) =>
    offered.includes(name) ? [capability] : []
  );
  const families = /AF announced: (.*)/.exec(offered)?.[1] ?? "";
  for (const family of ["ipv4", "ipv6"] as const) {
    if (families.includes(family)) all.push(`${family}-unicast`);
  }
  return all.sort();
}

function routeOf(block: string, restarting: ReadonlySet<string>): Route {
  const field = (name: string) => new RegExp(`BGP\\.${name}: (.*)`).exec(block)?.[1] ?? "";
  const groups = (text: string) =>
    [...text.matchAll(/\(([^)]*)\)/g)].map(([, group]) => group!.split(/,\s*/).join(":"));
  const origin = field("origin");
  return {
    // Without a global address it prints ":: fe80::1".
    nextHop: field("next_hop").split(" ").find((ip) => ip !== "::") ?? "",
    asPath: field("as_path").split(" ").filter(Boolean).map(Number),
    origin: origin === "IGP" || origin === "EGP" ? origin : "incomplete",
    localPreference: field("local_pref") === "" ? null : Number(field("local_pref")),
    communities: sortCommunities(groups(field("community"))),
    largeCommunities: sortCommunities(groups(field("large_community"))),
    stale: restarting.has(/\[(\S+) /.exec(block)?.[1] ?? ""),
  };
}

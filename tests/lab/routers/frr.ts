/**
 * FRR in a host's namespace: zebra, bfdd and bgpd in the foreground.
 *
 * Source: FRR 8.4. Its daemons drop to the user frr, so the folder is theirs; their vty sockets answer a command ended by
 * a NUL with text, three NULs and a status octet.
 * Shape: everything in the lab's own folder, nothing in /etc/frr or /run/frr.
 * Not here: the configuration (frr_config.ts).
 *
 * @module
 */
import type { Lab } from "../lab.ts";
import type { Host } from "../network/host.ts";
import { run } from "../program/command.ts";
import type { Program } from "../program/program.ts";
import { formatBfdd, formatBgpd } from "./frr_config.ts";
import {
  type BfdSession,
  type Capability,
  type Family,
  type Route,
  type Router,
  type RouterConfig,
  type Session,
  sortCommunities,
} from "./router.ts";
import { Conversation } from "./unix_socket.ts";

const DAEMONS = ["zebra", "bfdd", "bgpd"] as const;
type Daemon = typeof DAEMONS[number];

/** FRR's own scratch folders, one a process; left behind by a process that is killed. */
const SCRATCH = "/var/tmp/frr";

/** A session's neighbour as bgpd prints it. */
interface PrintedNeighbour {
  readonly bgpState: string;
  readonly remoteAs: number;
  readonly bgpTimerHoldTimeMsecs?: number;
  readonly connectionsEstablished: number;
  readonly messageStats: { readonly updatesRecv: number };
  readonly neighborCapabilities?: Readonly<Record<string, unknown>>;
  readonly addressFamilyInfo?: Readonly<Record<string, { readonly acceptedPrefixCounter?: number }>>;
  readonly lastErrorCodeSubcode?: string;
  readonly lastNotificationReason?: string;
  readonly lastShutdownDescription?: string;
}

/** A path as bgpd prints it. */
interface PrintedPath {
  readonly aspath: { readonly string: string };
  readonly origin: Route["origin"];
  readonly locPrf?: number;
  readonly stale?: boolean;
  readonly community?: { readonly list: readonly string[] };
  readonly largeCommunity?: { readonly list: readonly string[] };
  readonly nexthops: readonly { readonly ip: string; readonly used?: boolean }[];
}

interface PrintedBfd {
  readonly peer: string;
  /** Absent until BGP has told it. */
  readonly local?: string;
  readonly interface?: string;
  readonly status: string;
  readonly "transmit-interval": number;
  readonly "remote-detect-multiplier": number;
}

/** See the module comment. */
export class Frr implements Router {
  readonly kind = "FRR";
  readonly host: Host;
  readonly #programs = new Map<Daemon, Program>();
  readonly #vtys = new Map<Daemon, Conversation>();

  private constructor(host: Host) {
    this.host = host;
  }

  /** Starts it; it answers questions when this returns. */
  static async start(lab: Lab, host: Host, config: RouterConfig): Promise<Frr> {
    const folder = `${lab.folder}/frr-${host.name}`;
    // Of a router that ran here before.
    await Deno.remove(folder, { recursive: true }).catch(unlessGone);
    await Deno.mkdir(folder);
    const texts = {
      zebra: "",
      bfdd: formatBfdd(config),
      bgpd: formatBgpd(config, config.routerId ?? host.ipv4),
    };
    for (const daemon of DAEMONS) await Deno.writeTextFile(`${folder}/${daemon}.conf`, texts[daemon]);
    await run(["chown", "-R", "frr:frr", folder]);
    const frr = new Frr(host);
    try {
      for (const daemon of DAEMONS) {
        frr.#programs.set(daemon, host.namespace.spawn(commandOf(daemon, folder)));
        // The others look for zebra once, as they start.
        if (daemon === "zebra") frr.#vtys.set(daemon, await openVty(`${folder}/zebra.vty`));
      }
      for (const daemon of ["bfdd", "bgpd"] as const) {
        frr.#vtys.set(daemon, await openVty(`${folder}/${daemon}.vty`));
      }
    } catch (error) {
      await frr.kill();
      throw error;
    }
    return frr;
  }

  async session(neighbour: string): Promise<Session | null> {
    const printed = await this.#json("bgpd", `show bgp neighbors ${neighbour} json`) as Readonly<
      Record<string, PrintedNeighbour>
    >;
    const found = printed[neighbour];
    return found?.bgpState === undefined ? null : sessionOf(found);
  }

  async routes(prefix: string): Promise<readonly Route[]> {
    const { paths = [] } = await this.#json(
      "bgpd",
      `show bgp ${familyOf(prefix)} unicast ${prefix} json`,
    ) as {
      readonly paths?: readonly PrintedPath[];
    };
    return paths.map(routeOf);
  }

  async routeCount(family: Family): Promise<number> {
    // ribCount of the summary counts the inner nodes of the tree as well.
    const command = `show bgp ${family} unicast statistics json`;
    const printed = await this.#json("bgpd", command) as Readonly<
      Record<string, readonly { readonly totalPrefixes: number }[]>
    >;
    return printed[`${family}Unicast`]?.[0]?.totalPrefixes ?? 0;
  }

  /** The prefixes of the family in its table, and the communities of each one's first path. */
  async table(family: Family): Promise<ReadonlyMap<string, readonly string[]>> {
    const { routes = {} } = await this.#json("bgpd", `show bgp ${family} unicast json detail`) as {
      // The first element is the prefix itself.
      readonly routes?: Readonly<Record<string, readonly Partial<PrintedPath>[]>>;
    };
    return new Map(
      Object.entries(routes).map(([prefix, printed]) => {
        const path = printed.find((one): one is PrintedPath => one.nexthops !== undefined);
        return [prefix, path === undefined ? [] : routeOf(path).communities];
      }),
    );
  }

  async bfd(neighbour: string): Promise<BfdSession | null> {
    const peers = await this.#json("bfdd", "show bfd peers json") as readonly PrintedBfd[];
    const found = peers.find((one) => one.peer === neighbour || one.interface === neighbour);
    if (found === undefined) return null;
    // FRR 8.4 begins without its own address, and with another session as soon as BGP tells it which that is: whoever
    // waits for a session that is up does not mean the first.
    const isReplaced = found.status === "up" && found.local === undefined;
    return {
      state: isReplaced ? "Init" : BFD_STATES[found.status] ?? "Down",
      transmitIntervalMs: found["transmit-interval"],
      remoteMultiplier: found["remote-detect-multiplier"],
    };
  }

  /** Changes the running configuration of a daemon. */
  async configure(daemon: Daemon, ...commands: readonly string[]): Promise<void> {
    for (const command of ["configure terminal", ...commands, "end"]) {
      const answer = await this.command(daemon, command);
      if (answer.includes("%")) throw new Error(`${daemon} refuses "${command}": ${answer.trim()}`);
    }
  }

  /** Asks a daemon something and returns what it prints. */
  async command(daemon: Daemon, command: string): Promise<string> {
    const answer = await this.#vtys.get(daemon)!.ask(`${command}\0`);
    return new TextDecoder().decode(answer.subarray(0, -4));
  }

  pause(): void {
    this.#programs.get("bgpd")?.signal("SIGSTOP");
  }

  resume(): void {
    this.#programs.get("bgpd")?.signal("SIGCONT");
  }

  async kill(): Promise<void> {
    await this.#end((program) => program.kill());
  }

  async stop(): Promise<void> {
    await this.#end((program) => program.stop());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #end(how: (program: Program) => Promise<unknown>): Promise<void> {
    for (const [daemon, vty] of this.#vtys) {
      this.#vtys.delete(daemon);
      vty[Symbol.dispose]();
    }
    // zebra last: it takes back what the others gave it.
    for (const [daemon, program] of [...this.#programs].reverse()) {
      await how(program);
      await Deno.remove(`${SCRATCH}/${daemon}.${program.pid}`, { recursive: true }).catch(unlessGone);
    }
  }

  async #json(daemon: Daemon, command: string): Promise<unknown> {
    return JSON.parse(await this.command(daemon, command) || "{}");
  }
}

const BFD_STATES: Readonly<Record<string, BfdSession["state"]>> = {
  shutdown: "AdminDown",
  down: "Down",
  init: "Init",
  up: "Up",
};

function commandOf(daemon: Daemon, folder: string): string[] {
  const control = daemon === "bfdd" ? ["--bfdctl", `${folder}/bfdd.ctl`] : [];
  return [
    `/usr/lib/frr/${daemon}`,
    ...["-f", `${folder}/${daemon}.conf`],
    ...["-i", `${folder}/${daemon}.pid`],
    ...["-z", `${folder}/zserv.api`],
    ...["--vty_socket", folder],
    // No telnet.
    ...["-P", "0"],
    ...["--log", `file:${folder}/${daemon}.log`],
    ...control,
  ];
}

async function openVty(path: string): Promise<Conversation> {
  const vty = await Conversation.open(path, endsByStatus);
  await vty.ask("enable\0");
  return vty;
}

function endsByStatus(answer: Uint8Array): boolean {
  return answer.length >= 4 && answer.subarray(-4, -1).every((octet) => octet === 0);
}

function sessionOf(printed: PrintedNeighbour): Session {
  const isUp = printed.bgpState === "Established";
  const families = Object.values(printed.addressFamilyInfo ?? {});
  return {
    state: printed.bgpState,
    remoteAsn: printed.remoteAs,
    holdTimeSeconds: isUp ? (printed.bgpTimerHoldTimeMsecs ?? 0) / 1_000 : 0,
    capabilities: isUp ? capabilitiesOf(printed.neighborCapabilities ?? {}) : [],
    receivedRoutes: families.reduce((sum, { acceptedPrefixCounter = 0 }) => sum + acceptedPrefixCounter, 0),
    establishedCount: printed.connectionsEstablished,
    receivedUpdates: printed.messageStats.updatesRecv,
    lastError: errorOf(printed),
  };
}

/** Code and subcode of the last NOTIFICATION, its name, and the text that came with it. */
function errorOf(printed: PrintedNeighbour): string | null {
  const { lastErrorCodeSubcode, lastNotificationReason, lastShutdownDescription } = printed;
  const parts = [lastErrorCodeSubcode, lastNotificationReason, lastShutdownDescription];
  return parts.filter((part) => part !== undefined).join(" ") || null;
}

/** FRR's names; each is worth "received", "advertised" or "advertisedAndReceived" in some place below it. */
const CAPABILITIES: Readonly<Record<string, Capability>> = {
  "4byteAs": "four-octet-asn",
  extendedMessage: "extended-message",
  extendedNexthop: "extended-next-hop",
  routeRefresh: "route-refresh",
  enhancedRouteRefresh: "enhanced-route-refresh",
  gracefulRestart: "graceful-restart",
  gracefulRestartCapability: "graceful-restart",
};

function capabilitiesOf(printed: Readonly<Record<string, unknown>>): Capability[] {
  const families = printed["multiprotocolExtensions"] ?? {};
  const all = [
    ...Object.entries(printed).flatMap(([name, value]) =>
      name in CAPABILITIES && isReceived(value) ? [CAPABILITIES[name]!] : []
    ),
    ...Object.entries(families).flatMap(([name, value]) =>
      isReceived(value) ? [name === "ipv4Unicast" ? "ipv4-unicast" as const : "ipv6-unicast" as const] : []
    ),
  ];
  return [...new Set(all)].sort();
}

function isReceived(value: unknown): boolean {
  return /received/i.test(JSON.stringify(value));
}

function routeOf(path: PrintedPath): Route {
  return {
    nextHop: (path.nexthops.find(({ used }) => used === true) ?? path.nexthops[0])!.ip,
    asPath: path.aspath.string.split(" ").map(Number).filter((asn) => asn > 0),
    origin: path.origin,
    localPreference: path.locPrf ?? null,
    communities: sortCommunities(path.community?.list.map(asNumbers) ?? []),
    largeCommunities: sortCommunities(path.largeCommunity?.list ?? []),
    stale: path.stale ?? false,
  };
}

/** "gracefulShutdown" is "graceful-shutdown" everywhere else. */
function asNumbers(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function familyOf(prefix: string): Family {
  return prefix.includes(":") ? "ipv6" : "ipv4";
}

function unlessGone(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

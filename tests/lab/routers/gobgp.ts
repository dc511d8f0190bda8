/**
 * GoBGP in a host's namespace, in the foreground: a table of routes without a kernel behind it, and without Router
 * Advertisements of its own, for which BIRD stands beside it where a neighbour is at the other end of an interface.
 *
 * Source: GoBGP 3.10; its command line prints the API's messages as JSON, with IANA's numbers.
 * Shape: everything in the lab's own folder. A question starts a program (20 ms).
 * Not here: the configuration (gobgp_config.ts).
 *
 * @module
 */
import type { Lab } from "../lab.ts";
import type { Host } from "../network/host.ts";
import { CommandError } from "../program/command.ts";
import type { Program } from "../program/program.ts";
import { formatAdvertiser } from "./bird_config.ts";
import { formatGobgp } from "./gobgp_config.ts";
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

const START_PATIENCE_MS = 30_000;
const ANSWER_PATIENCE_MS = 30_000;

interface PrintedNeighbour {
  readonly state: {
    readonly neighbor_address?: string;
    readonly peer_asn?: number;
    readonly session_state?: number;
    readonly remote_cap?: readonly PrintedCapability[];
    readonly messages?: { readonly received?: { readonly update?: number } };
  };
  readonly timers?: { readonly state?: { readonly negotiated_hold_time?: number } };
  readonly afi_safis?: readonly { readonly state?: { readonly accepted?: number } }[];
  readonly conf?: { readonly neighbor_interface?: string };
}

interface PrintedCapability {
  readonly type_url: string;
  /** The protocol buffer, in base64. */
  readonly value?: string;
}

interface PrintedPath {
  readonly stale?: boolean;
  readonly attrs: readonly PrintedAttribute[];
}

interface PrintedAttribute {
  readonly type: number;
  readonly value?: unknown;
  readonly nexthop?: string;
  readonly as_paths?: readonly { readonly asns: readonly number[] }[];
  readonly communities?: readonly number[];
}

/** See the module comment. */
export class Gobgp implements Router {
  readonly kind = "GoBGP";
  readonly host: Host;
  readonly #program: Program;
  readonly #advertiser: Program | null;

  private constructor(host: Host, program: Program, advertiser: Program | null) {
    this.host = host;
    this.#program = program;
    this.#advertiser = advertiser;
  }

  /** Starts it; it answers questions when this returns. */
  static async start(lab: Lab, host: Host, config: RouterConfig): Promise<Gobgp> {
    const file = `${lab.folder}/gobgp-${host.name}.toml`;
    await Deno.writeTextFile(file, formatGobgp(config, config.routerId ?? host.ipv4));
    const program = host.namespace.spawn([
      "/usr/bin/gobgpd",
      "-f",
      file,
      "-p",
      "--pprof-disable",
      "-l",
      "warn",
    ]);
    const gobgp = new Gobgp(host, program, await advertise(lab, host, config));
    for (const deadline = performance.now() + START_PATIENCE_MS; !await gobgp.#answers();) {
      if (program.ended || performance.now() > deadline) {
        await gobgp.kill();
        const { stderr } = await program.ending;
        throw new Error(`GoBGP does not start: ${stderr}`);
      }
    }
    for (const prefix of config.networks ?? []) {
      await gobgp.command("global", "rib", "add", prefix, "-a", familyOf(prefix));
    }
    return gobgp;
  }

  async session(neighbour: string): Promise<Session | null> {
    const all = JSON.parse(await this.command("neighbor", "-j")) as readonly PrintedNeighbour[];
    const found = all.find(({ state, conf }) =>
      state.neighbor_address === neighbour || state.neighbor_address?.endsWith(`%${neighbour}`) ||
      conf?.neighbor_interface === neighbour
    );
    return found === undefined ? null : sessionOf(found);
  }

  async routes(prefix: string): Promise<readonly Route[]> {
    const text = await this.#unlessMissing("global", "rib", prefix, "-a", familyOf(prefix), "-j");
    const found = Object.values(JSON.parse(text || "{}") as Readonly<Record<string, readonly PrintedPath[]>>);
    return found.flat().map(routeOf);
  }

  async routeCount(family: Family): Promise<number> {
    const text = await this.command("global", "rib", "summary", "-a", family);
    return Number(/Destination: (\d+)/.exec(text)?.[1] ?? 0);
  }

  bfd(): Promise<BfdSession | null> {
    return Promise.resolve(null);
  }

  /** What `gobgp` prints. */
  async command(...args: readonly string[]): Promise<string> {
    for (const deadline = performance.now() + ANSWER_PATIENCE_MS;;) {
      try {
        return await this.#ask(args);
      } catch (error) {
        // It gives its daemon one second to accept the connection, less than a busy machine may take, and says so on
        // standard output alone. Nothing has been asked then.
        const wasHeard = !(error instanceof CommandError) || error.stderr !== "";
        if (wasHeard || this.#program.ended || performance.now() > deadline) throw error;
      }
    }
  }

  pause(): void {
    this.#program.signal("SIGSTOP");
  }

  resume(): void {
    this.#program.signal("SIGCONT");
  }

  async kill(): Promise<void> {
    await this.#program.kill();
    await this.#advertiser?.kill();
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await this.#advertiser?.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #ask(args: readonly string[]): Promise<string> {
    return this.host.namespace.run(["/usr/bin/gobgp", ...args]);
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#ask(["global"]);
      return true;
    } catch (error) {
      if (error instanceof CommandError) return false;
      throw error;
    }
  }

  async #unlessMissing(...args: readonly string[]): Promise<string> {
    try {
      return await this.command(...args);
    } catch (error) {
      if (error instanceof CommandError && /not in table/i.test(error.message)) return "";
      throw error;
    }
  }
}

/** Starts what tells neighbours our link-local address, where any needs to know. */
async function advertise(lab: Lab, host: Host, { neighbours }: RouterConfig): Promise<Program | null> {
  const interfaces = neighbours.flatMap(({ peer }) => "interface" in peer ? [peer.interface] : []);
  if (interfaces.length === 0) return null;
  const [file, socket] = [`${lab.folder}/radv-${host.name}.conf`, `${lab.folder}/radv-${host.name}.ctl`];
  await Deno.writeTextFile(file, formatAdvertiser(interfaces, host.ipv4));
  return host.namespace.spawn(["/usr/sbin/bird", "-f", "-c", file, "-s", socket]);
}

/** The API's SessionState. */
const STATES = ["Idle", "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established"];

function sessionOf(printed: PrintedNeighbour): Session {
  const state = STATES[printed.state.session_state ?? 0]!;
  const isUp = state === "Established";
  const accepted = (printed.afi_safis ?? []).map((family) => family.state?.accepted ?? 0);
  return {
    state,
    remoteAsn: printed.state.peer_asn ?? 0,
    holdTimeSeconds: isUp ? printed.timers?.state?.negotiated_hold_time ?? 0 : 0,
    capabilities: isUp ? capabilitiesOf(printed.state.remote_cap ?? []) : [],
    receivedRoutes: accepted.reduce((sum, count) => sum + count, 0),
    establishedCount: null,
    receivedUpdates: printed.state.messages?.received?.update ?? 0,
    lastError: null,
  };
}

const CAPABILITIES: Readonly<Record<string, Capability>> = {
  RouteRefreshCapability: "route-refresh",
  EnhancedRouteRefreshCapability: "enhanced-route-refresh",
  FourOctetASNCapability: "four-octet-asn",
  ExtendedNexthopCapability: "extended-next-hop",
  GracefulRestartCapability: "graceful-restart",
};

/** Protocol buffers in base64: a family of AFI 1 or 2 and SAFI 1; code 6, of which GoBGP has no name. */
const VALUES: Readonly<Record<string, Capability>> = {
  "CgQIARAB": "ipv4-unicast",
  "CgQIAhAB": "ipv6-unicast",
  "CAY=": "extended-message",
};

function capabilitiesOf(printed: readonly PrintedCapability[]): Capability[] {
  const all = printed.flatMap(({ type_url, value = "" }) => {
    const type = type_url.slice(type_url.lastIndexOf(".") + 1);
    const isByValue = type === "MultiProtocolCapability" || type === "UnknownCapability";
    return (isByValue ? VALUES[value] : CAPABILITIES[type]) ?? [];
  });
  return [...new Set(all)].sort();
}

function routeOf({ attrs, stale = false }: PrintedPath): Route {
  const attribute = (type: number) => attrs.find((one) => one.type === type);
  const asPath = attribute(2)?.as_paths ?? [];
  const localPreference = attribute(5)?.value;
  return {
    nextHop: attribute(3)?.nexthop ?? attribute(14)?.nexthop ?? "",
    asPath: asPath.flatMap(({ asns }) => asns),
    origin: (["IGP", "EGP"] as const)[Number(attribute(1)?.value ?? 0)] ?? "incomplete",
    localPreference: typeof localPreference === "number" ? localPreference : null,
    communities: sortCommunities((attribute(8)?.communities ?? []).map(formatCommunity)),
    largeCommunities: sortCommunities(largeCommunitiesOf(attribute(32)?.value)),
    stale,
  };
}

function formatCommunity(value: number): string {
  return `${Math.floor(value / 0x1_0000)}:${value % 0x1_0000}`;
}

function largeCommunitiesOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly {
    readonly ASN: number;
    readonly LocalData1: number;
    readonly LocalData2: number;
  }[])
    .map(({ ASN, LocalData1, LocalData2 }) => `${ASN}:${LocalData1}:${LocalData2}`);
}

function familyOf(prefix: string): Family {
  return prefix.includes(":") ? "ipv6" : "ipv4";
}

/**
 * One network namespace: links, addresses, routes, settings, and the programs that run inside it.
 *
 * Source: ip-netns(8), ip-link(8). `ip netns exec` replaces itself by its command, so a program's pid is its own.
 * Shape: every command names its namespace; nothing here can touch an interface of the machine itself.
 * Not here: which namespaces there are (lab.ts), whose they are (ownership.ts).
 *
 * @module
 */
import { CommandError, run } from "./program/command.ts";
import { Program, type ProgramOptions } from "./program/program.ts";

/** One end of a veth pair. */
export interface VethEnd {
  readonly namespace: Namespace;
  readonly interface: string;
  /** Chosen by the kernel when absent. */
  readonly mac?: string;
  /** The interface's index; chosen by the kernel when absent. */
  readonly index?: number;
}

/** A setting below /proc/sys, "net/ipv4/ip_forward", and its value. */
export type Sysctls = Readonly<Record<string, string | number>>;

/** See the module comment. Disposing it ends what runs inside and removes it. */
export class Namespace implements AsyncDisposable {
  readonly name: string;
  readonly #programs = new Set<Program>();

  private constructor(name: string) {
    this.name = name;
  }

  /** Creates namespaces with their loopback up. All names must begin with "ing-". */
  static async create(...names: readonly string[]): Promise<Namespace[]> {
    const foreign = names.find((name) => !name.startsWith("ing-"));
    if (foreign !== undefined) throw new Error(`A namespace of the lab begins with "ing-": ${foreign}`);
    await run(["ip", "-batch", "-"], names.map((name) => `netns add ${name}\n`).join(""));
    const namespaces = names.map((name) => new Namespace(name));
    await Promise.all(namespaces.map((namespace) => namespace.ip("link set lo up")));
    return namespaces;
  }

  /** Runs `ip` commands inside, in one go. */
  async ip(...commands: readonly string[]): Promise<void> {
    await run(["ip", "-n", this.name, "-batch", "-"], commands.join("\n") + "\n");
  }

  /** Asks `ip` something and returns its JSON answer: `query("addr show eth0")`. */
  async query(command: string): Promise<unknown> {
    return JSON.parse(await run(["ip", "-n", this.name, "-json", ...command.split(" ")]) || "[]");
  }

  /** Runs a command inside to its end and returns what it printed. */
  run(argv: readonly string[], input?: string): Promise<string> {
    return run(this.#inside(argv), input);
  }

  /** Starts a program inside. It ends with the namespace at the latest. */
  spawn(argv: readonly string[], options?: ProgramOptions): Program {
    const program = new Program(this.#inside(argv), options);
    this.#programs.add(program);
    program.ending.finally(() => this.#programs.delete(program));
    return program;
  }

  /** Writes kernel settings of this namespace. */
  async sysctl(settings: Sysctls): Promise<void> {
    const lines = Object.entries(settings).map(([name, value]) => `echo ${value} > /proc/sys/${name}`);
    await this.run(["sh", "-e"], lines.join("\n") + "\n");
  }

  /** Joins two namespaces by a veth pair, created inside them and nowhere else; both ends are down. */
  static async connect(one: VethEnd, other: VethEnd): Promise<void> {
    await run(["ip", ...vethCommand(one, other).split(" ")]);
  }

  /** The pids of everything that runs inside. */
  pids(): Promise<number[]> {
    return pidsInside(this.name);
  }

  /** The MAC an interface has now. */
  async macOf(interfaceName: string): Promise<string> {
    const [link] = await this.query(`link show ${interfaceName}`) as { readonly address: string }[];
    return link!.address;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const endings = [...this.#programs].map((program) => program.kill());
    await Promise.all(endings);
    await removeNamespaces([this.name]);
  }

  #inside(argv: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.name, ...argv];
  }
}

function vethCommand(one: VethEnd, other: VethEnd): string {
  const end = ({ namespace, interface: name, mac, index }: VethEnd) =>
    `name ${name}${mac === undefined ? "" : ` address ${mac}`}${
      index === undefined ? "" : ` index ${index}`
    } ` +
    `netns ${namespace.name}`;
  return `link add ${end(one)} type veth peer ${end(other)}`;
}

/** Ends whatever runs inside these namespaces, then removes them. One that is gone already is fine. */
export async function removeNamespaces(names: readonly string[]): Promise<void> {
  await Promise.all(names.map(async (name) => {
    // Whoever talks to a cluster stands inside too, and is the one that cleans up.
    for (const pid of await pidsInside(name)) if (pid !== Deno.pid) kill(pid);
    try {
      await run(["ip", "netns", "delete", name]);
    } catch (error) {
      if (!(error instanceof CommandError && error.stderr.includes("No such file"))) throw error;
    }
  }));
}

async function pidsInside(name: string): Promise<number[]> {
  try {
    return (await run(["ip", "netns", "pids", name])).split("\n").filter(Boolean).map(Number);
  } catch (error) {
    if (error instanceof CommandError) return []; // gone already
    throw error;
  }
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

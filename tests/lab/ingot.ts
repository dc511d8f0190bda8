/**
 * Ingot's own processes in the lab: a controller, speakers, their logs.
 *
 * Shape: the executable dist/ingot, built first when it is missing or older than its sources, or the sources themselves;
 * started in a namespace, its JSON log lines kept; ended in order (exit code 0 expected) or killed.
 *
 * @module
 */
import type { Lab } from "./lab.ts";
import type { Namespace } from "./namespace.ts";
import type { LabNode } from "./network/host.ts";
import { Program } from "./program/program.ts";
import { Recording } from "./program/recording.ts";

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);
const EXECUTABLE = `${ROOT}dist/ingot`;
const SOURCES = ["main.ts", "deno.json", "deno.lock", "agent", "deploy", "ffi", "k8s", "protocols"];

/** One line of the log. A line that is no JSON has level "unreadable". */
export interface LogLine {
  readonly msg: string;
  readonly level: string;
  readonly [key: string]: unknown;
}

/** How to start a role, wherever the objects are. */
export interface StartOptions {
  /** The words before the first option; see {@linkcode ingotCommand}. */
  readonly command: readonly string[];
  readonly logLevel?: string;
  /** Further options. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** How to start a role on a folder of manifests. */
export interface RoleOptions extends StartOptions {
  readonly manifests: string;
}

/** How to start a role on a cluster: by its kubeconfig or, in something like a Pod, by what it finds there. */
export interface ClusterRoleOptions extends StartOptions {
  readonly kubeconfig: string | null;
}

/** A running controller or speaker. Disposing it kills it. */
export class Ingot implements AsyncDisposable {
  readonly log: Recording<LogLine> = new Recording();
  readonly program: Program;
  /** Never resolves; rejects when it ends without having been asked to. */
  readonly untimelyEnd: Promise<never>;
  /** "controller", or "speaker of n1". */
  readonly name: string;
  #isToEnd = false;

  private constructor(
    name: string,
    namespace: Namespace,
    args: readonly string[],
    options: RoleOptions | ClusterRoleOptions,
  ) {
    const { command, logLevel = "debug", env = {} } = options;
    this.name = name;
    this.program = namespace.spawn(
      [...command, ...args, ...placeOf(options), "--log-level", logLevel, ...options.args ?? []],
      { env, onLine: (line) => this.log.push(parseLine(line)) },
    );
    const untimely = Promise.withResolvers<never>();
    this.untimelyEnd = untimely.promise;
    // Whoever does not watch for it is not to be ended by it.
    untimely.promise.catch(() => {});
    this.program.ending.then(({ code, stderr }) => {
      const reason = `The ${name} ended with exit code ${code}: ${stderr || this.#lastLines()}`;
      this.log.close(reason);
      if (!this.#isToEnd) untimely.reject(new Error(reason));
    });
  }

  /** Starts a controller, in the lab away from every network; or on a node. */
  static controller(on: Lab | LabNode, options: RoleOptions | ClusterRoleOptions): Ingot {
    const [name, namespace] = "control" in on
      ? ["controller", on.control]
      : [`controller on ${on.name}`, on.namespace];
    return new Ingot(name, namespace, ["--role", "controller"], options);
  }

  /** Starts the speaker of a node. */
  static speaker(node: LabNode, options: RoleOptions | ClusterRoleOptions): Ingot {
    const args = ["--role", "speaker", "--node-name", node.name];
    return new Ingot(`speaker of ${node.name}`, node.namespace, args, options);
  }

  /** The first line with this message (and, when given, these values), now or within the time. */
  waitForLog(
    msg: string,
    fields: Readonly<Record<string, unknown>> = {},
    withinMs = 30_000,
    from = 0,
  ): Promise<LogLine> {
    const wanted = Object.entries(fields);
    return this.log.waitFor(
      `"${msg}" ${JSON.stringify(fields)} in the log of the ${this.name}`,
      (line) => line.msg === msg && wanted.every(([key, value]) => line[key] === value),
      { withinMs, from },
    );
  }

  /** Asks it to withdraw and stop (SIGTERM); throws when it does not end with exit code 0. */
  async stop(): Promise<void> {
    this.#isToEnd = true;
    const { code, stderr } = await this.program.stop();
    if (code !== 0) {
      throw new Error(`The ${this.name} ended with exit code ${code}: ${stderr || this.#lastLines()}`);
    }
  }

  /** Ends it as a crash would (SIGKILL). */
  async kill(): Promise<void> {
    this.#isToEnd = true;
    await this.program.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #lastLines(): string {
    return this.log.all.slice(-5).map((line) => JSON.stringify(line)).join("\n");
  }
}

function placeOf(options: RoleOptions | ClusterRoleOptions): readonly string[] {
  if ("manifests" in options) return ["--manifests", options.manifests];
  return options.kubeconfig === null ? [] : ["--kubeconfig", options.kubeconfig];
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { msg: text, level: "unreadable" };
  }
}

/** The words that start Ingot: the executable, up to date, or deno and the sources. */
export async function ingotCommand(from: "executable" | "source"): Promise<string[]> {
  if (from === "source") return [Deno.execPath(), "run", "--frozen", "-A", `${ROOT}main.ts`];
  if (!await isUpToDate()) await compile();
  return [EXECUTABLE];
}

async function compile(): Promise<void> {
  await using compiler = new Program([Deno.execPath(), "run", "--frozen", "-A", `${ROOT}deploy/compile.ts`]);
  const { code, stderr } = await compiler.ending;
  if (code !== 0) throw new Error(`Cannot build dist/ingot, try deno task compile: ${stderr}`);
}

async function isUpToDate(): Promise<boolean> {
  const built = await modifiedAt(EXECUTABLE);
  if (built === null) return false;
  const newest = await Promise.all(SOURCES.map((path) => newestBelow(ROOT + path)));
  return Math.max(...newest) <= built;
}

async function newestBelow(path: string): Promise<number> {
  if (path.endsWith("_test.ts") || path.endsWith("_fixture.ts")) return 0;
  const stat = await Deno.stat(path);
  let newest = stat.isFile ? stat.mtime!.getTime() : 0;
  if (!stat.isDirectory) return newest;
  for await (const entry of Deno.readDir(path)) {
    newest = Math.max(newest, await newestBelow(`${path}/${entry.name}`));
  }
  return newest;
}

async function modifiedAt(path: string): Promise<number | null> {
  try {
    return (await Deno.stat(path)).mtime!.getTime();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/**
 * A running controller or speaker of MetalLB: its log, its end.
 *
 * Shape: MetalLB writes a JSON object a line, `event`, `op` and `error` say what happened; lines of another form are kept under
 * `text`. It is ended by its own pid.
 * Not here: where it runs and what it is told (metallb.ts).
 *
 * @module
 */
import type { Namespace } from "../namespace.ts";
import { Program } from "../program/program.ts";
import { Recording } from "../program/recording.ts";

/** One line of the log. */
export interface MetalLbLine {
  readonly level?: string;
  readonly msg?: string;
  readonly event?: string;
  readonly error?: string;
  /** A line that is no JSON. */
  readonly text?: string;
  readonly [key: string]: unknown;
}

// LIMIT: MetalLB's speaker takes a second to leave its group; a busy machine more.
const STOP_GRACE_MS = 10_000;

/** See the module comment. Disposing it kills it. */
export class MetalLbProgram implements AsyncDisposable {
  /** "MetalLB's controller", or "MetalLB's speaker of n1". */
  readonly name: string;
  readonly log: Recording<MetalLbLine> = new Recording();
  readonly #program: Program;

  constructor(
    name: string,
    namespace: Namespace,
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    this.name = name;
    this.#program = namespace.spawn(argv, { env, onLine: (line) => this.log.push(parseLine(line)) });
    this.#program.ending.then(({ code, stderr }) =>
      this.log.close(`${name} ended with exit code ${code}: ${stderr || JSON.stringify(this.log.all.at(-1))}`)
    );
  }

  get pid(): number {
    return this.#program.pid;
  }

  get ended(): boolean {
    return this.#program.ended;
  }

  /** The first line with these values, now or within the time. */
  waitForLog(
    fields: Readonly<Record<string, unknown>>,
    withinMs = 60_000,
    from = 0,
  ): Promise<MetalLbLine> {
    const wanted = Object.entries(fields);
    return this.log.waitFor(
      `${JSON.stringify(fields)} in the log of ${this.name}`,
      (line) => wanted.every(([key, value]) => line[key] === value),
      { withinMs, from },
    );
  }

  /** Asks it to leave its group and end (SIGTERM), kills it when it does not. */
  async stop(): Promise<void> {
    await this.#program.stop(STOP_GRACE_MS);
  }

  /** Ends it as a crash would (SIGKILL). */
  async kill(): Promise<void> {
    await this.#program.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

function parseLine(text: string): MetalLbLine {
  try {
    return JSON.parse(text) as MetalLbLine;
  } catch {
    return { text };
  }
}

/**
 * A program that keeps running until it is stopped: its lines, its end, and the one way to end it, by its own pid.
 *
 * Shape: argv in; every line of standard output goes to a callback, standard error is kept for the error message.
 * Not here: the namespace it runs in (../namespace.ts), what the lines mean (../prober.ts, ../capture.ts, ../ingot.ts).
 *
 * @module
 */

/** How to start a program. */
export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called for each line of standard output. */
  readonly onLine?: (line: string) => void;
  /** Called for each line of standard error, which is kept as well. */
  readonly onErrorLine?: (line: string) => void;
}

/** How a program ended. */
export interface Ending {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  /** The last lines it wrote to standard error. */
  readonly stderr: string;
}

// LIMIT: enough of standard error for a stack trace.
const STDERR_LINES = 100;

/** A running program. Disposing it kills it. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stderr: string[] = [];
  /** Resolves when the program has ended and all it printed was read. */
  readonly ending: Promise<Ending>;
  #ended = false;

  constructor(argv: readonly string[], options: ProgramOptions = {}) {
    const [program, ...args] = argv;
    this.#child = new Deno.Command(program!, {
      args,
      env: { ...options.env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.ending = this.#follow(options);
  }

  get pid(): number {
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Sends a signal; a program that has ended already is left in peace. */
  signal(signal: Deno.Signal): void {
    if (this.#ended) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It ended, and its status has not reached us yet.
      if (!(error instanceof Deno.errors.NotFound || error instanceof TypeError)) throw error;
    }
  }

  /** Asks the program to end, kills it when it has not after `graceMs`, and says how it ended. */
  async stop(graceMs = 5_000): Promise<Ending> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), graceMs);
    try {
      return await this.ending;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the program at once. */
  kill(): Promise<Ending> {
    this.signal("SIGKILL");
    return this.ending;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #follow(options: ProgramOptions): Promise<Ending> {
    const keep = (line: string) => {
      this.#stderr.push(line);
      if (this.#stderr.length > STDERR_LINES) this.#stderr.shift();
      options.onErrorLine?.(line);
    };
    const reading = Promise.all([
      readLines(this.#child.stdout, options.onLine ?? (() => {})),
      readLines(this.#child.stderr, keep),
    ]);
    const { code, signal } = await this.#child.status;
    this.#ended = true;
    await reading;
    return { code, signal, stderr: this.#stderr.join("\n") };
  }
}

async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  for await (
    const chunk of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
  ) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) onLine(line);
  }
  if (rest !== "") onLine(rest);
}

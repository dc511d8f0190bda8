/**
 * Runs a command to its end.
 *
 * Shape: argv and optional standard input in, standard output out; a command that fails throws with what it said.
 * Not here: commands that stay (program.ts).
 *
 * @module
 */

/** A command that ended with another exit code than 0. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly code: number;
  readonly stderr: string;

  constructor(argv: readonly string[], code: number, stderr: string) {
    super(`${argv.join(" ")} failed with exit code ${code}: ${stderr.trim() || "no message"}`);
    this.code = code;
    this.stderr = stderr;
  }
}

/** Runs a command and returns what it printed. Throws {@linkcode CommandError}. */
export async function run(argv: readonly string[], input?: string): Promise<string> {
  const [program, ...args] = argv;
  const child = new Deno.Command(program!, {
    args,
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [output] = await Promise.all([child.output(), input === undefined ? null : feed(child.stdin, input)]);
  const decoder = new TextDecoder();
  if (!output.success) throw new CommandError(argv, output.code, decoder.decode(output.stderr));
  return decoder.decode(output.stdout);
}

async function feed(stdin: WritableStream<Uint8Array>, input: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch (error) {
    // A command that fails early closes its input; its exit code says why.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

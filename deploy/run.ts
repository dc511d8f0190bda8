/**
 * Starts another program and waits for it; the build has no other way of doing so.
 *
 * @module
 */

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is; it is ended after `limitMs`. */
export async function attempt(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly limitMs?: number } = {},
): Promise<Ended> {
  const output = await new Deno.Command(program, {
    args: [...args],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.limitMs === undefined ? {} : { signal: AbortSignal.timeout(options.limitMs) }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}

/** Runs a program that must succeed; throws with what it wrote when it does not. */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<void> {
  const { code, stdout, stderr } = await attempt(program, args, options);
  if (code !== 0) throw new Error(`${[program, ...args].join(" ")} ended with ${code}:\n${stdout}${stderr}`);
}

/**
 * Compiles a folder of C programs on first use and says where the executable is.
 *
 * Shape: one executable for all of a folder, cached under the digest of its sources.
 * Not here: why they are C (a garbage collector's pause would look like a gap in the network); what they print
 * (prober.ts, capture.ts).
 *
 * @module
 */
import { cacheFolder, exists } from "./cache.ts";
import { CommandError, run } from "./command.ts";

/** The path of the lab's executable, `lab udp|resolve|http|capture|backend`. */
export const nativeExecutable: () => Promise<string> = compiledOnce(
  "lab",
  new URL("../native/", import.meta.url),
);

/** Gives the path of the executable made of the C programs in a folder; the first call compiles them. */
export function compiledOnce(name: string, sources: URL): () => Promise<string> {
  let executable: Promise<string> | null = null;
  return () => executable ??= compile(name, sources);
}

async function compile(name: string, sources: URL): Promise<string> {
  const names = [...Deno.readDirSync(sources)].map((entry) => entry.name).sort();
  const texts = names.map((name) => `${name}\n${Deno.readTextFileSync(new URL(name, sources))}`);
  const octets = new TextEncoder().encode(texts.join("\n"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", octets)).toHex();
  const folder = `${cacheFolder()}/ingot-${name}`;
  const path = `${folder}/${name}-${digest.slice(0, 16)}`;
  if (await exists(path)) return path;
  await Deno.mkdir(folder, { recursive: true });
  const unfinished = await Deno.makeTempFile({ dir: folder });
  const files = names.filter((name) => name.endsWith(".c")).map((name) => new URL(name, sources).pathname);
  try {
    await run(["cc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-o", unfinished, ...files]);
    await Deno.rename(unfinished, path);
  } catch (error) {
    await Deno.remove(unfinished);
    if (error instanceof CommandError) throw error;
    throw new Error("Cannot compile C programs: install a C compiler (Debian: gcc libc6-dev)", {
      cause: error,
    });
  }
  return path;
}

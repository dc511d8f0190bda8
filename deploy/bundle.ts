/**
 * Bundles the program: one minified file for each thread, with source maps.
 *
 * Shape: writes main.js and thread.js side by side, which is where agent/network/port.ts looks for the network thread
 * when it is not run from source. Maps name sources as `ingot:///agent/...`, never by the build machine's folders.
 * Not here: making an executable of them (compile.ts).
 *
 * @module
 */
import { run } from "./run.ts";

export const ROOT: string = decodeURIComponent(new URL("../", import.meta.url).pathname);

/**
 * How V8 runs it: a young generation of 16 MB lets a controller with 1,000 Services grow to 117 MB where 4 MB hold it at 89,
 * at the same speed.
 */
export const V8_FLAGS: string = "--max-semi-space-size=4";

/** What is bundled, by the name of the bundle. */
const ENTRIES: Readonly<Record<string, string>> = {
  "main.js": "main.ts",
  "thread.js": "agent/network/thread.ts",
};

/** Bundles every entry into `folder`; the result names the files written. */
export async function bundle(folder: string): Promise<readonly string[]> {
  const written: string[] = [];
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const out = `${folder}/${name}`;
    // No --keep-names: with it, Deno 2.9.6 leaves CommonJS packages without a working `require`.
    await run(Deno.execPath(), [
      "bundle",
      "--quiet",
      "--frozen",
      "--minify",
      "--sourcemap=linked",
      `--output=${out}`,
      entry,
    ], { cwd: ROOT });
    await renameSources(`${out}.map`, folder);
    written.push(name, `${name}.map`);
  }
  return written;
}

async function renameSources(mapFile: string, folder: string): Promise<void> {
  const map = JSON.parse(await Deno.readTextFile(mapFile)) as { sources: string[] };
  map.sources = map.sources.map((source) => {
    const path = decodeURIComponent(new URL(source, `file://${folder}/`).pathname);
    if (path.startsWith(ROOT)) return `ingot:///${path.slice(ROOT.length)}`;
    return `ingot:///${path.slice(Math.max(0, path.lastIndexOf("/npm/") + 1))}`;
  });
  await Deno.writeTextFile(mapFile, JSON.stringify(map));
}

/**
 * Builds the executable `dist/ingot`: `deno task compile`.
 *
 * Shape: bundles the program (bundle.ts) and lets `deno compile` join it to Deno's base runtime, which Deno downloads once or
 * takes from DENORT_BIN. Where it cannot be had, the running Deno itself is packed instead (self_extracting.ts): one file as
 * well, with the same behaviour. The file appears whole or not at all, and only after it has printed its version.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };
import { bundle, ROOT, V8_FLAGS } from "./bundle.ts";
import { attempt, run } from "./run.ts";
import { writeSelfExtracting } from "./self_extracting.ts";

/** LIMIT: how long the download of the base runtime may take before it counts as out of reach. */
const DOWNLOAD_LIMIT_MS = 180_000;

/** Runs `deno compile` on the bundles; false when the base runtime cannot be had. */
async function compiled(folder: string, out: string): Promise<boolean> {
  const { code, stderr } = await attempt(Deno.execPath(), [
    "compile",
    "--quiet",
    "--allow-all",
    `--v8-flags=${V8_FLAGS}`,
    "--no-check",
    "--no-config",
    "--no-lock",
    "--include=thread.js",
    "--include=thread.js.map",
    "--include=main.js.map",
    `--output=${out}`,
    "main.js",
  ], { cwd: folder, limitMs: DOWNLOAD_LIMIT_MS });
  if (code === 0) return true;
  // What Deno says when it cannot reach the download, and what ends it at the limit.
  if (/base binary|denort|sending request/i.test(stderr) || code === 143) return false;
  throw new Error(`deno compile ended with ${code}:\n${stderr}`);
}

/** Throws unless the executable prints this version. */
async function prove(out: string, cache: string): Promise<void> {
  const { code, stdout, stderr } = await attempt("env", [`INGOT_CACHE_DIR=${cache}`, out, "--version"]);
  if (code === 0 && stdout.includes(config.version)) return;
  const runtime = Deno.env.get("DENORT_BIN");
  const advice = runtime === undefined ? "" : `\nIs DENORT_BIN=${runtime} Deno's base runtime (denort)?`;
  throw new Error(
    `The executable does not print version ${config.version} (exit ${code}):\n${stdout}${stderr}${advice}`,
  );
}

/** Builds dist/ingot and says which kind it is. */
async function build(): Promise<void> {
  const dist = `${ROOT}dist`;
  await Deno.mkdir(dist, { recursive: true });
  // Beside the result, so that moving it there is atomic.
  const folder = await Deno.makeTempDir({ dir: dist, prefix: ".build-" });
  try {
    const bundles = await bundle(folder);
    const out = `${folder}/out`;
    const isCompiled = await compiled(folder, out);
    if (!isCompiled) {
      console.log(
        "Deno's base runtime cannot be had here (no download, no DENORT_BIN): packing the running Deno instead",
      );
      await writeSelfExtracting(folder, bundles, config.version, out);
    }
    await prove(out, `${folder}/cache`);
    await Deno.rename(out, `${dist}/ingot`);
    const { size } = await Deno.stat(`${dist}/ingot`);
    const kind = isCompiled ? "deno compile" : "self-extracting";
    console.log(`dist/ingot ${config.version}: ${(size / 1e6).toFixed(1)} MB (${kind})`);
  } finally {
    await run("rm", ["-rf", folder]);
  }
}

await build();

/**
 * Makes one executable file of the running Deno and the bundles, where Deno's own base runtime cannot be had.
 *
 * Shape: launcher.sh with its blanks filled in, followed by a gzip-compressed tar of the runtime (named `ingot`, so that is
 * what process lists show) and the bundles. Runs wherever sh, ls, tail, tar, gzip and the runtime's own C library are.
 * Not here: how it unpacks and starts (launcher.sh).
 *
 * @module
 */
import { V8_FLAGS } from "./bundle.ts";
import { run } from "./run.ts";

/** Date of every file in the archive; the launcher takes another one as a sign that the file was touched. */
const ARCHIVE_DATE = new Date("2000-01-01T00:00:00Z");
const ARCHIVE_DATE_IN_LS = "Jan 1 2000";

/** Writes the executable `out` from the bundles (names in `bundles`) in `folder`, where the runtime is added. */
export async function writeSelfExtracting(
  folder: string,
  bundles: readonly string[],
  version: string,
  out: string,
): Promise<void> {
  const runtime = `${folder}/ingot`;
  await Deno.copyFile(await Deno.realPath(Deno.execPath()), runtime);
  await Deno.chmod(runtime, 0o755);
  const files = ["ingot", ...bundles].toSorted();

  const sizes: number[] = [];
  const digests: Uint8Array[] = [];
  for (const file of files) {
    const octets = await Deno.readFile(`${folder}/${file}`);
    sizes.push(octets.length);
    digests.push(new TextEncoder().encode(`${file}\n`), await sha256(octets));
    if (file !== "ingot") await Deno.chmod(`${folder}/${file}`, 0o644);
    await Deno.utime(`${folder}/${file}`, ARCHIVE_DATE, ARCHIVE_DATE);
  }
  const content = (await sha256(joined(digests))).toHex().slice(0, 32);

  const archive = `${folder}/archive.tar`;
  await run("tar", ["-cf", archive, "-C", folder, ...files]);
  await run("gzip", ["-n", "-6", archive]);

  const launcher = await Deno.readTextFile(new URL("./launcher.sh", import.meta.url));
  const head = launcherHead(launcher, {
    VERSION: version,
    FLAGS: V8_FLAGS,
    CONTENT: content,
    FILES: files.join(" "),
    LISTING: files.map((file, i) => ` ${sizes[i]} ${ARCHIVE_DATE_IN_LS} ${file}`).join(""),
  });
  await Deno.writeFile(out, joined([head, await Deno.readFile(`${archive}.gz`)]));
  await Deno.chmod(out, 0o755);
}

/** The launcher with its blanks filled in, OFFSET being the position (from 1) of the octet after it. */
export function launcherHead(launcher: string, blanks: Readonly<Record<string, string>>): Uint8Array {
  const fill = (offset: string): Uint8Array =>
    new TextEncoder().encode(
      launcher.replace(/@([A-Z]+)@/g, (_, blank: string) => {
        const value = blank === "OFFSET" ? offset : blanks[blank];
        if (value === undefined) throw new Error(`Nothing to fill in for @${blank}@ in launcher.sh`);
        return value;
      }),
    );
  // Filled in with as many digits as there will be, so the length is final.
  const { length } = fill("00000");
  return fill(String(length + 1).padStart(5, "0"));
}

async function sha256(octets: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

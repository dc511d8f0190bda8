/**
 * The files that `ingot validate` is asked to check: named, found in folders, or standard input.
 *
 * Shape: paths in, texts out, by name and in order of it; what cannot be read is an outcome like any other.
 * Not here: what the texts mean (check.ts).
 *
 * @module
 */
import { join, normalize } from "node:path";
import { STATUS_FOLDER } from "../../../k8s/manifests/folder.ts";
import { scanFolder } from "../../../k8s/manifests/scan.ts";

/** Standard input, in place of a path. */
const STANDARD_INPUT = "-";

/** One file, or why it cannot be read. */
export type NamedText =
  | { readonly file: string; readonly text: string }
  | { readonly file: string; readonly fault: string };

/** All files under these paths, each once. */
export async function readFiles(
  paths: readonly string[],
  standardInput: () => Promise<Uint8Array>,
): Promise<readonly NamedText[]> {
  const found = new Map<string, string | null>();
  for (const path of paths.map((it) => it === STANDARD_INPUT ? it : normalize(it))) {
    for (const [file, fault] of await filesAt(path)) if (!found.has(file)) found.set(file, fault);
  }
  const texts: NamedText[] = [];
  for (const [file, fault] of [...found].sort(([a], [b]) => a < b ? -1 : 1)) {
    texts.push(fault === null ? await readText(file, standardInput) : { file, fault });
  }
  return texts;
}

/** The files at a path, each with null or what is wrong with it. */
async function filesAt(path: string): Promise<readonly (readonly [string, string | null])[]> {
  if (path === STANDARD_INPUT) return [[path, null]];
  try {
    if (!(await Deno.stat(path)).isDirectory) return [[path, null]];
  } catch (error) {
    return [[path, reasonOf(error)]];
  }
  const { files, faults } = scanFolder(path);
  const manifests = [...files.keys()].filter((file) => !file.startsWith(`${STATUS_FOLDER}/`));
  if (manifests.length + faults.length === 0) {
    return [[path, "No file in this folder ends in .yaml, .yml or .json"]];
  }
  return [
    ...manifests.map((file) => [join(path, file), null] as const),
    ...faults.map((fault) => [join(path, fault.path), fault.message] as const),
  ];
}

async function readText(file: string, standardInput: () => Promise<Uint8Array>): Promise<NamedText> {
  try {
    const octets = file === STANDARD_INPUT ? await standardInput() : await Deno.readFile(file);
    return { file, text: new TextDecoder("utf-8", { fatal: true }).decode(octets) };
  } catch (error) {
    return { file, fault: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "There is no such file or folder";
  if (error instanceof TypeError) return "Cannot be read: it is not UTF-8 text";
  return `Cannot be read: ${(error as Error).message}`;
}

/**
 * The interfaces a speaker must leave alone, from a file in the form of MetalLB's excludel2.yaml.
 *
 * Source: MetalLB's ConfigMap metallb-excludel2: one key, announcedInterfacesToExclude, a list of patterns matched
 * unanchored against interface names.
 * METALLB: the patterns are Go's RE2 there and ECMAScript's here; every pattern of the stock file means the same in both.
 *
 * @module
 */
import { parse } from "yaml";

/** Where MetalLB's manifests mount the file. */
const METALLB_EXCLUDE_FILE = "/etc/metallb/excludel2.yaml";

/** One pattern that matches every excluded name, or null when nothing is excluded; throws an Error naming the file. */
export async function readExcludedInterfaces(file: string | null): Promise<string | null> {
  let text: string;
  try {
    text = await Deno.readTextFile(file ?? METALLB_EXCLUDE_FILE);
  } catch (error) {
    if (file === null && error instanceof Deno.errors.NotFound) return null;
    throw new Error(`Cannot read ${file ?? METALLB_EXCLUDE_FILE}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return excludedPattern(text, file ?? METALLB_EXCLUDE_FILE);
}

/** The pattern of such a file's text; `file` names it in errors. */
export function excludedPattern(text: string, file: string): string | null {
  const patterns = listOfPatterns(text, file);
  for (const pattern of patterns) {
    try {
      new RegExp(pattern);
    } catch (error) {
      throw new Error(
        `${file}: announcedInterfacesToExclude has a bad pattern "${pattern}": ${(error as Error).message}`,
      );
    }
  }
  return patterns.length === 0 ? null : patterns.map((pattern) => `(${pattern})`).join("|");
}

function listOfPatterns(text: string, file: string): readonly string[] {
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new Error(`${file} is not YAML: ${(error as Error).message}`);
  }
  const list: unknown = content === null ? [] : (content as { announcedInterfacesToExclude?: unknown })
    .announcedInterfacesToExclude ?? [];
  if (Array.isArray(list) && list.every((pattern) => typeof pattern === "string")) return list;
  throw new Error(`${file}: announcedInterfacesToExclude must be a list of patterns`);
}

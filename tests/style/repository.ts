/**
 * Where the repository begins, seen from a lint rule.
 *
 * @module
 */

const ROOT = decodeURIComponent(new URL("../../", import.meta.url).pathname);

/** The path of a linted file relative to the repository, or null when it lies outside. */
export function repositoryPath(filename: string): string | null {
  return filename.startsWith(ROOT) ? filename.slice(ROOT.length) : null;
}

/** The absolute path of a file of the repository. */
export function absolutePath(file: string): string {
  return ROOT + file;
}

/**
 * One look over a folder: which files and folders are there, without reading any of them.
 *
 * Shape: a folder's path in; files by their path relative to it out. Symbolic links are followed.
 * Synchronous, because for 10,000 files that is three times cheaper than asking for each in turn (60 ms here).
 * Not here: what to make of a change (folder.ts).
 *
 * @module
 */
import { dirname, join } from "node:path";
import type { Look } from "./settling.ts";

/** A part of the folder that could not be looked at. */
export interface ScanFault {
  /** Relative; "." is the folder itself. Nothing is known of what lies under it. */
  readonly path: string;
  readonly message: string;
}

export interface Scan {
  readonly files: ReadonlyMap<string, Look>;
  /** Every folder worth watching, absolute, with what tells it from another folder of the same name. */
  readonly folders: ReadonlyMap<string, string>;
  /** Those of the folders above that only symbolic links lead into, file by file. */
  readonly linkTargets: ReadonlySet<string>;
  readonly faults: readonly ScanFault[];
}

/** Whether a file of this name holds manifests; hidden files and what editors leave beside a file do not. */
export function isManifestName(name: string): boolean {
  return /^[^.#~].*\.(yaml|yml|json)$/.test(name);
}

/** How the file looks now; null when there is no such file. Throws when that cannot be told. */
export function lookAt(path: string): Look | null {
  try {
    const found = Deno.statSync(path);
    return found.isFile ? lookOf(found) : null;
  } catch (error) {
    const isAbsent = error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
    if (!isAbsent || isLink(path)) throw error;
    return null;
  }
}

/** Whether a link is there, whatever it leads to. */
function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

/** Looks over the folder `root` and everything under it. */
export function scanFolder(root: string): Scan {
  const scan = new Scanner(root);
  scan.enter("", []);
  return scan;
}

class Scanner implements Scan {
  readonly files = new Map<string, Look>();
  readonly folders = new Map<string, string>();
  readonly linkTargets = new Set<string>();
  readonly faults: ScanFault[] = [];
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** `above` are the identities of the folders on the way here: a link back to one of them ends there. */
  enter(folder: string, above: readonly string[]): void {
    const path = join(this.#root, folder);
    try {
      const identity = identityOf(Deno.statSync(path));
      if (above.includes(identity)) return;
      const entries = [...Deno.readDirSync(path)];
      this.folders.set(path, identity);
      for (const entry of entries) this.#look(folder, entry, [...above, identity]);
    } catch (error) {
      const isGone = folder !== "" && error instanceof Deno.errors.NotFound;
      if (!isGone) this.#fault(folder === "" ? "." : folder, error);
    }
  }

  #look(folder: string, entry: Deno.DirEntry, above: readonly string[]): void {
    if (entry.name.startsWith(".")) return;
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory) return this.enter(path, above);
    if (!entry.isSymlink && !isManifestName(entry.name)) return;
    try {
      const found = Deno.statSync(join(this.#root, path));
      if (found.isDirectory) return this.enter(path, above);
      if (!found.isFile || !isManifestName(entry.name)) return;
      if (entry.isSymlink) this.#watchTarget(join(this.#root, path));
      this.files.set(path, lookOf(found));
    } catch (error) {
      // A link that leads nowhere is not a file that is gone: what it led to may come back, as in a swap.
      const isDangling = entry.isSymlink && isManifestName(entry.name);
      if (isDangling || !(error instanceof Deno.errors.NotFound)) this.#fault(path, error);
    }
  }

  #watchTarget(link: string): void {
    const target = dirname(Deno.realPathSync(link));
    if (this.folders.has(target)) return;
    this.folders.set(target, identityOf(Deno.statSync(target)));
    this.linkTargets.add(target);
  }

  #fault(path: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `Cannot be read, so all that was read of it stays in force: ${reason}`;
    this.faults.push({ path, message });
  }
}

function lookOf(found: Deno.FileInfo): Look {
  return {
    sizeOctets: found.size,
    modifiedAt: found.mtime?.getTime() ?? 0,
    changedAt: found.ctime?.getTime() ?? 0,
    inode: identityOf(found),
  };
}

function identityOf(found: Deno.FileInfo): string {
  return `${found.dev}:${found.ino}`;
}

/**
 * A folder of manifests, watched: says which files hold what, when they change, and when that may be believed.
 *
 * Shape: a path in; batches of {@linkcode FileChange} out, the first before openFolder resolves. Only files that changed
 * are looked at when the kernel names them, and all of them every five seconds and whenever it does not.
 * Not here: looking (scan.ts), patience (settling.ts), what the text means (catalog.ts).
 *
 * @module
 */
import { basename, dirname, join, relative, resolve } from "node:path";
import { isManifestName, lookAt, type Scan, scanFolder } from "./scan.ts";
import { isSameLook, type Look, Settling } from "./settling.ts";

/** What became of one file, by its path relative to the folder. */
export type FileChange =
  | {
    readonly type: "text";
    readonly path: string;
    readonly text: string;
    /** When reading began, on performance.now()'s clock. */
    readonly readAt: number;
  }
  | { readonly type: "unreadable"; readonly path: string; readonly message: string }
  | { readonly type: "gone"; readonly path: string; readonly readAt: number };

/** A part of the folder nothing is known of, or the folder's watch failing. */
export interface FolderFault {
  readonly path: string;
  readonly message: string;
}

export interface FolderOptions {
  readonly directory: string;
  /** false: read once. */
  readonly watch: boolean;
  /** Called with what changed since the last call, or with nothing when only the faults did. */
  readonly onChange: (changes: readonly FileChange[], faults: readonly FolderFault[]) => void;
}

/** The part of the folder that holds the statuses. */
export const STATUS_FOLDER = "status";

/** Looking over everything, for file systems that do not tell of changes. */
const RESCAN_MS = 5_000;
/** The same while something is amiss. */
const RETRY_MS = 1_000;
/** LIMIT: octets of one file; 40,000 Services as kubectl prints them, beside them a typing error that never ends. */
const FILE_OCTETS = 32 * 1024 * 1024;
const FILES_READ_AT_ONCE = 64;
/** How long the first reading waits for files that are being written. */
const OPEN_MS = 2_000;
/** A file that has not settled for so long is reported. */
const RESTLESS_MS = 1_000;
/** A file untouched for so long is not being written. */
const QUIET_MS = 2_000;

/** Reads the folder, and goes on watching it if that is wanted. A folder that is not there is a fault like another. */
export async function openFolder(options: FolderOptions): Promise<AsyncDisposable> {
  const folder = new WatchedFolder({ ...options, directory: resolve(options.directory) });
  await folder.open();
  return folder;
}

class WatchedFolder implements AsyncDisposable {
  readonly #options: FolderOptions;
  /** How each file looked when it was last read. */
  readonly #read = new Map<string, Look>();
  readonly #settling = new Settling();
  readonly #touched = new Set<string>();
  #scan: Scan = { files: new Map(), folders: new Map(), linkTargets: new Set(), faults: [] };
  #isRescanDue = true;
  #rescanAt = 0;
  #watcher: Deno.FsWatcher | null = null;
  /** What the watcher watches, as text. */
  #watched = "";
  #watchFault: FolderFault | null = null;
  #reportedFaults = "[]";
  #listening: Promise<void> = Promise.resolve();
  #running: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};
  #isClosed = false;

  constructor(options: FolderOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const until = performance.now() + OPEN_MS;
    do await this.#turn(true); while (
      (!this.#settling.isEmpty || this.#isRescanDue) && performance.now() < until
    );
    if (this.#options.watch) this.#running = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    await this.#running;
    this.#unwatch();
    await this.#listening;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) await this.#turn(false);
  }

  /** Looks where something happened, reads what has settled, waits for the next reason to look. */
  async #turn(isFirst: boolean): Promise<void> {
    const now = performance.now();
    if (this.#isRescanDue || now >= this.#rescanAt) this.#rescan(now, isFirst);
    else for (const path of this.#touched) this.#look(path, now);
    this.#touched.clear();
    const changes = await this.#readDue(isFirst);
    if (this.#isClosed) return;
    this.#report(changes);
    if (isFirst && this.#settling.isEmpty || this.#isRescanDue || this.#touched.size > 0) return;
    await this.#sleepUntil(Math.min(this.#settling.dueAt() ?? Infinity, this.#rescanAt));
  }

  #rescan(now: number, isFirst: boolean): void {
    this.#isRescanDue = false;
    this.#scan = scanFolder(this.#options.directory);
    const isBroken = this.#scan.faults.length > 0;
    if (this.#options.watch) this.#watchFolders();
    this.#rescanAt = now + (isBroken || this.#watchFault !== null ? RETRY_MS : RESCAN_MS);
    // What was quiet before we came needs no second look: it is due at once.
    const quietBefore = isFirst ? Date.now() - QUIET_MS : -Infinity;
    for (const [path, look] of this.#scan.files) {
      const isQuiet = Math.max(look.modifiedAt, look.changedAt) < quietBefore;
      const since = isQuiet || isReplacedWhole(path) ? -Infinity : now;
      this.#settling.note(path, look, this.#read.get(path) ?? null, now, since);
    }
    for (const [path, look] of this.#read) {
      if (!this.#scan.files.has(path)) {
        this.#settling.note(path, this.#isUnknown(path) ? look : null, look, now);
      }
    }
  }

  /** Unknown is not absent: what lies under a part that could not be looked at is taken to be as it was. */
  #isUnknown(path: string): boolean {
    return this.#scan.faults.some((fault) =>
      fault.path === "." || fault.path === path || path.startsWith(`${fault.path}/`)
    );
  }

  #look(path: string, now: number): void {
    try {
      const look = lookAt(this.#absolute(path));
      const since = look !== null && isReplacedWhole(path) ? -Infinity : now;
      this.#settling.note(path, look, this.#read.get(path) ?? null, now, since);
    } catch {
      // Only a scan reports what cannot be looked at.
      this.#isRescanDue = true;
    }
  }

  async #readDue(isFirst: boolean): Promise<readonly FileChange[]> {
    const changes: FileChange[] = [];
    const due = [...this.#settling.due(performance.now())];
    for (let from = 0; from < due.length; from += FILES_READ_AT_ONCE) {
      const batch = due.slice(from, from + FILES_READ_AT_ONCE);
      const read = await Promise.all(batch.map(([path, look]) => this.#readFile(path, look)));
      changes.push(...read.filter((change) => change !== null));
    }
    if (isFirst) changes.sort((a, b) => a.path < b.path ? -1 : 1);
    return changes;
  }

  /** What the file holds, or null when it no longer looks as it did and must settle again. */
  async #readFile(path: string, look: Look | null): Promise<FileChange | null> {
    const readAt = performance.now();
    let change: FileChange;
    try {
      if (look === null) change = { type: "gone", path, readAt };
      else if (look.sizeOctets > FILE_OCTETS) {
        change = {
          type: "unreadable",
          path,
          message: `Larger than ${FILE_OCTETS} octets: split it into several files`,
        };
      } else {
        const octets = await Deno.readFile(this.#absolute(path));
        change = {
          type: "text",
          path,
          text: new TextDecoder("utf-8", { fatal: true }).decode(octets),
          readAt,
        };
      }
      const after = lookAt(this.#absolute(path));
      if (!isSameLook(look, after)) {
        this.#settling.note(path, after, this.#read.get(path) ?? null, performance.now());
        return null;
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) {
        this.#settling.note(path, null, this.#read.get(path) ?? null, performance.now());
        return null;
      }
      const reason = error instanceof TypeError ? "it is not UTF-8 text" : (error as Error).message;
      change = { type: "unreadable", path, message: `Cannot be read: ${reason}` };
    }
    if (look === null) this.#read.delete(path);
    else this.#read.set(path, look);
    this.#settling.note(path, look, look, readAt);
    return change;
  }

  #report(changes: readonly FileChange[]): void {
    const faults: FolderFault[] = [...this.#scan.faults];
    if (this.#watchFault !== null) faults.push(this.#watchFault);
    for (const path of this.#settling.noticedBefore(performance.now() - RESTLESS_MS)) {
      faults.push({ path, message: "Is being written without pause: it is read when it rests" });
    }
    const text = JSON.stringify(faults);
    if (changes.length === 0 && text === this.#reportedFaults) return;
    this.#reportedFaults = text;
    this.#options.onChange(changes, faults);
  }

  /** Has the kernel watch exactly the folders of the last scan; a scan follows any change of what is watched. */
  #watchFolders(): void {
    const wanted = JSON.stringify([...this.#scan.folders].sort());
    if (this.#watcher !== null && wanted === this.#watched) return;
    this.#unwatch();
    if (this.#scan.folders.size === 0) return;
    try {
      this.#watcher = Deno.watchFs([...this.#scan.folders.keys()], { recursive: false });
      this.#watched = wanted;
      this.#watchFault = null;
      this.#isRescanDue = true;
      this.#listening = this.#listen(this.#watcher).catch((error: Error) => this.#cannotWatch(error));
    } catch (error) {
      this.#cannotWatch(error as Error);
    }
  }

  #cannotWatch(error: Error): void {
    this.#unwatch();
    const message = `Cannot be watched, so changes are seen only every second (if the system is out of ` +
      `watches, raise the sysctl fs.inotify.max_user_watches): ${error.message}`;
    this.#watchFault = { path: ".", message };
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  async #listen(watcher: Deno.FsWatcher): Promise<void> {
    for await (const event of watcher) {
      if (event.kind === "access") continue;
      if (event.flag === "rescan") this.#isRescanDue = true;
      for (const path of event.paths) this.#sort(path);
      if (this.#isRescanDue || this.#touched.size > 0) this.#wake();
    }
  }

  /** What to look at after the kernel named this path: the file, everything, or nothing. */
  #sort(path: string): void {
    const name = basename(path);
    if (this.#scan.folders.has(path)) {
      // Another folder may stand there by now, and the watch is on the one that stood there.
      this.#watched = "";
      this.#isRescanDue = true;
    } else if (this.#scan.linkTargets.has(dirname(path)) || name.startsWith("..")) {
      // Kubernetes swaps the link "..data" below all links of a ConfigMap at once.
      this.#isRescanDue = true;
    } else if (name.startsWith(".")) {
      return;
    } else if (isManifestName(name)) {
      this.#touched.add(relative(this.#options.directory, path));
    } else if (isFolder(path)) {
      this.#isRescanDue = true;
    }
  }

  async #sleepUntil(at: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, Math.max(0, Math.ceil(at - performance.now())));
    await promise;
    clearTimeout(timer);
    this.#wake = () => {};
  }

  #absolute(path: string): string {
    return join(this.#options.directory, path);
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** Statuses are ours, and come by rename (status_folder.ts): one that is there is there whole. */
function isReplacedWhole(path: string): boolean {
  return path.startsWith(`${STATUS_FOLDER}/`);
}

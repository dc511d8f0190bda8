/**
 * A folder of manifests as the source of truth: a cluster's objects for hosts without a cluster.
 *
 * Source: manifests as `kubectl apply` takes them and `kubectl get -o yaml` prints them.
 * Shape: a folder in, {@linkcode ClusterSource} out. Reads every *.yaml, *.yml and *.json under the folder; the
 * statuses stand in its subfolder status/, written by the one process that has its lock and read by all.
 * Not here: text to objects (manifests/reading.ts), which objects are in force (manifests/catalog.ts), watching
 * (manifests/folder.ts), the form of a status (manifests/status.ts), atomic writes (manifests/status_folder.ts).
 *
 * @module
 */
import { join } from "node:path";
import { Catalog } from "./manifests/catalog.ts";
import { type FileChange, type FolderFault, openFolder, STATUS_FOLDER } from "./manifests/folder.ts";
import { isEqual } from "./manifests/json.ts";
import { fileName } from "./manifests/reading.ts";
import {
  formatStatus,
  parseStatus,
  recordAfter,
  serviceOfStatusFile,
  type ServiceStatusRecord,
  statusFileName,
} from "./manifests/status.ts";
import { StatusFolder } from "./manifests/status_folder.ts";
import type {
  ClusterObjects,
  ClusterSource,
  FaultyObject,
  ObjectError,
  ServiceStatusWrite,
} from "./source.ts";
import type { ObjectKey } from "./types/meta.ts";

/** How long own writes are gathered before listeners hear of them. */
const GATHER_WRITES_MS = 10;

export interface ManifestSourceOptions {
  readonly directory: string;
  /** Custom resources count only in this namespace; null: in any. */
  readonly namespace: string | null;
  /** false: read once. */
  readonly watch: boolean;
  /** Whether this process writes the statuses; if another one does, opening waits until that one is gone. */
  readonly writesStatus?: boolean;
  /** Called once when opening begins to wait for another writer. */
  readonly onStandby?: () => void;
  /** Ends that wait: opening then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Opens the folder; resolves after it has been read whole. Rejects when it is not there, saying what to do. */
export async function openManifestSource(options: ManifestSourceOptions): Promise<ClusterSource> {
  await expectFolder(options.directory);
  const statusFolder = options.writesStatus === true
    ? await StatusFolder.open({ ...options, directory: join(options.directory, STATUS_FOLDER) })
    : null;
  const source = new ManifestSource(options.namespace, statusFolder);
  try {
    await source.open(options);
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
  return source;
}

async function expectFolder(directory: string): Promise<void> {
  const advice = "create it, or name the folder that holds your manifests";
  try {
    if ((await Deno.stat(directory)).isDirectory) return;
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound ? "it does not exist" : (cause as Error).message;
    throw new Error(`Cannot read the manifest folder ${directory}: ${reason}; ${advice}`, { cause });
  }
  throw new Error(`Cannot read the manifest folder ${directory}: it is not a folder; ${advice}`);
}

class ManifestSource implements ClusterSource {
  readonly #catalog: Catalog;
  readonly #statusFolder: StatusFolder | null;
  readonly #statuses = new Map<ObjectKey, ServiceStatusRecord>();
  readonly #statusErrors = new Map<ObjectKey, readonly ObjectError[]>();
  /** The last own write of each status, so that writes of one file follow each other. */
  readonly #writes = new Map<ObjectKey, Promise<void>>();
  /** When the last own write of each status ended: what was read before then is old. */
  readonly #writtenAt = new Map<ObjectKey, number>();
  readonly #listeners: (() => void)[] = [];
  #faults: readonly FolderFault[] = [];
  #folder: AsyncDisposable | null = null;
  #objects: ClusterObjects | null = null;
  #faulty: readonly FaultyObject[] | null = null;
  #notice: ReturnType<typeof setTimeout> | null = null;
  #isOpen = false;

  constructor(namespace: string | null, statusFolder: StatusFolder | null) {
    this.#catalog = new Catalog(namespace);
    this.#statusFolder = statusFolder;
  }

  async open(options: ManifestSourceOptions): Promise<void> {
    this.#folder = await openFolder({
      ...options,
      onChange: (changes, faults) => this.#apply(changes, faults),
    });
    this.#isOpen = true;
    this.#keepStatuses();
  }

  objects(): ClusterObjects {
    this.#objects ??= this.#catalog.objects(this.#statuses);
    return this.#objects;
  }

  errors(): readonly ObjectError[] {
    // Which objects stand twice is known once they have been put together.
    this.objects();
    return [
      ...this.#faults.map(({ path, message }) => ({ object: fileName(path), field: "", message })),
      ...this.#catalog.errors(),
      ...[...this.#statusErrors.values()].flat(),
    ].sort(byObjectAndField);
  }

  faulty(): readonly FaultyObject[] {
    return this.#faulty ??= this.#catalog.faulty();
  }

  /** A damaged status takes nothing from what the manifests say: it is this program's own to write anew. */
  isWhole(): boolean {
    // Which objects stand twice is known once they have been put together.
    this.objects();
    return this.#faults.length === 0 && this.#catalog.errors().length === 0;
  }

  heldByUnreadable(): ReadonlyMap<string, ObjectKey> {
    const { services } = this.objects();
    const held = new Map<string, ObjectKey>();
    if (this.#areFilesWhole) return held;
    for (const [key, record] of this.#statuses) {
      if (services.has(key)) continue;
      for (const { ip } of record.ingress) if (ip !== undefined) held.set(ip, key);
    }
    return held;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
    this.#notify(0);
  }

  async writeServiceStatus(write: ServiceStatusWrite): Promise<void> {
    const name = statusFileName(write.key);
    if (name === null) {
      throw new Error(
        `Cannot write the status of Service ${JSON.stringify(write.key)}: no Service has such a name`,
      );
    }
    const folder = this.#statusFolder;
    if (folder === null) {
      throw new Error(
        `Cannot write the status of Service ${write.key}: opened for reading only, open with writesStatus`,
      );
    }
    await this.#inTurn(write.key, () => this.#write(folder, name, write));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    await this.#folder?.[Symbol.asyncDispose]();
    await Promise.allSettled(this.#writes.values());
    this.#statusFolder?.[Symbol.dispose]();
    if (this.#notice !== null) clearTimeout(this.#notice);
    this.#listeners.length = 0;
  }

  /** Whether an object that is not here is known to be gone. */
  get #areFilesWhole(): boolean {
    return this.#faults.length === 0 && this.#catalog.isWhole;
  }

  #apply(changes: readonly FileChange[], faults: readonly FolderFault[]): void {
    const areFaultsNew = !isEqual(this.#faults, faults);
    this.#faults = faults;
    const isStatus = (change: FileChange): boolean => change.path.startsWith(`${STATUS_FOLDER}/`);
    const manifests = changes.filter((change) => !isStatus(change));
    const news = changes.filter((change) => isStatus(change) && this.#applyStatus(change));
    for (const change of manifests) {
      if (change.type === "text") this.#catalog.read(change.path, change.text);
      else if (change.type === "gone") this.#catalog.forget(change.path);
      else this.#catalog.cannotRead(change.path, change.message);
    }
    // The writer's own statuses come back from the folder and are no news.
    if (!areFaultsNew && manifests.length + news.length === 0) return;
    this.#objects = null;
    this.#faulty = null;
    this.#notify(0);
    if (this.#isOpen) this.#keepStatuses();
  }

  /** Whether the file says anything new. */
  #applyStatus(change: FileChange): boolean {
    const key = serviceOfStatusFile(change.path.slice(STATUS_FOLDER.length + 1));
    if (key === null) return false;
    if (change.type === "unreadable") {
      this.#statusErrors.set(key, [{ object: `Service/${key}`, field: "status", message: change.message }]);
      return true;
    }
    if (change.readAt < (this.#writtenAt.get(key) ?? -Infinity)) return false;
    const read = change.type === "gone" ? null : parseStatus(key, change.path, change.text);
    if (read !== null && "errors" in read) {
      this.#statusErrors.set(key, read.errors);
      if (read.rest !== null && !this.#statuses.has(key)) this.#statuses.set(key, read.rest);
      return true;
    }
    const isMended = this.#statusErrors.delete(key);
    const before = this.#statuses.get(key);
    if (read === null) return this.#statuses.delete(key) || isMended;
    if (before !== undefined && isEqual(before, read)) return isMended;
    this.#statuses.set(key, read);
    return true;
  }

  #notify(afterMs: number): void {
    if (!this.#isOpen || (this.#notice !== null && afterMs > 0)) return;
    if (this.#notice !== null) clearTimeout(this.#notice);
    this.#notice = setTimeout(() => {
      this.#notice = null;
      for (const listener of this.#listeners) listener();
    }, afterMs);
  }

  async #write(folder: StatusFolder, name: string, write: ServiceStatusWrite): Promise<void> {
    const { key } = write;
    const before = this.#statuses.get(key);
    const record = recordAfter(before, write);
    if (before !== undefined && isEqual(before, record) && !this.#statusErrors.has(key)) return;
    try {
      await folder.write(name, formatStatus(record));
    } catch (cause) {
      const reason = (cause as Error).message;
      throw new Error(
        `Cannot write the status of Service ${key}: ${reason}; make room and grant write access`,
        { cause },
      );
    }
    this.#statuses.set(key, record);
    this.#hasWritten(key);
  }

  /** Sees to it that the folder of statuses says what is known. */
  #keepStatuses(): void {
    this.#removeOrphans();
    this.#mendDamaged();
  }

  /** Writes anew what somebody or something damaged, as far as it is known. */
  #mendDamaged(): void {
    const folder = this.#statusFolder;
    if (folder === null) return;
    for (const key of this.#statusErrors.keys()) {
      if (this.#statuses.has(key)) void this.#inTurn(key, () => this.#mend(folder, key));
    }
  }

  async #mend(folder: StatusFolder, key: ObjectKey): Promise<void> {
    const record = this.#statuses.get(key);
    if (record === undefined || !this.#statusErrors.has(key)) return;
    try {
      await folder.write(statusFileName(key)!, formatStatus(record));
      this.#hasWritten(key);
    } catch (error) {
      const message = `Is damaged and cannot be written anew: ${(error as Error).message}`;
      this.#statusErrors.set(key, [{ object: `Service/${key}`, field: "status", message }]);
    }
  }

  /**
   * Removes the statuses of Services that are gone. Unknown is not absent: while anything in the folder could not be
   * read, a Service that is not there may only be hidden.
   */
  #removeOrphans(): void {
    const folder = this.#statusFolder;
    if (folder === null || !this.#areFilesWhole) return;
    const { services } = this.objects();
    for (const key of this.#statuses.keys()) {
      if (!services.has(key)) void this.#inTurn(key, () => this.#removeOrphan(folder, key));
    }
  }

  async #removeOrphan(folder: StatusFolder, key: ObjectKey): Promise<void> {
    if (this.objects().services.has(key)) return;
    try {
      await folder.remove(statusFileName(key)!);
      this.#statuses.delete(key);
      this.#hasWritten(key);
    } catch (error) {
      const message = `Cannot remove the status of a Service that is gone: ${(error as Error).message}`;
      this.#statusErrors.set(key, [{ object: `Service/${key}`, field: "status", message }]);
    }
  }

  #hasWritten(key: ObjectKey): void {
    this.#writtenAt.set(key, performance.now());
    this.#statusErrors.delete(key);
    this.#objects = null;
    this.#notify(GATHER_WRITES_MS);
  }

  #inTurn(key: ObjectKey, write: () => Promise<void>): Promise<void> {
    const turn = (this.#writes.get(key) ?? Promise.resolve()).then(write, write);
    this.#writes.set(key, turn);
    const leave = (): void => {
      if (this.#writes.get(key) === turn) this.#writes.delete(key);
    };
    turn.then(leave, leave);
    return turn;
  }
}

function byObjectAndField(a: ObjectError, b: ObjectError): number {
  const [left, right] = [`${a.object}\0${a.field}\0${a.message}`, `${b.object}\0${b.field}\0${b.message}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

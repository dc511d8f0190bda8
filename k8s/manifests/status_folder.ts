/**
 * The folder of statuses, for the one process that writes them.
 *
 * Shape: file names and texts in; each file is at any instant, after a crash too, whole: the old one or the new one.
 * Owns the lock that keeps a second writer waiting; the kernel gives it back when its holder dies.
 * Not here: what a status says (status.ts), reading (folder.ts).
 *
 * @module
 */
import { join } from "node:path";

const LOCK_NAME = ".lock";
const LOCK_RETRY_MS = 100;

export interface StatusFolderOptions {
  readonly directory: string;
  /** Called once when another process holds the lock and this one begins to wait. */
  readonly onStandby?: () => void;
  /** Ends the wait: opening then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** See the module comment. */
export class StatusFolder implements Disposable {
  readonly #directory: string;
  readonly #lock: Deno.FsFile;
  #nextSync: Promise<void> | null = null;

  private constructor(directory: string, lock: Deno.FsFile) {
    this.#directory = directory;
    this.#lock = lock;
  }

  /** Creates the folder if need be and takes its lock, however long another process keeps it. */
  static async open(options: StatusFolderOptions): Promise<StatusFolder> {
    const lock = await openLock(options.directory);
    try {
      for (let isFirst = true; !await lock.tryLock(true); isFirst = false) {
        if (isFirst) options.onStandby?.();
        await pause(LOCK_RETRY_MS, options.signal);
      }
      await removeUnfinished(options.directory);
    } catch (error) {
      lock.close();
      throw error;
    }
    return new StatusFolder(options.directory, lock);
  }

  /** Replaces a file; resolves once that has reached the disk. Not to be called for one file twice at a time. */
  async write(name: string, text: string): Promise<void> {
    const unfinished = join(this.#directory, unfinishedName(name));
    {
      using file = await Deno.open(unfinished, { create: true, write: true, truncate: true });
      const octets = new TextEncoder().encode(text);
      for (let written = 0; written < octets.length;) written += await file.write(octets.subarray(written));
      await file.sync();
    }
    await Deno.rename(unfinished, join(this.#directory, name));
    await this.#sync();
  }

  /** Removes a file; one that is not there is removed already. */
  async remove(name: string): Promise<void> {
    try {
      await Deno.remove(join(this.#directory, name));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Gives the lock back. */
  [Symbol.dispose](): void {
    this.#lock.close();
  }

  /** Makes renames durable: all that were done before it begins, so writes at one time share one. */
  #sync(): Promise<void> {
    this.#nextSync ??= Promise.resolve().then(async () => {
      this.#nextSync = null;
      using directory = await Deno.open(this.#directory);
      await directory.sync();
    });
    return this.#nextSync;
  }
}

async function openLock(directory: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(directory, { recursive: true });
    return await Deno.open(join(directory, LOCK_NAME), { create: true, write: true });
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new Error(`Cannot write statuses to ${directory}: ${reason}; grant write access to it`, { cause });
  }
}

function unfinishedName(name: string): string {
  return `.${name}.unfinished`;
}

/** Clears away what a killed writer left behind. */
async function removeUnfinished(directory: string): Promise<void> {
  for await (const entry of Deno.readDir(directory)) {
    if (entry.name.startsWith(".") && entry.name.endsWith(".unfinished")) {
      await Deno.remove(join(directory, entry.name));
    }
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = (): void => {
    clearTimeout(timer);
    reject(signal?.reason);
  };
  const timer = setTimeout(() => {
    signal?.removeEventListener("abort", stop);
    resolve();
  }, ms);
  if (signal?.aborted === true) stop();
  else signal?.addEventListener("abort", stop, { once: true });
  return promise;
}

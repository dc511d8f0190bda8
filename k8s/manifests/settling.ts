/**
 * Decides when a file that changed may be believed: once it has looked the same for a while.
 *
 * Shape: looks and instants (milliseconds of one steady clock) in, paths that are due out; deterministic, no clock.
 * Why: between truncating a file and filling it again its text may be a valid manifest of fewer objects, or of none.
 * Not here: looking (scan.ts) and reading (folder.ts).
 *
 * @module
 */

/** What a look at a file tells without reading it; null where there is no file. */
export interface Look {
  readonly sizeOctets: number;
  /** Last change of contents, in milliseconds of the wall clock. */
  readonly modifiedAt: number;
  /** Last change of contents, rights or name; Deno gives whole seconds of it. */
  readonly changedAt: number;
  readonly inode: string;
}

/** How long a changed file must look the same. */
export const SETTLE_MS = 30;
/** The same for one that shrank or went away: it may be about to be replaced. */
export const SHRUNK_SETTLE_MS = 90;
/** Files that change together are read together, but none waits longer than this for the others. */
export const BURST_MS = 120;

interface Unsettled {
  readonly look: Look | null;
  readonly hasShrunk: boolean;
  readonly noticedAt: number;
  /** Since when it has looked like this. */
  readonly since: number;
}

/** Whether two looks saw the same. */
export function isSameLook(a: Look | null, b: Look | null): boolean {
  if (a === null || b === null) return a === b;
  return a.sizeOctets === b.sizeOctets && a.inode === b.inode &&
    a.modifiedAt === b.modifiedAt && a.changedAt === b.changedAt;
}

/** The files that have changed and are not yet believed. */
export class Settling {
  readonly #unsettled = new Map<string, Unsettled>();

  get isEmpty(): boolean {
    return this.#unsettled.size === 0;
  }

  /** Notes that `path` looks like this, and has since then; `read` is how it looked when it was last read. */
  note(path: string, look: Look | null, read: Look | null, now: number, since: number = now): void {
    const before = this.#unsettled.get(path);
    if (isSameLook(look, read)) {
      this.#unsettled.delete(path);
    } else if (before === undefined || !isSameLook(before.look, look)) {
      const hasShrunk = read !== null && (look === null || look.sizeOctets < read.sizeOctets);
      this.#unsettled.set(path, { look, hasShrunk, noticedAt: before?.noticedAt ?? now, since });
    }
  }

  /** The files that have looked the same long enough, with that look. */
  due(now: number): ReadonlyMap<string, Look | null> {
    const settleMs = this.#settleMs();
    const due = new Map<string, Look | null>();
    let isLate = false;
    for (const [path, file] of this.#unsettled) {
      if (now - file.since >= settleMs) due.set(path, file.look);
      if (now - file.noticedAt >= BURST_MS) isLate = true;
    }
    return isLate || due.size === this.#unsettled.size ? due : new Map();
  }

  /** When {@linkcode due} is worth asking again; null when nothing is unsettled. */
  dueAt(): number | null {
    const settleMs = this.#settleMs();
    let allAt = -Infinity, firstAt = Infinity, lateAt = Infinity;
    for (const { since, noticedAt } of this.#unsettled.values()) {
      allAt = Math.max(allAt, since + settleMs);
      firstAt = Math.min(firstAt, since + settleMs);
      lateAt = Math.min(lateAt, noticedAt + BURST_MS);
    }
    return this.#unsettled.size === 0 ? null : Math.min(allAt, Math.max(firstAt, lateAt));
  }

  /** The files that have been unsettled since before this instant. */
  noticedBefore(instant: number): readonly string[] {
    return [...this.#unsettled].filter(([, file]) => file.noticedAt < instant).map(([path]) => path);
  }

  #settleMs(): number {
    for (const file of this.#unsettled.values()) if (file.hasShrunk) return SHRUNK_SETTLE_MS;
    return SETTLE_MS;
  }
}

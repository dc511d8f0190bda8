/**
 * Carries writes about Services to the cluster: the newest write of each Service wins, a failed one is tried again.
 *
 * Shape: `submit` never blocks and never fails; at most `parallel` writes are under way, one per Service at a time; a
 * failure is reported once per attempt and retried after a pause that doubles to `RETRY_MOST_MS`. An outdated decision is
 * no failure: somebody was quicker, and whoever waits longer each time only meets more of them.
 * Not here: what to write (agent/allocate), how it becomes durable (k8s/source.ts).
 *
 * @module
 */
import { OutdatedDecision, type ServiceStatusWrite } from "../../k8s/source.ts";
import type { ObjectKey } from "../../k8s/types/meta.ts";

const RETRY_LEAST_MS = 250;
const RETRY_MOST_MS = 30_000;
/** About what it takes to hear of the change and decide again; a write that comes too soon costs no request. */
const DECIDE_AGAIN_MS = 25;

/** A write, or whatever leads to one. */
export interface KeyedWrite {
  /** The Service it is about. */
  readonly key: ObjectKey;
}

/** What a writer needs from outside. */
export interface StatusWriterOptions<Write extends KeyedWrite = ServiceStatusWrite> {
  readonly write: (write: Write) => Promise<void>;
  /** Whether there still is something to write, asked when its turn has come and when it has failed; always when absent. */
  readonly isNeeded?: (key: ObjectKey) => boolean;
  readonly onFailure: (key: ObjectKey, error: Error, attempt: number) => void;
  readonly parallel: number;
  /** How long to wait after that many failures in a row; {@linkcode retryPauseMs} outside tests. */
  readonly pauseMs: (attempt: number) => number;
}

/** Doubles from 250 ms to 30 s. */
export function retryPauseMs(attempt: number): number {
  return Math.min(RETRY_LEAST_MS * 2 ** (attempt - 1), RETRY_MOST_MS);
}

/** See the module comment. */
export class StatusWriter<Write extends KeyedWrite = ServiceStatusWrite> implements AsyncDisposable {
  readonly #options: StatusWriterOptions<Write>;
  /** The newest write of each Service that is not under way. */
  readonly #waiting = new Map<ObjectKey, Write>();
  readonly #attempts = new Map<ObjectKey, number>();
  readonly #writing = new Map<ObjectKey, Promise<void>>();
  readonly #pausing = new Map<ObjectKey, ReturnType<typeof setTimeout>>();
  #closed = false;

  constructor(options: StatusWriterOptions<Write>) {
    this.#options = options;
  }

  /** Takes over this write; an older one of the same Service that has not begun is dropped. */
  submit(write: Write): void {
    if (this.#closed) return;
    this.#waiting.set(write.key, write);
    this.#startWhatFits();
  }

  /** Finishes the writes under way and drops the rest: the next start decides the same again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    for (const pause of this.#pausing.values()) clearTimeout(pause);
    this.#pausing.clear();
    await Promise.all(this.#writing.values());
  }

  #startWhatFits(): void {
    for (const [key, write] of this.#waiting) {
      if (this.#writing.size >= this.#options.parallel) return;
      if (this.#writing.has(key) || this.#pausing.has(key)) continue;
      this.#waiting.delete(key);
      if (!this.#isNeeded(key)) {
        this.#attempts.delete(key);
        continue;
      }
      this.#writing.set(key, this.#carryOut(write));
    }
  }

  async #carryOut(write: Write): Promise<void> {
    try {
      await this.#options.write(write);
      this.#attempts.delete(write.key);
    } catch (error) {
      if (!this.#isNeeded(write.key)) this.#attempts.delete(write.key);
      else if (error instanceof OutdatedDecision) this.#resumeAfter(DECIDE_AGAIN_MS, write);
      else this.#retryLater(write, error instanceof Error ? error : new Error(String(error)));
    }
    this.#writing.delete(write.key);
    if (!this.#closed) this.#startWhatFits();
  }

  #isNeeded(key: ObjectKey): boolean {
    return this.#options.isNeeded?.(key) ?? true;
  }

  #retryLater(write: Write, error: Error): void {
    const attempt = (this.#attempts.get(write.key) ?? 0) + 1;
    this.#options.onFailure(write.key, error, attempt);
    this.#attempts.set(write.key, attempt);
    this.#resumeAfter(this.#options.pauseMs(attempt), write);
  }

  /** Puts the write back, unless there is a newer one, and begins none of this Service for so long. */
  #resumeAfter(pauseMs: number, write: Write): void {
    if (this.#closed) return;
    if (!this.#waiting.has(write.key)) this.#waiting.set(write.key, write);
    const resume = () => {
      this.#pausing.delete(write.key);
      this.#startWhatFits();
    };
    this.#pausing.set(write.key, setTimeout(resume, pauseMs));
  }
}

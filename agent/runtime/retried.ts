/**
 * Level-triggered work that asks others for something and may fail: run when there is news, and again until it succeeds.
 *
 * Source: client-go's workqueue: news that comes during a run makes for another one after it.
 * Shape: one run at a time; pauses double as failures go on. Disposing it ends the run under way and waits for it.
 * Not here: work that cannot fail (coalesce.ts).
 *
 * @module
 */
import { retryPauseMs } from "./status_writer.ts";

export interface RetriedOptions {
  /** Reads what is true now; the signal says that nobody waits for it any more. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly onFault: (error: Error) => void;
  /** Run after this time without news too; never when absent. */
  readonly everyMs?: number;
}

/** See the module comment. */
export class Retried implements AsyncDisposable {
  readonly #options: RetriedOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | null = null;
  #isNews = false;
  readonly #stop = new AbortController();
  #failures = 0;

  constructor(options: RetriedOptions) {
    this.#options = options;
  }

  /** There is news. */
  ask(): void {
    this.#isNews = true;
    this.#running ??= this.#runWhileNews().finally(() => this.#running = null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("The work was closed"));
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #runWhileNews(): Promise<void> {
    const { run, onFault, everyMs } = this.#options;
    const { signal } = this.#stop;
    while (this.#isNews && !signal.aborted) {
      this.#isNews = false;
      clearTimeout(this.#timer);
      let nextMs = everyMs;
      try {
        await run(signal);
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        nextMs = retryPauseMs(++this.#failures);
        onFault(error instanceof Error ? error : new Error(String(error)));
      }
      if (nextMs !== undefined && !signal.aborted) this.#timer = setTimeout(() => this.ask(), nextMs);
    }
  }
}

/**
 * Follows one kind: lists it, watches it, and begins again where it left off, whatever happens in between.
 *
 * Source: client-go's Reflector; Kubernetes API concepts, "Efficient detection of changes" and "410 Gone responses".
 * Shape: a path in, a {@linkcode Store} kept up to date. While the API server cannot be reached the store says what it
 * said: unknown is not absent. A list that fails half-way counts for nothing. When the server no longer has the revision we
 * stopped at, everything is listed again and compared, so nothing that happened in between is missed.
 * Not here: the store (store.ts), the requests (../client.ts).
 *
 * @module
 */
import { isRecord } from "../../manifests/json.ts";
import { ApiError, apiErrorOfStatus } from "../api_error.ts";
import { backoffMs } from "../backoff.ts";
import type { ApiClient, Query } from "../client.ts";
import { type Listed, revisionIn, type Store } from "./store.ts";

/** Objects of one page, as client-go asks for. */
const PAGE_SIZE = 500;
/** The server is asked to end a watch after this long, at random between once and twice, as client-go does. */
const WATCH_SECONDS = 300;
/** API servers send a bookmark every minute; after one and a half without anything the connection is taken for dead. */
const SILENT_MS = 90_000;
/** A watch that lived this long was no failure. */
const LIVED_MS = 5_000;

export interface ReflectorOptions {
  readonly client: ApiClient;
  readonly path: string;
  /** Which objects: field and label selectors. */
  readonly selection: Query;
  readonly store: Store;
  /** The store has news. */
  readonly onNews: () => void;
  /** It failed for the `attempt`th time in a row and will try again. */
  readonly onFault: (error: Error, attempt: number) => void;
  /** It works again. */
  readonly onMended: () => void;
  /** Of SILENT_MS. */
  readonly silentMs?: number;
}

/** See the module comment. Begins at once; disposing it ends it. */
export class Reflector implements AsyncDisposable {
  readonly #options: ReflectorOptions;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** Where to go on watching, or null when everything must be listed. */
  #revision: string | null = null;
  /** Failures, and watches that ended too soon, since the last watch that was worth the name. */
  #troubles = 0;
  #isFaulty = false;
  #watchedSince: number | null = null;
  #wake: (() => void) | null = null;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /**
   * There is reason to believe that the API server can be reached: a pause ends now, and those after it begin short again,
   * as a server that has just started refuses some kinds for a moment longer than others.
   */
  retryNow(): void {
    this.#troubles = Math.min(this.#troubles, 1);
    this.#wake?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("The reflector was closed"));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        if (this.#revision === null) await this.#list();
        await this.#watch();
        this.#noteTrouble();
        if (this.#troubles > 1) await this.#pause();
      } catch (error) {
        if (!signal.aborted) await this.#recover(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  async #recover(error: Error): Promise<void> {
    this.#noteTrouble();
    if (error instanceof ApiError && error.isGone) {
      this.#revision = null;
      // Once, this is how watching works, and no fault.
      if (this.#troubles === 1) return;
    }
    this.#isFaulty = true;
    this.#options.onFault(error, this.#troubles);
    await this.#pause();
  }

  #noteTrouble(): void {
    const since = this.#watchedSince;
    if (since !== null && performance.now() - since >= LIVED_MS) this.#troubles = 0;
    this.#watchedSince = null;
    this.#troubles++;
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = this.#stop;
    this.#wake = resolve;
    const timer = setTimeout(resolve, backoffMs(this.#troubles, Math.random()));
    const stop = (): void => resolve();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) resolve();
    await promise;
    signal.removeEventListener("abort", stop);
    clearTimeout(timer);
    this.#wake = null;
  }

  async #list(): Promise<void> {
    const { store, onNews } = this.#options;
    // The pages' own revision may be gone before the last one was read: a list that slow must come in one piece.
    const { pages, revision } = await this.#read(PAGE_SIZE) ?? (await this.#read(undefined))!;
    this.#revision = revision;
    if (store.replace(pages, revision)) onNews();
    this.#noteWorking();
  }

  /** The whole list in pages of this size, or in one when undefined; null when its revision was gone half-way. */
  async #read(limit: number | undefined): Promise<Reading | null> {
    const { client, path, selection, store } = this.#options;
    const ask = (next?: string): Promise<ListPage> =>
      client.get(path, { query: { ...selection, limit, continue: next }, signal: this.#stop.signal });
    const pages: Listed[][] = [];
    let coming = ask();
    for (let next: string | undefined;;) {
      try {
        const page = await coming;
        next = page.metadata?.continue || undefined;
        // The server makes the next one while this one is trimmed.
        if (next !== undefined) coming = ask(next);
        pages.push((page.items ?? []).flatMap((item) => store.listed(item) ?? []));
        if (next === undefined) return { pages, revision: revisionIn(page) };
      } catch (error) {
        if (next !== undefined && error instanceof ApiError && error.isGone) return null;
        throw error;
      }
    }
  }

  async #watch(): Promise<void> {
    const { client, path, selection, silentMs = SILENT_MS } = this.#options;
    const query: Query = {
      ...selection,
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: this.#revision!,
      timeoutSeconds: Math.floor(WATCH_SECONDS * (1 + Math.random())),
    };
    for await (const events of client.watch(path, query, silentMs, this.#stop.signal)) {
      let isNews = false;
      for (const event of events) if (this.#apply(event)) isNews = true;
      if (isNews) this.#options.onNews();
      this.#watchedSince ??= performance.now();
      this.#noteWorking();
    }
  }

  #apply(event: unknown): boolean {
    const { store, path } = this.#options;
    if (!isRecord(event)) throw new Error(`The API server sent no event on ${path}`);
    const { type, object } = event;
    if (type === "ERROR") throw apiErrorOfStatus(`watch ${path}`, object);
    const revision = revisionIn(object);
    if (Number(revision) < Number(this.#revision)) {
      // The store behind the API server was set back, to a copy perhaps: what we know may never have been.
      store.forgetRevisions();
      throw new ApiError(`watch ${path}`, 410, "Expired", "revisions went backwards", null);
    }
    if (revision !== "") this.#revision = revision;
    if (type === "BOOKMARK") return false;
    return type === "DELETED" ? store.remove(object) : store.put(object);
  }

  #noteWorking(): void {
    if (!this.#isFaulty) return;
    this.#isFaulty = false;
    this.#options.onMended();
  }
}

interface Reading {
  readonly pages: readonly (readonly Listed[])[];
  readonly revision: string;
}

interface ListPage {
  readonly items?: readonly unknown[] | null;
  readonly metadata?: { readonly continue?: string };
}

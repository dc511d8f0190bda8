/**
 * The verbs of the Kubernetes API: get, list, create, patch, delete, watch.
 *
 * Source: Kubernetes API concepts ("Efficient detection of changes", "Too many requests"); RFC 6585 section 4 (429).
 * Shape: paths and JSON in, JSON out; what fails throws {@linkcode ApiError} or what fetch throws. 429, and 503 that says
 * when to come back, are waited for here; nothing else is tried again. Every request ends: by an answer, its signal or
 * its time limit.
 * Not here: connections (access/transport.ts), following a kind (follow/reflector.ts).
 *
 * @module
 */
import { ApiError, apiErrorOf } from "./api_error.ts";
import { splitLines } from "./lines.ts";
import type { Transport } from "./access/transport.ts";

/** How the body of a patch is meant. */
export type PatchType = "merge" | "apply";

const CONTENT_TYPES: Readonly<Record<PatchType, string>> = {
  merge: "application/merge-patch+json",
  // JSON is YAML, and servers before 1.32 know the type by this name alone.
  apply: "application/apply-patch+yaml",
};

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** LIMIT: a list of 500 large objects from a busy server takes seconds; a minute is a dead connection. */
const ANSWER_WITHIN_MS = 60_000;
/** How often to come back when told to, and for how long at most each time. */
const COME_BACKS = 6;
const COME_BACK_MOST_MS = 30_000;

export interface RequestOptions {
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
  /** JSON when absent. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  readonly withinMs?: number;
}

/** What a client needs of a {@linkcode Transport}. */
export type Sending = Pick<Transport, "send" | "renew" | typeof Symbol.dispose>;

/** See the module comment. */
export class ApiClient implements Disposable {
  readonly #transport: Sending;

  constructor(transport: Sending) {
    this.#transport = transport;
  }

  get<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.#request<T>("GET", path, options);
  }

  create<T>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return this.#request<T>("POST", path, { contentType: "application/json", ...options, body });
  }

  update<T>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return this.#request<T>("PUT", path, { contentType: "application/json", ...options, body });
  }

  patch<T>(type: PatchType, path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return this.#request<T>("PATCH", path, { contentType: CONTENT_TYPES[type], ...options, body });
  }

  /** As {@linkcode ApiClient.patch} for who hears from a watch what came of it: the answer is not parsed. */
  async patchUnread(type: PatchType, path: string, body: unknown): Promise<void> {
    const options = { contentType: CONTENT_TYPES[type], body };
    await this.#request("PATCH", path, options, (response) => response.arrayBuffer());
  }

  delete(path: string, options: RequestOptions = {}): Promise<unknown> {
    return this.#request("DELETE", path, options);
  }

  /**
   * The events of a watch, those that arrive together in one list, an empty one first when the server has agreed; ends
   * when the server ends it. Nothing for `silentMs` counts as a dead connection and throws.
   */
  async *watch(path: string, query: Query, silentMs: number, signal: AbortSignal): AsyncGenerator<unknown[]> {
    const limit = new TimeLimit(`Nothing came from the API server for ${silentMs} ms`, signal);
    try {
      limit.within(silentMs);
      const response = await this.#send("GET", path, { query }, limit.signal);
      yield [];
      for await (const lines of splitLines(readUntil(response.body!, limit.signal))) {
        limit.within(silentMs);
        yield lines.map((line) => JSON.parse(line) as unknown);
      }
    } catch (error) {
      if (limit.hasExpired) this.#transport.renew();
      throw limit.hasExpired ? limit.signal.reason : error;
    } finally {
      limit.cut();
    }
  }

  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }

  async #request<T>(
    method: string,
    path: string,
    options: RequestOptions,
    read: (response: Response) => Promise<T> = (response) => response.json(),
  ): Promise<T> {
    const { signal, withinMs = ANSWER_WITHIN_MS } = options;
    for (let comeBacks = 0;; comeBacks++) {
      const limit = new TimeLimit(`No answer from the API server within ${withinMs} ms`, signal);
      try {
        limit.within(withinMs);
        const response = await this.#send(method, path, options, limit.signal);
        return await orAborted(read(response), limit.signal);
      } catch (error) {
        if (limit.hasExpired) this.#transport.renew();
        const pauseMs = comeBacks < COME_BACKS ? comeBackMs(error) : null;
        if (pauseMs === null) throw limit.hasExpired ? limit.signal.reason : error;
        limit.end();
        await pause(pauseMs, signal);
      } finally {
        limit.end();
      }
    }
  }

  async #send(method: string, path: string, options: RequestOptions, signal: AbortSignal): Promise<Response> {
    const { query = {}, body, contentType, accept = "application/json" } = options;
    const words = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
    );
    const response = await this.#transport.send(words.length === 0 ? path : `${path}?${words.join("&")}`, {
      method,
      headers: {
        accept,
        ...(contentType === undefined ? {} : { "content-type": contentType }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
    if (!response.ok) throw await orAborted(apiErrorOf(`${method} ${path}`, response), signal);
    return response;
  }
}

/** How long to wait before the same request is welcome, or null when it is not. */
function comeBackMs(error: unknown): number | null {
  if (!(error instanceof ApiError)) return null;
  if (error.code !== 429 && !(error.code === 503 && error.retryAfterMs !== null)) return null;
  const askedMs = Math.min(error.retryAfterMs ?? 1_000, COME_BACK_MOST_MS);
  // Those who were turned away together must not come back together.
  return askedMs + Math.random() * Math.max(askedMs, 200) / 2;
}

/** Resolves after the time; rejects at once when the signal says so. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return (signal === undefined ? promise : orAborted(promise, signal)).finally(() => clearTimeout(timer));
}

/** One buffer for all that a watch reads: a body that is asked without one makes a new one of that size each time. */
const READ_OCTETS = 65_536;

/**
 * The chunks of a body, each good until the next one is asked for; the signal ends them, and throws. That fetch was given
 * the signal does not suffice: a body that had been read for a while was seen to go on after it, for ever.
 */
async function* readUntil(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader({ mode: "byob" });
  let buffer = new ArrayBuffer(READ_OCTETS);
  try {
    for (;;) {
      const { done, value } = await orAborted(reader.read(new Uint8Array(buffer)), signal);
      if (done) return;
      yield value;
      ({ buffer } = value);
    }
  } finally {
    // Ends the request where it is still open; there is nobody left to tell that it had failed.
    reader.cancel().catch(() => {});
  }
}

/** What the promise comes to; rejects as soon as the signal says so. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => aborted.reject(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  return Promise.race([promise, aborted.promise]).finally(() => signal.removeEventListener("abort", stop));
}

/** A signal that also follows a clock which can be set again. */
class TimeLimit {
  readonly #abort = new AbortController();
  readonly #message: string;
  readonly #outer: AbortSignal | undefined;
  readonly #follow = (): void => this.#abort.abort(this.#outer?.reason);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasExpired = false;

  constructor(message: string, outer: AbortSignal | undefined) {
    this.#message = message;
    this.#outer = outer;
    if (outer?.aborted === true) this.#follow();
    outer?.addEventListener("abort", this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get hasExpired(): boolean {
    return this.#hasExpired;
  }

  within(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#hasExpired = true;
      this.#abort.abort(new Error(`${this.#message}: the way to it may be broken`));
    }, ms);
  }

  /** Nothing more is awaited. */
  end(): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#follow);
  }

  /** Ends, and lets go what is still open on the signal. */
  cut(): void {
    this.end();
    this.#abort.abort();
  }
}

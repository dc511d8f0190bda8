/**
 * An API server that says what a test tells it to, request by request.
 *
 * @module
 */
import { ApiClient } from "./client.ts";

/** A request that waits for its answer. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly body: unknown;
  readonly signal: AbortSignal;
  answer(body: unknown, status?: number, headers?: Record<string, string>): void;
  /** Answers with a stream of events, to be added to; a deaf one does not hear of the signal. */
  stream(
    options?: { readonly isDeaf: boolean },
  ): { send(...events: readonly unknown[]): void; close(): void };
  fail(error: Error): void;
}

/** See the module comment. */
export class Script {
  readonly client: ApiClient;
  /** How often connections were left behind. */
  renewals = 0;
  readonly #asked: Asked[] = [];
  readonly #awaited: ((asked: Asked) => void)[] = [];

  constructor() {
    this.client = new ApiClient({
      send: (path, init) => this.#receive(path, init),
      renew: () => void this.renewals++,
      [Symbol.dispose]: () => {},
    });
  }

  /** The next request that has not been taken. */
  next(): Promise<Asked> {
    const asked = this.#asked.shift();
    if (asked !== undefined) return Promise.resolve(asked);
    return new Promise((resolve) => this.#awaited.push(resolve));
  }

  #receive(path: string, init: RequestInit): Promise<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const signal = init.signal!;
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    const asked: Asked = {
      method: init.method!,
      url: new URL(path, "https://api"),
      body: typeof init.body === "string" ? JSON.parse(init.body) : null,
      signal,
      answer: (body, status = 200, headers = {}) =>
        resolve(new Response(JSON.stringify(body), { status, headers })),
      stream: ({ isDeaf } = { isDeaf: false }) => {
        let isOpen = true;
        let octets!: ReadableByteStreamController;
        const body = new ReadableStream({
          type: "bytes",
          start: (controller) => void (octets = controller),
          cancel: () => void (isOpen = false),
        });
        const end = (how: () => void): void => {
          if (isOpen) how();
          isOpen = false;
        };
        if (!isDeaf) {
          signal.addEventListener("abort", () => end(() => octets.error(signal.reason)), { once: true });
        }
        resolve(new Response(body));
        return {
          send: (...events) => {
            const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
            if (isOpen) octets.enqueue(new TextEncoder().encode(lines));
          },
          close: () =>
            end(() => {
              octets.close();
              octets.byobRequest?.respond(0);
            }),
        };
      },
      fail: reject,
    };
    const awaited = this.#awaited.shift();
    if (awaited === undefined) this.#asked.push(asked);
    else awaited(asked);
    return promise;
  }
}

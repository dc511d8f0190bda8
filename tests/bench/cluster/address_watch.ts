/**
 * Sees Services get their addresses, at the cost of one watch.
 *
 * Shape: begins with what is there; then, for each Service that gets an address, the instant it was seen.
 *
 * @module
 */
import { ApiError, apiErrorOfStatus } from "../../../k8s/api/api_error.ts";
import type { ApiClient } from "../../../k8s/api/client.ts";
import type { Service } from "../../../k8s/types/core.ts";
import { SERVICES } from "./stores.ts";

interface ServiceList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Service[];
}

interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: Service & { readonly metadata: { readonly resourceVersion?: string } };
}

/** No watch is silent for longer: the API server sends bookmarks. */
const SILENT_MS = 90_000;
const LOOK_EVERY_MS = 5;

/** See the module comment. Disposing it ends the watch. */
export class AddressWatch implements AsyncDisposable {
  /** By name of the Service, in the order seen: performance.now(); of those that had one before, -Infinity. */
  readonly seenAt: Map<string, number> = new Map();
  /** By name of the Service. */
  readonly addresses: Map<string, string> = new Map();
  readonly #stop = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  readonly #client: ApiClient;
  /** Where to go on watching. */
  #revision = "";

  private constructor(client: ApiClient) {
    this.#client = client;
  }

  static async open(client: ApiClient): Promise<AddressWatch> {
    const watch = new AddressWatch(client);
    await watch.#list(-Infinity);
    watch.#watching = watch.#follow();
    return watch;
  }

  /** True once so many have one; false when that takes longer. */
  async waitFor(count: number, withinMs: number): Promise<boolean> {
    for (const deadline = performance.now() + withinMs; this.seenAt.size < count;) {
      if (performance.now() > deadline) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #list(now: number): Promise<void> {
    const { items, metadata } = await this.#client.get<ServiceList>(SERVICES);
    for (const service of items) this.#look(service, now);
    this.#revision = metadata.resourceVersion;
  }

  /** The API server drops whoever is slow to read, and on two processors everybody is now and then. */
  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#watch();
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (!(error instanceof ApiError && error.isGone)) throw error;
        await this.#list(performance.now());
      }
    }
  }

  async #watch(): Promise<void> {
    const query = { watch: true, allowWatchBookmarks: true, resourceVersion: this.#revision };
    for await (const events of this.#client.watch(SERVICES, query, SILENT_MS, this.#stop.signal)) {
      const now = performance.now();
      for (const { type, object } of events as readonly WatchEvent[]) {
        if (type === "ERROR") throw apiErrorOfStatus("watch Services", object);
        this.#revision = object.metadata.resourceVersion ?? this.#revision;
        if (type !== "BOOKMARK") this.#look(object, now);
      }
    }
  }

  #look({ metadata: { name }, status }: Service, now: number): void {
    const ip = status?.loadBalancer?.ingress?.[0]?.ip;
    if (ip === undefined || this.addresses.has(name)) return;
    this.seenAt.set(name, now);
    this.addresses.set(name, ip);
  }
}

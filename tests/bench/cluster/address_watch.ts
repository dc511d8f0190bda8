/**
 * Sees Services get their addresses, at the cost of one watch.
 *
 * Shape: begins with what is there; then, for each Service that gets an address, the instant it was seen.
 *
 * @module
 */
import type { ApiClient } from "../../../k8s/api/client.ts";
import type { Service } from "../../../k8s/types/core.ts";
import { SERVICES } from "./stores.ts";

interface ServiceList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Service[];
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

  private constructor() {}

  static async open(client: ApiClient): Promise<AddressWatch> {
    const watch = new AddressWatch();
    const { items, metadata } = await client.get<ServiceList>(SERVICES);
    for (const service of items) watch.#look(service, -Infinity);
    watch.#watching = watch.#follow(client, metadata.resourceVersion);
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

  async #follow(client: ApiClient, resourceVersion: string): Promise<void> {
    const { signal } = this.#stop;
    try {
      const query = { watch: true, allowWatchBookmarks: true, resourceVersion };
      for await (const events of client.watch(SERVICES, query, SILENT_MS, signal)) {
        const now = performance.now();
        for (const { type, object } of events as readonly { type: string; object: Service }[]) {
          if (type === "ADDED" || type === "MODIFIED") this.#look(object, now);
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #look({ metadata: { name }, status }: Service, now: number): void {
    const ip = status?.loadBalancer?.ingress?.[0]?.ip;
    if (ip === undefined || this.addresses.has(name)) return;
    this.seenAt.set(name, now);
    this.addresses.set(name, ip);
  }
}

/**
 * A cluster's API server as the source of truth.
 *
 * Source: Kubernetes API concepts; MetalLB's rule that configuration and secrets count in one namespace only.
 * Shape: {@linkcode openApiSource} in, {@linkcode ClusterSource} out: one reflector a kind. Objects are null until every
 * kind has been listed; from then on they stay, whatever becomes of the API server. Changes that come fast are told
 * together.
 * Not here: following a kind (follow/), who we are (access/credentials.ts), writing a status (write/service_status.ts).
 *
 * @module
 */
import type {
  ClusterObjects,
  ClusterSource,
  FaultyObject,
  ObjectError,
  ServiceStatusWrite,
} from "../source.ts";
import { ApiClient } from "./client.ts";
import { openCredentials } from "./access/credentials.ts";
import { pathOfKind, SERVED_KINDS, type ServedKind } from "./kinds.ts";
import { Reflector } from "./follow/reflector.ts";
import { writeServiceStatus } from "./write/service_status.ts";
import { Store } from "./follow/store.ts";
import { Transport } from "./access/transport.ts";
import type { ObjectKey } from "../types/meta.ts";

const NONE_HELD: ReadonlyMap<string, ObjectKey> = new Map();

/** How long to wait for requests under way before the connection is closed on them. */
const CLOSE_WITHIN_MS = 2000;
/** Changes within this time of the last telling are told together. */
const GATHER_MS = 10;

/** A kind that cannot be followed at the moment. */
export interface ApiFault {
  /** "services". */
  readonly resource: string;
  readonly error: Error;
  /** Failures in a row. */
  readonly attempt: number;
}

export interface ApiSourceOptions {
  /** Path of a kubeconfig; null: the Pod's own account, else $KUBECONFIG or ~/.kube/config. */
  readonly kubeconfig: string | null;
  /** Where configuration and secrets are read. */
  readonly namespace: string;
  /** The collections to read, all when absent; the others are empty. */
  readonly collections?: readonly (keyof ClusterObjects)[];
  readonly onFault?: (fault: ApiFault) => void;
  /** A resource that had a fault is followed again. */
  readonly onMended?: (resource: string) => void;
}

/** A source that also lets other writers use its connection. */
export interface ApiSource extends ClusterSource {
  readonly client: ApiClient;
}

/** Opens the connection and begins to read; rejects when there are no usable credentials, saying what to do. */
export async function openApiSource(options: ApiSourceOptions): Promise<ApiSource> {
  const credentials = openCredentials(options.kubeconfig);
  await credentials.proof();
  return new OpenApiSource(new ApiClient(new Transport(credentials)), options);
}

/** One kind that is read. */
interface Followed {
  readonly store: Store;
  readonly reflector: Reflector;
}

class OpenApiSource implements ApiSource {
  readonly client: ApiClient;
  readonly #followed: ReadonlyMap<keyof ClusterObjects, Followed>;
  readonly #listeners: (() => void)[] = [];
  readonly #writes = new Set<Promise<void>>();
  /** What was last read from here: what decisions are made from. */
  #objects: ClusterObjects | null = null;
  #faulty: readonly FaultyObject[] | null = null;
  #isStale = true;
  #notice: ReturnType<typeof setTimeout> | null = null;
  #toldAt = -Infinity;

  constructor(client: ApiClient, options: ApiSourceOptions) {
    this.client = client;
    const { collections = [...SERVED_KINDS.keys()] } = options;
    this.#followed = new Map(
      collections.map((collection) => [collection, this.#follow(SERVED_KINDS.get(collection)!, options)]),
    );
  }

  objects(): ClusterObjects | null {
    if (!this.#isStale) return this.#objects;
    if (!this.#isComplete()) return null;
    this.#isStale = false;
    return this.#objects = collect((collection) => this.#followed.get(collection)?.store.objects);
  }

  /** A status is part of its Service here: it cannot be read without it. */
  heldByUnreadable(): ReadonlyMap<string, ObjectKey> {
    return NONE_HELD;
  }

  errors(): readonly ObjectError[] {
    return [...this.#followed.values()].flatMap(({ store }) => store.errors).sort(byObjectAndField);
  }

  faulty(): readonly FaultyObject[] {
    return this.#faulty ??= [...this.#followed].flatMap(([collection, { store }]) =>
      store.faulty.map((it) => ({ collection, ...it }))
    );
  }

  isWhole(): boolean {
    return [...this.#followed.values()].every(({ store }) => store.errors.length === 0);
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
    if (this.#isComplete()) this.#tell();
  }

  async writeServiceStatus(write: ServiceStatusWrite): Promise<void> {
    const services = this.#followed.get("services");
    if (services === undefined) throw new Error("Cannot write a Service's status: Services are not read");
    const writing = writeServiceStatus(this.client, services.store, this.#objects, write);
    this.#writes.add(writing);
    try {
      await writing;
    } finally {
      this.#writes.delete(writing);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = Promise.allSettled([
      ...[...this.#followed.values()].map(({ reflector }) => reflector[Symbol.asyncDispose]()),
      ...this.#writes,
    ]);
    // What does not end by itself ends with the connection: nobody who asked us to stop waits for a server.
    let bound: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([ended, new Promise((resolve) => bound = setTimeout(resolve, CLOSE_WITHIN_MS))]);
    clearTimeout(bound);
    if (this.#notice !== null) clearTimeout(this.#notice);
    this.#listeners.length = 0;
    this.client[Symbol.dispose]();
  }

  #follow(served: ServedKind, options: ApiSourceOptions): Followed {
    const { resource, selection } = served;
    const store = new Store(served);
    const reflector = new Reflector({
      client: this.client,
      path: pathOfKind(served, options.namespace),
      selection,
      store,
      onNews: () => this.#noteNews(),
      onFault: (error, attempt) => options.onFault?.({ resource, error, attempt }),
      onMended: () => {
        options.onMended?.(resource);
        for (const other of this.#followed.values()) {
          if (other.reflector !== reflector) other.reflector.retryNow();
        }
      },
    });
    return { store, reflector };
  }

  #noteNews(): void {
    this.#isStale = true;
    this.#faulty = null;
    if (this.#isComplete()) this.#tell();
  }

  #isComplete(): boolean {
    return [...this.#followed.values()].every(({ store }) => store.isComplete);
  }

  #tell(): void {
    if (this.#notice !== null) return;
    const afterMs = Math.max(0, this.#toldAt + GATHER_MS - performance.now());
    this.#notice = setTimeout(() => {
      this.#notice = null;
      this.#toldAt = performance.now();
      for (const listener of this.#listeners) listener();
    }, afterMs);
  }
}

const NOTHING: ReadonlyMap<string, unknown> = new Map();

/** All collections. What a store holds has been trimmed to its kind's schema: this is where JSON becomes typed. */
function collect(
  of: (collection: keyof ClusterObjects) => ReadonlyMap<string, unknown> | undefined,
): ClusterObjects {
  const all = [...SERVED_KINDS.keys()].map((collection) => [collection, of(collection) ?? NOTHING]);
  return Object.fromEntries(all) as unknown as ClusterObjects;
}

function byObjectAndField(a: ObjectError, b: ObjectError): number {
  const [left, right] = [`${a.object}\0${a.field}\0${a.message}`, `${b.object}\0${b.field}\0${b.message}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

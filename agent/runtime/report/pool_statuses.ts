/**
 * Keeps IPAddressPool.status saying how full each pool is.
 *
 * Source: IPAddressPoolStatus: four 64-bit counters, larger than a JavaScript number can be, so they are written digit by
 * digit.
 * Shape: {@linkcode PoolStatuses.tell} takes the counters of now and never blocks; the newest are written, once for
 * changes that come together, and again after a pause when that fails. What stands is read once, so that a start writes
 * nothing that is there. METALLB: it also puts right what somebody wrote into the status by hand; here that stands until
 * the next change.
 * Not here: counting (agent/allocate/address_table.ts).
 *
 * @module
 */
import { ApiError } from "../../../k8s/api/api_error.ts";
import { pathOfObject } from "../../../k8s/api/kinds.ts";
import type { ApiClient } from "../../../k8s/api/client.ts";
import type { PoolCounters } from "../../allocate/address_table.ts";
import { retryPauseMs } from "../status_writer.ts";

const API_VERSION = "metallb.io/v1beta1";
/** A thousand Services are given their addresses in many passes; whoever looks at a pool need not see each. */
const GATHER_MS = 200;

export interface PoolStatusesOptions {
  readonly client: Pick<ApiClient, "get" | "patch">;
  readonly namespace: string;
  /** Whether this controller may write at all, asked before each write. */
  readonly mayWrite: () => boolean;
  /** A write failed and is tried again; `attempt` counts failures in a row. */
  readonly onFault: (error: Error, attempt: number) => void;
  /** GATHER_MS when absent. */
  readonly gatherMs?: number;
}

/** See the module comment. Disposing it finishes the write under way and drops the rest: the next start counts again. */
export class PoolStatuses implements AsyncDisposable {
  readonly #options: PoolStatusesOptions;
  #wanted: ReadonlyMap<string, PoolCounters> = new Map();
  /** What was written last, by pool. */
  readonly #written = new Map<string, string>();
  #isRead = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #writing: Promise<void> | null = null;
  #isClosed = false;

  constructor(options: PoolStatusesOptions) {
    this.#options = options;
  }

  /** The counters of every pool now. */
  tell(counters: ReadonlyMap<string, PoolCounters>): void {
    this.#wanted = counters;
    this.#writeSoon(this.#options.gatherMs ?? GATHER_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#writing;
  }

  #writeSoon(afterMs: number): void {
    if (this.#isClosed || this.#timer !== null || this.#writing !== null || !this.#isBehind()) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#writing = this.#writeAll();
    }, afterMs);
  }

  #isBehind(): boolean {
    return [...this.#wanted].some(([pool, counters]) => this.#written.get(pool) !== textOf(counters));
  }

  async #writeAll(): Promise<void> {
    try {
      if (!this.#isRead) await this.#read();
      for (const pool of this.#written.keys()) if (!this.#wanted.has(pool)) this.#written.delete(pool);
      let refused: ApiError | null = null;
      for (const [pool, counters] of this.#wanted) {
        refused = await this.#write(pool, counters) ?? refused;
      }
      if (refused !== null) throw refused;
      this.#failures = 0;
    } catch (error) {
      this.#failures++;
      this.#options.onFault(error instanceof Error ? error : new Error(String(error)), this.#failures);
    }
    this.#writing = null;
    this.#writeSoon(
      this.#failures === 0 ? this.#options.gatherMs ?? GATHER_MS : retryPauseMs(this.#failures),
    );
  }

  async #read(): Promise<void> {
    const { client, namespace } = this.#options;
    const { items } = await client.get<PoolList>(
      `/apis/${API_VERSION}/namespaces/${namespace}/ipaddresspools`,
    );
    for (const { metadata: { name }, status } of items ?? []) {
      const wanted = this.#wanted.get(name);
      if (wanted !== undefined && isSame(status, wanted)) this.#written.set(name, textOf(wanted));
    }
    this.#isRead = true;
  }

  /** What the API server refuses of one pool is no reason to keep it from the others. */
  async #write(pool: string, counters: PoolCounters): Promise<ApiError | null> {
    const { client, namespace, mayWrite } = this.#options;
    const text = textOf(counters);
    if (this.#isClosed || this.#written.get(pool) === text) return null;
    if (!mayWrite()) throw new Error("Another controller may hold the Lease");
    const path = pathOfObject(API_VERSION, "ipaddresspools", `${namespace}/${pool}`);
    try {
      await client.patch("merge", `${path}/status`, { status: jsonOf(counters) });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // It was deleted a moment ago; there is nothing to tell of it.
      if (error.code !== 404) return error;
    }
    this.#written.set(pool, text);
    return null;
  }
}

/** What is read of the pools. */
interface PoolList {
  readonly items?:
    | readonly {
      readonly metadata: { readonly name: string };
      readonly status?: Readonly<Record<string, unknown>>;
    }[]
    | null;
}

/** False as well where a number has lost its last digits on the way. */
function isSame(status: Readonly<Record<string, unknown>> | undefined, counters: PoolCounters): boolean {
  return Object.entries(counters).every(([name, count]) => {
    const stands = status?.[name];
    return Number.isSafeInteger(stands) && BigInt(stands as number) === BigInt(count);
  });
}

function textOf(counters: PoolCounters): string {
  return Object.values(counters).join();
}

/** ECMAScript's JSON.rawJSON, which TypeScript's library does not have yet. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** The counters as something that JSON.stringify writes in full. */
function jsonOf(counters: PoolCounters): Record<string, unknown> {
  return Object.fromEntries(Object.entries(counters).map(([name, count]) => [name, rawJSON(String(count))]));
}

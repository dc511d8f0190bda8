/**
 * Which of several replicas acts: the one that holds a Lease, and only for as long as it surely does.
 *
 * Source: coordination.k8s.io/v1; the rules of client-go's leaderelection, and its times.
 * Shape: campaigns from the start until it is disposed. {@linkcode Lease.isHeld} is true from an acquisition until
 * `renewWithinMs` after the last renewal was *sent*; nobody else takes the Lease before `durationSeconds` after they saw it.
 * Clocks: the times in the Lease are for people. What counts are intervals on each replica's own monotonic clock, so
 * clocks may differ by any amount. What may not differ is their pace: by less than a third, with these times. A replica
 * that is stopped between asking isHeld and acting may still act late; its write then names an old revision and is refused.
 *
 * @module
 */
import { ApiError } from "../api_error.ts";
import type { ApiClient } from "../client.ts";
import { pathOfObject } from "../kinds.ts";

const API_VERSION = "coordination.k8s.io/v1";

export interface LeaseOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly name: string;
  /** Different for every replica; after a restart the same only where whoever had it before has surely ended. */
  readonly identity: string;
  /** 15 s when absent: what others must wait for after the last renewal that they saw. */
  readonly durationSeconds?: number;
  /** 10 s when absent: when to give up without a renewal; less than the duration. */
  readonly renewWithinMs?: number;
  /** 2 s when absent. */
  readonly retryMs?: number;
  readonly onAcquired: () => void;
  /** Stop acting now. */
  readonly onLost: (reason: string) => void;
  readonly onFault?: (error: Error) => void;
}

/** coordination.k8s.io/v1 Lease, what is read of it. */
export interface LeaseRecord {
  readonly metadata: { readonly resourceVersion?: string };
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number | null;
    readonly acquireTime?: string | null;
    readonly renewTime?: string | null;
    readonly leaseTransitions?: number | null;
  };
}

/** See the module comment. Disposing it gives the Lease back, so that another replica need not wait. */
export class Lease implements AsyncDisposable {
  readonly #options: LeaseOptions;
  readonly #durationSeconds: number;
  readonly #renewWithinMs: number;
  readonly #path: string;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #record: LeaseRecord | null = null;
  /** When the record was last seen to change. */
  #changedAt = -Infinity;
  /** Until when it is surely held. */
  #heldUntil = -Infinity;
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #isActing = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#durationSeconds = options.durationSeconds ?? 15;
    this.#renewWithinMs = options.renewWithinMs ?? 10_000;
    this.#path = pathOfObject(API_VERSION, "leases", `${options.namespace}/${options.name}`);
    this.#running = this.#run(options.retryMs ?? 2_000);
  }

  /** Whether to act. Ask again before each write. */
  get isHeld(): boolean {
    return this.#isActing && performance.now() < this.#heldUntil;
  }

  /** Who holds it, as far as known. */
  get holder(): string | null {
    return this.#record?.spec?.holderIdentity || null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("The lease was closed"));
    await this.#running;
    clearTimeout(this.#expiry);
    const { isHeld } = this;
    this.#isActing = false;
    if (isHeld) await this.#giveBack();
  }

  async #run(retryMs: number): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#campaign();
      } catch (error) {
        if (signal.aborted) return;
        this.#options.onFault?.(error instanceof Error ? error : new Error(String(error)));
      }
      await this.#sleep(retryMs * (1 + Math.random() / 5));
    }
  }

  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = this.#stop;
    const wake = (): void => resolve();
    signal.addEventListener("abort", wake, { once: true });
    if (signal.aborted) resolve();
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
  }

  /** Renews or takes it when that is ours to do. */
  async #campaign(): Promise<void> {
    // The holder knows the record: it is the only one who writes it.
    if (!this.#isActing) await this.#look();
    const now = performance.now();
    if (!mayWrite(this.#record, this.#changedAt, now, this.#options.identity)) return;
    try {
      this.#note(await this.#write(now));
      this.#hold(now + this.#renewWithinMs);
    } catch (error) {
      if (!(error instanceof ApiError && (error.isConflict || error.reason === "AlreadyExists"))) throw error;
      // Somebody else wrote it. That may have been ourselves, when an answer was lost on the way.
      await this.#look();
      if (this.holder !== this.#options.identity) {
        this.#lose(`${this.holder ?? "nobody"} has taken the lease`);
      }
    }
  }

  async #look(): Promise<void> {
    try {
      this.#note(await this.#options.client.get<LeaseRecord>(this.#path, this.#limits()));
    } catch (error) {
      if (!(error instanceof ApiError && error.code === 404)) throw error;
      this.#record = null;
    }
  }

  #note(record: LeaseRecord): void {
    if (record.metadata.resourceVersion !== this.#record?.metadata.resourceVersion) {
      this.#changedAt = performance.now();
    }
    this.#record = record;
  }

  #write(now: number): Promise<LeaseRecord> {
    const { client, namespace, name, identity } = this.#options;
    const before = this.#record;
    const isRenewal = before?.spec?.holderIdentity === identity;
    const time = microTime(new Date());
    const object = {
      apiVersion: API_VERSION,
      kind: "Lease",
      metadata: { ...before?.metadata, name, namespace },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: this.#durationSeconds,
        acquireTime: isRenewal ? before.spec?.acquireTime ?? time : time,
        renewTime: time,
        leaseTransitions: (before?.spec?.leaseTransitions ?? 0) + (isRenewal || before === null ? 0 : 1),
      },
    };
    const limits = this.#limits(this.#isActing ? this.#heldUntil - now : undefined);
    return before === null
      ? client.create<LeaseRecord>(this.#path.slice(0, this.#path.lastIndexOf("/")), object, limits)
      : client.update<LeaseRecord>(this.#path, object, limits);
  }

  /** An answer that comes too late to be of use is not waited for. */
  #limits(
    withinMs: number = this.#renewWithinMs,
  ): { readonly signal: AbortSignal; readonly withinMs: number } {
    return { signal: this.#stop.signal, withinMs: Math.max(1, Math.min(withinMs, this.#renewWithinMs / 2)) };
  }

  #hold(until: number): void {
    if (performance.now() >= until) return this.#lose("it was renewed too late");
    this.#heldUntil = until;
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(
      () => this.#lose(`it could not be renewed within ${this.#renewWithinMs} ms`),
      until - performance.now(),
    );
    if (this.#isActing) return;
    this.#isActing = true;
    this.#options.onAcquired();
  }

  #lose(reason: string): void {
    clearTimeout(this.#expiry);
    this.#heldUntil = -Infinity;
    if (!this.#isActing) return;
    this.#isActing = false;
    this.#options.onLost(reason);
  }

  async #giveBack(): Promise<void> {
    try {
      try {
        await this.#free();
      } catch (error) {
        if (!(error instanceof ApiError && error.isConflict)) throw error;
        // A renewal that was under way when this was to end has arrived nevertheless.
        this.#note(await this.#options.client.get<LeaseRecord>(this.#path, this.#lastLimits()));
        if (this.holder === this.#options.identity) await this.#free();
      }
    } catch (error) {
      // It will run out by itself.
      this.#options.onFault?.(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #free(): Promise<void> {
    const record = this.#record!;
    const spec = {
      ...record.spec,
      holderIdentity: "",
      leaseDurationSeconds: 1,
      renewTime: microTime(new Date()),
    };
    await this.#options.client.update(this.#path, { ...record, spec }, this.#lastLimits());
  }

  /** Without the signal, which has been given. */
  #lastLimits(): { readonly withinMs: number } {
    return { withinMs: this.#renewWithinMs / 2 };
  }
}

/** Whether a replica may write itself into the Lease: it is free, its own, or was not renewed for all its duration. */
export function mayWrite(
  record: LeaseRecord | null,
  changedAt: number,
  now: number,
  identity: string,
): boolean {
  const { holderIdentity, leaseDurationSeconds } = record?.spec ?? {};
  if (!holderIdentity || holderIdentity === identity) return true;
  return now >= changedAt + (leaseDurationSeconds ?? 15) * 1000;
}

/** meta/v1 MicroTime. */
function microTime(date: Date): string {
  return date.toISOString().replace("Z", "000Z");
}

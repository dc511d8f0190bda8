/**
 * Kubernetes Events: what happened to an object, where `kubectl describe` shows it.
 *
 * Source: core/v1 Event; client-go's event correlator: the same event again adds to a count, and an object that makes too
 * many of them loses the rest (25 at once, then one in five minutes).
 * Shape: {@linkcode EventRecorder.record} never blocks and never fails; what cannot be written is reported once and dropped,
 * as nothing may depend on an Event. A few are written at the same time, those of one object one after another; while the
 * owner has more urgent requests under way each waits for these, but no longer than a second, so that Events are told even
 * where something is always under way.
 *
 * @module
 */
import type { KubernetesObject } from "../../types/meta.ts";
import type { ApiClient } from "../client.ts";
import { pathOfObject } from "../kinds.ts";

/** How many are written at the same time. */
const LANES = 4;
/** LIMIT: events that wait to be written: two of each Service of a large cluster, 10 MB. */
const WAITING = 50_000;
/** LIMIT: events remembered for counting, and objects for what they are allowed. */
const REMEMBERED = 16_384;
const COUNTED_FOR_MS = 10 * 60_000;
const BURST = 25;
const REFILL_MS = 5 * 60_000;
/** LIMIT: nobody waits longer for an Event to be written. */
const LIMITS = { withinMs: 5_000 };
/** How long an Event gives way to other requests, and how often it looks. */
const GIVES_WAY_MS = 1_000;
const LOOK_EVERY_MS = 20;
/** Whoever stops waits no longer than this for those that are left. */
const CLOSE_WITHIN_MS = 2_000;

/** What happened. */
export interface EventText {
  readonly type: "Normal" | "Warning";
  /** One word, in UpperCamelCase. */
  readonly reason: string;
  readonly message: string;
}

export interface EventRecorderOptions {
  readonly client: ApiClient;
  /** "metallb-controller". */
  readonly component: string;
  /** The node, for a role that has one. */
  readonly host?: string;
  /** Whether requests are under way that matter more; never when absent. */
  readonly givesWay?: () => boolean;
  /** Of GIVES_WAY_MS. */
  readonly givesWayMs?: number;
  readonly onFault?: (error: Error) => void;
}

/** An event that was written. */
interface Remembered {
  readonly path: string;
  readonly atMs: number;
  count: number;
}

/** Events that are written one after another. */
interface Lane {
  /** In their order. */
  readonly waiting: Set<{ readonly object: KubernetesObject; readonly text: EventText }>;
  writing: Promise<void> | null;
}

/** See the module comment. Disposing it writes what waits, as long as that succeeds and is soon done. */
export class EventRecorder implements AsyncDisposable {
  readonly #options: EventRecorderOptions;
  readonly #lanes: readonly Lane[] = Array.from(
    { length: LANES },
    () => ({ waiting: new Set(), writing: null }),
  );
  readonly #written = new Map<string, Remembered>();
  readonly #allowances = new Map<string, { left: number; filledAt: number }>();
  #isClosed = false;
  /** Whether it has been said that events are lost, until there is room again. */
  #isLossTold = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(object: KubernetesObject, text: EventText): void {
    if (this.#isClosed || !this.#isAllowed(object)) return;
    if (this.#lanes.reduce((sum, { waiting }) => sum + waiting.size, 0) >= WAITING) return this.#lose();
    const lane = this.#lanes[laneOf(object)]!;
    lane.waiting.add({ object, text });
    lane.writing ??= this.#writeAll(lane);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const bound = setTimeout(() => this.#giveUp(), CLOSE_WITHIN_MS);
    await Promise.all(this.#lanes.map(({ writing }) => writing));
    clearTimeout(bound);
  }

  #lose(): void {
    if (this.#isLossTold) return;
    this.#isLossTold = true;
    this.#options.onFault?.(new Error(`${WAITING} Events wait to be written: others are lost`));
  }

  /** Drops what has not begun. */
  #giveUp(): void {
    for (const { waiting } of this.#lanes) waiting.clear();
  }

  #isAllowed({ kind, metadata }: KubernetesObject): boolean {
    const key = `${kind}/${metadata.uid ?? metadata.name}`;
    const now = performance.now();
    const allowance = this.#allowances.get(key) ?? { left: BURST, filledAt: now };
    const refill = Math.floor((now - allowance.filledAt) / REFILL_MS);
    if (refill > 0) {
      allowance.left = Math.min(BURST, allowance.left + refill);
      allowance.filledAt += refill * REFILL_MS;
    }
    this.#allowances.delete(key);
    this.#allowances.set(key, allowance);
    forgetOldest(this.#allowances);
    return allowance.left > 0 && allowance.left-- > 0;
  }

  async #writeAll(lane: Lane): Promise<void> {
    for (const event of lane.waiting) {
      await this.#giveWay();
      if (!lane.waiting.delete(event)) continue;
      try {
        await this.#write(event.object, event.text);
      } catch (error) {
        this.#options.onFault?.(error instanceof Error ? error : new Error(String(error)));
        if (this.#isClosed) this.#giveUp();
      }
    }
    lane.writing = null;
    this.#isLossTold = false;
  }

  async #giveWay(): Promise<void> {
    const { givesWay = () => false, givesWayMs = GIVES_WAY_MS } = this.#options;
    const until = performance.now() + givesWayMs;
    while (!this.#isClosed && givesWay() && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async #write(object: KubernetesObject, text: EventText): Promise<void> {
    const { client } = this.#options;
    const key = JSON.stringify([object.kind, object.metadata.uid, object.metadata.name, text]);
    const before = this.#written.get(key);
    const now = performance.now();
    const lastTimestamp = timeNow();
    if (before !== undefined && now - before.atMs < COUNTED_FOR_MS) {
      await client.patch("merge", before.path, { count: before.count + 1, lastTimestamp }, LIMITS);
      before.count++;
      return;
    }
    const namespace = object.metadata.namespace ?? "default";
    const name = `${object.metadata.name}.${crypto.randomUUID().slice(0, 18)}`;
    const path = pathOfObject("v1", "events", `${namespace}/${name}`);
    const event = this.#eventOf(object, text, namespace, name);
    await client.create(path.slice(0, path.lastIndexOf("/")), event, LIMITS);
    this.#written.set(key, { path, atMs: now, count: 1 });
    forgetOldest(this.#written);
  }

  #eventOf(object: KubernetesObject, text: EventText, namespace: string, name: string): unknown {
    const { component, host } = this.#options;
    const { metadata, apiVersion, kind } = object;
    const time = timeNow();
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { namespace, name },
      involvedObject: {
        apiVersion,
        kind,
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
      },
      ...text,
      source: { component, host },
      reportingComponent: component,
      reportingInstance: host ?? component,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
  }
}

/** Always the same for one object; names of Services in a row differ at their end. */
function laneOf({ metadata: { uid, name } }: KubernetesObject): number {
  const id = uid ?? name;
  return (id.charCodeAt(0) + id.charCodeAt(id.length - 1)) % LANES;
}

/** meta/v1 Time knows whole seconds. */
function timeNow(): string {
  return new Date().toISOString().replace(/\.\d+Z/, "Z");
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= REMEMBERED) return;
  for (const key of map.keys()) return void map.delete(key);
}

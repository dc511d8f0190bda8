/**
 * The controller role: reads the cluster, gives Services their addresses, writes them down.
 *
 * Shape: wiring only; one pass is source -> snapshot -> configuration in force -> allocation -> writes. A pass is
 * whole: it asks what is true now, never what happened.
 * Not here: who gets which address (allocate/), how a status becomes durable (k8s/).
 *
 * @module
 */
import type { ObjectKey } from "../k8s/types/meta.ts";
import { Allocation } from "./allocate/allocation.ts";
import type { Decision } from "./allocate/decision.ts";
import { addressesToKeep, takesAway } from "./allocate/kept_while_unknown.ts";
import { isAboutConfiguration, type LastGood, nextLastGood, NO_CONFIG_YET } from "./config/last_good.ts";
import type { ControllerFigures } from "./report/metrics.ts";
import { coalesce } from "./runtime/coalesce.ts";
import { openHealth } from "./runtime/endpoint/health.ts";
import { openMetrics } from "./runtime/endpoint/metrics.ts";
import { ErrorReporter } from "./runtime/error_reporter.ts";
import { logOf } from "./runtime/log.ts";
import { type ControllerSource, openBystander, openWriter } from "./runtime/open_source.ts";
import type { RoleOptions } from "./runtime/options/command_line.ts";
import { retryPauseMs, StatusWriter } from "./runtime/status_writer.ts";
import { openWebhooks } from "./runtime/webhooks/open.ts";
import { snapshotOf } from "./snapshot.ts";

const PARALLEL_WRITES = 32;
const log = logOf("controller");

/** Acts whenever no other controller does, until `stop` is aborted; may reject with its reason. */
export async function runController(options: RoleOptions, stop: AbortSignal): Promise<void> {
  const post: Post = { controller: null, isStandingBy: false };
  await using webhooks = await openWebhooks(options);
  // Before anything else: a replica that stands by for days must not seem dead.
  const isInCluster = options.place.type === "Cluster";
  await using _health = options.healthProbePort === 0 ? null : openHealth({
    port: options.healthProbePort,
    // A kubelet asks at the Pod's address; on a plain host nobody else has to.
    reach: isInCluster ? "network" : "host",
    isAlive: () => true,
    isReady: () => (webhooks?.isServing ?? true) && (post.controller?.isReady ?? post.isStandingBy),
    metrics: isInCluster ? null : () => metricsOf(post),
  });
  const failure = new AbortController();
  await using _metrics = openMetrics(options, () => metricsOf(post), (error) => failure.abort(error));
  const end = AbortSignal.any([stop, failure.signal]);
  if (webhooks?.isAll === true) {
    post.isStandingBy = true;
    await using _state = await openBystander(options.place, options.namespace, options.cluster);
    await whenAborted(end);
  }
  while (!end.aborted) await actOnce(options, post, end);
  failure.signal.throwIfAborted();
  log.info("controller stopping");
}

/** What this process is at the moment. */
interface Post {
  /** While it acts. */
  controller: Controller | null;
  isStandingBy: boolean;
}

/** The metrics as of now. */
async function metricsOf({ controller }: Post): Promise<string> {
  // Loaded when first asked for: nobody may ever ask.
  const { controllerMetrics, formatRoleMetrics } = await import("./runtime/endpoint/role_metrics.ts");
  return formatRoleMetrics(controllerMetrics(controller?.figures() ?? null));
}

function whenAborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) resolve();
  return promise;
}

/** Stands by, acts, and returns when another controller may act or `stop` is aborted. */
async function actOnce(options: RoleOptions, post: Post, stop: AbortSignal): Promise<void> {
  const { promise: end, resolve } = Promise.withResolvers<void>();
  await using source = await openWriter(options.place, options.namespace, {
    cluster: options.cluster,
    onStandby: () => {
      post.isStandingBy = true;
      log.info("standing by until no other controller acts", { place: options.place });
    },
    onLost: (reason) => {
      log.warn("no longer the acting controller", { reason });
      resolve();
    },
    signal: stop,
  });
  await using controller = new Controller(source, options);
  post.controller = controller;
  log.info("controller started", { place: options.place });
  source.onChange(controller.requestPass);
  controller.requestPass();
  const stopped = (): void => resolve();
  stop.addEventListener("abort", stopped, { once: true });
  if (stop.aborted) resolve();
  await end;
  stop.removeEventListener("abort", stopped);
  post.controller = null;
}

/** One controller over one source. */
class Controller implements AsyncDisposable {
  readonly allocation: Allocation;
  readonly requestPass: () => void;
  readonly #source: ControllerSource;
  readonly #writer: StatusWriter;
  readonly #sourceErrors = new ErrorReporter(log, { appeared: "object refused", mended: "object accepted" });
  readonly #configErrors = new ErrorReporter(log, {
    appeared: "configuration refused, the last good one stays in force",
    mended: "configuration error gone",
  });
  #lastGood: LastGood = NO_CONFIG_YET;
  #passes = 0;
  /** Writes of a status that failed and were tried again. */
  #failures = 0;
  /** Services whose decision would take an address away while some object could not be read. */
  readonly #held = new Set<ObjectKey>();

  constructor(source: ControllerSource, options: RoleOptions) {
    this.#source = source;
    this.allocation = new Allocation({ loadBalancerClass: options.loadBalancerClass });
    this.requestPass = coalesce(() => this.#pass());
    this.#writer = new StatusWriter({
      parallel: PARALLEL_WRITES,
      pauseMs: retryPauseMs,
      isNeeded: (service) =>
        !this.#held.has(service) && (this.allocation.decisions.get(service)?.write ?? null) !== null,
      write: (write) => source.writeServiceStatus(write),
      onFailure: (service, err, attempt) => {
        this.#failures++;
        log.error("status write failed, trying again", { service, err, attempt });
      },
    });
  }

  /** True once a configuration is in force. */
  get isReady(): boolean {
    return this.#lastGood.config !== null;
  }

  /** What its metrics are made of. */
  figures(): ControllerFigures {
    const { config, errors } = this.#lastGood;
    return {
      standing: {
        isLoaded: config !== null,
        isStale: errors.length > 0,
        passes: this.#passes,
        failures: this.#failures,
        unreadableCount: this.#source.errors().length,
      },
      pools: this.allocation.counters(),
      decisions: this.allocation.decisions,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#writer[Symbol.asyncDispose]();
  }

  #pass(): void {
    const objects = this.#source.objects();
    if (objects === null) return;
    this.#passes++;
    const unreadable = this.#source.errors();
    this.#sourceErrors.report(unreadable);
    this.#lastGood = nextLastGood(
      this.#lastGood,
      objects,
      unreadable,
      "allocation",
      this.#source.faulty(),
    );
    this.#configErrors.report(this.#lastGood.errors);
    const isWhole = this.#source.isWhole();
    const held = this.#source.heldByUnreadable();
    const changed = this.allocation.reconcile(
      snapshotOf(objects),
      this.#lastGood.config,
      isWhole ? held : addressesToKeep(objects.services, held),
    );
    for (const { key } of changed) this.#held.delete(key);
    if (isWhole) this.#releaseHeld();
    for (const decision of changed) {
      const service = objects.services.get(decision.key);
      if (!isWhole && takesAway(decision, service)) this.#hold(decision);
      else this.#carryOut(decision);
    }
    const unread = unreadable.filter((it) => isAboutConfiguration(it, "allocation"));
    const errors = [...this.#lastGood.errors, ...unread];
    this.#source.tell({ pools: this.allocation.counters(), errors });
  }

  /** Unknown is not absent: the pool of that address may stand in what could not be read. */
  #hold(decision: Decision): void {
    this.#held.add(decision.key);
    log.warn("address kept until every object can be read", { service: decision.key, err: decision.message });
  }

  #releaseHeld(): void {
    const released = [...this.#held];
    this.#held.clear();
    for (const key of released) {
      const decision = this.allocation.decisions.get(key);
      if (decision !== undefined) this.#carryOut(decision);
    }
  }

  #carryOut(decision: Decision): void {
    const { key: service, addresses: ips, pool, reason, message, events, write } = decision;
    if (reason === null) log.info("service decided", { service, ips, pool });
    else log.warn("service refused", { service, ips, pool, reason, err: message });
    const object = this.#source.objects()?.services.get(service);
    for (const event of events) {
      log.debug("event", { service, event: event.reason, type: event.type, err: event.message });
      if (object !== undefined) this.#source.recordEvent(object, event);
    }
    if (write !== null) this.#writer.submit(write);
  }
}

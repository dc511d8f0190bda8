/**
 * The speaker role: reads the cluster, decides what this node answers for, has the network thread do it.
 *
 * Shape: wiring only; one pass is source -> snapshot -> configuration in force -> this node's plan -> network thread.
 * Not here: who answers for an address (elect/, plan/), answering (network/).
 *
 * @module
 */
import type { ObjectKey } from "../k8s/types/meta.ts";
import { keysToCompare } from "../k8s/versioned_map.ts";
import { isAboutConfiguration, type LastGood, nextLastGood, NO_CONFIG_YET } from "./config/last_good.ts";
import type { NetworkCounters, Report } from "./network/messages.ts";
import { NetworkThread } from "./network/port.ts";
import { type NodeOutcome, NodePlan } from "./plan/node_plan.ts";
import { coalesce } from "./runtime/coalesce.ts";
import { openHealth } from "./runtime/endpoint/health.ts";
import { openMetrics } from "./runtime/endpoint/metrics.ts";
import { ErrorReporter } from "./runtime/error_reporter.ts";
import { readExcludedInterfaces } from "./runtime/excluded_interfaces.ts";
import { logOf } from "./runtime/log.ts";
import { logOutcome } from "./runtime/service_log.ts";
import { openSpeaker, type SpeakerSource } from "./runtime/open_source.ts";
import type { SpeakerOptions } from "./runtime/options/command_line.ts";
import { snapshotOf } from "./snapshot.ts";

const log = logOf("speaker");
const networkLog = logOf("network");

/** Whoever asks for metrics waits no longer for the network thread. */
const COUNT_WITHIN_MS = 3_000;
const NOTHING_COUNTED: NetworkCounters = {
  requestsReceived: {},
  responsesSent: {},
  gratuitousSent: {},
  dropped: {},
  bgp: [],
  bfd: [],
  turns: 0,
  loopLagMaxMs: 0,
  loopLagMeanMs: 0,
};

/** Runs until `stop` is aborted; rejects when the network thread cannot be kept alive. */
export async function runSpeaker(options: SpeakerOptions, stop: AbortSignal): Promise<void> {
  const excludeInterfaces = await readExcludedInterfaces(options.excludeInterfacesFile);
  const stuck = Promise.withResolvers<void>();
  // The thread takes as long to start as the folder to read, so both begin together.
  const speaker = new Speaker(options, excludeInterfaces, stuck.reject);
  await using source = await openSpeaker(
    options.place,
    options.namespace,
    options.nodeName,
    options.cluster,
  );
  await using _health = options.healthProbePort === 0 ? null : openHealth({
    port: options.healthProbePort,
    reach: "host",
    isAlive: () => speaker.isAlive,
    isReady: () => speaker.isReady,
    metrics: options.place.type === "Cluster" ? null : () => speaker.metrics(),
  });
  log.info("speaker started", { node: options.nodeName, place: options.place });
  speaker.follow(source);
  await using _metrics = openMetrics(options, () => speaker.metrics(), stuck.reject);
  // The last one opened is the first one closed: no client of a listener holds it up.
  await using _withdrawnFirst = speaker;
  stop.addEventListener("abort", () => stuck.resolve(), { once: true });
  if (stop.aborted) stuck.resolve();
  await stuck.promise;
  log.info("speaker stopping, withdrawing everything");
}

/** One speaker; it opens the network thread, and acts once it follows a source. */
class Speaker implements AsyncDisposable {
  readonly requestPass: () => void;
  #source: SpeakerSource | null = null;
  readonly #node: string;
  readonly #plan: NodePlan;
  readonly #thread: NetworkThread;
  readonly #sourceErrors = new ErrorReporter(log, { appeared: "object refused", mended: "object accepted" });
  readonly #configErrors = new ErrorReporter(log, {
    appeared: "configuration refused, the last good one stays in force",
    mended: "configuration error gone",
  });
  #lastGood: LastGood = NO_CONFIG_YET;
  #localInterfaces: ReadonlySet<string> | null = null;
  #outcomes: ReadonlyMap<ObjectKey, NodeOutcome> = new Map();
  #failingTaps: readonly string[] = [];
  #nodeKnown = true;
  #passes = 0;
  /** Times that this node was to announce a Service and could not. */
  #failures = 0;
  #threadRestarts = 0;
  #isThreadOpen = false;
  /** Since the last scrape; the thread counts from when it was last asked, which its watchdog does too. */
  #lagMaxMs = 0;
  #counted: ((counters: NetworkCounters) => void)[] = [];
  #lastCounters: NetworkCounters = NOTHING_COUNTED;

  constructor(
    options: SpeakerOptions,
    excludeInterfaces: string | null,
    fail: (error: Error) => void,
  ) {
    this.#node = options.nodeName;
    this.#plan = new NodePlan(options.nodeName, options);
    this.requestPass = coalesce(() => this.#pass());
    this.#thread = new NetworkThread({
      network: {
        nodeName: options.nodeName,
        excludeInterfaces,
        gratuitousPerSecond: options.gratuitousPerSecond,
        shutdownWaitMs: 1000 * options.shutdownWaitSeconds,
      },
      onReport: (report) => this.#take(report),
      onCrash: (err, pauseMs) => {
        this.#isThreadOpen = false;
        this.#threadRestarts++;
        networkLog.error("network thread crashed, starting it again", { err, pauseMs });
      },
      onStuck: () =>
        fail(new Error("The network thread does not answer; this process must be started again")),
    });
  }

  /** From now on does what the source says. */
  follow(source: SpeakerSource): void {
    this.#source = source;
    source.onChange(this.requestPass);
    this.requestPass();
  }

  /** False when the network thread has not answered for long. */
  get isAlive(): boolean {
    return this.#thread.isAnswering;
  }

  /** True once a configuration is in force at the network thread, and while every interface it needs can be used. */
  get isReady(): boolean {
    return this.#lastGood.config !== null && this.#isThreadOpen && this.#failingTaps.length === 0;
  }

  /** The metrics as of now. */
  async metrics(): Promise<string> {
    const network = await this.#countNow();
    const loopLagMaxMs = this.#lagMaxMs;
    this.#lagMaxMs = 0;
    const { formatRoleMetrics, speakerMetrics } = await import("./runtime/endpoint/role_metrics.ts");
    const { config, errors } = this.#lastGood;
    return formatRoleMetrics(speakerMetrics({
      node: this.#node,
      standing: {
        isLoaded: config !== null,
        isStale: errors.length > 0,
        passes: this.#passes,
        failures: this.#failures,
        unreadableCount: this.#source?.errors().length ?? 0,
      },
      outcomes: this.#outcomes,
      network: { ...network, loopLagMaxMs },
      threadRestarts: this.#threadRestarts,
    }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#thread[Symbol.asyncDispose]();
  }

  /** What the thread has counted; what it said last when it does not answer, so that the rest can be shown. */
  #countNow(): Promise<NetworkCounters> {
    const { promise, resolve } = Promise.withResolvers<NetworkCounters>();
    this.#counted.push(resolve);
    this.#thread.count();
    const bound = setTimeout(() => resolve(this.#lastCounters), COUNT_WITHIN_MS);
    return promise.finally(() => clearTimeout(bound));
  }

  #pass(): void {
    const objects = this.#source?.objects() ?? null;
    if (objects === null) return;
    this.#passes++;
    const unreadable = this.#source?.errors() ?? [];
    this.#sourceErrors.report(unreadable);
    this.#lastGood = nextLastGood(
      this.#lastGood,
      objects,
      unreadable,
      { node: this.#node },
      this.#source?.faulty(),
    );
    this.#configErrors.report(this.#lastGood.errors);
    this.#reportOwnNode(objects.nodes.has(this.#node));
    const { desired, services } = this.#plan.plan({
      snapshot: snapshotOf(objects),
      config: this.#lastGood.config,
      live: null,
      localInterfaces: this.#localInterfaces,
    });
    this.#thread.announce(desired);
    this.#logOutcomes(services);
    this.#outcomes = services;
    const scope = { node: this.#node };
    this.#source?.tell({
      services: objects.services,
      outcomes: this.#lastGood.config === null ? null : services,
      errors: [...this.#lastGood.errors, ...unreadable.filter((it) => isAboutConfiguration(it, scope))],
    });
  }

  #reportOwnNode(known: boolean): void {
    if (!known && this.#nodeKnown) {
      log.warn("no Node object has this name, so nothing is announced here; add one or set --node-name", {
        node: this.#node,
      });
    }
    this.#nodeKnown = known;
  }

  #logOutcomes(services: ReadonlyMap<ObjectKey, NodeOutcome>): void {
    for (const service of keysToCompare(this.#outcomes, services)) {
      const [before, outcome] = [this.#outcomes.get(service) ?? null, services.get(service) ?? null];
      if (before === outcome) continue;
      logOutcome(log, service, before, outcome);
      const failure = outcome?.failure ?? null;
      if (failure !== null && failure !== before?.failure) this.#failures++;
    }
  }

  #take(report: Report): void {
    switch (report.type) {
      case "Interfaces":
        this.#localInterfaces = new Set(report.interfaces.map((one) => one.name));
        networkLog.info("interfaces changed", { interfaces: report.interfaces });
        return this.requestPass();
      case "Conflict": {
        const { ip, mac } = report;
        return networkLog.error("another station uses this address", {
          ip,
          interface: report.interface,
          mac,
        });
      }
      case "ConflictEnded":
        return networkLog.info("address conflict ended", { ip: report.ip, interface: report.interface });
      case "BgpState":
        return logBgpState(report);
      case "BfdState":
        return logBfdState(report);
      case "Failing":
        this.#failingTaps = report.taps;
        return;
      case "Log":
        return networkLog[report.level](report.msg, { ...report.fields });
      case "Counters":
        this.#lastCounters = report.counters;
        this.#lagMaxMs = Math.max(this.#lagMaxMs, report.counters.loopLagMaxMs);
        for (const resolve of this.#counted.splice(0)) resolve(report.counters);
        return;
      case "Opened":
        this.#isThreadOpen = true;
        return networkLog.info("network thread started");
      case "Stopped":
        return networkLog.info("network thread stopped");
      case "Alive":
        return;
      default:
        report satisfies never;
    }
  }
}

/** Sessions that come and go are news; how they get there is for whoever looks for a fault. */
function logBgpState({ peer, from, to, reason, detail }: Extract<Report, { type: "BgpState" }>): void {
  const fields = { peer, from, to, reason, ...detail !== "" && { detail } };
  if (to === "Established") networkLog.info("BGP session up", fields);
  else if (from === "Established") {
    networkLog[reason === "stopped" ? "info" : "warn"]("BGP session down", fields);
  } else networkLog.debug("BGP session changed", fields);
}

function logBfdState({ peer, from, to, reason, diagnostic }: Extract<Report, { type: "BfdState" }>): void {
  const fields = { peer, from, to, reason, diagnostic };
  if (to === "Up") networkLog.info("BFD session up", fields);
  else if (from === "Up") networkLog[to === "AdminDown" ? "info" : "warn"]("BFD session down", fields);
  else networkLog.debug("BFD session changed", fields);
}

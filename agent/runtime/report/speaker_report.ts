/**
 * What a speaker tells the cluster of itself: status objects, Events on Services, its verdict on the configuration.
 *
 * Shape: {@linkcode SpeakerReport.tell} takes what the speaker decided, never blocks and never fails; announcing does not
 * wait for any of it. What it writes belongs to the Pod it runs in, when it is told which.
 * Not here: what is worth telling (agent/report), the same in the log (../service_log.ts).
 *
 * @module
 */
import type { ApiFault } from "../../../k8s/api/api_source.ts";
import type { ApiClient } from "../../../k8s/api/client.ts";
import { EventRecorder } from "../../../k8s/api/write/events.ts";
import { SERVICE_BGP_STATUS, SERVICE_L2_STATUS } from "../../../k8s/schema/statuses.ts";
import type { ObjectError } from "../../../k8s/source.ts";
import type { Service } from "../../../k8s/types/core.ts";
import type { ObjectKey } from "../../../k8s/types/meta.ts";
import { keysToCompare } from "../../../k8s/versioned_map.ts";
import type { NodeOutcome } from "../../plan/node_plan.ts";
import { speakerReporter } from "../../report/configuration_state.ts";
import { outcomeAtFirst, serviceEvents } from "../../report/service_events.ts";
import { BGP_STATUS, L2_STATUS } from "../../report/service_statuses.ts";
import { ConfigurationStateKeeper } from "./configuration_state.ts";
import { findOwnPod } from "./own_pod.ts";
import { StatusKeeper } from "./status_keeper.ts";

/** LIMIT: Events wait no longer than this to learn what was said before this start. */
const AT_FIRST_WITHIN_MS = 5_000;

/** What a speaker decided. */
export interface NodeDecided {
  readonly services: ReadonlyMap<ObjectKey, Service>;
  /** Of the Services of this load balancer's class; null before a configuration is in force. */
  readonly outcomes: ReadonlyMap<ObjectKey, NodeOutcome> | null;
  /** What is wrong with the configuration now. */
  readonly errors: readonly ObjectError[];
}

export interface SpeakerReportOptions {
  readonly client: ApiClient;
  /** Where status objects stand. */
  readonly namespace: string;
  readonly node: string;
  /** The Pod this runs in, in the same namespace; null outside of one. */
  readonly podName: string | null;
  /** What stands in the cluster cannot be followed at the moment. */
  readonly onFault: (fault: ApiFault) => void;
  readonly onMended: (resource: string) => void;
  /** A request about these failed and is tried again or, for an Event, given up. */
  readonly onFailure: (resource: string, error: Error, attempt: number) => void;
}

/** See the module comment. Disposing it ends it; what it wrote stays. */
export class SpeakerReport implements AsyncDisposable {
  readonly #options: SpeakerReportOptions;
  readonly #events: EventRecorder;
  /** Layer 2's and BGP's. */
  readonly #statuses: readonly [StatusKeeper, StatusKeeper];
  readonly #state: ConfigurationStateKeeper;
  readonly #stop = new AbortController();
  readonly #beginning: Promise<unknown>;
  #services: ReadonlyMap<ObjectKey, Service> = new Map();
  #outcomes: ReadonlyMap<ObjectKey, NodeOutcome> = new Map();
  readonly #inForce = Promise.withResolvers<void>();
  /** Whether a change is worth an Event: not before it is known what was said of the Services before. */
  #isTelling = false;

  constructor(options: SpeakerReportOptions) {
    this.#options = options;
    const { client, node, onFailure } = options;
    this.#events = new EventRecorder({
      client,
      component: "metallb-speaker",
      host: node,
      onFault: (error) => onFailure("events", error, 1),
    });
    const keep = (kind: typeof L2_STATUS, schema: typeof SERVICE_L2_STATUS): StatusKeeper =>
      new StatusKeeper({
        ...options,
        kind,
        schema,
        services: () => this.#outcomes.keys(),
        namesOf: (key) => {
          const [service, outcome] = [this.#services.get(key), this.#outcomes.get(key)];
          return service === undefined || outcome === undefined ? null : kind.namesOf(service, outcome);
        },
      });
    this.#statuses = [keep(L2_STATUS, SERVICE_L2_STATUS), keep(BGP_STATUS, SERVICE_BGP_STATUS)];
    this.#state = new ConfigurationStateKeeper({ ...options, reporter: speakerReporter(node) });
    this.#beginning = Promise.all([this.#begin(), this.#beginTelling()]);
  }

  /** This is what has been decided now. */
  tell({ services, outcomes, errors }: NodeDecided): void {
    this.#state.say(errors);
    // Without a configuration nobody knows what is to be announced, which is not to say that nothing is.
    if (outcomes === null) return;
    const [servicesBefore, before] = [this.#services, this.#outcomes];
    [this.#services, this.#outcomes] = [services, outcomes];
    const changed = new Set([...keysToCompare(servicesBefore, services), ...keysToCompare(before, outcomes)]);
    if (this.#isTelling) {
      for (const key of changed) this.#recordEvents(key, before.get(key) ?? null);
    }
    for (const keeper of this.#statuses) keeper.check(changed);
    this.#inForce.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("The speaker stops"));
    this.#inForce.resolve();
    await this.#beginning;
    await Promise.all([...this.#statuses, this.#state, this.#events].map((it) => it[Symbol.asyncDispose]()));
  }

  /** Lets the keepers write: first the one that also speaks for a configuration which is not in force. */
  async #begin(): Promise<void> {
    const { node, namespace } = this.#options;
    const owner = await findOwnPod(this.#options, this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    const author = { node, namespace, owner };
    this.#state.begin(author);
    await this.#inForce.promise;
    if (this.#stop.signal.aborted) return;
    for (const keeper of this.#statuses) keeper.begin(author);
  }

  /** Tells what is new since the last start, if that can be learnt soon. */
  async #beginTelling(): Promise<void> {
    await this.#inForce.promise;
    const unknown: ReadonlySet<ObjectKey> = new Set();
    const [layer2, bgp] = await Promise.all(
      this.#statuses.map((keeper) => this.#soon(keeper.atFirst, unknown)),
    );
    if (this.#stop.signal.aborted) return;
    this.#isTelling = true;
    for (const [key, outcome] of this.#outcomes) {
      const wasAnnounced = { layer2: layer2!.has(key), bgp: bgp!.has(key) };
      this.#recordEvents(key, outcomeAtFirst(outcome, wasAnnounced));
    }
  }

  /** What the promise comes to, or the substitute when that takes too long or the speaker stops. */
  async #soon<T>(promise: Promise<T>, substitute: T): Promise<T> {
    const late = Promise.withResolvers<T>();
    const giveUp = () => late.resolve(substitute);
    const timer = setTimeout(giveUp, AT_FIRST_WITHIN_MS);
    const { signal } = this.#stop;
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    const come = await Promise.race([promise, late.promise]);
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    return come;
  }

  #recordEvents(key: ObjectKey, before: NodeOutcome | null): void {
    const [service, outcome] = [this.#services.get(key), this.#outcomes.get(key)];
    if (service === undefined || outcome === undefined || outcome === before) return;
    for (const event of serviceEvents(this.#options.node, before, outcome)) {
      this.#events.record(service, event);
    }
  }
}

/**
 * What a controller that acts tells the cluster of itself: Events on Services, how full pools are, its verdict on the
 * configuration; and the Secret it makes for MetalLB's speakers.
 *
 * Shape: opened when this controller acts, disposed when it no longer does. Nothing here blocks or fails; giving addresses
 * does not wait for any of it.
 * Not here: what is worth telling (agent/report, agent/allocate), the speaker's part (speaker_report.ts).
 *
 * @module
 */
import type { ApiFault } from "../../../k8s/api/api_source.ts";
import type { ApiClient } from "../../../k8s/api/client.ts";
import { EventRecorder } from "../../../k8s/api/write/events.ts";
import type { ObjectError } from "../../../k8s/source.ts";
import type { Service } from "../../../k8s/types/core.ts";
import type { PoolCounters } from "../../allocate/address_table.ts";
import type { AllocationEvent } from "../../allocate/decision.ts";
import { CONTROLLER_REPORTER } from "../../report/configuration_state.ts";
import type { ClusterOptions } from "../options/cluster.ts";
import { ConfigurationStateKeeper } from "./configuration_state.ts";
import { ensureMemberlistSecret } from "./memberlist_secret.ts";
import { findOwnPod } from "./own_pod.ts";
import { PoolStatuses } from "./pool_statuses.ts";

/** What a controller decided. */
export interface ControllerDecided {
  /** How full the pools are. */
  readonly pools: ReadonlyMap<string, PoolCounters>;
  /** What is wrong with the configuration now. */
  readonly errors: readonly ObjectError[];
}

export interface ControllerReportOptions extends Pick<ClusterOptions, "podName" | "memberlist"> {
  readonly client: ApiClient;
  /** Where configuration and status objects stand. */
  readonly namespace: string;
  /** Whether this controller may write at all, asked before each write of a pool's status. */
  readonly mayWrite: () => boolean;
  /** Whether statuses of Services are being written, which others wait for. */
  readonly isWritingStatuses: () => boolean;
  /** What stands in the cluster cannot be followed at the moment. */
  readonly onFault: (fault: ApiFault) => void;
  readonly onMended: (resource: string) => void;
  /** A request about these failed and is tried again or, for an Event, given up. */
  readonly onFailure: (resource: string, error: Error, attempt: number) => void;
  readonly onSecretMade: (secret: string) => void;
}

/** See the module comment. Disposing it ends it; what it wrote stays. */
export class ControllerReport implements AsyncDisposable {
  readonly #options: ControllerReportOptions;
  readonly #events: EventRecorder;
  readonly #pools: PoolStatuses;
  readonly #state: ConfigurationStateKeeper;
  readonly #stop = new AbortController();
  readonly #beginning: Promise<unknown>;

  constructor(options: ControllerReportOptions) {
    this.#options = options;
    const { client, isWritingStatuses: givesWay, onFailure } = options;
    this.#events = new EventRecorder({
      client,
      component: "metallb-controller",
      givesWay,
      onFault: (error) => onFailure("events", error, 1),
    });
    this.#pools = new PoolStatuses({
      ...options,
      onFault: (error, attempt) => onFailure("ipaddresspools", error, attempt),
    });
    this.#state = new ConfigurationStateKeeper({ ...options, reporter: CONTROLLER_REPORTER });
    this.#beginning = this.#begin();
  }

  recordEvent(service: Service, event: AllocationEvent): void {
    this.#events.record(service, event);
  }

  /** This is what has been decided now. */
  tell({ pools, errors }: ControllerDecided): void {
    this.#pools.tell(pools);
    this.#state.say(errors);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("The controller stops"));
    await this.#beginning;
    await Promise.all([this.#events, this.#pools, this.#state].map((it) => it[Symbol.asyncDispose]()));
  }

  async #begin(): Promise<void> {
    const { namespace, memberlist, onSecretMade: onMade } = this.#options;
    const { signal } = this.#stop;
    const secret = memberlist === null
      ? Promise.resolve()
      : ensureMemberlistSecret({ ...this.#options, ...memberlist, onMade }, signal);
    const owner = await findOwnPod(this.#options, signal);
    if (!signal.aborted) this.#state.begin({ namespace, owner });
    await secret;
  }
}

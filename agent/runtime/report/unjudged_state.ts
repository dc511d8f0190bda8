/**
 * The ConfigurationState of a controller that serves webhooks and nothing else: it is there, and judges nothing.
 *
 * Source: MetalLB's webhook mode "onlywebhook". METALLB: it shares the name "controller" with a full controller of the same
 * namespace, and so does ours; whose verdict stands there is left alone.
 * Shape: has its own connection to the API server. Disposing it ends it; the object stays until its Pod is gone.
 *
 * @module
 */
import { ApiClient } from "../../../k8s/api/client.ts";
import { openCredentials } from "../../../k8s/api/access/credentials.ts";
import { Transport } from "../../../k8s/api/access/transport.ts";
import { CONTROLLER_REPORTER } from "../../report/configuration_state.ts";
import { ConfigurationStateKeeper, type ConfigurationStateKeeperOptions } from "./configuration_state.ts";
import { findOwnPod } from "./own_pod.ts";

export interface UnjudgedStateOptions extends Omit<ConfigurationStateKeeperOptions, "client" | "reporter"> {
  /** As the role was told; null for the Pod's own account. */
  readonly kubeconfig: string | null;
  readonly podName: string | null;
}

/** See the module comment. */
export function openUnjudgedState(options: UnjudgedStateOptions): AsyncDisposable {
  const client = new ApiClient(new Transport(openCredentials(options.kubeconfig)));
  const keeper = new ConfigurationStateKeeper({ ...options, client, reporter: CONTROLLER_REPORTER });
  const stop = new AbortController();
  keeper.say(null);
  const beginning = findOwnPod({ ...options, client }, stop.signal).then((owner) => {
    if (!stop.signal.aborted) keeper.begin({ namespace: options.namespace, owner });
  });
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort(new Error("The webhooks stop"));
      await beginning;
      await keeper[Symbol.asyncDispose]();
      client[Symbol.dispose]();
    },
  };
}

/**
 * The metrics of a role's configuration and of its passes over the cluster.
 *
 * Source: MetalLB's names and types. There an update is one reconciliation of one object; here it is a pass over all, as
 * nothing smaller exists. METALLB: after an error is undone its `config_stale_bool` may stay 1; here it never does.
 * Shape: values in, metrics on a registry out.
 *
 * @module
 */
import { Counter, Gauge, type Registry } from "prom-client";

/** How a role stands to its configuration. */
export interface ConfigurationStanding {
  /** A configuration is in force. */
  readonly isLoaded: boolean;
  /** It is not what the objects say, because what they say has an error. */
  readonly isStale: boolean;
  /** Passes since the start. */
  readonly passes: number;
}

/** Adds them. */
export function addConfigurationMetrics(
  registry: Registry,
  { isLoaded, isStale, passes }: ConfigurationStanding,
): void {
  const registers = [registry];
  new Gauge({
    name: "metallb_k8s_client_config_loaded_bool",
    help: "1 if a configuration is in force",
    registers,
  })
    .set(isLoaded ? 1 : 0);
  new Gauge({
    name: "metallb_k8s_client_config_stale_bool",
    help: "1 if the configuration has errors, so that an earlier one or none is in force",
    registers,
  }).set(isStale ? 1 : 0);
  new Counter({ name: "metallb_k8s_client_updates_total", help: "Passes over the cluster", registers })
    .inc(passes);
}

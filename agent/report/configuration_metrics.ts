/**
 * The metrics of a role's configuration and of its passes over the cluster.
 *
 * Source: MetalLB's names and types. There an update is one reconciliation of one object; here it is a pass over all, as
 * nothing smaller exists. METALLB: after an error is undone its `config_stale_bool` may stay 1; here it never does.
 * Shape: values in, metrics out.
 *
 * @module
 */
import { type Metric, single } from "./exposition.ts";

/** How a role stands to its configuration. */
export interface ConfigurationStanding {
  /** A configuration is in force. */
  readonly isLoaded: boolean;
  /** It is not what the objects say, because what they say has an error. */
  readonly isStale: boolean;
  /** Passes since the start. */
  readonly passes: number;
  /** What a pass decided and could not be carried out, since the start; bad configuration does not count. */
  readonly failures: number;
  /** Objects that could not be read, so that an earlier form of them or none is in force. */
  readonly unreadableCount: number;
}

/** See the module comment. */
export function configurationMetrics(standing: ConfigurationStanding): readonly Metric[] {
  const { isLoaded, isStale, passes, failures, unreadableCount } = standing;
  const client = (name: string, type: Metric["type"], help: string, value: number): Metric =>
    single(`metallb_k8s_client_${name}`, type, help, value);
  return [
    client("config_loaded_bool", "gauge", "1 if a configuration is in force", isLoaded ? 1 : 0),
    client(
      "config_stale_bool",
      "gauge",
      "1 if the configuration has errors, so that an earlier one or none is in force",
      isStale ? 1 : 0,
    ),
    client("updates_total", "counter", "Passes over the cluster", passes),
    client("update_errors_total", "counter", "Decisions that could not be carried out at once", failures),
    single("ingot_unreadable_objects", "gauge", "Objects that could not be read", unreadableCount),
  ];
}

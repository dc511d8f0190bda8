/**
 * What a role measures, under the names operators know.
 *
 * Source: MetalLB's metric names, types and labels; what only Ingot knows begins with `ingot_`.
 * Shape: plain values in, metrics out, afresh for each scrape: nothing is counted twice, and what is gone is not shown.
 * Not here: BGP and BFD sessions (session_metrics.ts), the configuration (configuration_metrics.ts), serving them
 * (agent/runtime/endpoint).
 *
 * @module
 */
import type { ObjectKey } from "../../k8s/types/meta.ts";
import type { PoolCounters } from "../allocate/address_table.ts";
import type { Decision } from "../allocate/decision.ts";
import type { NetworkCounters } from "../network/messages.ts";
import type { NodeOutcome } from "../plan/node_plan.ts";
import { configurationMetrics, type ConfigurationStanding } from "./configuration_metrics.ts";
import { type Metric, type Sample, single } from "./exposition.ts";
import { sessionMetrics } from "./session_metrics.ts";

/** What a controller that acts knows. */
export interface ControllerFigures {
  readonly standing: ConfigurationStanding;
  readonly pools: ReadonlyMap<string, PoolCounters>;
  readonly decisions: ReadonlyMap<ObjectKey, Decision>;
}

/** What a speaker knows. */
export interface SpeakerFigures {
  readonly node: string;
  readonly standing: ConfigurationStanding;
  readonly outcomes: ReadonlyMap<ObjectKey, NodeOutcome>;
  readonly network: NetworkCounters;
  /** How often the network thread has been started again. */
  readonly threadRestarts: number;
}

/** The metrics of a controller; null for one that stands by, which has no configuration to be out of date. */
export function controllerMetrics(figures: ControllerFigures | null): readonly Metric[] {
  const acting = single(
    "ingot_controller_acting",
    "gauge",
    "1 if this replica acts",
    figures === null ? 0 : 1,
  );
  if (figures === null) return [acting];
  const { standing, pools, decisions } = figures;
  return [
    ...configurationMetrics(standing),
    ...POOL_GAUGES.map(([name, help, value]): Metric => ({
      name: `metallb_allocator_${name}`,
      type: "gauge",
      help,
      samples: Array.from(pools, ([pool, counters]) => [{ pool }, Number(value(counters))]),
    })),
    servicesBy("allocated", decisions.values()),
    acting,
  ];
}

/** The metrics of a speaker. */
export function speakerMetrics(figures: SpeakerFigures): readonly Metric[] {
  const { node, standing, outcomes, network, threadRestarts } = figures;
  return [
    ...configurationMetrics(standing),
    announced(node, outcomes),
    count("metallb_layer2_requests_received", "Requests for an address", "ip", network.requestsReceived),
    count("metallb_layer2_responses_sent", "Answers for an address", "ip", network.responsesSent),
    count("metallb_layer2_gratuitous_sent", "Unsolicited announcements", "ip", network.gratuitousSent),
    ...sessionMetrics(network),
    servicesBy("announced", outcomes.values()),
    count("ingot_frames_dropped_total", "Frames not answered, by reason", "reason", network.dropped),
    single("ingot_network_thread_restarts_total", "counter", "Crashes of the network thread", threadRestarts),
    single("ingot_network_loop_turns", "gauge", "Turns of the network thread's loop", network.turns),
    single(
      "ingot_network_loop_lag_max_seconds",
      "gauge",
      "Worst lateness of a deadline since the last scrape",
      network.loopLagMaxMs / 1000,
    ),
    single(
      "ingot_network_loop_lag_mean_seconds",
      "gauge",
      "Mean lateness of deadlines in the last seconds",
      network.loopLagMeanMs / 1000,
    ),
  ];
}

const POOL_GAUGES: readonly (readonly [name: string, help: string, value: (pool: PoolCounters) => bigint])[] =
  [
    ["addresses_in_use_total", "Addresses in use", (it) => it.assignedIPv4 + it.assignedIPv6],
    ["ipv4_addresses_in_use_total", "IPv4 addresses in use", (it) => it.assignedIPv4],
    ["ipv6_addresses_in_use_total", "IPv6 addresses in use", (it) => it.assignedIPv6],
    [
      "addresses_total",
      "Usable addresses",
      (it) => it.assignedIPv4 + it.availableIPv4 + it.assignedIPv6 + it.availableIPv6,
    ],
    ["ipv4_addresses_total", "Usable IPv4 addresses", (it) => it.assignedIPv4 + it.availableIPv4],
    ["ipv6_addresses_total", "Usable IPv6 addresses", (it) => it.assignedIPv6 + it.availableIPv6],
  ];

function announced(node: string, outcomes: ReadonlyMap<ObjectKey, NodeOutcome>): Metric {
  const samples: Sample[] = [];
  for (const [service, { addresses, bgp }] of outcomes) {
    for (const ip of addresses) samples.push([{ service, protocol: "layer2", node, ip }, 1]);
    for (const ip of bgp?.addresses ?? []) samples.push([{ service, protocol: "bgp", node, ip }, 1]);
  }
  return {
    name: "metallb_speaker_announced",
    type: "gauge",
    help: "Services announced from this node",
    samples,
  };
}

/** How many Services there are of each outcome; `fine` names the one without a reason. */
function servicesBy(fine: string, outcomes: Iterable<{ readonly reason: string | null }>): Metric {
  const counts = new Map<string, number>();
  for (const { reason } of outcomes) counts.set(reason ?? fine, (counts.get(reason ?? fine) ?? 0) + 1);
  return {
    name: "ingot_services",
    type: "gauge",
    help: "Services by what became of them",
    samples: Array.from(counts, ([outcome, value]) => [{ outcome }, value]),
  };
}

function count(name: string, help: string, label: string, values: Readonly<Record<string, number>>): Metric {
  return {
    name,
    type: "counter",
    help,
    samples: Object.entries(values).map(([key, value]) => [{ [label]: key }, value]),
  };
}

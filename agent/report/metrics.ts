/**
 * What this process measures, in Prometheus' words.
 *
 * Source: MetalLB's metric names, types and labels; what only Ingot knows begins with `ingot_`.
 * Shape: a fresh registry of plain values for each scrape: nothing is counted twice, and what is gone is not shown.
 * Not here: BGP and BFD sessions (session_metrics.ts), serving it (endpoint.ts).
 *
 * @module
 */
import { Counter, Gauge, Registry } from "prom-client";
import type { PoolCounters } from "../allocate/address_table.ts";
import type { ObjectKey } from "../../k8s/types/meta.ts";
import type { NetworkCounters } from "../network/messages.ts";
import type { NodeOutcome } from "../plan/node_plan.ts";
import { addSessionMetrics } from "./session_metrics.ts";

/** The controller's metrics: the pools and how full they are. */
export function controllerMetrics(counters: ReadonlyMap<string, PoolCounters>): Registry {
  const registry = new Registry();
  const gauge = gaugesOn(registry, ["pool"]);
  const used = gauge("metallb_allocator_addresses_in_use_total", "Addresses in use");
  const used4 = gauge("metallb_allocator_ipv4_addresses_in_use_total", "IPv4 addresses in use");
  const used6 = gauge("metallb_allocator_ipv6_addresses_in_use_total", "IPv6 addresses in use");
  const total = gauge("metallb_allocator_addresses_total", "Usable addresses");
  const total4 = gauge("metallb_allocator_ipv4_addresses_total", "Usable IPv4 addresses");
  const total6 = gauge("metallb_allocator_ipv6_addresses_total", "Usable IPv6 addresses");
  for (const [pool, { assignedIPv4, assignedIPv6, availableIPv4, availableIPv6 }] of counters) {
    used.set({ pool }, Number(assignedIPv4 + assignedIPv6));
    used4.set({ pool }, Number(assignedIPv4));
    used6.set({ pool }, Number(assignedIPv6));
    total.set({ pool }, Number(assignedIPv4 + availableIPv4 + assignedIPv6 + availableIPv6));
    total4.set({ pool }, Number(assignedIPv4 + availableIPv4));
    total6.set({ pool }, Number(assignedIPv6 + availableIPv6));
  }
  return registry;
}

/** The speaker's metrics: what it announces, and what its network thread has counted. */
export function speakerMetrics(
  node: string,
  services: ReadonlyMap<ObjectKey, NodeOutcome>,
  counters: NetworkCounters,
): Registry {
  const registry = new Registry();
  const announced = gaugesOn(registry, ["service", "protocol", "node", "ip"])(
    "metallb_speaker_announced",
    "Services announced from this node",
  );
  for (const [service, outcome] of services) {
    for (const ip of outcome.addresses) announced.set({ service, protocol: "layer2", node, ip }, 1);
    for (const ip of outcome.bgp?.addresses ?? []) announced.set({ service, protocol: "bgp", node, ip }, 1);
  }
  count(
    registry,
    "metallb_layer2_requests_received",
    "Requests for an address",
    "ip",
    counters.requestsReceived,
  );
  count(registry, "metallb_layer2_responses_sent", "Answers for an address", "ip", counters.responsesSent);
  count(
    registry,
    "metallb_layer2_gratuitous_sent",
    "Unsolicited announcements",
    "ip",
    counters.gratuitousSent,
  );
  count(registry, "ingot_frames_dropped_total", "Frames not answered, by reason", "reason", counters.dropped);
  addSessionMetrics(registry, counters);
  const gauge = gaugesOn(registry, []);
  gauge("ingot_network_loop_turns", "Turns of the network thread's loop").set(counters.turns);
  gauge("ingot_network_loop_lag_max_seconds", "Worst lateness of a deadline since the last scrape")
    .set(counters.loopLagMaxMs / 1000);
  gauge("ingot_network_loop_lag_mean_seconds", "Mean lateness of deadlines since the last scrape")
    .set(counters.loopLagMeanMs / 1000);
  return registry;
}

function gaugesOn<Label extends string>(
  registry: Registry,
  labelNames: readonly Label[],
): (name: string, help: string) => Gauge<Label> {
  return (name, help) => new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
}

function count(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  values: Readonly<Record<string, number>>,
): void {
  const counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
  for (const [key, value] of Object.entries(values)) counter.inc({ [label]: key }, value);
}

import assert from "node:assert/strict";
import type { Ip } from "../../protocols/net/ip.ts";
import type { BfdCounters, BgpPeerCounters, NetworkCounters } from "../network/messages.ts";
import type { NodeOutcome } from "../plan/node_plan.ts";
import type { Decision } from "../allocate/decision.ts";
import { configurationMetrics, type ConfigurationStanding } from "./configuration_metrics.ts";
import { formatMetrics, type Metric } from "./exposition.ts";
import { controllerMetrics, speakerMetrics } from "./metrics.ts";

const WEB = "192.0.2.1" as Ip;
const ONCE = { sent: 1, received: 1 };
const PEER: BgpPeerCounters = {
  name: "tor",
  peer: "192.0.2.9:179",
  vrf: "default",
  state: "Established",
  opens: ONCE,
  updates: ONCE,
  notifications: ONCE,
  keepalives: ONCE,
  routeRefreshes: ONCE,
  announcedPrefixes: 1,
  pendingPrefixes: 0,
  receivedPrefixes: 0,
};
const PATH: BfdCounters = {
  name: "tor",
  peer: "192.0.2.9",
  vrf: "default",
  state: "Up",
  controlPackets: ONCE,
  echoPackets: ONCE,
  upEvents: 1,
  downEvents: 1,
};
const COUNTERS: NetworkCounters = {
  requestsReceived: { [WEB]: 3 },
  responsesSent: { [WEB]: 2 },
  gratuitousSent: { [WEB]: 1 },
  dropped: {},
  bgp: [PEER],
  bfd: [PATH],
  turns: 1,
  loopLagMaxMs: 0,
  loopLagMeanMs: 0,
};
const OUTCOME: NodeOutcome = {
  reason: null,
  message: "",
  addresses: [WEB],
  interfaces: null,
  failure: null,
  bgp: { reason: null, addresses: [WEB], peers: ["tor"] },
};

const STANDING: ConfigurationStanding = {
  isLoaded: true,
  isStale: false,
  passes: 7,
  failures: 2,
  unreadableCount: 0,
};
const FIGURES = {
  node: "n1",
  standing: STANDING,
  outcomes: new Map([["shop/web", OUTCOME]]),
  network: COUNTERS,
  threadRestarts: 0,
};

/** Of both roles. */
const CLIENT = [
  "metallb_k8s_client_config_loaded_bool gauge",
  "metallb_k8s_client_config_stale_bool gauge",
  "metallb_k8s_client_updates_total counter",
  "metallb_k8s_client_update_errors_total counter",
];

/** MetalLB's controller; it declares one more, services_allocated_total, and never sets it. */
const CONTROLLER = [
  ...CLIENT,
  ...["", "ipv4_", "ipv6_"].flatMap((family) =>
    [`${family}addresses_total`, `${family}addresses_in_use_total`].map((name) =>
      `metallb_allocator_${name} gauge pool`
    )
  ),
];

/** MetalLB's speaker and its sidecar: every metric by its type, "announced gauge service protocol node ip". */
const SPEAKER = [
  ...CLIENT,
  "metallb_speaker_announced gauge service protocol node ip",
  "metallb_layer2_requests_received counter ip",
  "metallb_layer2_responses_sent counter ip",
  "metallb_layer2_gratuitous_sent counter ip",
  ...["session_up", "announced_prefixes_total", "pending_prefixes_total"].map((name) =>
    `metallb_bgp_${name} gauge peer vrf`
  ),
  ...[
    "opens_sent",
    "opens_received",
    "notifications_sent",
    "updates_total",
    "updates_total_received",
    "keepalives_sent",
    "keepalives_received",
    "route_refresh_sent",
    "total_sent",
    "total_received",
  ].map((name) => `metallb_bgp_${name} counter peer vrf`),
  "metallb_bfd_session_up gauge peer vrf",
  ...[
    "control_packet_input",
    "control_packet_output",
    "echo_packet_input",
    "echo_packet_output",
    "session_up_events",
    "session_down_events",
  ].map((name) => `metallb_bfd_${name} counter peer vrf`),
];

/** "name type label label" of every sample. */
function shapesOf(metrics: readonly Metric[]): Set<string> {
  return new Set(
    metrics.flatMap(({ name, type, samples }) =>
      samples.map(([labels]) => [name, type, ...Object.keys(labels)].join(" "))
    ),
  );
}

function linesOf(metrics: readonly Metric[], pattern: RegExp): string[] {
  return formatMetrics(metrics).split("\n").filter((line) => pattern.test(line));
}

const DECISION: Decision = {
  key: "shop/web",
  addresses: [WEB],
  pool: "gold",
  reason: null,
  message: "",
  events: [],
  write: null,
};

Deno.test("speakerMetrics() has every metric of MetalLB's speaker, with its type and labels", () => {
  const shapes = shapesOf(speakerMetrics(FIGURES));
  assert.deepEqual(SPEAKER.filter((shape) => !shapes.has(shape)), []);
});

Deno.test("controllerMetrics() has every metric of MetalLB's controller, with its type and labels", () => {
  const pools = new Map([
    ["gold", { assignedIPv4: 1n, assignedIPv6: 2n, availableIPv4: 3n, availableIPv6: 2n ** 63n - 3n }],
  ]);
  const metrics = controllerMetrics({ standing: STANDING, pools, decisions: new Map() });
  const shapes = shapesOf(metrics);
  assert.deepEqual(CONTROLLER.filter((shape) => !shapes.has(shape)), []);
  assert.deepEqual(linesOf(metrics, /^metallb_allocator/), [
    'metallb_allocator_addresses_in_use_total{pool="gold"} 3',
    'metallb_allocator_ipv4_addresses_in_use_total{pool="gold"} 1',
    'metallb_allocator_ipv6_addresses_in_use_total{pool="gold"} 2',
    'metallb_allocator_addresses_total{pool="gold"} 9223372036854776000',
    'metallb_allocator_ipv4_addresses_total{pool="gold"} 4',
    'metallb_allocator_ipv6_addresses_total{pool="gold"} 9223372036854776000',
  ]);
});

Deno.test("controllerMetrics() counts Services by what became of them", () => {
  const decisions = new Map([
    ["shop/web", DECISION],
    ["shop/api", { ...DECISION, addresses: [] }],
    ["shop/late", { ...DECISION, addresses: [], pool: null, reason: "poolExhausted" as const }],
  ]);
  const metrics = controllerMetrics({ standing: STANDING, pools: new Map(), decisions });
  assert.deepEqual(linesOf(metrics, /^ingot_services/), [
    'ingot_services{outcome="allocated"} 2',
    'ingot_services{outcome="poolExhausted"} 1',
  ]);
});

Deno.test("controllerMetrics() of a replica that stands by says so, and raises no alert about a configuration", () => {
  assert.deepEqual(linesOf(controllerMetrics(null), /^[^#]/), ["ingot_controller_acting 0"]);
});

Deno.test("speakerMetrics() shows an address for each protocol that announces it, and none of what is not announced", () => {
  const quiet: NodeOutcome = { ...OUTCOME, reason: "notOwner", addresses: [], bgp: null };
  const outcomes = new Map([["shop/web", OUTCOME], ["shop/other", quiet]]);
  const metrics = speakerMetrics({ ...FIGURES, outcomes, network: { ...COUNTERS, bgp: [], bfd: [] } });
  assert.deepEqual(linesOf(metrics, /^metallb_speaker_announced/), [
    'metallb_speaker_announced{service="shop/web",protocol="layer2",node="n1",ip="192.0.2.1"} 1',
    'metallb_speaker_announced{service="shop/web",protocol="bgp",node="n1",ip="192.0.2.1"} 1',
  ]);
  assert.deepEqual(linesOf(metrics, /^metallb_(bgp|bfd)/), []);
});

Deno.test("configurationMetrics() tells a configuration in force from one that is out of date", () => {
  assert.deepEqual(linesOf(configurationMetrics({ ...STANDING, isStale: true }), /^metallb/), [
    "metallb_k8s_client_config_loaded_bool 1",
    "metallb_k8s_client_config_stale_bool 1",
    "metallb_k8s_client_updates_total 7",
    "metallb_k8s_client_update_errors_total 2",
  ]);
});

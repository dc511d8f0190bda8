import assert from "node:assert/strict";
import { Registry } from "prom-client";
import type { Ip } from "../../protocols/net/ip.ts";
import type { BfdCounters, BgpPeerCounters, NetworkCounters } from "../network/messages.ts";
import type { NodeOutcome } from "../plan/node_plan.ts";
import { addConfigurationMetrics } from "./configuration_metrics.ts";
import { speakerMetrics } from "./metrics.ts";

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
  bgp: { reason: null, addresses: [WEB], peers: ["tor"] },
};

/** MetalLB's speaker and its sidecar: every metric by its type, "announced gauge service protocol node ip". */
const METALLB = [
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
async function shapesOf(registry: Registry): Promise<Set<string>> {
  const metrics = await registry.getMetricsAsJSON();
  return new Set(
    metrics.flatMap(({ name, type, values }) =>
      values.map(({ labels }) => [name, type, ...Object.keys(labels)].join(" "))
    ),
  );
}

Deno.test("speakerMetrics() has every metric of MetalLB's speaker, with its type and labels", async () => {
  const shapes = await shapesOf(speakerMetrics("n1", new Map([["shop/web", OUTCOME]]), COUNTERS));
  assert.deepEqual(METALLB.filter((shape) => !shapes.has(shape)), []);
});

Deno.test("speakerMetrics() shows an address for each protocol that announces it, and none of what is not announced", async () => {
  const quiet: NodeOutcome = { ...OUTCOME, reason: "notOwner", addresses: [], bgp: null };
  const services = new Map([["shop/web", OUTCOME], ["shop/other", quiet]]);
  const lines = (await speakerMetrics("n1", services, { ...COUNTERS, bgp: [], bfd: [] }).metrics()).split(
    "\n",
  );
  assert.deepEqual(lines.filter((line) => line.startsWith("metallb_speaker_announced")), [
    'metallb_speaker_announced{service="shop/web",protocol="layer2",node="n1",ip="192.0.2.1"} 1',
    'metallb_speaker_announced{service="shop/web",protocol="bgp",node="n1",ip="192.0.2.1"} 1',
  ]);
  assert.deepEqual(lines.filter((line) => /^metallb_(bgp|bfd)/.test(line)), []);
});

Deno.test("addConfigurationMetrics() tells a configuration in force from one that is out of date", async () => {
  const registry = new Registry();
  addConfigurationMetrics(registry, { isLoaded: true, isStale: true, passes: 7 });
  const lines = (await registry.metrics()).split("\n").filter((line) => /^metallb/.test(line));
  assert.deepEqual(lines, [
    "metallb_k8s_client_config_loaded_bool 1",
    "metallb_k8s_client_config_stale_bool 1",
    "metallb_k8s_client_updates_total 7",
  ]);
});

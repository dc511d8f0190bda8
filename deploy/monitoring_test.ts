import assert from "node:assert/strict";
import chart from "./chart/templates/prometheus/rules.yaml" with { type: "text" };
import dashboard from "./dashboard/ingot.json" with { type: "text" };
import manifest from "./manifests/components/monitoring/rules.yaml" with { type: "text" };

/** What the programs measure and somebody looks at. */
const METRICS: ReadonlySet<string> = new Set([
  "ingot_frames_dropped_total",
  "ingot_network_loop_lag_max_seconds",
  "metallb_allocator_addresses_in_use_total",
  "metallb_allocator_addresses_total",
  "metallb_allocator_ipv4_addresses_in_use_total",
  "metallb_allocator_ipv4_addresses_total",
  "metallb_allocator_ipv6_addresses_in_use_total",
  "metallb_allocator_ipv6_addresses_total",
  "metallb_bgp_announced_prefixes_total",
  "metallb_bgp_session_up",
  "metallb_bgp_updates_total",
  "metallb_k8s_client_config_loaded_bool",
  "metallb_k8s_client_config_stale_bool",
  "metallb_k8s_client_update_errors_total",
  "metallb_k8s_client_updates_total",
  "metallb_layer2_gratuitous_sent",
  "metallb_layer2_requests_received",
  "metallb_layer2_responses_sent",
  "metallb_speaker_announced",
]);

Deno.test("the dashboard and the alerts ask for metrics that there are", () => {
  const asked = [dashboard, manifest, chart].flatMap((text) => text.match(/\b(?:ingot|metallb)_\w+/g) ?? []);
  const used = new Set(asked);
  assert.deepEqual([...used].filter((name) => !METRICS.has(name)), []);
  assert.deepEqual([...METRICS].filter((name) => !used.has(name)), []);
});

Deno.test("the chart and the manifests have the same alerts", () => {
  const alerts = (text: string) =>
    (text.match(/alert: [A-Za-z]+/g) ?? []).filter((one, i, all) => all.indexOf(one) === i);
  assert.deepEqual(alerts(chart).sort(), alerts(manifest).sort());
});

Deno.test("the dashboard's panels lie beside each other", () => {
  const { panels } = JSON.parse(dashboard) as {
    panels: { id: number; title: string; gridPos: { x: number; y: number; w: number; h: number } }[];
  };
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const [i, { gridPos: a, title }] of panels.entries()) {
    assert.ok(a.x + a.w <= 24, title);
    for (const { gridPos: b } of panels.slice(i + 1)) {
      const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
      assert.ok(apart, title);
    }
  }
});

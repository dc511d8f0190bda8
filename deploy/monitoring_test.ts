import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { controllerMetrics, speakerMetrics } from "../agent/report/metrics.ts";
import chart from "./chart/templates/prometheus/rules.yaml" with { type: "text" };
import dashboard from "./dashboard/ingot.json" with { type: "text" };
import monitors from "./manifests/components/monitoring/monitors.yaml" with { type: "text" };
import manifest from "./manifests/components/monitoring/rules.yaml" with { type: "text" };
import policies from "./manifests/components/network_policies/policies.yaml" with { type: "text" };
import controller from "./manifests/controller.yaml" with { type: "text" };
import speaker from "./manifests/speaker.yaml" with { type: "text" };

const STANDING = { isLoaded: true, isStale: false, passes: 0, failures: 0, unreadableCount: 0 };
const NETWORK = {
  ...{ requestsReceived: {}, responsesSent: {}, gratuitousSent: {}, dropped: {} },
  ...{ bgp: [], bfd: [], turns: 0, loopLagMaxMs: 0, loopLagMeanMs: 0 },
};

/** What both roles measure. */
const METRICS: ReadonlySet<string> = new Set([
  ...controllerMetrics({ standing: STANDING, pools: new Map(), decisions: new Map() }),
  ...speakerMetrics({
    node: "n1",
    standing: STANDING,
    outcomes: new Map(),
    network: NETWORK,
    threadRestarts: 0,
  }),
].map(({ name }) => name));

Deno.test("the dashboard and the alerts ask for metrics that there are", () => {
  const asked = [dashboard, manifest, chart].flatMap((text) => text.match(/\b(?:ingot|metallb)_\w+/g) ?? []);
  assert.ok(asked.length > 0);
  assert.deepEqual(asked.filter((name) => !METRICS.has(name)), []);
});

/** An object as far as these tests look. */
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly {
          readonly args: readonly string[];
          readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
        }[];
      };
    };
    readonly podMetricsEndpoints: readonly { readonly port: string; readonly scheme: string }[];
    readonly ingress?: readonly { readonly ports: readonly { readonly port: number }[] }[];
  };
}

const objectsIn = (text: string): readonly Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest);

Deno.test("monitors, annotations and network policy name the port that metrics are served on", () => {
  for (const [role, text] of [["controller", controller], ["speaker", speaker]] as const) {
    const { template } = objectsIn(text).find(({ kind }) => /Deployment|DaemonSet/.test(kind))!.spec;
    const [{ args, ports }] = template.spec.containers as [
      Manifest["spec"]["template"]["spec"]["containers"][0],
    ];
    const served = ports.find(({ name }) => name === "metricshttps")?.containerPort;
    assert.ok(args.includes(`--port=${served}`), role);
    assert.partialDeepStrictEqual(template.metadata.annotations, {
      "prometheus.io/port": `${served}`,
      "prometheus.io/scheme": "https",
    });
    const monitor = objectsIn(monitors).find(({ metadata }) => metadata.name === `${role}-monitor`)!;
    assert.partialDeepStrictEqual(monitor.spec.podMetricsEndpoints, [{
      port: "metricshttps",
      scheme: "https",
    }]);
    // A speaker is in its node's network, where no policy reaches.
    if (role === "speaker") continue;
    const policy = objectsIn(policies).find(({ metadata }) => metadata.name === role)!;
    const open = policy.spec.ingress!.flatMap((rule) => rule.ports.map(({ port }) => port));
    assert.ok(open.includes(served!), role);
  }
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

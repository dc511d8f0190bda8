/**
 * The Helm chart: what every value does, that names are MetalLB's, and that the API server takes what is rendered.
 *
 * @module
 */
import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { clusterTest } from "../../lab/apiserver/suite.ts";
import { ApiServer } from "./api_server.ts";
import { INSTALLATIONS, type ValueCase, VALUES } from "./chart_values.ts";
import { LACKING_HELM, lint, render, unlessLacking } from "./helm.ts";
import { monitoringDefinitions } from "./monitoring_definitions.ts";

const chartTest = unlessLacking(LACKING_HELM, (title, fn) => Deno.test(title, fn));

chartTest("every value of MetalLB's chart works, is refused with a reason, or does nothing", async (test) => {
  await lint();
  const rendered = new Map<string, Promise<string>>();
  const renderOnce: Render = (values) => {
    const key = JSON.stringify(values);
    return rendered.get(key) ?? rendered.set(key, render(values)).get(key)!;
  };
  for (const one of VALUES) await test.step(titleOf(one), () => judge(one, renderOnce));
});

type Render = (values: Readonly<Record<string, unknown>>) => Promise<string>;

function titleOf({ set }: ValueCase): string {
  return Object.entries(set).map(([path, value]) => `${path}=${JSON.stringify(value)}`).join(" ");
}

async function judge({ set, also = {}, effect }: ValueCase, renderOnce: Render): Promise<void> {
  if (effect === "without effect") return assert.equal(await renderOnce(set), await renderOnce({}));
  if ("refused" in effect) return await assert.rejects(renderOnce({ ...also, ...set }), effect.refused);
  const [before, after] = [await renderOnce(also), await renderOnce({ ...also, ...set })];
  const [pattern, present, absent] = "shows" in effect
    ? [effect.shows, after, before]
    : [effect.hides, before, after];
  assert.match(present, pattern);
  assert.doesNotMatch(absent, pattern);
}

chartTest("names and selectors are MetalLB's, so that its release can be upgraded in place", async () => {
  const named = async (release: string) => {
    const objects = parseAllDocuments(await render({}, release)).map((document) => document.toJS())
      .filter((object) => object !== null);
    return new Map(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object]));
  };
  const objects = await named("metallb");
  for (
    const expected of [
      "Deployment metallb-controller",
      "DaemonSet metallb-speaker",
      "ServiceAccount metallb-controller",
      "ServiceAccount metallb-speaker",
      "ClusterRole metallb:controller",
      "ClusterRole metallb:speaker",
      "Role metallb-controller",
      "Role metallb-pod-lister",
      "ValidatingWebhookConfiguration metallb-webhook-configuration",
      "Service metallb-webhook-service",
      "Secret metallb-webhook-cert",
      "ConfigMap metallb-excludel2",
      "CustomResourceDefinition bgppeers.metallb.io",
    ]
  ) assert.ok(objects.has(expected), `There is no ${expected}`);
  const [deployment, daemonSet] = ["Deployment metallb-controller", "DaemonSet metallb-speaker"];
  for (const [workload, component] of [[deployment, "controller"], [daemonSet, "speaker"]]) {
    assert.deepEqual(objects.get(workload!).spec.selector.matchLabels, {
      "app.kubernetes.io/name": "metallb",
      "app.kubernetes.io/instance": "metallb",
      "app.kubernetes.io/component": component,
    });
  }
  assert.ok((await named("edge")).has("Deployment edge-metallb-controller"));
});

unlessLacking(LACKING_HELM, clusterTest)("the API server takes what the chart renders", async (test) => {
  await using api = await ApiServer.open();
  await api.define(monitoringDefinitions());
  await api.kubectl(["create", "namespace", "metallb-system"]);
  for (const [title, values] of Object.entries(INSTALLATIONS)) {
    await test.step(title, async () => {
      const flags = ["--dry-run=server", "--validate=strict", "-n", "metallb-system", "-f", "-"];
      const answer = await api.kubectl(["apply", ...flags], await render(values));
      assert.doesNotMatch(answer, /Warning/);
    });
  }
});

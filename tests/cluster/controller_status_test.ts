/**
 * What the controller says of itself on a real API server, with the rights that are shipped: its verdict on the
 * configuration, and the secret it makes for MetalLB's speakers.
 *
 * Not here: addresses and pools (controller_test.ts, roles_test.ts), the speakers' part (speaker_status_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { KubernetesObject } from "../../k8s/types/meta.ts";
import type { ConfigurationState, OwnedObject } from "../../k8s/types/statuses.ts";
import { type Cluster, SYSTEM } from "../lab/apiserver/cluster.ts";
import { clusterTest } from "../lab/apiserver/suite.ts";
import { until } from "../stage/until.ts";
import { pool } from "./services.ts";
import { ClusterStage, PATIENCE_MS, RETRY_PATIENCE_MS } from "./stage.ts";

const KEY = `${SYSTEM}/controller`;
const MEMBERLIST = ["--ml-secret-name", "memberlist", "--deployment", "controller"];
const DEPLOYMENT = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "controller", namespace: SYSTEM },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: "metallb" } },
    template: {
      metadata: { labels: { app: "metallb" } },
      spec: { containers: [{ name: "controller", image: "ingot" }] },
    },
  },
};
const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "controller-1", namespace: SYSTEM },
  spec: {
    serviceAccountName: "controller",
    automountServiceAccountToken: false,
    containers: [{ name: "controller", image: "ingot" }],
  },
};

/** Waits until the controller's verdict is this one. */
async function verdict(cluster: Cluster, result: string, found = ""): Promise<ConfigurationState> {
  return await until(`the controller to say ${result} ${found}`, async () => {
    const all = await cluster.list<ConfigurationState>("configurationstates");
    const state = all.find(({ metadata }) => metadata.name === "controller");
    const isIt = state?.status?.result === result && (state.status.errorSummary ?? "").includes(found);
    return isIt ? state : null;
  }, PATIENCE_MS);
}

clusterTest(
  "the controller says on the API server whether the configuration is in force, and makes a secret",
  async (t) => {
    await using stage = await ClusterStage.open({ nodes: 1 });
    const { cluster } = stage;
    await cluster.apply(POD, pool("gold", "10.80.0.0/24"));
    const controller = stage.controller(undefined, 0, "--pod-name", "controller-1", ...MEMBERLIST);

    await t.step(
      "W10: its ConfigurationState has MetalLB's name, label and condition, and is its Pod's",
      async () => {
        const { metadata, status } = await verdict(cluster, "Valid");
        assert.deepEqual(metadata.labels, { "metallb.io/component-type": "controller" });
        assert.deepEqual(metadata.ownerReferences?.map(({ kind, name }) => `${kind} ${name}`), [
          "Pod controller-1",
        ]);
        assert.partialDeepStrictEqual(status?.conditions, [
          { type: "poolReconcilerValid", status: "True", reason: "Reconciled", message: "" },
        ]);
      },
    );

    await t.step("W13: pools that cannot be are told of, with the last good ones in force", async () => {
      await cluster.apply(pool("copy", "10.80.0.0/25"));
      const { status } = await verdict(cluster, "Invalid", "overlaps with already defined CIDR");
      assert.match(status!.errorSummary!, /^configuration error: /);
      assert.partialDeepStrictEqual(status?.conditions, [
        { status: "False", reason: "ConfigurationError", message: status!.errorSummary! },
      ]);
    });

    await t.step("W11: deleted or edited while invalid, it comes back with the same verdict", async () => {
      await cluster.kubectl(["delete", "configurationstate", "controller", "-n", SYSTEM]);
      await verdict(cluster, "Invalid", "overlaps");
      const lie = JSON.stringify({ status: { result: "Valid", errorSummary: "" } });
      await cluster.kubectl([
        ...[
          "patch",
          "configurationstate",
          "controller",
          "-n",
          SYSTEM,
          "--subresource=status",
          "--type=merge",
        ],
        ...["-p", lie],
      ]);
      await verdict(cluster, "Invalid", "overlaps");
    });

    await t.step("W6, 142: what only speakers need does not concern it", async () => {
      await cluster.kubectl(["delete", "ipaddresspool", "copy", "-n", SYSTEM]);
      await verdict(cluster, "Valid");
      await cluster.apply({
        apiVersion: "metallb.io/v1beta2",
        kind: "BGPPeer",
        metadata: { name: "tor", namespace: SYSTEM },
        spec: { myASN: 64512, peerASN: 64513, peerAddress: "10.77.0.253", bfdProfile: "missing" },
      }, pool("gold", "10.80.0.0/23"));
      await until("the larger pool", async () => {
        const { status } = await cluster.get<KubernetesObject & { status?: { availableIPv4?: number } }>(
          "ipaddresspools",
          `${SYSTEM}/gold`,
        );
        return status?.availableIPv4 === 512 ? true : null;
      }, PATIENCE_MS);
      assert.equal(
        (await cluster.get<ConfigurationState>("configurationstates", KEY)).status?.result,
        "Valid",
      );
    });

    await t.step("without a Deployment to own it no secret is made, and that is said", async () => {
      await controller.log.waitFor(
        "the missing Deployment",
        ({ msg, resource }) => msg === "request failed, trying again" && resource === "secrets",
        { withinMs: PATIENCE_MS },
      );
    });

    await t.step("with it, the secret is made as MetalLB makes it, and then left alone", async () => {
      await cluster.apply(DEPLOYMENT);
      // It has asked in vain since it started.
      await controller.waitForLog(
        "secret made for MetalLB's speakers",
        { secret: "memberlist" },
        RETRY_PATIENCE_MS,
      );
      const read = () =>
        cluster.get<OwnedObject & { readonly data: Record<string, string> }>(
          "secrets",
          `${SYSTEM}/memberlist`,
        );
      const { metadata, data } = await read();
      assert.match(atob(data["secretkey"]!), /^[A-Za-z0-9+/]{22}$/);
      assert.deepEqual(
        metadata.ownerReferences?.map(({ apiVersion, kind, name }) => [apiVersion, kind, name]),
        [
          ["apps/v1", "Deployment", "controller"],
        ],
      );
      await controller.stop();
      const again = stage.controller(undefined, 0, ...MEMBERLIST);
      await again.waitForLog("controller started");
      await cluster.apply(pool("gold", "10.80.0.0/24"), pool("wrong", "10.80.0.0/24"));
      await verdict(cluster, "Invalid");
      assert.equal((await read()).metadata.resourceVersion, metadata.resourceVersion);
      await again.stop();
    });

    await t.step(
      "one that serves webhooks alone leaves a verdict, and says Unknown where there is none",
      async () => {
        await cluster.kubectl(["delete", "pod", "controller-1", "-n", SYSTEM, "--force"]);
        await cluster.apply({ ...POD, metadata: { ...POD.metadata, name: "webhooks-1" } });
        const only = stage.controller(
          undefined,
          0,
          "--webhook-mode",
          "onlywebhook",
          "--pod-name",
          "webhooks-1",
        );
        const owned = async (result: string): Promise<void> => {
          await until(`the webhooks' Pod to own a verdict ${result}`, async () => {
            const { metadata, status } = await verdict(cluster, result);
            const isIts = metadata.ownerReferences?.some(({ name }) => name === "webhooks-1") === true;
            return isIts && (status?.conditions ?? []).length === (result === "Unknown" ? 0 : 1)
              ? true
              : null;
          }, PATIENCE_MS);
        };
        await owned("Invalid");
        await cluster.kubectl(["delete", "configurationstate", "controller", "-n", SYSTEM]);
        await owned("Unknown");
        await only.stop();
      },
    );

    await t.step("nobody was refused anything", () => {
      assert.deepEqual(controller.log.all.filter((line) => JSON.stringify(line).includes("forbidden")), []);
    });
  },
);

/**
 * Each right by which a role tells of itself, or lets others look, is needed: without it the role says which one it lacks.
 *
 * Not here: that there is a case for every right there is, and all other rights (rbac_test.ts).
 *
 * @module
 */
import { SYSTEM } from "../lab/apiserver/cluster.ts";
import { rightsOf, shippedRole } from "../lab/apiserver/shipped_roles.ts";
import { clusterTest } from "../lab/apiserver/suite.ts";
import { REPORTED } from "./reported_rights.ts";
import { metricsReader } from "./scrape.ts";
import { pool } from "./services.ts";
import { ClusterStage, PATIENCE_MS } from "./stage.ts";

const PORT = 9120;
const MEMBERLIST = ["--ml-secret-name", "memberlist", "--deployment", "controller"];

clusterTest("each right to tell of itself, and to let others look, is missed by name", async (t) => {
  await using stage = await ClusterStage.open({ nodes: 1 });
  const { cluster, lab } = stage;
  const [node] = lab.nodes;
  const containers = [{ name: "controller", image: "ingot" }];
  const spec = { serviceAccountName: "controller", automountServiceAccountToken: false, containers };
  await cluster.apply(
    { apiVersion: "v1", kind: "Pod", metadata: { name: "pod", namespace: SYSTEM }, spec },
    pool("gold", "10.80.0.0/24"),
  );
  const token = await metricsReader(cluster);
  for (const role of ["controller", "speaker"] as const) {
    for (const [index, right] of rightsOf(role).entries()) {
      const name = `${right.verb} ${right.resource}`;
      const reported = REPORTED[role][name];
      if (reported === undefined) continue;
      await t.step(`${role}: ${name}`, async () => {
        const account = `${role}-reports-${index}`;
        await cluster.apply(...shippedRole(role, account, right));
        // Nobody is to wait until the lease of the one before has run out, nor to find what it wrote.
        await cluster.kubectl(["delete", "lease,configurationstate", "-n", SYSTEM, "--all"]);
        const kubeconfig = await cluster.kubeconfigOf(account);
        const isController = role === "controller";
        await using running = isController
          ? stage.controller(kubeconfig, PORT, "--pod-name", "pod", ...MEMBERLIST)
          : stage.speaker(node!, kubeconfig, "", PORT);
        await running.waitForLog("metrics served", {}, PATIENCE_MS);
        await reported.provoke(isController ? `127.0.0.1:${PORT}` : `10.79.0.${node!.number}:${PORT}`, token);
        await running.log.waitFor(`a ${role} to miss ${name}`, reported.isMissed, { withinMs: PATIENCE_MS });
      });
    }
  }
});

/**
 * MetalLB as the oracle, with everything running: random clusters created one object after another on a real API server, first
 * under MetalLB's own controller and speakers, then under Ingot's.
 *
 * Shape: what MetalLB did is held against Ingot's decisions as in the replay, difference by difference; then Ingot's processes must
 * do exactly what its decisions are, after each step.
 * Not here: many clusters (tests/oracle/replay_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { Cluster } from "../lab/apiserver/cluster.ts";
import { MetalLb } from "../lab/apiserver/metallb.ts";
import { shippedRole } from "../lab/apiserver/shipped_roles.ts";
import { clusterMetalLbTest } from "../lab/apiserver/suite.ts";
import { Ingot, ingotCommand } from "../lab/ingot.ts";
import { Lab } from "../lab/lab.ts";
import { ApiCluster } from "../oracle/api_cluster.ts";
import { compare, formatFinding } from "../oracle/comparison.ts";
import { IngotCluster } from "../oracle/ingot.ts";
import { MetalLbWitness } from "../oracle/metallb_witness.ts";
import { script } from "../oracle/random/script.ts";
import { NODES, type Step, SYSTEM, type Verdicts } from "../oracle/step.ts";
import { until } from "../stage/until.ts";

/** None of these is recorded; others: INGOT_TEST_ORACLE_SEED=1000. */
const FIRST_SEED = Number(Deno.env.get("INGOT_TEST_ORACLE_SEED") ?? "90001");
const CLUSTERS = 3;
const SEEDS = Array.from({ length: CLUSTERS }, (_, index) => FIRST_SEED + index);
/** Nothing happens for so long when MetalLB is done. */
const QUIET_MS = 250;
/** A busy machine takes this long at worst to start all roles, and to act upon an object. */
const PATIENCE_MS = 60_000;

clusterMetalLbTest(
  "random clusters fare under Ingot as under MetalLB, but for what is different on purpose",
  async (t) => {
    await using lab = await Lab.open({ nodes: NODES.length, secondLan: true });
    await using cluster = await Cluster.open(lab);
    using objects = new ApiCluster(cluster.adminKubeconfig);
    await t.step("under MetalLB", async (t) => {
      await using metallb = await MetalLb.install(lab, cluster);
      const witness = await MetalLbWitness.open(metallb, objects, lab.nodes, QUIET_MS);
      for (const seed of SEEDS) {
        await t.step(`cluster ${seed}`, async () => {
          const { findings } = compare(await witness.hear(seed, script(seed)));
          const unknown = findings.filter(({ difference }) => difference === null);
          assert.equal(unknown.map(({ finding }) => formatFinding(finding)).join("\n"), "");
        });
      }
    });
    await t.step("under Ingot", async (t) => {
      await using _running = await startIngot(lab, cluster);
      for (const seed of SEEDS) {
        await t.step(`cluster ${seed}`, () => follow(objects, script(seed)));
      }
    });
  },
);

/** Plays a script and waits after each step until Ingot has done what it decides. */
async function follow(objects: ApiCluster, steps: readonly Step[]): Promise<void> {
  await objects.clear();
  await until("Ingot to have taken everything back", async () => {
    return (await objects.verdicts()).size === 0 ? true : null;
  }, PATIENCE_MS);
  const ingot = new IngotCluster();
  for (const step of steps) {
    const { createdAt } = await objects.apply(step);
    ingot.apply(step, createdAt);
    const expected = sorted(ingot.announcing(ingot.held));
    let actual: unknown = null;
    try {
      await until("it", async () => {
        actual = sorted(await objects.verdicts());
        return JSON.stringify(actual) === JSON.stringify(expected) ? true : null;
      }, PATIENCE_MS);
    } catch {
      assert.deepEqual(actual, expected, `after ${JSON.stringify(step)}`);
    }
  }
}

function sorted(verdicts: Verdicts): unknown {
  return [...verdicts].filter(([, { addresses, node }]) => addresses.length > 0 || node !== null)
    .sort(([a], [b]) => a < b ? -1 : 1);
}

/** The roles with the rights that are shipped. */
async function startIngot(lab: Lab, cluster: Cluster): Promise<AsyncDisposable> {
  await using running = new AsyncDisposableStack();
  const command = await ingotCommand("executable");
  await cluster.apply(...shippedRole("controller"), ...shippedRole("speaker"));
  const args = ["--namespace", SYSTEM, "--health-probe-port", "0", "--port", "0"];
  const kubeconfig = await cluster.kubeconfigOf("controller");
  const controller = running.use(Ingot.controller(lab, { command, kubeconfig, args }));
  const speakers = await cluster.kubeconfigOf("speaker");
  for (const node of lab.nodes) running.use(Ingot.speaker(node, { command, kubeconfig: speakers, args }));
  await controller.waitForLog("controller started", {}, PATIENCE_MS);
  return running.move();
}

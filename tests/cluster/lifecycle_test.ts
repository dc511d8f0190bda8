/**
 * The life of Services and their statuses on a real API server, by the rows of MetalLB's tabled behaviours: what a restart of the
 * controller may change, and what speakers say when a Service, an advertisement, a node or a pool changes.
 *
 * Shape: the controller alone, then speakers alone, whose Services have the addresses that the test gives them.
 * Not here: the same rows decided without a cluster (tests/parity), more of what speakers say (speaker_status_test.ts), rows
 * 72 and 145 (roles_test.ts, metrics_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Service } from "../../k8s/types/core.ts";
import type { ServiceBGPStatus, ServiceL2Status } from "../../k8s/types/statuses.ts";
import { SYSTEM } from "../lab/apiserver/cluster.ts";
import { clusterTest } from "../lab/apiserver/suite.ts";
import type { Ingot } from "../lab/ingot.ts";
import { bgpAdvertisement, bgpPeer } from "../lab/manifests.ts";
import { until } from "../stage/until.ts";
import { endpoints, l2Advertisement, pool, service, SHOP, Witness } from "./services.ts";
import { ClusterStage, PATIENCE_MS } from "./stage.ts";

const RESTARTS = 5;
/** By layer 2 on one node, by BGP on both. */
const EVERYWHERE = ["l2 n1", "bgp n1", "bgp n2"];

function give(stage: ClusterStage, name: string, ...ips: readonly string[]): Promise<string> {
  const status = { loadBalancer: { ingress: ips.length === 0 ? null : ips.map((ip) => ({ ip })) } };
  return stage.cluster.kubectl([
    ...["patch", "service", name, "-n", SHOP, "--subresource=status", "--type=merge"],
    ...["-p", JSON.stringify({ status })],
  ]);
}

clusterTest("a controller that starts finds every address where it was", async (t) => {
  await using stage = await ClusterStage.open({ nodes: 0 });
  const { cluster } = stage;
  await using witness = await Witness.open(cluster);
  /** Runs a controller until `acted`; it ends in order or by a crash. */
  const run = async (
    acted: (controller: Ingot) => Promise<unknown>,
    end: "stop" | "kill" = "stop",
  ): Promise<void> => {
    // In a Pod: one that was killed is its own successor, and need not wait until the lease has run out.
    const controller = await stage.controllerInPod();
    await controller.waitForLog("service decided", {}, PATIENCE_MS);
    await acted(controller);
    await controller[end]();
  };
  /** "y 10.80.0.0" of every Service that has one. */
  const holders = async (): Promise<readonly string[]> =>
    (await cluster.list<Service>("services")).flatMap(({ metadata, status }) =>
      (status?.loadBalancer?.ingress ?? []).map(({ ip }) => `${metadata.name} ${ip}`)
    );

  await t.step("C57: restarted five times, two owners keep theirs and two go on waiting", async () => {
    await cluster.apply(pool("two", "10.80.0.0/31"), service("y"), service("z"));
    await run(() => witness.waitFor(2));
    // By name they would come first.
    await cluster.apply(service("a"), service("b"));
    const revisions = await witness.revisions(cluster);
    for (let restart = 0; restart < RESTARTS; restart++) {
      await run(async (controller) => {
        for (const name of ["a", "b"]) {
          await controller.waitForLog("service refused", { service: `${SHOP}/${name}` }, PATIENCE_MS);
        }
      }, restart % 2 === 0 ? "kill" : "stop");
    }
    assert.deepEqual(await witness.revisions(cluster), revisions);
  });

  await t.step(
    "4.11: what became of the configuration meanwhile is applied, to those it concerns",
    async () => {
      const before = await holders();
      const kept = before.find((one) => one.endsWith(" 10.80.0.0"))!;
      // One address of two is left, and there is a place elsewhere for one of the three others.
      await cluster.apply(pool("two", "10.80.0.0/32"), pool("one", "10.80.1.0/32"));
      await run(() =>
        until("the places to be taken", async () => {
          const now = await holders();
          return now.length === 2 && now.some((one) => one.endsWith(" 10.80.1.0")) || null;
        }, PATIENCE_MS)
      );
      assert.ok((await holders()).includes(kept));
    },
  );
});

clusterTest("of two Services that carry one address one keeps it, whoever starts", async () => {
  await using stage = await ClusterStage.open({ nodes: 0 });
  const { cluster } = stage;
  await cluster.apply(pool("many", "10.80.0.0/24"), service("one"), service("two"), service("three"));
  for (const name of ["one", "two"]) await give(stage, name, "10.80.0.7");
  await give(stage, "three", "10.80.0.9");
  stage.controller();
  const addresses = await until("two addresses", async () => {
    const found = await Promise.all(["one", "two", "three"].map((name) =>
      cluster.kubectl([
        ...["get", "service", name, "-n", SHOP, "-o", "jsonpath={.status.loadBalancer.ingress[*].ip}"],
      ])
    ));
    return new Set(found).size === 3 && !found.includes("") ? found : null;
  }, PATIENCE_MS);
  assert.ok(addresses.slice(0, 2).includes("10.80.0.7"));
  assert.equal(addresses[2], "10.80.0.9");
});

clusterTest("speakers say what they announce of a Service over its whole life", async (t) => {
  await using stage = await ClusterStage.open({ nodes: 2 });
  const { cluster, lab } = stage;
  const [n1, n2] = [lab.node("n1"), lab.node("n2")];
  const onNodes = (...names: readonly string[]) => ({
    nodeSelectors: names.map((name) => ({ matchLabels: { "kubernetes.io/hostname": name } })),
  });

  /** Waits until "l2 n1" and the like are all that is said of the Service. */
  const said = async (...wanted: readonly string[]): Promise<void> => {
    let last = "";
    await until(`${wanted.join()} to be said`, async () => {
      const [l2, bgp] = [
        await cluster.list<ServiceL2Status>("servicel2statuses"),
        await cluster.list<ServiceBGPStatus>("servicebgpstatuses"),
      ];
      last = [
        ...l2.map(({ status }) => `l2 ${status?.node}`),
        ...bgp.map(({ status }) => `bgp ${status?.node}`),
      ].sort().join();
      return last === [...wanted].sort().join() || null;
    }, PATIENCE_MS).catch((error: Error) => {
      throw new Error(`${error.message}: it is ${last || "nothing"}`);
    });
  };

  await cluster.apply(
    pool("gold", "10.77.0.200/29"),
    l2Advertisement("lan", onNodes("n1")),
    bgpPeer("tor", { myASN: 64_512, peerASN: 64_513, peerAddress: "10.77.0.110" }),
    bgpAdvertisement("routes"),
    service("web"),
    ...endpoints("web", lab.nodes),
  );
  for (const node of lab.nodes) stage.speaker(node);

  await t.step("68: a Service without an address is not announced; with one it is", async () => {
    await give(stage, "web", "10.77.0.200");
    await said(...EVERYWHERE);
    await give(stage, "web");
    await said();
    await give(stage, "web", "10.77.0.200");
    await said(...EVERYWHERE);
  });

  await t.step("136: while others change the status object stays the same one", async () => {
    const [before] = await cluster.list<ServiceL2Status>("servicel2statuses");
    await cluster.kubectl(["label", "service", "web", "-n", SHOP, "some=label"]);
    await cluster.apply(service("other"), ...endpoints("other", lab.nodes));
    await give(stage, "other", "10.77.0.201");
    await said(...EVERYWHERE, ...EVERYWHERE);
    const now = await cluster.list<ServiceL2Status>("servicel2statuses");
    assert.deepEqual(
      now.filter(({ metadata }) => metadata.name === before!.metadata.name).map(({ metadata }) =>
        metadata.resourceVersion
      ),
      [before!.metadata.resourceVersion],
    );
    await cluster.kubectl(["delete", "service", "other", "-n", SHOP]);
    await said(...EVERYWHERE);
  });

  await t.step("61, 62: layer 2 declines, then BGP; each comes back by itself", async () => {
    await cluster.kubectl(["delete", "l2advertisement", "lan", "-n", SYSTEM]);
    await said("bgp n1", "bgp n2");
    await cluster.kubectl(["delete", "bgpadvertisement", "routes", "-n", SYSTEM]);
    await said();
    await cluster.apply(bgpAdvertisement("routes"));
    await said("bgp n1", "bgp n2");
    await cluster.apply(l2Advertisement("lan", onNodes("n1")));
    await said(...EVERYWHERE);
  });

  await t.step("69: a node's labels count, its being cordoned does not", async () => {
    await cluster.kubectl(["cordon", "n1"]);
    const label = "node.kubernetes.io/exclude-from-external-load-balancers";
    await cluster.apply(l2Advertisement("lan", onNodes("n1", "n2")));
    await cluster.kubectl(["label", "node", "n2", `${label}=`]);
    await said("l2 n1", "bgp n1");
    await cluster.kubectl(["label", "node", "n2", `${label}-`]);
    await cluster.kubectl(["label", "node", "n1", `${label}=`]);
    await said("l2 n2", "bgp n2");
    await cluster.kubectl(["label", "node", "n1", `${label}-`]);
    await cluster.apply(l2Advertisement("lan", onNodes("n1")));
    await said(...EVERYWHERE);
    await cluster.kubectl(["uncordon", "n1"]);
  });

  await t.step("69: a node without a network announces nothing until it has one", async () => {
    await cluster.apply(l2Advertisement("lan", onNodes("n1", "n2")));
    const unavailable = (status: "True" | "False"): Promise<string> => {
      const conditions = [{ type: "NetworkUnavailable", status, reason: "Lab", message: "" }];
      return cluster.kubectl([
        ...["patch", "node", "n1", "--subresource=status", "-p", JSON.stringify({ status: { conditions } })],
      ]);
    };
    await unavailable("True");
    await said("l2 n2", "bgp n2");
    await unavailable("False");
    await cluster.apply(l2Advertisement("lan", onNodes("n1")));
    await said(...EVERYWHERE);
  });

  await t.step("externalTrafficPolicy Local: where the endpoints are, and with them", async () => {
    await cluster.apply(l2Advertisement("lan", onNodes("n1", "n2")));
    await cluster.apply(
      service("web", { spec: { externalTrafficPolicy: "Local" } }),
      ...endpoints("web", [n2]),
    );
    await said("l2 n2", "bgp n2");
    await cluster.apply(...endpoints("web", [n1]));
    await said("l2 n1", "bgp n1");
    await cluster.apply(...endpoints("web", []));
    await said();
    await cluster.apply(
      service("web"),
      ...endpoints("web", lab.nodes),
      l2Advertisement("lan", onNodes("n1")),
    );
    await said(...EVERYWHERE);
  });

  await t.step("71: its pool is gone: announced until the address is taken away", async () => {
    await cluster.kubectl(["delete", "ipaddresspool", "gold", "-n", SYSTEM]);
    await cluster.apply(pool("iron", "10.77.0.208/29"), service("late"), ...endpoints("late", lab.nodes));
    // Announced from the new pool: the old one is known to be gone.
    await give(stage, "late", "10.77.0.209");
    await said(...EVERYWHERE, ...EVERYWHERE);
    await cluster.kubectl(["delete", "service", "late", "-n", SHOP]);
    await said(...EVERYWHERE);
    await give(stage, "web");
    await said();
    await give(stage, "web", "10.77.0.208");
    await said(...EVERYWHERE);
  });

  await t.step("67: no longer of type LoadBalancer", async () => {
    await cluster.apply(
      service("web", { spec: { type: "ClusterIP", allocateLoadBalancerNodePorts: null } }),
    );
    await said();
  });

  await t.step("65: a Service of another class is nobody's", async () => {
    await cluster.apply(
      service("foreign", { spec: { loadBalancerClass: "example.org/other" } }),
      ...endpoints("foreign", lab.nodes),
      service("own"),
      ...endpoints("own", lab.nodes),
    );
    await give(stage, "foreign", "10.77.0.209");
    await give(stage, "own", "10.77.0.210");
    await said(...EVERYWHERE);
    const [status] = await cluster.list<ServiceL2Status>("servicel2statuses");
    assert.equal(status!.status!.serviceName, "own");
  });
});

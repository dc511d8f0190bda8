/**
 * Who answers for which address, where: Services that share or lose one, and selectors of node, interface and Service.
 *
 * Not here: every row of MetalLB's behaviour (tests/parity); here a neighbour on the wire sees the main ones.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Prober } from "../lab/prober.ts";
import { labTest } from "../lab/suite.ts";
import { Asker } from "../stage/asker.ts";
import { PATIENCE_MS, Stage } from "../stage/stage.ts";
import { until } from "../stage/until.ts";

const WEB = ["10.77.0.200", "fd00:77::200"] as const;
/** Another Service's addresses, whose answers show that the speaker is alive. */
const MARKER = ["10.77.0.249", "fd00:77::249"] as const;

/** Waits until a speaker's answers for the address come from this MAC. */
async function waitForAnswers(stage: Stage, address: string, mac: string): Promise<void> {
  await using prober = await Prober.resolve(stage.lab, { address });
  await prober.waitForAnswerer(mac, PATIENCE_MS);
}

labTest("an address that is removed is not answered any more, to a neighbour that still asks", async () => {
  await using stage = await Stage.open({ nodes: 1 });
  stage.controller();
  const speaker = stage.speaker();
  await stage.addService("web", { addresses: WEB });
  await stage.addService("marker", { addresses: MARKER });
  for (const address of [...WEB, ...MARKER]) await waitForAnswers(stage, address, stage.lab.node("n1").mac);
  await using asker = await Asker.open(stage.lab);
  await stage.manifests.remove("web");
  await speaker.waitForLog("service withdrawn", { service: "default/web" });
  for (const [i, address] of WEB.entries()) {
    // The network thread is behind the log, by as long as a busy machine leaves the main thread waiting.
    await until(
      `silence about ${address}`,
      async () => await asker.isAnswered(asker.question(address), address, MARKER[i]!) ? null : true,
      PATIENCE_MS,
    );
  }
});

labTest("an address that two Services share is answered until the second is gone too", async () => {
  await using stage = await Stage.open({ nodes: 1 });
  stage.controller();
  const speaker = stage.speaker();
  const { mac } = stage.lab.node("n1");
  for (const [name, port] of [["one", 80], ["other", 81]] as const) {
    await stage.addService(name, {
      addresses: WEB,
      port,
      annotations: { "metallb.io/allow-shared-ip": "together" },
    });
    await speaker.waitForLog("service announced", { service: `default/${name}` }, PATIENCE_MS);
  }
  await stage.addService("marker", { addresses: MARKER });
  for (const address of [...WEB, ...MARKER]) await waitForAnswers(stage, address, mac);
  await using asker = await Asker.open(stage.lab);
  await stage.manifests.remove("one");
  await speaker.waitForLog("service withdrawn", { service: "default/one" });
  for (const address of WEB) assert.equal((await asker.ask(address)).ethernetSource, mac);
  await stage.manifests.remove("other");
  await speaker.waitForLog("service withdrawn", { service: "default/other" });
  await stage.addService("later", { addresses: ["10.77.0.248"] });
  await waitForAnswers(stage, "10.77.0.248", mac);
  assert.equal(await asker.isAnswered(asker.question(WEB[0]), WEB[0], MARKER[0]), false);
});

labTest("nodeSelectors choose the node, serviceSelectors the Service", async () => {
  await using stage = await Stage.openRunning({ nodes: 3 });
  const { lab } = stage;
  await stage.advertise(
    {
      nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": "n2" } }],
      serviceSelectors: [{ matchLabels: { tier: "front" } }],
    },
    {
      nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": "n3" } }],
      serviceSelectors: [{ matchLabels: { tier: "back" } }],
    },
  );
  await stage.addService("front", { addresses: WEB, labels: { tier: "front" } });
  await stage.addService("back", { addresses: MARKER, labels: { tier: "back" } });
  await stage.addService("none", { addresses: ["10.77.0.210"] });
  for (const address of WEB) await waitForAnswers(stage, address, lab.node("n2").mac);
  for (const address of MARKER) await waitForAnswers(stage, address, lab.node("n3").mac);
  await stage.manifests.waitForAddresses("default/none", PATIENCE_MS);
  await using asker = await Asker.open(lab);
  assert.equal(await asker.isAnswered(asker.question("10.77.0.210"), "10.77.0.210", MARKER[0]), false);
  await stage.advertise({ nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": "n1" } }] });
  for (const address of [...WEB, "10.77.0.210"]) await waitForAnswers(stage, address, lab.node("n1").mac);
});

labTest("interfaces name where an address is answered: there, and nowhere else", async () => {
  await using stage = await Stage.openRunning({ nodes: 1, secondLan: true });
  const { lab } = stage;
  const node = lab.node("n1");
  const onlySecond = { labels: { lan: "second" } };
  await stage.advertise(
    { interfaces: ["eth1"], serviceSelectors: [{ matchLabels: { lan: "second" } }] },
    { serviceSelectors: [{ matchLabels: { lan: "every" } }] },
  );
  await stage.addService("web", { addresses: WEB, ...onlySecond });
  await stage.addService("marker", { addresses: MARKER, labels: { lan: "every" } });
  await using first = await Asker.open(lab, lab.client, "lan");
  await using second = await Asker.open(lab, lab.client, "lan2");
  for (const [i, address] of WEB.entries()) {
    await using prober = await Prober.resolve(lab, { address, lan: "lan2" });
    await prober.waitForAnswerer(await node.namespace.macOf("eth1"), PATIENCE_MS);
    await waitForAnswers(stage, MARKER[i]!, node.mac);
    assert.equal(await first.isAnswered(first.question(address), address, MARKER[i]!), false);
    await second.ask(MARKER[i]!);
  }
  await stage.advertise({});
  for (const address of WEB) await waitForAnswers(stage, address, node.mac);
});

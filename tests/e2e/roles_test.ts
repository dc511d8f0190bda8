/**
 * Controller and speakers as processes of their own on a folder of manifests; a client on the LAN sees what they achieve.
 *
 * Not here: processes that die and files that break (role_failures_test.ts), the executable itself (executable_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { type AnswererEvent, epochMs, Prober } from "../lab/prober.ts";
import { labTest } from "../lab/suite.ts";
import { Asker } from "../stage/asker.ts";
import { PATIENCE_MS, Stage } from "../stage/stage.ts";
import { until } from "../stage/until.ts";

const WEB = ["10.77.0.200", "fd00:77::200"] as const;
const PORT = 80;

/** Waits until a Service has exactly these addresses. */
async function waitForAddresses(stage: Stage, name: string, ...addresses: readonly string[]): Promise<void> {
  await until(`${name} to have ${addresses.join() || "no address"}`, async () => {
    const now = await stage.manifests.addressesOf(`default/${name}`);
    return now.join() === addresses.join() ? now : null;
  }, PATIENCE_MS);
}

labTest("a client reaches a Service from its manifest until it is deleted, over both families", async (t) => {
  await using stage = await Stage.openRunning({ nodes: 3 });
  const { lab, manifests } = stage;
  await t.step("created: HTTP answers come from the backends of all nodes", async () => {
    await stage.addService("web", { addresses: WEB });
    await waitForAddresses(stage, "web", ...WEB);
    await stage.proxy(WEB);
    for (const address of WEB) {
      await using http = await Prober.http(lab, { address, port: PORT, intervalMs: 5 });
      for (const { name } of lab.nodes) {
        await http.events.waitFor(
          `${address} answered by ${name}`,
          (event) => event.type === "request" && event.answerer === name,
          { withinMs: PATIENCE_MS },
        );
      }
    }
  });
  await t.step(
    "externalTrafficPolicy Local: only the node with the endpoint answers, and sees the client",
    async () => {
      const endpoints = [lab.node("n2")];
      await stage.addService("web", { addresses: WEB, externalTrafficPolicy: "Local", endpoints });
      await stage.proxy(WEB, { externalTrafficPolicy: "Local", endpoints });
      for (const address of WEB) {
        await using resolve = await Prober.resolve(lab, { address });
        await resolve.waitForAnswerer(lab.node("n2").mac, PATIENCE_MS);
        await using http = await Prober.http(lab, { address, port: PORT, intervalMs: 20 });
        const request = await http.events.waitFor(
          "an answer",
          (event) => event.type === "request" && event.answerer !== null,
        );
        const client = address.includes(":") ? lab.client.ipv6 : lab.client.ipv4;
        assert.partialDeepStrictEqual(request, { answerer: "n2", client });
      }
    },
  );
  await t.step("no endpoint: nobody answers, and the address stays", async () => {
    await stage.addService("web", { addresses: WEB, externalTrafficPolicy: "Local", endpoints: [] });
    await stage.addService("marker", { addresses: ["10.77.0.249"] });
    await assertSilent(stage, WEB[0], "10.77.0.249");
    await waitForAddresses(stage, "web", ...WEB);
  });
  await t.step("another address asked for: it moves there", async () => {
    await stage.addService("web", { addresses: ["10.77.0.220", "fd00:77::220"] });
    await waitForAddresses(stage, "web", "10.77.0.220", "fd00:77::220");
    await using resolve = await Prober.resolve(lab, { address: "10.77.0.220" });
    await resolve.waitForAnswerer(undefined, PATIENCE_MS);
  });
  await t.step("deleted: nobody answers, its status is gone, the address is free for another", async () => {
    await manifests.remove("web");
    await assertSilent(stage, "10.77.0.220", "10.77.0.249");
    await waitForAddresses(stage, "web");
    await stage.addService("next", { addresses: ["10.77.0.220"] });
    await waitForAddresses(stage, "next", "10.77.0.220");
  });
});

/** Waits until nobody answers for the address, while `marker` is answered. */
async function assertSilent(stage: Stage, address: string, marker: string): Promise<void> {
  {
    await using prober = await Prober.resolve(stage.lab, { address: marker });
    await prober.waitForAnswerer(undefined, PATIENCE_MS);
  }
  await using asker = await Asker.open(stage.lab);
  await until(
    `silence about ${address}`,
    async () => await asker.isAnswered(asker.question(address), address, marker) ? null : true,
    PATIENCE_MS,
  );
}

labTest("a planned change of node costs next to nothing, there and back", async () => {
  await using stage = await Stage.openRunning({ nodes: 3 });
  const { lab } = stage;
  await stage.addService("web", { addresses: WEB });
  await stage.proxy(WEB);
  for (const address of WEB) {
    await using resolve = await Prober.resolve(lab, { address });
    await resolve.waitForAnswerer(undefined, PATIENCE_MS);
    await using udp = await Prober.udp(lab, { address, port: PORT });
    await udp.waitForAnswerer(undefined, PATIENCE_MS);
    const leaving = lab.nodes.find(({ mac }) => mac === resolve.answerer)!;
    for (const excluded of [true, false]) {
      const changedAt = epochMs();
      await stage.writeNode(leaving.name, { excluded });
      const move = await resolve.events.waitFor(
        `${address} ${excluded ? "to leave" : "to return to"} ${leaving.name}`,
        (event): event is AnswererEvent =>
          event.type === "answerer" && event.atMs > changedAt &&
          (event.answerer !== leaving.mac) === excluded,
        { withinMs: PATIENCE_MS, from: resolve.events.all.findLastIndex(({ type }) => type === "answerer") },
      );
      const { sent } = udp.tally!;
      await udp.events.waitFor(
        "a few hundred datagrams after the move",
        (event) => event.type === "tally" && event.sent > sent + 300,
        { from: udp.events.all.length },
      );
      const gaps = udp.gaps(changedAt);
      const worst = Math.max(0, ...gaps.map(({ lengthMs }) => lengthMs));
      console.log(
        `${address} ${excluded ? "away from" : "back to"} ${leaving.name}: moved ` +
          `${(move.atMs - changedAt).toFixed(0)} ms after the change, interrupted for ${worst.toFixed(1)} ms`,
      );
      // A neighbour that heard nothing would need seconds.
      assert.ok(worst < 1_000 && gaps.every(({ endMs }) => endMs !== null), JSON.stringify(gaps));
    }
  }
});

labTest("a Service that found the pool full gets the address another one leaves", async () => {
  await using stage = await Stage.open({ nodes: 1 });
  await stage.writePool({ addresses: ["10.77.0.200/31"] });
  const controller = stage.controller();
  for (const name of ["one", "two"]) {
    await stage.addService(name);
    await stage.manifests.waitForAddresses(`default/${name}`, PATIENCE_MS);
  }
  await stage.addService("three");
  const refused = await controller.waitForLog("service refused", { service: "default/three" }, PATIENCE_MS);
  assert.equal(refused.level, "warn");
  const [freed] = await stage.manifests.addressesOf("default/two");
  await stage.manifests.remove("two");
  await waitForAddresses(stage, "three", freed!);
  await stage.addService("four");
  await controller.waitForLog("service refused", { service: "default/four" }, PATIENCE_MS);
  await stage.writePool({ addresses: ["10.77.0.200/30"] });
  await stage.manifests.waitForAddresses("default/four", PATIENCE_MS);
});

/** Each way to break the folder: the file to write, and what the log says of it. */
const MISTAKES = {
  "YAML that is none": {
    file: "pool.yaml",
    text: 'apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: "lan',
    msg: "object refused",
  },
  "an address that is none": {
    file: "pool.yaml",
    text:
      "apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\nmetadata: {name: lan, namespace: metallb-system}\n" +
      "spec: {addresses: [10.77.0.200-10.77.0.300]}\n",
    msg: "configuration refused, the last good one stays in force",
  },
  "a field of another type": {
    file: "web.yaml",
    text: "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: default}\nspec: {ports: many}\n",
    msg: "object refused",
  },
} as const;

labTest("a mistake in the folder is reported, and whatever worked goes on working", async (t) => {
  await using stage = await Stage.open({ nodes: 1 });
  const controller = stage.controller();
  const speaker = stage.speaker();
  await stage.addService("web", { addresses: WEB });
  await using asker = await Asker.open(stage.lab);
  const { mac } = stage.lab.node("n1");
  {
    await using resolve = await Prober.resolve(stage.lab, { address: WEB[0] });
    await resolve.waitForAnswerer(mac, PATIENCE_MS);
  }
  for (const [mistake, { file, text, msg }] of Object.entries(MISTAKES)) {
    await t.step(mistake, async () => {
      const whole = await Deno.readTextFile(`${stage.manifests.directory}/${file}`);
      const from = [controller, speaker].map(({ log }) => log.all.length);
      await stage.manifests.writeText(file, text);
      for (const [i, role] of [controller, speaker].entries()) {
        const line = await role.log.waitFor(
          `"${msg}" of the ${role.name}`,
          (line) => line.msg === msg,
          { from: from[i]!, withinMs: PATIENCE_MS },
        );
        assert.equal(line.level, "error");
        assert.match(JSON.stringify(line), /pool|lan|web/);
      }
      assert.equal((await asker.ask(WEB[0])).ethernetSource, mac);
      await waitForAddresses(stage, "web", ...WEB);
      // Work that the mistake does not concern goes on.
      const name = `during-${mistake.replaceAll(/\W/g, "-").toLowerCase()}`;
      if (file === "pool.yaml") {
        await stage.addService(name);
        await stage.manifests.waitForAddresses(`default/${name}`, PATIENCE_MS);
      }
      const mended = [controller, speaker].map(({ log }) => log.all.length);
      await stage.manifests.writeText(file, whole);
      for (const [i, role] of [controller, speaker].entries()) {
        await role.log.waitFor(
          `the mending seen by the ${role.name}`,
          ({ msg }) => msg === "object accepted" || msg === "configuration error gone",
          { from: mended[i]!, withinMs: PATIENCE_MS },
        );
      }
      assert.equal((await asker.ask(WEB[0])).ethernetSource, mac);
    });
  }
});

labTest("a link that flaps ends in answers again, from the same node", async () => {
  await using stage = await Stage.openRunning({ nodes: 2 });
  const { lab } = stage;
  await stage.addService("web", { addresses: WEB });
  await using resolve = await Prober.resolve(lab, { address: WEB[0] });
  const { answerer } = await resolve.waitForAnswerer(undefined, PATIENCE_MS);
  const node = lab.nodes.find(({ mac }) => mac === answerer)!;
  for (let i = 0; i < 20; i++) {
    await node.namespace.ip("link set eth0 down", "link set eth0 up");
    await lab.cut(node, "cable");
    await lab.mend(node);
  }
  await lab.linkUp(node);
  const flappedAt = epochMs();
  await using asker = await Asker.open(lab);
  for (const address of WEB) {
    await until("an answer after the last flap", async () => {
      const answer = await asker.ask(address, 200).catch(() => null);
      return answer !== null && answer.atMs > flappedAt && answer.ethernetSource === answerer ? true : null;
    }, PATIENCE_MS);
  }
});

/**
 * Another station uses an address of ours: the speaker says so, with its MAC, and goes on answering.
 *
 * Source: RFC 5227 section 2.4, RFC 4862 section 5.4. The stranger is a Linux kernel that has the address.
 * Not here: the end of a conflict, two minutes later (protocols/conflict/claim_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { encodeArp, gratuitousRequest } from "../../protocols/arp/packet.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import { labTest } from "../lab/suite.ts";
import { Asker } from "../stage/asker.ts";
import { PATIENCE_MS, Stage } from "../stage/stage.ts";

const V4 = "10.77.0.200";
const V6 = "fd00:77::200";
const REPORTED = "another station uses this address";
const ENDED = "address conflict ended";

labTest("a stranger that has the address already is found by asking, over both families", async (t) => {
  await using stage = await Stage.open({ nodes: 1 });
  const { lab } = stage;
  const stranger = await lab.addClient("stranger");
  await stranger.namespace.ip(`addr add ${V4}/24 dev eth0`, `addr add ${V6}/64 dev eth0 nodad`);
  stage.controller();
  const speaker = stage.speaker();
  await stage.addService("web", { addresses: [V4, V6] });
  for (const ip of [V4, V6]) {
    await t.step(`${ip} is reported with the stranger's MAC`, async () => {
      const line = await speaker.waitForLog(REPORTED, { ip }, PATIENCE_MS);
      assert.partialDeepStrictEqual(line, { level: "error", interface: "eth0", mac: stranger.mac });
    });
  }
  await t.step("the speaker goes on answering, and the conflict is not called ended", async () => {
    await using asker = await Asker.open(lab);
    for (const ip of [V4, V6]) {
      const from = asker.capture.events.all.length;
      asker.send(asker.question(ip));
      const { mac } = lab.node("n1");
      await asker.capture.events.waitFor(
        `our answer for ${ip}`,
        (event) => (event.type === "arp" || event.type === "ndp") && event.ethernetSource === mac,
        { from },
      );
    }
    assert.ok(!speaker.log.all.some(({ msg }) => msg === ENDED));
  });
});

labTest("a stranger that takes the address later is found by what it says, and reported once", async () => {
  await using stage = await Stage.open({ nodes: 1 });
  const { lab } = stage;
  stage.controller();
  const speaker = stage.speaker();
  await stage.addService("web", { addresses: [V4] });
  await using asker = await Asker.open(lab);
  const first = await asker.capture.waitForArp(
    "the takeover",
    ({ senderIp }) => senderIp === V4,
    PATIENCE_MS,
  );
  // What is heard in the first second may be the former owner's last word; the next round comes after it.
  await asker.capture.waitForArp(
    "the second round",
    ({ atMs, senderIp }) => senderIp === V4 && atMs > first.atMs + 1_000,
  );
  for (let i = 0; i < 3; i++) asker.send(encodeArp(gratuitousRequest(asker.identity.mac, V4 as Ip)));
  await speaker.waitForLog(REPORTED, { ip: V4, mac: asker.identity.mac }, PATIENCE_MS);
  // RFC 5227 2.4 (b): one defence, in both forms.
  await asker.capture.waitForArp(
    "a defence",
    ({ operation, senderIp, senderMac, targetIp }) =>
      operation === 2 && senderIp === V4 && targetIp === V4 && senderMac === lab.node("n1").mac,
  );
  asker.send(encodeArp(gratuitousRequest(asker.identity.mac, V4 as Ip)));
  await asker.ask(V4);
  assert.equal(speaker.log.all.filter(({ msg }) => msg === REPORTED).length, 1);
});

/**
 * Why a session ended, as the other end was told: each Cease we send as FRR read it, and FRR's as we log it.
 *
 * Source: RFC 4486 (subcodes), RFC 9003 (text), RFC 8538 (Hard Reset), RFC 9384 (BFD Down).
 * Not here: collisions (../transport/collision_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { bfdProfile } from "../../../lab/manifests.ts";
import type { Frr } from "../../../lab/routers/frr.ts";
import { routerTest } from "../../../lab/suite.ts";
import { until } from "../../../stage/until.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { bfdIs, established, PATIENCE_MS, routed } from "../../../stage/routed.ts";

/** Waits until FRR has read a NOTIFICATION like this. */
async function told(frr: Frr, ours: string, wanted: RegExp): Promise<void> {
  let last: string | null | undefined = null;
  await until(`FRR to have read ${wanted}`, async () => {
    last = (await frr.session(ours))?.lastError;
    return wanted.test(last ?? "") ? true : null;
  }, PATIENCE_MS).catch((error) => assert.fail(`${error.message}; it has read ${last}`));
}

routerTest("Cease: FRR reads 6/10 when its BFD alone has died", async () => {
  await using stage = await BgpStage.open();
  const ours = stage.node.ipv4;
  const host = await stage.lab.addClient("frr");
  const bfd = { intervalMs: 100, multiplier: 3 };
  const frr = await stage.frr(host, {
    asn: THEIR_ASN,
    neighbours: [{ peer: { address: ours }, asn: OUR_ASN, bfd }],
  });
  const intervals = { receiveInterval: bfd.intervalMs, transmitInterval: bfd.intervalMs };
  await stage.write("bfd", bfdProfile("quick", { ...intervals, detectMultiplier: bfd.multiplier }));
  await stage.writePeer("frr", { peerAddress: host.ipv4, bfdProfile: "quick" });
  const speaker = stage.speaker();
  await established(frr, ours);
  await bfdIs(
    frr,
    ours,
    ({ state, transmitIntervalMs }) => state === "Up" && transmitIntervalMs === bfd.intervalMs,
  );
  // FRR may have ended the first over its own change of BFD (see matrix/column.ts).
  await established(frr, ours);
  await speaker.waitForLog("BFD session up");
  const from = speaker.log.all.length;
  const pid = Number(await Deno.readTextFile(`${stage.lab.folder}/frr-${host.name}/bfdd.pid`));
  Deno.kill(pid, "SIGSTOP");
  await speaker.waitForLog("BFD session down", { reason: "detection-time-expired" }, undefined, from);
  await speaker.waitForLog("BGP session down", { detail: "sent Cease/BFD Down" }, undefined, from);
  await told(frr, ours, /^060A /);
});

routerTest("Cease: FRR reads why we end a session, and we log why it does", async (test) => {
  await using stage = await BgpStage.open();
  const ours = stage.node.ipv4;
  const [plain, graceful] = await Promise.all(["plain", "graceful"].map(async (name) => {
    const host = await stage.lab.addClient(name);
    const neighbours = [{ peer: { address: ours }, asn: OUR_ASN }];
    const frr = await stage.frr(host, { asn: THEIR_ASN, neighbours });
    const write = (spec: Parameters<BgpStage["writePeer"]>[1] = {}) =>
      stage.writePeer(name, {
        peerAddress: host.ipv4,
        connectTime: "1s",
        enableGracefulRestart: name === "graceful",
        ...spec,
      });
    await write();
    return { name, host, frr, write };
  }));
  await stage.writeService("web", [WEB.ipv4, "198.51.100.2", "198.51.100.3", "198.51.100.4"]);
  const speaker = stage.speaker();
  const both = [plain!, graceful!];
  const standing = async () => {
    for (const { frr } of both) {
      await established(frr, ours);
      await routed(frr, `${WEB.ipv4}/32`);
    }
  };
  await test.step("6/6: another configuration", async () => {
    await standing();
    for (const { write } of both) await write({ holdTime: "30s", keepaliveTime: "10s" });
    for (const { frr } of both) await told(frr, ours, /^0606 /);
  });
  await test.step("6/3: de-configured, in a Hard Reset where the routes would be kept otherwise", async () => {
    await standing();
    for (const { name } of both) await stage.manifests.remove(`peer-${name}`);
    for (const { frr, name } of both) {
      // FRR tells what a Hard Reset holds.
      await told(frr, ours, /^0603 /);
      const printed = JSON.parse(await frr.command("bgpd", `show bgp neighbors ${ours} json`));
      assert.equal(printed[ours].lastNotificationHardReset ?? false, name === "graceful", name);
    }
  });
  await test.step("6/1 of FRR, for more prefixes than it takes", async () => {
    await plain!.write();
    await established(plain!.frr, ours);
    await routed(plain!.frr, "198.51.100.4/32");
    const from = speaker.log.all.length;
    await plain!.frr.configure(
      "bgpd",
      `router bgp ${THEIR_ASN}`,
      "address-family ipv4 unicast",
      `neighbor ${ours} maximum-prefix 3`,
    );
    await speaker.log.waitFor(
      "the reason",
      ({ msg, detail }) =>
        msg === "BGP session down" &&
        /received Cease\/Maximum Number of Prefixes Reached/.test(String(detail)),
      { from },
    );
  });
  await test.step("6/2: a goodbye, in words", async () => {
    await graceful!.write({ enableGracefulRestart: false });
    await established(graceful!.frr, ours);
    await speaker.stop();
    await told(graceful!.frr, ours, /^0602 Cease\/Administrative Shutdown Ingot speaker stopping/);
  });
});

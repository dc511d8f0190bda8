/**
 * What a router asks and says in the course of a session: all routes again, or that it leaves.
 *
 * Source: RFC 2918 and RFC 7313 (route refresh), RFC 4724 section 2 (End-of-RIB), RFC 9003 (text of a Cease), RFC 4271
 * section 4.2 (a hold time of zero).
 *
 * @module
 */
import assert from "node:assert/strict";
import { Bird } from "../../../lab/routers/bird.ts";
import { Frr } from "../../../lab/routers/frr.ts";
import type { Router } from "../../../lab/routers/router.ts";
import { routerTest } from "../../../lab/suite.ts";
import { until } from "../../../stage/until.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { established, PATIENCE_MS, routed } from "../../../stage/routed.ts";

const PREFIX = `${WEB.ipv4}/32`;
/** GoBGP 3.10 keeps what it was told and asks for nothing. */
const KINDS = ["FRR", "BIRD"] as const;

/** Has a router ask for everything again. */
async function askAgain(router: Router, neighbour: string): Promise<void> {
  if (router instanceof Frr) await router.command("bgpd", `clear bgp ${neighbour} soft in`);
  if (router instanceof Bird) await router.command("reload in p0");
}

routerTest(
  "A router gets all routes again when it asks for them, in the session that stands",
  async (test) => {
    await using stage = await BgpStage.open();
    const ours = stage.node.ipv4;
    const routers = await Promise.all(KINDS.map(async (kind) => {
      const host = await stage.lab.addClient(kind.toLowerCase());
      await stage.writePeer(host.name, { peerAddress: host.ipv4 });
      const neighbours = [{ peer: { address: ours }, asn: OUR_ASN }];
      return await stage.router(kind, host, { asn: THEIR_ASN, neighbours });
    }));
    await stage.writeService("web", [WEB.ipv4]);
    const speaker = stage.speaker();
    for (const router of routers) {
      await test.step(router.kind, async () => {
        await established(router, ours);
        await routed(router, PREFIX);
        const updates = async () => (await router.session(ours))!.receivedUpdates;
        const before = await updates();
        await askAgain(router, ours);
        // BIRD does not count messages: there it is enough that the session and the route outlast the question.
        if (before !== null) {
          await until("the routes again", async () => (await updates())! > before ? true : null, PATIENCE_MS);
        }
        await routed(router, PREFIX);
      });
    }
    assert.ok(!speaker.log.all.some(({ msg }) => msg === "BGP session down"));
  },
);

routerTest("FRR has End-of-RIB, and is understood when it leaves", async (test) => {
  await using stage = await BgpStage.open();
  const host = await stage.lab.addClient("frr");
  const ours = stage.node.ipv4;
  const neighbours = [{ peer: { address: ours }, asn: OUR_ASN, holdTimeSeconds: 0 }];
  const frr = await stage.frr(host, { asn: THEIR_ASN, neighbours });
  const configure = (...lines: readonly string[]) =>
    frr.configure("bgpd", `router bgp ${THEIR_ASN}`, ...lines);
  await stage.writePeer("frr", {
    peerAddress: host.ipv4,
    dualStackAddressFamily: false,
    enableGracefulRestart: true,
  });
  await stage.writeService("web", [WEB.ipv4]);
  const speaker = stage.speaker();
  await test.step("a hold time of zero is agreed on", async () => {
    assert.equal((await established(frr, ours)).holdTimeSeconds, 0);
  });
  await test.step("End-of-RIB behind the first routes", async () => {
    await routed(frr, PREFIX);
    await until("End-of-RIB", async () => {
      const printed = JSON.parse(await frr.command("bgpd", `show bgp neighbors ${ours} json`));
      return printed[ours].gracefulRestartInfo?.endOfRibRecv?.ipv4Unicast === true ? true : null;
    }, PATIENCE_MS);
  });
  await test.step("its administrator's words are in the log", async () => {
    await configure(`neighbor ${ours} shutdown message fuse box`);
    await speaker.log.waitFor(
      "the administrator's words",
      // Under RFC 8538 in a hard reset.
      ({ msg, detail }) =>
        msg === "BGP session down" && /Administrative Shutdown: fuse box/.test(String(detail)),
    );
    await configure(`no neighbor ${ours} shutdown`);
    await established(frr, ours);
  });
});

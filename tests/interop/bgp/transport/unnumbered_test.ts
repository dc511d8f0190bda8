/**
 * A peer that is configured by its interface cannot be found there: the log says what to do, and the session comes up as
 * soon as it is done.
 *
 * @module
 */
import { routerTest } from "../../../lab/suite.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { established, routed } from "../../../stage/routed.ts";

const CABLE = "cable0";

routerTest(
  "unnumbered: a router that does not advertise itself is told of, and found when it does",
  async (test) => {
    await using stage = await BgpStage.open();
    const host = await stage.lab.addClient("bird");
    await stage.connect({ host: stage.node, interface: "to-bird" }, { host, interface: CABLE });
    const start = (silent: boolean) =>
      stage.router("BIRD", host, {
        asn: THEIR_ASN,
        neighbours: [{ peer: { interface: CABLE, silent }, asn: OUR_ASN }],
      });
    const silent = await start(true);
    await stage.writePeer("bird", { interface: "to-bird" });
    await stage.writePeer("mistyped", { interface: "to-brid" });
    await stage.writeService("web", [WEB.ipv4]);
    const speaker = stage.speaker();
    await test.step("a link without a router that advertises itself", async () => {
      await speaker.waitForLog(
        "no router advertises itself to a BGP peer's interface: switch on its Router Advertisements, or give the peer an address",
        { interface: "to-bird" },
      );
    });
    await test.step("a link that is not there", async () => {
      const absent = "the interface of a BGP peer does not exist, or is down";
      await speaker.waitForLog(absent, { interface: "to-brid" });
    });
    await test.step("a router that has begun to advertise itself", async () => {
      await silent.kill();
      const router = await start(false);
      await established(router, CABLE);
      await routed(router, `${WEB.ipv4}/32`);
    });
  },
);

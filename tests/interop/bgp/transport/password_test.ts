/**
 * A password that is changed at both ends, one after the other: the session costs what the router itself makes it cost.
 *
 * Source: RFC 2385; FRR ends a session when its own password changes (peer_password_set), and so do BIRD and GoBGP.
 *
 * @module
 */
import assert from "node:assert/strict";
import { passwordSecret } from "../../../lab/manifests.ts";
import type { Frr } from "../../../lab/routers/frr.ts";
import { routerTest } from "../../../lab/suite.ts";
import { until } from "../../../stage/until.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { down, established, PATIENCE_MS, routed } from "../../../stage/routed.ts";

const HOLD_SECONDS = 3;
const FIRST = "the-first";
const SECOND = "the-second";
const THIRD = "the-third";

/** How many KEEPALIVEs the router has had of us. */
async function keepalives(frr: Frr, neighbour: string): Promise<number> {
  const printed = JSON.parse(await frr.command("bgpd", `show bgp neighbors ${neighbour} json`));
  return printed[neighbour].messageStats.keepalivesRecv;
}

for (const family of ["ipv4", "ipv6"] as const) {
  routerTest(`A password is changed without a reset of ours, ${family}`, async (test) => {
    await using stage = await BgpStage.open();
    const host = await stage.lab.addClient("frr");
    const ours = stage.node[family]!;
    const frr = await stage.frr(host, {
      asn: THEIR_ASN,
      neighbours: [{ peer: { address: ours }, asn: OUR_ASN, password: FIRST, holdTimeSeconds: HOLD_SECONDS }],
    });
    const change = (password: string) =>
      frr.configure("bgpd", `router bgp ${THEIR_ASN}`, `neighbor ${ours} password ${password}`);
    await stage.write("secret", passwordSecret("turning", FIRST));
    await stage.writePeer("frr", {
      peerAddress: host[family]!,
      passwordSecret: { name: "turning" },
      // Above what the test may take: what comes back sooner was not waited for.
      connectTime: "120s",
    });
    await stage.writeService("web", [WEB[family]]);
    const speaker = stage.speaker();
    await established(frr, ours);

    await test.step("ours first: the session goes on under the old one, longer than the hold time", async () => {
      await stage.write("secret", passwordSecret("turning", SECOND));
      // A route that follows the Secret: when it is there, the new password has been read.
      const more = family === "ipv4" ? "198.51.100.77" : "2001:db8:100::77";
      await stage.writeService("more", [more]);
      await routed(frr, `${more}/${family === "ipv4" ? 32 : 128}`);
      const before = await keepalives(frr, ours);
      await until(
        "the hold time to have passed",
        async () => await keepalives(frr, ours) > before + HOLD_SECONDS + 1 ? true : null,
        PATIENCE_MS,
      );
      assert.equal((await frr.session(ours))!.establishedCount, 1);
    });
    await test.step("then the router's: it ends the session itself, and has it back under the new one", async () => {
      await change(SECOND);
      await until("the second session", async () => {
        const session = await frr.session(ours);
        return session?.state === "Established" && session.establishedCount === 2 ? true : null;
      }, PATIENCE_MS);
    });
    await test.step("the router's first: there is no session until ours follows, and one at once when it does", async () => {
      // From before the change: our attempt may have been logged, and more after it, by the time FRR says that it is down.
      const from = speaker.log.all.length;
      await change(THIRD);
      await down(frr, ours);
      await speaker.waitForLog("BGP session changed", { peer: "frr", to: "Connect" }, PATIENCE_MS, from);
      await stage.write("secret", passwordSecret("turning", THIRD));
      await established(frr, ours);
      assert.equal((await frr.session(ours))!.establishedCount, 3);
    });
    const said = JSON.stringify(speaker.log.all);
    for (const password of [FIRST, SECOND, THIRD]) {
      assert.ok(!said.includes(password), "the log tells a password");
    }
  });
}

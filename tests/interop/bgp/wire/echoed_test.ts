/**
 * FRR tells us our own routes again, all of them, over and over: none is for us, and nothing is kept of them.
 *
 * Source: RFC 4271 section 9.1.2 (a path with our own AS in it is not for us).
 *
 * @module
 */
import assert from "node:assert/strict";
import { memoryOf } from "../../../lab/program/usage.ts";
import { routerTest } from "../../../lab/suite.ts";
import { metricsText } from "../../../stage/metrics.ts";
import { until } from "../../../stage/until.ts";
import { BgpStage, OUR_ASN, THEIR_ASN } from "../stage/bgp_stage.ts";
import { established, PATIENCE_MS } from "../../../stage/routed.ts";

const PREFIX_COUNT = 10_000;
const HEALTH_PORT = 7472;
/** What reading 200,000 prefixes leaves to the garbage collector; kept, they would take more with each round. */
const GROWTH_MOST_MIB = 40;

routerTest("FRR echoes 10,000 of our prefixes, many times: they are let go", async () => {
  await using stage = await BgpStage.open();
  const ours = stage.node.ipv4;
  const host = await stage.lab.addClient("frr");
  const frr = await stage.frr(host, {
    asn: THEIR_ASN,
    neighbours: [{ peer: { address: ours }, asn: OUR_ASN }],
  });
  await stage.writePeer("frr", { peerAddress: host.ipv4 });
  await stage.writePrefixes(PREFIX_COUNT);
  const speaker = stage.speaker(stage.node, { args: ["--health-probe-port", String(HEALTH_PORT)] });
  await established(frr, ours);
  /** Has FRR send everything again, so many times. */
  const echoes = async (rounds: number) => {
    const printed = JSON.parse(await frr.command("bgpd", `show bgp neighbors ${ours} json`));
    const before = printed[ours].messageStats.updatesSent;
    for (let round = 0; round < rounds; round++) {
      await frr.command("bgpd", `clear bgp ${ours} soft out`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return await until("FRR to have sent them again", async () => {
      const now = JSON.parse(await frr.command("bgpd", `show bgp neighbors ${ours} json`));
      const sent = now[ours].messageStats.updatesSent - before;
      return sent > 0 ? sent : null;
    }, PATIENCE_MS);
  };
  await until(
    "all of them",
    async () => await frr.routeCount("ipv4") === PREFIX_COUNT ? true : null,
    PATIENCE_MS,
  );
  await until("FRR to echo them", async () => {
    const printed = JSON.parse(await frr.command("bgpd", `show bgp neighbors ${ours} json`));
    return printed[ours].addressFamilyInfo.ipv4Unicast.sentPrefixCounter === PREFIX_COUNT ? true : null;
  }, PATIENCE_MS);
  await echoes(5);
  const before = memoryOf(speaker.program.pid).rss / 1024;
  await echoes(20);
  const growth = memoryOf(speaker.program.pid).rss / 1024 - before;
  assert.ok(growth < GROWTH_MOST_MIB, `resident memory grew by ${growth} MiB`);
  const metrics = await metricsText(stage.node.namespace, HEALTH_PORT);
  const received = /^metallb_bgp_received_prefixes_total\{[^}]*\} (\d+)$/m.exec(metrics);
  assert.equal(received?.[1], "0", "none of them is for us");
  assert.ok(!speaker.log.all.some(({ msg }) => msg === "BGP session down"));
});

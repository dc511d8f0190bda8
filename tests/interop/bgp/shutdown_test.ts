/**
 * How a speaker leaves, and how it does not get in: as its router and its own log tell it.
 *
 * Source: RFC 9003 (text of a Cease), RFC 8326 (GRACEFUL_SHUTDOWN), RFC 2385 (TCP MD5).
 *
 * @module
 */
import assert from "node:assert/strict";
import { passwordSecret } from "../../lab/manifests.ts";
import { routerTest } from "../../lab/suite.ts";
import { metricsText } from "../../stage/metrics.ts";
import { until } from "../../stage/until.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "./stage/bgp_stage.ts";
import { down, established, forwarded, routed, unrouted } from "../../stage/routed.ts";

const WEB_PREFIX = `${WEB.ipv4}/32`;
const RIGHT_PASSWORD = "correct-horse-battery";
const WRONG_PASSWORD = "staple-of-another-kind";
const HEALTH_PORT = 7472;

routerTest("SIGTERM: the router is told why, and has no route any more", async () => {
  await using stage = await BgpStage.open();
  const host = await stage.lab.addClient("frr");
  const ours = stage.node.ipv4;
  const frr = await stage.frr(host, {
    asn: THEIR_ASN,
    neighbours: [{ peer: { address: ours }, asn: OUR_ASN }],
  });
  await stage.writePeer("frr", { peerAddress: host.ipv4, enableGracefulRestart: true });
  await stage.writeService("web", [WEB.ipv4]);
  const speaker = stage.speaker();
  await routed(frr, WEB_PREFIX);
  await forwarded(frr, WEB_PREFIX, 1);
  await speaker.stop();
  const session = await down(frr, ours);
  assert.ok(session !== "gone");
  // Cease / Administrative Shutdown, and words.
  assert.match(session.lastError ?? "", /^0602 Cease\/Administrative Shutdown \S/);
  // Kept for a restart, the route would stay much longer than a busy machine's patience.
  await unrouted(frr, WEB_PREFIX);
});

routerTest("A wrong password: a clear reason, no session, and the password nowhere", async () => {
  await using stage = await BgpStage.open();
  const host = await stage.lab.addClient("frr");
  const ours = stage.node.ipv4;
  const frr = await stage.frr(host, {
    asn: THEIR_ASN,
    neighbours: [{ peer: { address: ours }, asn: OUR_ASN, password: RIGHT_PASSWORD }],
  });
  await stage.write("secret", passwordSecret("frr", WRONG_PASSWORD));
  await stage.writePeer("frr", {
    peerAddress: host.ipv4,
    passwordSecret: { name: "frr" },
    connectTime: "1s",
  });
  await stage.writeService("web", [WEB.ipv4]);
  const speaker = stage.speaker(stage.node, { args: ["--health-probe-port", String(HEALTH_PORT)] });
  await speaker.log.waitFor(
    "the reason why there is no session",
    (line) => /password/.test(JSON.stringify(line)),
    { withinMs: 15_000 },
  );
  assert.equal((await frr.session(ours))!.establishedCount, 0);
  const metrics = await metricsText(stage.node.namespace, HEALTH_PORT);

  await stage.write("secret", passwordSecret("frr", RIGHT_PASSWORD));
  await established(frr, ours);
  await routed(frr, WEB_PREFIX);
  const said = JSON.stringify(speaker.log.all) + metrics;
  for (const password of [RIGHT_PASSWORD, WRONG_PASSWORD]) {
    assert.equal(said.includes(password) || said.includes(btoa(password)), false);
  }
});

routerTest("Without a password towards a router that wants one there is no session", async () => {
  await using stage = await BgpStage.open();
  const host = await stage.lab.addClient("frr");
  const ours = stage.node.ipv4;
  const frr = await stage.frr(host, {
    asn: THEIR_ASN,
    neighbours: [{ peer: { address: ours }, asn: OUR_ASN, password: RIGHT_PASSWORD }],
  });
  await stage.writePeer("frr", { peerAddress: host.ipv4 });
  stage.speaker();
  await until("the router's kernel to see segments without a signature", async () => {
    const counters = await host.namespace.run(["nstat", "-asz", "TcpExtTCPMD5NotFound"]);
    return /TCPMD5NotFound +[1-9]/.test(counters) ? true : null;
  }, 15_000);
  assert.equal((await frr.session(ours))!.establishedCount, 0);
});

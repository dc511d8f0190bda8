/**
 * Sessions through the whole product: a speaker reads manifests, and real routers say what they heard of it.
 *
 * Not here: every combination of router, family and feature (matrix/).
 *
 * @module
 */
import assert from "node:assert/strict";
import { bfdProfile } from "../../lab/manifests.ts";
import type { Router, Session } from "../../lab/routers/router.ts";
import { routerTest } from "../../lab/suite.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "./stage/bgp_stage.ts";
import { bfdIs, down, established, routed, unrouted } from "../../stage/routed.ts";

const PASSWORD = "session-s3cret";
const BFD = { intervalMs: 50, multiplier: 3 };
const ROUTES = [`${WEB.ipv4}/32`, `${WEB.ipv6}/128`];
/** What a busy machine may add to the detection time; the hold time alone would take six seconds at the least. */
const DETECTION_MOST_MS = 5000;

async function openWith(kind: Router["kind"], spec: Parameters<BgpStage["writePeer"]>[1] = {}): Promise<{
  readonly stage: BgpStage;
  readonly router: Router;
}> {
  const stage = await BgpStage.open();
  const host = await stage.lab.addClient("router");
  await stage.write(
    "bfd",
    bfdProfile("quick", {
      receiveInterval: BFD.intervalMs,
      transmitInterval: BFD.intervalMs,
      detectMultiplier: BFD.multiplier,
    }),
  );
  await stage.writePeer("router", {
    peerAddress: host.ipv4,
    password: PASSWORD,
    bfdProfile: "quick",
    ...spec,
  });
  await stage.writeService("web", [WEB.ipv4, WEB.ipv6]);
  const router = await stage.router(kind, host, {
    asn: THEIR_ASN,
    neighbours: [{
      peer: { address: stage.node.ipv4 },
      asn: OUR_ASN,
      password: PASSWORD,
      passive: true,
      bfd: BFD,
    }],
  });
  return { stage, router };
}

for (const kind of ["FRR", "BIRD"] as const) {
  routerTest(
    `${kind}: a session comes up with MD5 and BFD, routes come and go, and a goodbye is heard`,
    async () => {
      const { stage, router } = await openWith(kind);
      await using _ = stage;
      const speaker = stage.speaker();
      const us = stage.node.ipv4;
      const session = await established(router, us);
      assert.equal(session.remoteAsn, OUR_ASN);
      for (const prefix of ROUTES) await routed(router, prefix);
      await bfdIs(router, us, ({ state }) => state === "Up");
      // FRR may have ended one over its own change of BFD (see matrix/column.ts): this one stands.
      const { establishedCount } = await established(router, us);
      for (const prefix of ROUTES) await routed(router, prefix);
      await stage.writeService("web", [WEB.ipv6]);
      await unrouted(router, ROUTES[0]!);
      await stage.writeService("web", [WEB.ipv4, WEB.ipv6]);
      await routed(router, ROUTES[0]!);
      assert.equal((await router.session(us))!.establishedCount, establishedCount);
      await speaker.stop();
      for (const prefix of ROUTES) await unrouted(router, prefix);
      // FRR forgets the reason as soon as BFD has ended too.
      if (kind !== "FRR") assert.match((await router.session(us))!.lastError!, /administrative shutdown/i);
      assert.ok(!JSON.stringify(speaker.log.all).includes(PASSWORD), "the log tells the password");
    },
  );

  routerTest(
    `${kind}: a cut link ends the session within the detection time, a mended one begins it`,
    async () => {
      const { stage, router } = await openWith(kind);
      await using _ = stage;
      const speaker = stage.speaker();
      const us = stage.node.ipv4;
      await established(router, us);
      await bfdIs(router, us, ({ state }) => state === "Up");
      await speaker.waitForLog("BFD session up");
      for (const prefix of ROUTES) await routed(router, prefix);
      const cutAt = performance.now();
      await stage.lab.cut(stage.node, "port");
      await down(router, us, DETECTION_MOST_MS);
      await speaker.waitForLog("BFD session down", { reason: "detection-time-expired" }, DETECTION_MOST_MS);
      await speaker.waitForLog("BGP session down", { reason: "ceased" }, DETECTION_MOST_MS);
      assert.ok(performance.now() - cutAt < DETECTION_MOST_MS);
      for (const prefix of ROUTES) await unrouted(router, prefix, DETECTION_MOST_MS);
      await stage.lab.mend(stage.node);
      await established(router, us);
      for (const prefix of ROUTES) await routed(router, prefix);
    },
  );
}

routerTest("a wrong password is told as what it may be, and never itself", async () => {
  const wrong = "another-s3cret";
  const { stage, router } = await openWith("FRR", { password: wrong, connectTime: "1s" });
  await using _ = stage;
  const speaker = stage.speaker();
  const line = await speaker.waitForLog("BGP peer cannot be reached, trying again", { peer: "router" });
  assert.equal(line["err"], "no answer: address, port or password wrong?");
  assert.notEqual((await router.session(stage.node.ipv4))?.state, "Established");
  await stage.writePeer("router", { peerAddress: router.host.ipv4, password: PASSWORD });
  await established(router, stage.node.ipv4);
  const text = JSON.stringify(speaker.log.all);
  for (const secret of [wrong, PASSWORD]) assert.ok(!text.includes(secret), "the log tells a password");
});

routerTest(
  "a router that dials is accepted by a peer that listens, and only one session stands",
  async () => {
    await using stage = await BgpStage.open();
    const host = await stage.lab.addClient("router");
    const annotations = { "ingot.dev/passive": "true" };
    await stage.writePeer("router", { peerAddress: host.ipv4, password: PASSWORD }, annotations);
    await stage.writeService("web", [WEB.ipv4, WEB.ipv6]);
    const neighbour = { peer: { address: stage.node.ipv4 }, asn: OUR_ASN, password: PASSWORD } as const;
    const router = await stage.router("FRR", host, { asn: THEIR_ASN, neighbours: [neighbour] });
    stage.speaker();
    await established(router, stage.node.ipv4);
    for (const prefix of ROUTES) await routed(router, prefix);
    await stage.writePeer("router", { peerAddress: host.ipv4, password: PASSWORD }, {
      "ingot.dev/listen": "true",
    });
    await stage.writeService("more", ["198.51.100.9"]);
    await routed(router, "198.51.100.9/32");
    assert.equal((await router.session(stage.node.ipv4))!.establishedCount, 1);
  },
);

routerTest("a drain marks routes for graceful shutdown before the goodbye", async () => {
  const { stage, router } = await openWith("FRR", { bfdProfile: "" });
  await using _ = stage;
  const speaker = stage.speaker(stage.node, { args: ["--shutdown-wait-seconds", "2"] });
  await routed(router, ROUTES[0]!);
  const stopped = speaker.stop();
  await routed(router, ROUTES[0]!, ({ communities }) => communities.includes("65535:0"));
  await stopped;
  // Sooner than its hold time would have told.
  for (const prefix of ROUTES) await unrouted(router, prefix, 5000);
  const { lastError } = await down(router, stage.node.ipv4) as Session;
  assert.match(lastError!, /0602 Cease\/Administrative Shutdown Ingot speaker stopping/);
});

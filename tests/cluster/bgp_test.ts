/**
 * Routes as a real router has them while kubectl creates, changes and deletes every custom resource that is about BGP.
 *
 * Not here: what the resources mean in all their fields (tests/interop/bgp).
 *
 * @module
 */
import assert from "node:assert/strict";
import { SYSTEM } from "../lab/apiserver/cluster.ts";
import { clusterRouterTest } from "../lab/apiserver/suite.ts";
import { bfdProfile, bgpAdvertisement, bgpPeer, community, passwordSecret } from "../lab/manifests.ts";
import { Frr } from "../lab/routers/frr.ts";
import type { Route } from "../lab/routers/router.ts";
import { until } from "../stage/until.ts";
import { endpoints, pool, service, SHOP } from "./services.ts";
import { ClusterStage, PATIENCE_MS, RETRY_PATIENCE_MS } from "./stage.ts";

const OUR_ASN = 64_512;
const THEIR_ASN = 65_000;
const WEB = "198.51.100.0/32";
const PASSWORD = "a-word-between-us";
/** A speaker that a busy machine keeps waiting for a second is no speaker that is down. */
const INTERVALS = { intervalMs: 1_000, multiplier: 3 };

clusterRouterTest("a router learns what kubectl creates, changes and deletes", async (t) => {
  await using stage = await ClusterStage.open({ nodes: 1 });
  const { cluster, lab } = stage;
  const [node] = [lab.node("n1")];
  const host = await lab.addClient("router");
  await using router = await Frr.start(lab, host, {
    asn: THEIR_ASN,
    neighbours: [{
      peer: { address: node.ipv4 },
      asn: OUR_ASN,
      password: PASSWORD,
      passive: true,
      bfd: INTERVALS,
    }],
  });
  const controller = await stage.controllerInPod();
  const speaker = stage.speaker(node);

  const peer = bgpPeer("router", {
    myASN: OUR_ASN,
    peerASN: THEIR_ASN,
    peerAddress: host.ipv4,
    passwordSecret: { name: "password", namespace: SYSTEM },
  });
  const session = (state: string): Promise<unknown> =>
    until(`the session to be ${state}`, async () => {
      return (await router.session(node.ipv4))?.state === state ? true : null;
    }, PATIENCE_MS);
  const routes = (what: string, match: (routes: readonly Route[]) => boolean): Promise<readonly Route[]> =>
    until(what, async () => {
      const now = await router.routes(WEB);
      return match(now) ? now : null;
    }, RETRY_PATIENCE_MS);

  await t.step("BGPPeer and Secret: the session comes up with the Secret's password", async () => {
    await cluster.apply(passwordSecret("password", PASSWORD), peer);
    await session("Established");
  });

  await t.step(
    "IPAddressPool, BGPAdvertisement, Community, Service: the route, as the advertisement says",
    async () => {
      await cluster.apply(
        pool("public", "198.51.100.0/24"),
        community("names", { shiny: "64512:7" }),
        bgpAdvertisement("public", { communities: ["shiny"] }),
        service("web"),
        ...endpoints("web", lab.nodes),
      );
      const [route] = await routes("the route", (now) => now.length === 1);
      assert.partialDeepStrictEqual(route, {
        nextHop: node.ipv4,
        asPath: [OUR_ASN],
        communities: ["64512:7"],
        stale: false,
      });
    },
  );

  await t.step(
    "a Community changed: the route follows; deleted while in use: what worked goes on",
    async () => {
      await cluster.apply(community("names", { shiny: "64512:8" }));
      await routes("the new community", ([route]) => route?.communities.join() === "64512:8");
      const from = speaker.log.all.length;
      await cluster.kubectl(["delete", "community", "-n", SYSTEM, "names"]);
      const refused = "configuration refused, the last good one stays in force";
      await speaker.waitForLog(refused, {}, PATIENCE_MS, from);
      assert.equal((await router.routes(WEB))[0]?.communities.join(), "64512:8");
      await cluster.apply(community("names", { shiny: "64512:8" }));
      await speaker.waitForLog("configuration error gone", {}, PATIENCE_MS, from);
    },
  );

  const { intervalMs, multiplier } = INTERVALS;
  const intervals = {
    receiveInterval: intervalMs,
    transmitInterval: intervalMs,
    detectMultiplier: multiplier,
  };

  await t.step("BFDProfile: BFD watches the session", async () => {
    await cluster.apply(bfdProfile("steady", intervals), {
      ...peer,
      spec: { ...peer.spec, bfdProfile: "steady" },
    });
    await until("BFD to be up", async () => {
      return (await router.bfd(node.ipv4))?.state === "Up" ? true : null;
    }, PATIENCE_MS);
  });

  await t.step("BGPAdvertisement and BFDProfile changed: both follow, and the session stands", async () => {
    const { establishedCount } = (await router.session(node.ipv4))!;
    await cluster.apply(bgpAdvertisement("public", { communities: ["shiny", "64512:9"] }));
    await routes("both communities", ([route]) => route?.communities.join() === "64512:8,64512:9");
    await cluster.apply(bfdProfile("steady", { ...intervals, detectMultiplier: 5 }));
    await until("the new multiplier", async () => {
      return (await router.bfd(node.ipv4))?.remoteMultiplier === 5 ? true : null;
    }, PATIENCE_MS);
    assert.equal((await router.session(node.ipv4))!.establishedCount, establishedCount);
  });

  await t.step("BFDProfile deleted while in use: what worked goes on", async () => {
    const from = speaker.log.all.length;
    await cluster.kubectl(["delete", "bfdprofile", "-n", SYSTEM, "steady"]);
    const refused = "configuration refused, the last good one stays in force";
    await speaker.waitForLog(refused, {}, PATIENCE_MS, from);
    assert.equal((await router.bfd(node.ipv4))?.state, "Up");
    await cluster.apply(bfdProfile("steady", intervals));
    await speaker.waitForLog("configuration error gone", {}, PATIENCE_MS, from);
  });

  // An API server that starts forbids everything for a moment.
  const lines = [controller, speaker].flatMap(({ log }) => log.all);
  assert.deepEqual(lines.filter((line) => JSON.stringify(line).includes("forbidden")), []);
  assert.ok(!JSON.stringify(lines).includes(PASSWORD), "the password is in no log");

  await t.step("while the API server is away session and route stand", async () => {
    const before = (await router.session(node.ipv4))!.establishedCount;
    await cluster.plane.stopApiServer();
    // As long as the hold time of the session.
    await new Promise((resolve) => setTimeout(resolve, 9_000));
    await cluster.plane.startApiServer();
    assert.partialDeepStrictEqual(await router.session(node.ipv4), {
      state: "Established",
      establishedCount: before,
    });
    assert.equal((await router.routes(WEB)).length, 1);
  });

  await t.step(
    "BGPAdvertisement deleted and created again, Service deleted: the route goes, comes, goes",
    async () => {
      await cluster.kubectl(["delete", "bgpadvertisement", "-n", SYSTEM, "public"]);
      await routes("no route", (now) => now.length === 0);
      await cluster.apply(bgpAdvertisement("public"));
      await routes("the route again", (now) => now.length === 1);
      await cluster.kubectl(["delete", "service", "-n", SHOP, "web"]);
      await routes("no route", (now) => now.length === 0);
    },
  );

  await t.step("BGPPeer deleted: no session", async () => {
    await cluster.kubectl(["delete", "bgppeer", "-n", SYSTEM, "router"]);
    await until("the session to end", async () => {
      return (await router.session(node.ipv4))?.state === "Established" ? null : true;
    }, PATIENCE_MS);
  });
});

/**
 * BFD and BGP together: a dead path is left in time, a live one never, a restarted end comes back.
 *
 * Source: RFC 5880, RFC 5882 section 4.3 (with graceful restart).
 * Not here: that a live path is never left (soak_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { bfdProfile } from "../../../lab/manifests.ts";
import type { Host } from "../../../lab/network/host.ts";
import type { Neighbour, Router } from "../../../lab/routers/router.ts";
import { routerTest } from "../../../lab/suite.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { bfdIs, down, established, forwarded, routed, unrouted } from "../../../stage/routed.ts";

const WEB_PREFIX = `${WEB.ipv4}/32`;
const INTERVAL_MS = 100;
const MULTIPLIER = 3;
/**
 * What a busy machine and FRR's own 61 ms to the kernel may add to the detection time; without BFD it would be the hold
 * time that tells, six seconds after the cut at the earliest.
 */
const MARGIN_MS = 4_000;

/** A stage with one router that has BFD with the speaker, all of it up, the route in the router's kernel. */
async function openWith(
  kind: "FRR" | "BIRD",
  { gracefulRestart, outlivesBfd = false }: {
    readonly gracefulRestart: boolean;
    /** BIRD's `bfd graceful`: a lost path is a restart. FRR tells the two apart by itself, BIRD has to be told. */
    readonly outlivesBfd?: boolean;
  },
): Promise<{ stage: BgpStage; host: Host; router: Router; neighbour: Neighbour }> {
  const stage = await BgpStage.open();
  const host = await stage.lab.addClient("router");
  const neighbour: Neighbour = {
    peer: { address: stage.node.ipv4 },
    asn: OUR_ASN,
    bfd: { intervalMs: INTERVAL_MS, multiplier: MULTIPLIER },
    ...outlivesBfd ? { gracefulRestart: "helper" } : {},
  };
  const router = await stage.router(kind, host, { asn: THEIR_ASN, neighbours: [neighbour] });
  const intervals = { receiveInterval: INTERVAL_MS, transmitInterval: INTERVAL_MS };
  await stage.write("bfd", bfdProfile("quick", { ...intervals, detectMultiplier: MULTIPLIER }));
  await stage.writePeer("router", {
    peerAddress: host.ipv4,
    bfdProfile: "quick",
    // Also the longest rest after attempts that a router refuses while it starts.
    connectTime: "1s",
    enableGracefulRestart: gracefulRestart,
  });
  await stage.writeService("web", [WEB.ipv4]);
  return { stage, host, router, neighbour };
}

/** Waits for all of it. */
async function settled(router: Router, ours: string): Promise<void> {
  await established(router, ours);
  await forwarded(router, WEB_PREFIX, 1);
  await bfdIs(
    router,
    ours,
    ({ state, transmitIntervalMs }) => state === "Up" && transmitIntervalMs === INTERVAL_MS,
  );
}

for (const kind of ["FRR", "BIRD"] as const) {
  for (const gracefulRestart of [false, true]) {
    const also = gracefulRestart ? ", graceful restart notwithstanding" : "";
    routerTest(`BFD: ${kind} leaves a dead path within the detection time${also}`, async (test) => {
      const { stage, router } = await openWith(kind, { gracefulRestart });
      await using _ = stage;
      const ours = stage.node.ipv4;
      const speaker = stage.speaker();
      await settled(router, ours);
      await stage.lab.cut(stage.node, "port");
      await forwarded(router, WEB_PREFIX, 0, INTERVAL_MS * MULTIPLIER + MARGIN_MS);
      await unrouted(router, WEB_PREFIX);
      await speaker.waitForLog("BFD session down");
      await test.step("and comes back with the path", async () => {
        await stage.lab.mend(stage.node);
        await settled(router, ours);
      });
    });
  }

  routerTest(`BFD and graceful restart: ${kind} keeps the routes of a speaker that restarts`, async () => {
    const { stage, router } = await openWith(kind, { gracefulRestart: true, outlivesBfd: true });
    await using _ = stage;
    const ours = stage.node.ipv4;
    const speaker = stage.speaker();
    await settled(router, ours);
    await speaker.kill();
    await down(router, ours);
    // Longer than the detection time: BFD has noticed by now.
    await bfdIs(router, ours, ({ state }) => state !== "Up");
    assert.equal((await forwarded(router, WEB_PREFIX, 1)).length, 1);
    stage.speaker();
    await settled(router, ours);
    await routed(router, WEB_PREFIX, ({ stale }) => !stale);
  });
}

routerTest(
  "BFD: a router that is killed is left in time, and comes back when it is started again",
  async () => {
    const { stage, host, router, neighbour } = await openWith("FRR", { gracefulRestart: false });
    await using _ = stage;
    const ours = stage.node.ipv4;
    const speaker = stage.speaker();
    await settled(router, ours);
    await router.kill();
    await speaker.waitForLog("BFD session down");
    const second = await stage.frr(host, { asn: THEIR_ASN, neighbours: [neighbour] });
    await settled(second, ours);
  },
);

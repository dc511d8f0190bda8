/**
 * BFD and BGP together: a dead path is left in time, a live one never, a restarted end comes back.
 *
 * Source: RFC 5880, RFC 5882 section 4.3 (with graceful restart).
 * Shape: the router's own view and its own counters. INGOT_BFD_SOAK_SECONDS makes the long run longer.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bfdProfile } from "../../lab/manifests.ts";
import type { Host } from "../../lab/network/host.ts";
import { Frr } from "../../lab/routers/frr.ts";
import type { Neighbour, Router } from "../../lab/routers/router.ts";
import { routerTest } from "../../lab/suite.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "./stage/bgp_stage.ts";
import { bfdIs, down, established, forwarded, routed } from "./stage/routed.ts";

/** Of a second router, which FRR watches as it watches us. */
const BIRD_ASN = 65_001;
const WEB_PREFIX = `${WEB.ipv4}/32`;
const INTERVAL_MS = 100;
const MULTIPLIER = 3;
/** What a busy machine and FRR's own 61 ms to the kernel may add to the detection time. */
const MARGIN_MS = 700;
const SOAK_SECONDS = Number(Deno.env.get("INGOT_BFD_SOAK_SECONDS") ?? "15");

/** A stage with one router that has BFD with the speaker, all of it up, the route in the router's kernel. */
async function openWith(
  kind: "FRR" | "BIRD",
  { gracefulRestart }: { readonly gracefulRestart: boolean },
): Promise<{ stage: BgpStage; host: Host; router: Router; neighbour: Neighbour }> {
  const stage = await BgpStage.open();
  const host = await stage.lab.addClient("router");
  const neighbour: Neighbour = {
    peer: { address: stage.node.ipv4 },
    asn: OUR_ASN,
    bfd: { intervalMs: INTERVAL_MS, multiplier: MULTIPLIER },
    ...gracefulRestart ? { gracefulRestart: "helper" } : {},
  };
  const router = await stage.router(kind, host, { asn: THEIR_ASN, neighbours: [neighbour] });
  const intervals = { receiveInterval: INTERVAL_MS, transmitInterval: INTERVAL_MS };
  await stage.write("bfd", bfdProfile("quick", { ...intervals, detectMultiplier: MULTIPLIER }));
  await stage.writePeer("router", {
    peerAddress: host.ipv4,
    bfdProfile: "quick",
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
      if (gracefulRestart && kind === "BIRD") {
        // `bfd graceful` treats a dead path as a restart, and BIRD says so: nothing to hold against us.
        await down(router, ours);
      } else {
        await forwarded(router, WEB_PREFIX, 0, INTERVAL_MS * MULTIPLIER + MARGIN_MS);
      }
      await speaker.waitForLog("BFD session down");
      await test.step("and comes back with the path", async () => {
        await stage.lab.mend(stage.node);
        await settled(router, ours);
      });
    });
  }

  routerTest(`BFD and graceful restart: ${kind} keeps the routes of a speaker that restarts`, async () => {
    const { stage, router } = await openWith(kind, { gracefulRestart: true });
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

/** How often FRR took its session with a neighbour for dead. */
async function downsOf(frr: Frr, neighbour: string): Promise<number> {
  const all = JSON.parse(await frr.command("bfdd", "show bfd peers counters json")) as readonly {
    readonly peer: string;
    readonly "session-down": number;
  }[];
  return all.find(({ peer }) => peer === neighbour)!["session-down"];
}

routerTest("BFD: 3 x 50 ms holds while the configuration churns, or FRR loses BIRD too", async () => {
  await using stage = await BgpStage.open();
  const [host, other] = [await stage.lab.addClient("frr"), await stage.lab.addClient("bird")];
  const ours = stage.node.ipv4;
  const bfd = { intervalMs: 50, multiplier: MULTIPLIER };
  const frr = await stage.frr(host, {
    asn: THEIR_ASN,
    neighbours: [
      { peer: { address: ours }, asn: OUR_ASN, bfd },
      { peer: { address: other.ipv4 }, asn: BIRD_ASN, bfd },
    ],
  });
  const control = { peer: { address: host.ipv4 }, asn: THEIR_ASN, bfd };
  await stage.router("BIRD", other, { asn: BIRD_ASN, neighbours: [control] });
  const intervals = { receiveInterval: bfd.intervalMs, transmitInterval: bfd.intervalMs };
  await stage.write("bfd", bfdProfile("quick", { ...intervals, detectMultiplier: MULTIPLIER }));
  await stage.writePeer("frr", { peerAddress: host.ipv4, bfdProfile: "quick" });
  await stage.writeService("web", [WEB.ipv4]);
  const speaker = stage.speaker();
  for (const neighbour of [ours, other.ipv4]) {
    await established(frr, neighbour);
    await bfdIs(
      frr,
      neighbour,
      ({ state, transmitIntervalMs }) => state === "Up" && transmitIntervalMs === 50,
    );
  }
  const before = { ours: await downsOf(frr, ours), control: await downsOf(frr, other.ipv4) };
  const deadline = performance.now() + SOAK_SECONDS * 1_000;
  for (let i = 0; performance.now() < deadline; i++) {
    const addresses = Array.from({ length: 200 }, (_, k) => `198.51.100.${(i + k) % 250 + 2}`);
    await stage.writeService("churn", addresses);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // A machine so busy that FRR itself comes too late for 150 ms says nothing of us: then BIRD is lost as well.
  const [downs, controlDowns] = [
    await downsOf(frr, ours) - before.ours,
    await downsOf(frr, other.ipv4) - before.control,
  ];
  assert.ok(downs === 0 || controlDowns > 0, `FRR lost us ${downs} times, BIRD never`);
  const ownVerdicts = speaker.log.all.filter(({ msg, reason }) =>
    msg === "BFD session down" && reason !== "neighbor-signaled-down"
  );
  assert.ok(ownVerdicts.length === 0 || controlDowns > 0, JSON.stringify(ownVerdicts));
});

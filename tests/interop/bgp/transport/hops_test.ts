/**
 * How far away a peer may be: TTLs as routers send and demand them, and as we do.
 *
 * Source: RFC 4271 section 5.1.3 (an external peer is one hop away unless it is said to be farther), RFC 5082 (GTSM: what
 * has crossed a router is dropped), RFC 5883 (BFD over several hops).
 *
 * @module
 */
import assert from "node:assert/strict";
import { bfdProfile } from "../../../lab/manifests.ts";
import type { Host } from "../../../lab/network/host.ts";
import { routerTest } from "../../../lab/suite.ts";
import { until } from "../../../stage/until.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { addDistantHost } from "../stage/distant.ts";
import { bfdIs, down, established, PATIENCE_MS, routed } from "../../../stage/routed.ts";

const KINDS = ["FRR", "BIRD", "GoBGP"] as const;
const FAMILIES = ["ipv4", "ipv6"] as const;
const PREFIXES = { ipv4: `${WEB.ipv4}/32`, ipv6: `${WEB.ipv6}/128` };
const BFD = { intervalMs: 200, multiplier: 3 };
const NOT_REACHED = "BGP peer cannot be reached, trying again";
const QUICK = { connectTime: "1s" };
const TTL_SECURITY = { "ingot.dev/ttl-security": "true" };
const PASSIVE = { "ingot.dev/passive": "true" };
/**
 * Until a router that has heard only us dials again: it waits out its hold time first, and GoBGP, whatever its
 * connect-retry says, five to ten seconds more before each attempt.
 */
const DIALS_AGAIN_MS = 2 * PATIENCE_MS;

for (const kind of KINDS) {
  for (const family of FAMILIES) {
    routerTest(`ebgpMultiHop: ${kind} over a hop, ${family}`, async (test) => {
      await using stage = await BgpStage.open();
      const { hop, far } = await addDistantHost(stage);
      const ours = stage.node[family]!;
      const hasBfd = kind !== "GoBGP";
      await stage.writeService("web", [WEB[family]]);
      await stage.write("bfd", profileOf(kind));
      const router = await stage.router(kind, far, {
        asn: THEIR_ASN,
        neighbours: [{
          peer: { address: ours },
          asn: OUR_ASN,
          multihop: true,
          localAddress: far[family]!,
          ...hasBfd ? { bfd: BFD } : {},
        }],
      });
      const peer = { peerAddress: far[family]!, ...hasBfd ? { bfdProfile: "quick" } : {}, ...QUICK };
      await stage.writePeer("far", peer);
      const speaker = stage.speaker();
      await test.step("one hop is what an external peer may be away, unless it is said to be farther", async () => {
        await speaker.waitForLog(NOT_REACHED, { peer: "far" });
        assert.notEqual((await router.session(ours))?.state, "Established");
      });
      await test.step("and then has a session and the routes, by the hop", async () => {
        await stage.writePeer("far", { ...peer, ebgpMultiHop: true });
        await established(router, ours);
        assert.equal((await routed(router, PREFIXES[family])).nextHop, ours);
      });
      if (!hasBfd) return;
      await test.step("BFD over several hops is up, and notices that the hop is gone", async () => {
        await bfdIs(
          router,
          ours,
          ({ state, transmitIntervalMs }) => state === "Up" && transmitIntervalMs === BFD.intervalMs,
        );
        await speaker.waitForLog("BFD session up", { peer: "far" });
        await hop.namespace.sysctl({ [`net/${family}/conf/all/forwarding`]: 0 });
        await down(router, ours);
        await speaker.waitForLog("BFD session down", { peer: "far", reason: "detection-time-expired" });
        await hop.namespace.sysctl({ [`net/${family}/conf/all/forwarding`]: 1 });
        await established(router, ours);
        await bfdIs(router, ours, ({ state }) => state === "Up");
      });
    });
  }
}

/** Waits until the kernel of the node has dropped segments for their TTL. */
async function hasDropped({ namespace }: Host): Promise<void> {
  await until("the kernel to have dropped segments for their TTL", async () => {
    const counters = await namespace.run(["nstat", "-asz", "TcpExtTCPMinTTLDrop"]);
    return /TCPMinTTLDrop +[1-9]/.test(counters) ? true : null;
  }, PATIENCE_MS);
}

/** BIRD sends to distant neighbours with the system's TTL: of 64, a hop leaves 63. */
function profileOf(kind: typeof KINDS[number]): ReturnType<typeof bfdProfile> {
  return bfdProfile("quick", {
    receiveInterval: BFD.intervalMs,
    transmitInterval: BFD.intervalMs,
    detectMultiplier: BFD.multiplier,
    ...kind === "BIRD" ? { minimumTtl: 63 } : {},
  });
}

routerTest(
  "GTSM: no session with a router whose packets do not come with TTL 255, whoever dials",
  async (test) => {
    await using stage = await BgpStage.open();
    const { node } = stage;
    const ours = { ipv4: node.ipv4, ipv6: node.ipv6! };
    const rows = KINDS.flatMap((kind) =>
      FAMILIES.flatMap((family) => [true, false].map((dials) => ({ kind, family, dials })))
    );
    const cells = await Promise.all(rows.map(async ({ kind, family, dials }) => {
      const name = `${kind.toLowerCase()}-${family}-${dials ? "out" : "in"}`;
      const host = await stage.lab.addClient(name);
      const neighbours = [{ peer: { address: ours[family] }, asn: OUR_ASN, passive: dials }];
      const router = await stage.router(kind, host, { asn: THEIR_ASN, neighbours });
      const write = (annotations: Readonly<Record<string, string>>) =>
        stage.writePeer(name, { peerAddress: host[family]!, ...QUICK }, {
          ...annotations,
          ...dials ? {} : PASSIVE,
        });
      await write(TTL_SECURITY);
      return { name, family, dials, host, router, write };
    }));
    await stage.writeService("web", [WEB.ipv4, WEB.ipv6]);
    const speaker = stage.speaker();
    // A router that hears us may take the session for established; we never do, and tell it nothing.
    const refused = async (except: readonly string[] = []) => {
      for (const { name, family, router } of cells.filter((cell) => !except.includes(cell.name))) {
        assert.deepEqual(await router.routes(PREFIXES[family]), [], name);
      }
      const up = speaker.log.all.filter(({ msg }) => msg === "BGP session up").map(({ peer }) => peer);
      assert.deepEqual(up.sort(), except.toSorted());
    };
    await test.step("the kernel drops what comes from afar", async () => {
      for (const { name } of cells.filter(({ dials }) => dials)) {
        // Listening routers answer a SYN with TTL 255, whoever it is from; what they say then has their session's.
        await speaker.waitForLog("BGP session changed", { peer: name, to: "OpenSent" });
      }
      await hasDropped(node);
      await refused();
    });
    await test.step("also where a peer without GTSM has connections accepted by the same socket", async () => {
      const lax = FAMILIES.map((family) => cells.find((cell) => !cell.dials && cell.family === family)!);
      for (const { name, router, family, write } of lax) {
        await write({});
        await established(router, ours[family], DIALS_AGAIN_MS);
        // FRR's KEEPALIVE may still be on its way to us.
        await speaker.waitForLog("BGP session up", { peer: name });
      }
      for (const { name } of cells.filter((cell) => !cell.dials && !lax.includes(cell))) {
        await speaker.waitForLog("BGP session changed", { peer: name, to: "OpenSent" }, DIALS_AGAIN_MS);
      }
      await refused(lax.map(({ name }) => name));
    });
    for (const { name, family, router, write } of cells) {
      await test.step(`${name}: taken as soon as GTSM is off`, async () => {
        await write({});
        await established(router, ours[family], DIALS_AGAIN_MS);
      });
    }
  },
);

routerTest("GTSM: a router a hop away is not let in, though it sends with TTL 255", async (test) => {
  await using stage = await BgpStage.open();
  const { far } = await addDistantHost(stage);
  const { node } = stage;
  // FRR sends with TTL 255 to a peer that may be many hops away; 254 is left of it when it is here.
  const neighbours = FAMILIES.map((family) => ({
    peer: { address: node[family]! },
    asn: OUR_ASN,
    multihop: true,
    localAddress: far[family]!,
  }));
  const router = await stage.router("FRR", far, { asn: THEIR_ASN, neighbours });
  const write = (family: typeof FAMILIES[number], annotations: Readonly<Record<string, string>>) =>
    stage.writePeer(family, { peerAddress: far[family]! }, { ...annotations, ...PASSIVE });
  for (const family of FAMILIES) await write(family, TTL_SECURITY);
  const speaker = stage.speaker();
  await hasDropped(node);
  for (const family of FAMILIES) {
    await test.step(family, async () => {
      assert.notEqual((await router.session(node[family]!))?.state, "Established");
      assert.ok(!speaker.log.all.some(({ msg }) => msg === "BGP session up"));
    });
  }
});

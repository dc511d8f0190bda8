/**
 * What an advertisement says of its routes, as each router prints it.
 *
 * Source: RFC 1997, RFC 8092 (communities), RFC 4271 section 5.1.5 (local preference, within an AS only); MetalLB's
 * BGPAdvertisement.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bgpAdvertisement, community, ipAddressPool } from "../../lab/manifests.ts";
import type { Router } from "../../lab/routers/router.ts";
import { routerTest } from "../../lab/suite.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "./stage/bgp_stage.ts";
import { established, routed, unrouted } from "../../stage/routed.ts";

const KINDS: readonly Router["kind"][] = ["FRR", "BIRD", "GoBGP"];
/** In a pool of its own, announced as one block. */
const SHOP = { ipv4: "203.0.113.77", ipv6: "2001:db8:200::77" };
const BLOCKS = ["203.0.113.0/25", "2001:db8:200::/64"];

interface Opened {
  readonly router: Router;
  readonly isInternal: boolean;
}

async function openRouters(stage: BgpStage): Promise<Opened[]> {
  const rows = KINDS.flatMap((kind) => [true, false].map((isInternal) => ({ kind, isInternal })));
  return await Promise.all(rows.map(async ({ kind, isInternal }) => {
    const asn = isInternal ? OUR_ASN : THEIR_ASN;
    const host = await stage.lab.addClient(`${kind.toLowerCase()}-${isInternal ? "in" : "ex"}`);
    const neighbour = { peer: { address: stage.node.ipv4 }, asn: OUR_ASN };
    const router = await stage.router(kind, host, { asn, neighbours: [neighbour] });
    await stage.writePeer(host.name, { peerASN: asn, peerAddress: host.ipv4 });
    return { router, isInternal };
  }));
}

routerTest(
  "BGPAdvertisement: communities, local preference and aggregates as each router prints them",
  async (test) => {
    await using stage = await BgpStage.open();
    const { node } = stage;
    await stage.write("pools", ipAddressPool("shop", { addresses: ["203.0.113.0/24", "2001:db8:200::/64"] }));
    await stage.write("aliases", community("names", { secret: "65535:65281" }));
    await stage.write(
      "advertisement",
      bgpAdvertisement("web", {
        ipAddressPools: ["web"],
        localPref: 321,
        communities: ["64512:7", "secret", "large:4200000001:1:2"],
      }),
      bgpAdvertisement("shop", { ipAddressPools: ["shop"], aggregationLength: 25, aggregationLengthV6: 64 }),
    );
    await stage.writeService("web", [WEB.ipv4, WEB.ipv6]);
    await stage.writeService("shop", [SHOP.ipv4, SHOP.ipv6]);
    const all = await openRouters(stage);
    stage.speaker();

    const each = async (what: string, check: (opened: Opened) => Promise<void>) => {
      for (const opened of all) {
        const relation = opened.isInternal ? "the same AS" : "another AS";
        await test.step(`${opened.router.kind}, ${relation}: ${what}`, () => check(opened));
      }
    };
    await each("communities and local preference", async ({ router, isInternal }) => {
      await established(router, node.ipv4);
      for (const ip of [`${WEB.ipv4}/32`, `${WEB.ipv6}/128`]) {
        const route = await routed(router, ip);
        assert.deepEqual(route.communities, ["64512:7", "65535:65281"]);
        assert.deepEqual(route.largeCommunities, ["4200000001:1:2"]);
        // BIRD gives what comes from another AS its own default.
        const outside = router.kind === "BIRD" ? 100 : null;
        assert.equal(route.localPreference, isInternal ? 321 : outside);
      }
    });
    await each("aggregates, and no more of them than there are", async ({ router }) => {
      for (const block of BLOCKS) assert.deepEqual((await routed(router, block)).communities, []);
      assert.deepEqual(await router.routes(`${SHOP.ipv4}/32`), []);
      assert.deepEqual([await router.routeCount("ipv4"), await router.routeCount("ipv6")], [2, 2]);
    });

    await stage.write(
      "advertisement",
      bgpAdvertisement("web", { ipAddressPools: ["web"], communities: ["64512:8"] }),
      bgpAdvertisement("shop", {
        ipAddressPools: ["shop"],
        aggregationLength: 25,
        peers: ["frr-ex", "bird-in"],
      }),
    );
    await each("what was edited, in the session that stands", async ({ router, isInternal }) => {
      const route = await routed(
        router,
        `${WEB.ipv4}/32`,
        ({ communities }) => communities.includes("64512:8"),
      );
      assert.deepEqual([route.communities, route.largeCommunities], [["64512:8"], []]);
      if (isInternal) {
        assert.equal(route.localPreference, 100);
      }
      if (["frr-ex", "bird-in"].includes(router.host.name)) await routed(router, BLOCKS[0]!);
      else await unrouted(router, BLOCKS[0]!);
      const session = await established(router, node.ipv4);
      if (session.establishedCount !== null) assert.equal(session.establishedCount, 1);
    });
  },
);

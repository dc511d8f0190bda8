/**
 * AS numbers between Ingot and each router: two and four octets, the same AS and another, named and not named.
 *
 * Source: RFC 6793; MetalLB's peerASN, dynamicASN and localASN.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { BgpPeerSketch } from "../../lab/manifests.ts";
import type { Router } from "../../lab/routers/router.ts";
import { routerTest } from "../../lab/suite.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "./stage/bgp_stage.ts";
import { established, routed } from "../../stage/routed.ts";

const FOUR_OCTETS = 4_200_000_010;
const OTHER_FOUR_OCTETS = 4_200_000_020;

interface Row {
  readonly name: string;
  readonly peer: Partial<BgpPeerSketch>;
  readonly theirAsn: number;
  /** What the router takes us for. */
  readonly seenAsn: number;
}

const ROWS: readonly Row[] = [
  {
    name: "four octets, another AS",
    peer: { myASN: FOUR_OCTETS, peerASN: OTHER_FOUR_OCTETS },
    theirAsn: OTHER_FOUR_OCTETS,
    seenAsn: FOUR_OCTETS,
  },
  {
    name: "four octets, the same AS",
    peer: { myASN: FOUR_OCTETS, peerASN: FOUR_OCTETS },
    theirAsn: FOUR_OCTETS,
    seenAsn: FOUR_OCTETS,
  },
  {
    name: "two octets, the same AS",
    peer: { myASN: OUR_ASN, peerASN: OUR_ASN },
    theirAsn: OUR_ASN,
    seenAsn: OUR_ASN,
  },
  {
    name: "dynamicASN external",
    peer: { dynamicASN: "external" },
    theirAsn: OTHER_FOUR_OCTETS,
    seenAsn: OUR_ASN,
  },
  { name: "dynamicASN internal", peer: { dynamicASN: "internal" }, theirAsn: OUR_ASN, seenAsn: OUR_ASN },
  { name: "localASN", peer: { localASN: FOUR_OCTETS }, theirAsn: THEIR_ASN, seenAsn: FOUR_OCTETS },
];

routerTest("BGPPeer: every router takes our AS number for what the manifest says", async (test) => {
  await using stage = await BgpStage.open();
  const { node } = stage;
  await stage.writeService("web", [WEB.ipv4]);
  const kinds: readonly Router["kind"][] = ["FRR", "BIRD", "GoBGP"];
  const all = await Promise.all(kinds.flatMap((kind) =>
    ROWS.map(async (row, index) => {
      const host = await stage.lab.addClient(`${kind.toLowerCase()}${index}`);
      const neighbour = { peer: { address: node.ipv4 }, asn: row.seenAsn };
      const router = await stage.router(kind, host, { asn: row.theirAsn, neighbours: [neighbour] });
      await stage.writePeer(host.name, { peerAddress: host.ipv4, ...row.peer });
      return { row, router };
    })
  ));
  stage.speaker();
  for (const { row, router } of all) {
    await test.step(`${router.kind}: ${row.name}`, async () => {
      const session = await established(router, node.ipv4);
      assert.equal(session.remoteAsn, row.seenAsn);
      const { asPath, localPreference } = await routed(router, `${WEB.ipv4}/32`);
      const isInternal = row.theirAsn === row.seenAsn;
      assert.deepEqual(asPath, isInternal ? [] : [row.seenAsn]);
      if (isInternal) assert.equal(localPreference, 100, "RFC 4271 5.1.5");
    });
  }
});

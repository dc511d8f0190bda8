/**
 * Routers that know no node by address: whoever of a range connects, with the password, is a neighbour. (GoBGP 3.10 sets
 * no key for a range, so without one there.)
 *
 * Source: FRR's `bgp listen range`, BIRD's `neighbor range`, GoBGP's dynamic neighbors; the way to add nodes without
 * touching a router.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Router } from "../../lab/routers/router.ts";
import { routerTest } from "../../lab/suite.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "./stage/bgp_stage.ts";
import { established, routed } from "../../stage/routed.ts";

/** The nodes of the lab, and nobody else. */
const NODES = "10.77.0.0/27";
const PASSWORD = "for-every-node";

routerTest("A router that takes neighbours from a range has a session with each node", async (test) => {
  await using stage = await BgpStage.open({ nodes: 2 });
  await stage.writeService("web", [WEB.ipv4]);
  const kinds: readonly Router["kind"][] = ["FRR", "BIRD", "GoBGP"];
  const routers = await Promise.all(kinds.map(async (kind) => {
    const host = await stage.lab.addClient(kind.toLowerCase());
    const secret = kind === "GoBGP" ? {} : { password: PASSWORD };
    await stage.writePeer(host.name, { peerAddress: host.ipv4, ...secret });
    const neighbour = { peer: { range: NODES }, asn: OUR_ASN, ...secret };
    return await stage.router(kind, host, { asn: THEIR_ASN, neighbours: [neighbour] });
  }));
  for (const node of stage.lab.nodes) stage.speaker(node);
  for (const router of routers) {
    await test.step(router.kind, async () => {
      for (const { ipv4 } of stage.lab.nodes) {
        assert.equal((await established(router, ipv4)).remoteAsn, OUR_ASN);
        await routed(router, `${WEB.ipv4}/32`, ({ nextHop }) => nextHop === ipv4);
      }
    });
  }
});

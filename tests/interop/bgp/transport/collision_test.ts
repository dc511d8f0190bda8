/**
 * Both ends dial at the same moment: one connection stays, the one of the higher BGP Identifier.
 *
 * Source: RFC 4271 section 6.8.
 * Shape: the router is held still until we have dialled all its neighbours and its own attempts are due; when it goes on,
 * it takes our connections and dials us at once. Each neighbour has addresses of its own at both ends.
 *
 * @module
 */
import assert from "node:assert/strict";
import { routerTest } from "../../../lab/suite.ts";
import { until } from "../../../stage/until.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { down, established, PATIENCE_MS, routed } from "../../../stage/routed.ts";

/** No more than BIRD lets wait for their accept(). */
const NEIGHBOURS = 8;
/** Until one collides: with FRR that takes luck, and three or four are not always enough; with BIRD it may be none. */
const ROUNDS = { FRR: 12, BIRD: 4 };
const THEIR_ID = "100.0.0.1";
/** Left alone as long, a router of the lab dials every second; held as long, it is due to dial when it goes on. */
const ALONE_MS = 2_500;
const HELD_MS = 1_500;
/** By turns below and above theirs, as numbers of 32 bits. */
const OUR_IDS = ["99.255.255.255", "200.0.0.1"];
const COLLISION = "Cease/Connection Collision Resolution";
/** A close that leaves octets of ours unread reaches us as a reset (RFC 1122 4.2.2.13). */
const ENDED_BY_PEER = [
  "the peer closed the connection",
  `received ${COLLISION}`,
  "ECONNRESET",
  "EPIPE",
];

interface Pair {
  readonly name: string;
  readonly near: string;
  readonly far: string;
  readonly weAreHigher: boolean;
}

const PAIRS: readonly Pair[] = Array.from({ length: NEIGHBOURS }, (_, i) => ({
  name: `p${i}`,
  near: `10.81.0.${11 + i}`,
  far: `10.81.0.${101 + i}`,
  weAreHigher: i % 2 === 1,
}));

for (const kind of ["FRR", "BIRD"] as const) {
  routerTest(
    `${kind} and the speaker dial each other at once: one session stands, the right one`,
    async () => {
      await using stage = await BgpStage.open();
      const host = await stage.lab.addClient("router");
      await stage.connect({ host: stage.node, interface: "to-router" }, { host, interface: "cable0" });
      await stage.node.namespace.ip(...PAIRS.map(({ near }) => `addr add ${near}/24 dev to-router`));
      await host.namespace.ip(...PAIRS.map(({ far }) => `addr add ${far}/24 dev cable0`));
      for (const [i, { name, near, far }] of PAIRS.entries()) {
        const routerID = OUR_IDS[i % 2]!;
        await stage.writePeer(name, {
          peerAddress: far,
          sourceAddress: near,
          routerID,
          dualStackAddressFamily: false,
        }, {
          "ingot.dev/listen": "true",
        });
      }
      await stage.writeService("web", [WEB.ipv4]);
      const router = await stage.router(kind, host, {
        asn: THEIR_ASN,
        routerId: THEIR_ID,
        neighbours: PAIRS.map(({ near, far }) => ({
          peer: { address: near },
          asn: OUR_ASN,
          localAddress: far,
          families: ["ipv4"],
        })),
      });
      const collided = { higher: 0, lower: 0 };
      for (let round = 0; round < ROUNDS[kind] && collided.higher + collided.lower === 0; round++) {
        await new Promise((resolve) => setTimeout(resolve, ALONE_MS));
        router.pause();
        await new Promise((resolve) => setTimeout(resolve, HELD_MS));
        await using speaker = stage.speaker();
        for (const { name } of PAIRS) {
          await speaker.waitForLog("BGP session changed", { peer: name, to: "OpenSent" });
        }
        router.resume();
        for (const { near } of PAIRS) await established(router, near);
        await routed(router, `${WEB.ipv4}/32`);
        const standing = await until("one connection a neighbour", async () => {
          const printed = await stage.node.namespace.run(["ss", "-Htn", "state", "established"]);
          // Not as many connections as neighbours: one may have two for a moment, while another has none.
          const counts = PAIRS.map(({ far }) =>
            printed.split("\n").filter((line) => line.includes(`${far}:`)).length
          );
          return counts.every((count) => count === 1) ? printed : null;
        }, PATIENCE_MS);
        for (const { name, near, far, weAreHigher } of PAIRS) {
          const said = speaker.log.all.filter(({ peer }) => peer === name);
          const downs = said.filter(({ msg }) => msg === "BGP session down");
          // Each end compares identifiers until it has the other's KEEPALIVE, and keeps what stands from then on. Within
          // that instant they may keep different ones: FRR ends ours, and both try again.
          for (const { detail } of downs) assert.ok(ENDED_BY_PEER.includes(String(detail)), String(detail));
          if (downs.length > 0 || !JSON.stringify(said).includes(COLLISION)) continue;
          collided[weAreHigher ? "higher" : "lower"]++;
          const weDialled = new RegExp(`${far}:179\\s*$`, "m").test(standing);
          const theyDialled = new RegExp(`${near}:179\\s+${far}:`).test(standing);
          assert.deepEqual([weDialled, theyDialled], [weAreHigher, !weAreHigher], `${name}\n${standing}`);
        }
        await speaker.kill();
        for (const { near } of PAIRS) await down(router, near);
      }
      // Which of the two it is, luck decides: a connection that stands before the other comes has not collided. BIRD
      // takes what it is offered before it dials, so that there may be none at all.
      console.log(`${kind}: ${collided.higher} collisions with us above, ${collided.lower} with us below`);
      if (kind === "FRR") assert.ok(collided.higher + collided.lower > 0, "no collision came about");
    },
  );
}

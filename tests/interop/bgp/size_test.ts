/**
 * Ten thousand prefixes announced at once, half of them withdrawn at once: in as few messages as fit, none too large.
 *
 * Source: RFC 4271 section 4.1 (4096 octets), RFC 8654 (65535 where both agreed).
 * Shape: an UPDATE of n /32 prefixes has 23 octets, the attributes and 5n; FRR takes large messages, GoBGP has none, BIRD is
 * told to have none and ends the session over a message that is too large.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Router } from "../../lab/routers/router.ts";
import { routerTest } from "../../lab/suite.ts";
import { until } from "../../stage/until.ts";
import { BgpStage, OUR_ASN, THEIR_ASN } from "./stage/bgp_stage.ts";
import { established } from "../../stage/routed.ts";

const PREFIX_COUNT = 10_000;

const OVERHEAD_OCTETS = 23;
/** ORIGIN 4, AS_PATH of one AS 9, NEXT_HOP 7. */
const ATTRIBUTES_OCTETS = 20;
const PREFIX_OCTETS = 5;

function updatesFor(prefixes: number, attributesOctets: number, maxOctets: number): number {
  const each = Math.floor((maxOctets - OVERHEAD_OCTETS - attributesOctets) / PREFIX_OCTETS);
  return Math.ceil(prefixes / each);
}

/** Waits for a table of that size, then says how many UPDATEs it took. */
async function counted(router: Router, count: number, ours: string, before: number): Promise<number | null> {
  await until(
    `${router.kind} to have ${count} prefixes`,
    async () => await router.routeCount("ipv4") === count ? true : null,
    30_000,
  );
  const { receivedUpdates } = (await router.session(ours))!;
  return receivedUpdates === null ? null : receivedUpdates - before;
}

routerTest("10,000 prefixes are announced, and 5,000 withdrawn, in as few messages as fit", async (test) => {
  await using stage = await BgpStage.open();
  const ours = stage.node.ipv4;
  await stage.writePrefixes(0);
  const rows = [
    { kind: "FRR", maxOctets: 65_535 },
    { kind: "GoBGP", maxOctets: 4_096 },
    { kind: "BIRD", maxOctets: 4_096 },
  ] as const;
  const routers = await Promise.all(rows.map(async ({ kind }) => {
    const host = await stage.lab.addClient(kind.toLowerCase());
    const neighbour = { peer: { address: ours }, asn: OUR_ASN, extendedMessages: false };
    await stage.writePeer(host.name, { peerAddress: host.ipv4 });
    return await stage.router(kind, host, { asn: THEIR_ASN, neighbours: [neighbour] });
  }));
  stage.speaker();
  const before = await Promise.all(routers.map(async (router) => {
    await established(router, ours);
    // Both ends of RIB are UPDATEs as well.
    return await until(`${router.kind} to have had both ends of RIB`, async () => {
      const { receivedUpdates } = (await router.session(ours))!;
      return receivedUpdates === null || receivedUpdates >= 2 ? receivedUpdates ?? 0 : null;
    });
  }));
  const halves = [
    { change: "announced", prefixes: PREFIX_COUNT, attributesOctets: ATTRIBUTES_OCTETS, left: PREFIX_COUNT },
    { change: "withdrawn", prefixes: PREFIX_COUNT / 2, attributesOctets: 0, left: PREFIX_COUNT / 2 },
  ];
  for (const { change, prefixes, attributesOctets, left } of halves) {
    await stage.writePrefixes(left);
    for (const [i, { kind, maxOctets }] of rows.entries()) {
      await test.step(`${kind}: ${prefixes} ${change}, ${maxOctets} octets at most`, async () => {
        const updates = await counted(routers[i]!, left, ours, before[i]!);
        if (updates === null) return;
        before[i] = before[i]! + updates;
        assert.equal(updates, updatesFor(prefixes, attributesOctets, maxOctets));
      });
    }
  }
  for (const [i, { kind }] of rows.entries()) {
    await test.step(`${kind}: still the first session`, async () => {
      const session = (await routers[i]!.session(ours))!;
      assert.equal(session.state, "Established");
      assert.equal(session.lastError, null);
    });
  }
});

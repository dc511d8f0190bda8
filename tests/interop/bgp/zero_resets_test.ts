/**
 * Zero resets: however the configuration is edited, the session that stands goes on, and the router has what it should.
 *
 * Shape: INGOT_EDITS says how many edits (300 when absent, 10,000 for the full proof), INGOT_SEED which ones.
 *
 * @module
 */
import assert from "node:assert/strict";
import { ipAddressPool } from "../../lab/manifests.ts";
import type { Frr } from "../../lab/routers/frr.ts";
import { routerTest } from "../../lab/suite.ts";
import { until } from "../../stage/until.ts";
import { BgpStage, OUR_ASN, POOL, THEIR_ASN } from "./stage/bgp_stage.ts";
import { edit, FIRST_DRAFT, OTHER_PEER, PEER, routesOf, write } from "./edits.ts";
import { established, PATIENCE_MS } from "../../stage/routed.ts";

const EDITS = Number(Deno.env.get("INGOT_EDITS") ?? "300");
const SEED = Number(Deno.env.get("INGOT_SEED") ?? Date.now() % 1_000_000);
/** Edits between two looks at the router. */
const LOOK_EVERY = 10;

/** Mulberry32: random enough, and the same again for the same seed. */
function rngOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

/** Waits for exactly these routes; says what differs when they do not come. */
async function hasRoutes(frr: Frr, routes: ReturnType<typeof routesOf>, when: string): Promise<void> {
  const wanted = [...routes].sort();
  let found: unknown = null;
  try {
    await until("the routes", async () => {
      found = [...await frr.table("ipv4")].sort();
      return JSON.stringify(found) === JSON.stringify(wanted) ? true : null;
    }, PATIENCE_MS);
  } catch {
    assert.deepEqual(found, wanted, when);
  }
}

routerTest(`Zero resets: ${EDITS} random edits, and FRR counts one session`, async () => {
  await using stage = await BgpStage.open();
  const host = await stage.lab.addClient(PEER);
  const ours = stage.node.ipv4;
  const password = `number-${FIRST_DRAFT.password}`;
  const frr = await stage.frr(host, {
    asn: THEIR_ASN,
    neighbours: [{ peer: { address: ours }, asn: OUR_ASN, password }],
  });
  await stage.writePeer(PEER, { peerAddress: host.ipv4, passwordSecret: { name: "turning" } });
  await stage.writePeer(OTHER_PEER, { peerAddress: "10.77.0.99" });
  // Of one family: advertisements that differ in local preference must differ in every family's aggregation length.
  await stage.write("pool", ipAddressPool("web", { addresses: [POOL[0]!] }));
  await write(stage, null, FIRST_DRAFT);
  stage.speaker();
  await established(frr, ours);
  const rng = rngOf(SEED);
  let draft = FIRST_DRAFT;
  for (let i = 1; i <= EDITS; i++) {
    const next = edit(draft, rng);
    await write(stage, draft, next);
    draft = next;
    if (i % LOOK_EVERY !== 0 && i !== EDITS) continue;
    await hasRoutes(frr, routesOf(draft), `after edit ${i} of seed ${SEED}`);
  }
  const session = (await frr.session(ours))!;
  assert.equal(session.state, "Established");
  assert.equal(session.establishedCount, 1);
});

/**
 * A column of the interop matrix: one speaker with a session to a router of its own for each cell.
 *
 * Shape: all sessions of a column come up at once; then each cell is a step that reads its router's own state. At last the
 * speaker is killed, and the routers that were asked to keep its routes must have kept them.
 * Not here: which cells there are (cells.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { bfdProfile } from "../../../lab/manifests.ts";
import type { Ingot, LogLine } from "../../../lab/ingot.ts";
import type { Host } from "../../../lab/network/host.ts";
import type { Neighbour, Router } from "../../../lab/routers/router.ts";
import { routerTest } from "../../../lab/suite.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { type Cell, cellsOf } from "./cells.ts";
import { bfdIs, down, established, forwarded, routed, unrouted } from "../../../stage/routed.ts";

const PASSWORD = "matrix-s3cret";
/** Long enough for a busy machine of two processors that runs 50 daemons. */
const BFD = { intervalMs: 300, multiplier: 5 };
const PREFIXES = { ipv4: `${WEB.ipv4}/32`, ipv6: `${WEB.ipv6}/128` };
/** The router's end of a cable of its own. */
const CABLE = "cable0";

/** A cell with its router. */
interface Opened {
  readonly cell: Cell;
  readonly router: Router;
  /** How the router names us. */
  readonly neighbour: string;
  /** Where the router should send what is for us. */
  readonly nextHops: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] };
}

/** Registers the test of one router. */
export function matrixTest(kind: Router["kind"]): void {
  routerTest(
    `${kind}: a session and its routes in every cell of the matrix, as the router tells them`,
    async (test) => {
      await using stage = await BgpStage.open();
      await stage.write(
        "bfd",
        bfdProfile("quick", {
          receiveInterval: BFD.intervalMs,
          transmitInterval: BFD.intervalMs,
          detectMultiplier: BFD.multiplier,
        }),
      );
      await stage.writeService("web", [WEB.ipv4, WEB.ipv6]);
      const all = await Promise.all(cellsOf(kind).map((cell, index) => open(stage, kind, cell, index)));
      const speaker = stage.speaker();
      for (const one of all) await test.step(nameOf(one.cell), () => check(one, speaker));
      const kept = all.filter(({ cell }) => cell.feature === "graceful restart");
      const forgotten = all.filter(({ cell }) => cell.feature === "plain");
      await speaker.kill();
      for (const one of kept) {
        await test.step(`${nameOf(one.cell)}: keeps the routes of a speaker that was killed`, async () => {
          await down(one.router, one.neighbour);
          await routed(one.router, PREFIXES.ipv4, ({ stale }) => stale);
        });
      }
      for (const one of forgotten) {
        await test.step(`${nameOf(one.cell)}: drops the routes of a speaker that was killed`, async () => {
          await unrouted(one.router, PREFIXES.ipv4);
        });
      }
      const restarted = stage.speaker();
      for (const one of kept) {
        await test.step(`${nameOf(one.cell)}: has the routes afresh when the speaker is back`, async () => {
          await established(one.router, one.neighbour);
          await routed(one.router, PREFIXES.ipv4, ({ stale }) => !stale);
        });
      }
      await stage.manifests.remove("web");
      for (const one of all) {
        await test.step(`${nameOf(one.cell)}: drops what is withdrawn`, async () => {
          await unrouted(one.router, PREFIXES.ipv4);
          await unrouted(one.router, PREFIXES.ipv6);
        });
      }
      await restarted.stop();
    },
  );
}

function nameOf({ reach, feature }: Cell): string {
  return `${reach}, ${feature}`;
}

/** Starts the cell's router and tells the speaker of it. */
async function open(stage: BgpStage, kind: Router["kind"], cell: Cell, index: number): Promise<Opened> {
  const name = `r${index}`;
  const { node } = stage;
  const host = await stage.lab.addClient(name);
  const cable = cell.reach === "unnumbered" ? await layCable(stage, host, kind) : null;
  const ours = cell.reach === "IPv4" ? node.ipv4 : node.ipv6!;
  const peer: Neighbour["peer"] = cable === null ? { address: ours } : { interface: CABLE };
  const router = await stage.router(kind, host, {
    asn: theirAsnOf(cell),
    neighbours: [{
      peer,
      asn: OUR_ASN,
      ...cell.feature === "MD5" ? { password: PASSWORD } : {},
      ...cell.feature === "GTSM" ? { ttlSecurity: true } : {},
      ...cell.feature === "BFD" ? { bfd: BFD } : {},
    }],
  });
  await stage.writePeer(name, {
    ...cable === null
      ? { peerAddress: cell.reach === "IPv4" ? host.ipv4 : host.ipv6! }
      : { interface: nodeEnd(host) },
    peerASN: theirAsnOf(cell),
    ...cell.feature === "MD5" ? { password: PASSWORD } : {},
    ...cell.feature === "BFD" ? { bfdProfile: "quick" } : {},
    ...cell.feature === "graceful restart" ? { enableGracefulRestart: true } : {},
  }, cell.feature === "GTSM" ? { "ingot.dev/ttl-security": "true" } : {});
  const linkLocal = cable === null ? [] : [cable];
  return {
    cell,
    router,
    neighbour: cable === null ? ours : CABLE,
    nextHops: {
      ipv4: cable === null ? [node.ipv4] : linkLocal,
      ipv6: cable === null ? [node.ipv6!] : linkLocal,
    },
  };
}

/** Joins node and router, and returns the node's address on the cable. */
async function layCable(stage: BgpStage, host: Host, kind: Router["kind"]): Promise<string> {
  const { near } = await stage.connect(
    { host: stage.node, interface: nodeEnd(host) },
    { host, interface: CABLE },
  );
  if (kind === "GoBGP") {
    // GoBGP takes for its neighbour whomever the kernel knows at the other end when it starts.
    const mac = await stage.node.namespace.macOf(nodeEnd(host));
    await host.namespace.ip(`neigh replace ${near} lladdr ${mac} dev ${CABLE} nud permanent`);
  }
  return near;
}

function theirAsnOf({ feature }: Cell): number {
  return feature === "same AS" ? OUR_ASN : THEIR_ASN;
}

function nodeEnd(host: Host): string {
  return `to-${host.name}`;
}

/** One cell, in the router's own words. */
async function check({ cell, router, neighbour, nextHops }: Opened, speaker: Ingot): Promise<void> {
  const session = await established(router, neighbour);
  const isInternal = cell.feature === "same AS";
  assert.equal(session.remoteAsn, OUR_ASN);
  assert.equal(session.holdTimeSeconds, 9, "the lesser of the two");
  for (const wanted of ["ipv4-unicast", "ipv6-unicast", "four-octet-asn", "route-refresh"] as const) {
    assert.ok(session.capabilities.includes(wanted), `${wanted} in ${session.capabilities}`);
  }
  for (const family of ["ipv4", "ipv6"] as const) {
    const route = await routed(router, PREFIXES[family]);
    assert.deepEqual({ ...route, nextHop: "" }, {
      nextHop: "",
      asPath: isInternal ? [] : [OUR_ASN],
      origin: "IGP",
      // RFC 4271 5.1.5: told within the AS alone; BIRD gives what comes from another AS its own default.
      localPreference: isInternal || router.kind === "BIRD" ? 100 : null,
      communities: [],
      largeCommunities: [],
      stale: false,
    });
    assert.ok(nextHops[family].includes(route.nextHop), `${route.nextHop} is none of ${nextHops[family]}`);
    if (router.kind === "GoBGP") continue; // No kernel behind it.
    const [hop] = await forwarded(router, PREFIXES[family], 1);
    assert.equal(hop!.interface, cell.reach === "unnumbered" ? CABLE : "eth0");
  }
  if (cell.feature === "BFD") {
    await bfdIs(
      router,
      neighbour,
      ({ state, transmitIntervalMs, remoteMultiplier }) =>
        state === "Up" && transmitIntervalMs === BFD.intervalMs && remoteMultiplier === BFD.multiplier,
    );
  }
  assert.equal(session.capabilities.includes("graceful-restart"), cell.feature === "graceful restart");
  if (session.establishedCount === null) return;
  const said = speaker.log.all.filter(({ peer }) => peer === router.host.name);
  const most = cell.feature === "BFD" && router.kind === "FRR" && !hasLostPath(said) ? 2 : 1;
  const story = `${session.establishedCount} sessions: ${session.lastError}; ${JSON.stringify(said)}`;
  assert.ok(session.establishedCount <= most, story);
}

/**
 * Whether BFD fell silent. Else FRR 8.4, when its BFD was up before BGP, replaces its BFD session as soon as the BGP session
 * tells it by which of its addresses that runs, and ends the BGP session over its own change, once. Which of them was up
 * first for FRR our log does not tell: it is up by our packets, and its own may wait for us beside its KEEPALIVE.
 */
function hasLostPath(said: readonly LogLine[]): boolean {
  return said.some(({ reason }) => reason === "detection-time-expired");
}

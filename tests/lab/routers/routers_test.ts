/**
 * The lab's routers speak with each other, and say so in one vocabulary.
 *
 * @module
 */
import assert from "node:assert/strict";
import { until } from "../../stage/until.ts";
import { Lab } from "../lab.ts";
import type { Host } from "../network/host.ts";
import { routerTest } from "../suite.ts";
import { Bird } from "./bird.ts";
import { Frr } from "./frr.ts";
import { Gobgp } from "./gobgp.ts";
import { kernelNextHops } from "./kernel_route.ts";
import type { Neighbour, Route, Router, Session } from "./router.ts";

const SECURED: Partial<Neighbour> = { password: "s3cret" };
const FRR_ASN = 4_200_000_001;

/** FRR as one router of a pair. */
function startFrr(lab: Lab, host: Host, peer: Host, asn: number, about: Partial<Neighbour>): Promise<Frr> {
  return Frr.start(lab, host, {
    asn: FRR_ASN,
    networks: ["192.0.2.1/32", "2001:db8::1/128"],
    neighbours: [{ peer: { address: peer.ipv4 }, asn, ...about }],
  });
}

/** The session, as soon as it is up. */
function established(router: Router, neighbour: string): Promise<Session> {
  return until(`${router.kind} to have a session with ${neighbour}`, async () => {
    const session = await router.session(neighbour);
    return session?.state === "Established" ? session : null;
  }, 15_000);
}

/** The first path to a prefix, as soon as there is one. */
function routed(router: Router, prefix: string): Promise<Route> {
  return until(
    `${router.kind} to have ${prefix}`,
    async () => (await router.routes(prefix))[0] ?? null,
    15_000,
  );
}

routerTest("FRR and BIRD exchange routes under MD5 and BFD, and both say so", async () => {
  await using lab = await Lab.open({ nodes: 0 });
  const [one, other] = [await lab.addClient("frr"), await lab.addClient("bird")];
  const about = { ...SECURED, bfd: { intervalMs: 100, multiplier: 3 } };
  await using frr = await startFrr(lab, one, other, 65002, about);
  await using bird = await Bird.start(lab, other, {
    asn: 65002,
    networks: ["192.0.2.2/32"],
    neighbours: [{ peer: { address: one.ipv4 }, asn: FRR_ASN, ...about }],
  });
  for (const [router, peer, asn] of [[frr, other, 65002], [bird, one, FRR_ASN]] as const) {
    const session = await established(router, peer.ipv4);
    assert.equal(session.remoteAsn, asn);
    assert.equal(session.holdTimeSeconds, 9);
    assert.deepEqual(session.capabilities, [
      "enhanced-route-refresh",
      "extended-message",
      "four-octet-asn",
      "graceful-restart",
      "ipv4-unicast",
      "ipv6-unicast",
      "route-refresh",
    ]);
    const agreed = { state: "Up", transmitIntervalMs: 100, remoteMultiplier: 3 };
    await until(`${router.kind} to have BFD`, async () => {
      const found = await router.bfd(peer.ipv4);
      return JSON.stringify(found) === JSON.stringify(agreed) ? found : null;
      // FRR may begin anew when BGP comes up, and BFD begins with a packet a second.
    }, 15_000);
  }
  const plain = { origin: "IGP", communities: [], largeCommunities: [], stale: false };
  assert.deepEqual(await routed(frr, "192.0.2.2/32"), {
    ...plain,
    nextHop: other.ipv4,
    asPath: [65002],
    localPreference: null,
  });
  assert.deepEqual(await routed(bird, "192.0.2.1/32"), {
    ...plain,
    nextHop: one.ipv4,
    asPath: [FRR_ASN],
    localPreference: 100,
  });
  assert.equal((await routed(bird, "2001:db8::1/128")).nextHop, one.ipv6);
  assert.deepEqual([await bird.routeCount("ipv4"), await bird.routeCount("ipv6")], [2, 1]);
  assert.deepEqual([await frr.routeCount("ipv4"), await frr.routeCount("ipv6")], [2, 1]);
  assert.deepEqual(await bird.routes("198.51.100.1/32"), []);
  assert.deepEqual(await frr.routes("198.51.100.1/32"), []);
  for (const [host, prefix, via] of [[other, "192.0.2.1", one], [one, "192.0.2.2", other]] as const) {
    const hops = await until("the kernel's route", async () => {
      const found = await kernelNextHops(host.namespace, prefix);
      return found.length > 0 ? found : null;
    });
    assert.deepEqual(hops, [{ via: via.ipv4, interface: "eth0", weight: 1 }]);
  }
});

routerTest("FRR and GoBGP exchange routes and communities under MD5 and GTSM", async () => {
  await using lab = await Lab.open({ nodes: 0 });
  const [one, other] = [await lab.addClient("frr"), await lab.addClient("gobgp")];
  const about = { ...SECURED, ttlSecurity: true };
  await using frr = await startFrr(lab, one, other, 65003, about);
  await frr.configure(
    "bgpd",
    "route-map COLOURED permit 10",
    "set community 65001:7 no-export",
    "set large-community 4200000001:1:2",
    "exit",
    `router bgp ${FRR_ASN}`,
    "address-family ipv4 unicast",
    `neighbor ${other.ipv4} route-map COLOURED out`,
  );
  await using gobgp = await Gobgp.start(lab, other, {
    asn: 65003,
    networks: ["192.0.2.3/32"],
    neighbours: [{ peer: { address: one.ipv4 }, asn: FRR_ASN, ...about }],
  });
  const session = await established(gobgp, one.ipv4);
  assert.equal(session.remoteAsn, FRR_ASN);
  assert.equal(session.holdTimeSeconds, 9);
  assert.ok(
    session.capabilities.includes("ipv6-unicast") && session.capabilities.includes("extended-message"),
  );
  assert.deepEqual(await routed(gobgp, "192.0.2.1/32"), {
    nextHop: one.ipv4,
    asPath: [FRR_ASN],
    origin: "IGP",
    localPreference: null,
    communities: ["65001:7", "65535:65281"],
    largeCommunities: ["4200000001:1:2"],
    stale: false,
  });
  assert.equal((await routed(gobgp, "2001:db8::1/128")).nextHop, one.ipv6);
  assert.deepEqual((await routed(frr, "192.0.2.3/32")).asPath, [65003]);
  assert.deepEqual(await gobgp.routes("198.51.100.1/32"), []);
});

routerTest("A wrong password keeps FRR and BIRD apart, and what they leave behind is nothing", async () => {
  let folder: string;
  {
    await using lab = await Lab.open({ nodes: 0 });
    folder = lab.folder;
    const [one, other] = [await lab.addClient("frr"), await lab.addClient("bird")];
    await using frr = await startFrr(lab, one, other, 65002, SECURED);
    await using bird = await Bird.start(lab, other, {
      asn: 65002,
      neighbours: [{ peer: { address: one.ipv4 }, asn: FRR_ASN, password: "another" }],
    });
    await until("the kernel to see a wrong key", async () => {
      const counters = await one.namespace.run(["nstat", "-asz", "TcpExtTCPMD5Failure"]);
      return /TCPMD5Failure +[1-9]/.test(counters) ? true : null;
    }, 10_000);
    assert.notEqual((await frr.session(other.ipv4))?.state, "Established");
    assert.notEqual((await bird.session(one.ipv4))?.state, "Established");
  }
  await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
});

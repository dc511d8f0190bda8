/**
 * A peer in a VRF and one outside that have the same addresses at both ends: each has its session, its BFD, its key.
 *
 * Source: MetalLB's BGPPeer.vrf; Linux VRF devices. Where the kernel has none (CONFIG_NET_VRF), an interface stands for
 * the device: sockets are bound to it in the same way, and with them every packet, but the kernel keeps no routes apart.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bfdProfile } from "../../../lab/manifests.ts";
import type { Host } from "../../../lab/network/host.ts";
import type { Router } from "../../../lab/routers/router.ts";
import { CommandError } from "../../../lab/program/command.ts";
import { routerTest } from "../../../lab/suite.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { bfdIs, established, routed } from "../../../stage/routed.ts";

/** At either end of either cable. */
const NEAR = { ipv4: "192.0.2.11", ipv6: "2001:db8:77::11" };
const FAR = { ipv4: "192.0.2.1", ipv6: "2001:db8:77::1" };
/** Which family's next hop the routers learn over the IPv4 session is told by addresses that differ. */
const NEXT_HOPS = { red: "2001:db8:77::d", plain: "2001:db8:77::11" };
const BFD = { intervalMs: 300, multiplier: 5 };
const PASSWORDS = { red: "red-s3cret", plain: "plain-s3cret" };

/** Puts an interface into a VRF of its own, and returns the device. */
async function enclose(host: Host, interfaceName: string): Promise<string> {
  try {
    await host.namespace.ip("link add red type vrf table 1077", "link set red up");
  } catch (error) {
    if (!(error instanceof CommandError) || !error.stderr.includes("Unknown device type")) throw error;
    console.error("This kernel has no VRF devices: an interface stands for one");
    return interfaceName;
  }
  await host.namespace.ip(`link set ${interfaceName} master red`);
  return "red";
}

for (const kind of ["FRR", "BIRD"] as const) {
  for (const dials of [true, false]) {
    routerTest(
      `vrf: ${kind} in a VRF beside one of the same address outside, ${dials ? "dialled" : "accepted"}`,
      async (test) => {
        await using stage = await BgpStage.open();
        const { node } = stage;
        const intervals = { receiveInterval: BFD.intervalMs, transmitInterval: BFD.intervalMs };
        await stage.write("bfd", bfdProfile("steady", { ...intervals, detectMultiplier: BFD.multiplier }));
        await stage.writeService("web", [WEB.ipv4, WEB.ipv6]);
        const routers: Record<string, Router> = {};
        for (const place of ["plain", "red"] as const) {
          const host = await stage.lab.addClient(place);
          const interfaceName = `to-${place}`;
          await stage.connect({ host: node, interface: interfaceName }, { host, interface: "cable0" });
          await host.namespace.ip(
            "link del eth0",
            `addr add ${FAR.ipv4}/24 dev cable0`,
            `addr add ${FAR.ipv6}/64 dev cable0 nodad`,
          );
          // Only VRF devices let two sockets listen on one port, so nobody listens outside.
          const weDial = dials || place === "plain";
          const vrf = place === "red" ? await enclose(node, interfaceName) : null;
          await node.namespace.ip(
            `addr add ${NEAR.ipv4}/24 dev ${interfaceName}`,
            `addr add ${NEXT_HOPS[place]}/64 dev ${interfaceName} nodad`,
          );
          const neighbour = {
            peer: { address: NEAR.ipv4 },
            asn: OUR_ASN,
            password: PASSWORDS[place],
            bfd: BFD,
            passive: weDial,
          };
          routers[place] = await stage.router(kind, host, {
            asn: THEIR_ASN,
            routerId: host.ipv4,
            neighbours: [neighbour],
          });
          await stage.writePeer(place, {
            peerAddress: FAR.ipv4,
            password: PASSWORDS[place],
            bfdProfile: "steady",
            ...vrf === null ? {} : { vrf },
          }, weDial ? {} : { "ingot.dev/passive": "true" });
        }
        stage.speaker();
        for (const [place, router] of Object.entries(routers)) {
          await test.step(place, async () => {
            await established(router, NEAR.ipv4);
            assert.equal((await routed(router, `${WEB.ipv4}/32`)).nextHop, NEAR.ipv4);
            assert.equal(
              (await routed(router, `${WEB.ipv6}/128`)).nextHop,
              NEXT_HOPS[place as keyof typeof NEXT_HOPS],
            );
            await bfdIs(router, NEAR.ipv4, ({ state }) => state === "Up");
          });
        }
      },
    );
  }
}

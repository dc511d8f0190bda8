/**
 * How our packets look on the wire: their class of traffic, and how often KEEPALIVEs come.
 *
 * Source: RFC 4594 section 3.1 (class selector 6), RFC 4271 sections 4.2 and 10 (the lesser hold time, a third of it, jitter).
 *
 * @module
 */
import assert from "node:assert/strict";
import { bfdProfile } from "../../../lab/manifests.ts";
import { routerTest } from "../../../lab/suite.ts";
import { until } from "../../../stage/until.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { bfdIs, established, PATIENCE_MS } from "../../../stage/routed.ts";
import { Trace, type TracedPacket } from "../stage/trace.ts";

const FAMILIES = ["ipv4", "ipv6"] as const;
const NETWORK_CONTROL = 0xc0;
const BFD_PORT = 3784;
const BFD = { intervalMs: 100, multiplier: 3 };
const KEEPALIVE_OCTETS = 19;
const HOLD_SECONDS = 9;
/** RFC 4271 10: between three quarters of the interval and all of it; one that leaves late has the next come sooner. */
const GAP_MS = { least: 2000, most: 3300 };

routerTest(
  "The wire: class selector 6 on BGP and BFD, KEEPALIVEs at a third of the lesser hold time",
  async (test) => {
    await using stage = await BgpStage.open();
    const ours = { ipv4: stage.node.ipv4, ipv6: stage.node.ipv6! };
    const { intervalMs, multiplier } = BFD;
    const intervals = { receiveInterval: intervalMs, transmitInterval: intervalMs };
    await stage.write(
      "bfd",
      bfdProfile("quick", { ...intervals, detectMultiplier: multiplier }),
    );
    await using trace = new Trace(stage.node, "eth0");
    const peers = await Promise.all(
      FAMILIES.flatMap((family) => [true, false].map((dials) => ({ family, dials }))).map(async (way) => {
        const { family, dials } = way;
        const host = await stage.lab.addClient(`${family}-${dials ? "out" : "in"}`);
        const frr = await stage.frr(host, {
          asn: THEIR_ASN,
          neighbours: [{
            peer: { address: ours[family] },
            asn: OUR_ASN,
            holdTimeSeconds: HOLD_SECONDS,
            passive: dials,
            bfd: BFD,
          }],
        });
        await stage.writePeer(host.name, {
          peerAddress: host[family]!,
          holdTime: "90s",
          keepaliveTime: "30s",
          bfdProfile: "quick",
        }, dials ? {} : { "ingot.dev/passive": "true" });
        return { ...way, host, frr };
      }),
    );
    await stage.writeService("web", [WEB.ipv4, WEB.ipv6]);
    stage.speaker();
    for (const { family, dials, host, frr } of peers) {
      const towards = (match: (packet: TracedPacket) => boolean) =>
        trace.from(ours[family]).filter((packet) => packet.destination === host[family] && match(packet));
      await test.step(`${family}, ${dials ? "dialled" : "accepted"}: class selector 6`, async () => {
        const session = await established(frr, ours[family]);
        assert.equal(session.holdTimeSeconds, HOLD_SECONDS);
        await bfdIs(frr, ours[family], ({ state }) => state === "Up");
        for (const isKind of [(port: number) => port === BFD_PORT, (port: number) => port !== BFD_PORT]) {
          const sent = await until("packets", () => {
            const found = towards(({ destinationPort, octets }) => octets > 0 && isKind(destinationPort));
            return found.length > 2 ? found : null;
          }, PATIENCE_MS);
          assert.deepEqual([...new Set(sent.map(({ trafficClass }) => trafficClass))], [NETWORK_CONTROL]);
        }
      });
      await test.step(`${family}, ${dials ? "dialled" : "accepted"}: KEEPALIVEs`, async () => {
        // The first answers the OPEN.
        const sent = await until("KEEPALIVEs", () => {
          const all = towards(({ octets, destinationPort }) =>
            octets === KEEPALIVE_OCTETS && destinationPort !== BFD_PORT
          );
          // Of one connection: FRR may end the first over its own change of BFD.
          const found = all.filter(({ sourcePort, destinationPort }) =>
            sourcePort === all.at(-1)!.sourcePort && destinationPort === all.at(-1)!.destinationPort
          );
          return found.length >= 4 ? found : null;
        }, PATIENCE_MS);
        const gaps = sent.slice(1).map(({ atMs }, i) => atMs - sent[i]!.atMs).slice(1);
        // A busy machine makes gaps longer and never all of them shorter: the shortest tells the interval.
        const shortest = Math.min(...gaps);
        assert.ok(shortest >= GAP_MS.least && shortest <= GAP_MS.most, `gaps of ${gaps} ms`);
      });
    }
  },
  "tcpdump",
);

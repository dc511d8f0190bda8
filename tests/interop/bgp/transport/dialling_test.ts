/**
 * How the speaker dials: from which address, and how long it waits for an answer.
 *
 * Source: MetalLB's sourceAddress and connectTime; RFC 4271 section 8.2.2 (ConnectRetryTimer).
 *
 * @module
 */
import assert from "node:assert/strict";
import { bfdProfile } from "../../../lab/manifests.ts";
import { routerTest } from "../../../lab/suite.ts";
import { until } from "../../../stage/until.ts";
import { BgpStage, OUR_ASN, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { bfdIs, established, PATIENCE_MS, routed } from "../../../stage/routed.ts";

const KINDS = ["FRR", "BIRD", "GoBGP"] as const;
const FAMILIES = ["ipv4", "ipv6"] as const;
/** A second address of the node, the only one its routers know. */
const SOURCE = { ipv4: "10.77.0.211", ipv6: "fd00:77::211" };
const PREFIXES = { ipv4: `${WEB.ipv4}/32`, ipv6: `${WEB.ipv6}/128` };
const BFD = { intervalMs: 300, multiplier: 5 };

routerTest(
  "sourceAddress: every router has the session, its BFD and the next hop by that address",
  async (test) => {
    await using stage = await BgpStage.open();
    await stage.node.namespace.ip(
      `addr add ${SOURCE.ipv4}/24 dev eth0`,
      `addr add ${SOURCE.ipv6}/64 dev eth0 nodad`,
    );
    const intervals = { receiveInterval: BFD.intervalMs, transmitInterval: BFD.intervalMs };
    await stage.write("bfd", bfdProfile("steady", { ...intervals, detectMultiplier: BFD.multiplier }));
    await stage.writeService("web", [WEB.ipv4, WEB.ipv6]);
    const rows = KINDS.flatMap((kind) => FAMILIES.map((family) => ({ kind, family })));
    const all = await Promise.all(rows.map(async ({ kind, family }) => {
      const host = await stage.lab.addClient(`${kind.toLowerCase()}-${family}`);
      const bfd = kind === "GoBGP" ? {} : { bfd: BFD };
      const neighbours = [{ peer: { address: SOURCE[family] }, asn: OUR_ASN, ...bfd }];
      const router = await stage.router(kind, host, { asn: THEIR_ASN, neighbours });
      await stage.writePeer(host.name, {
        peerAddress: host[family]!,
        sourceAddress: SOURCE[family],
        ...kind === "GoBGP" ? {} : { bfdProfile: "steady" },
      });
      return { router, kind, family };
    }));
    stage.speaker();
    for (const { router, kind, family } of all) {
      await test.step(`${kind}, ${family}`, async () => {
        await established(router, SOURCE[family]);
        assert.equal((await routed(router, PREFIXES[family])).nextHop, SOURCE[family]);
        if (kind !== "GoBGP") await bfdIs(router, SOURCE[family], ({ state }) => state === "Up");
      });
    }
  },
);

routerTest(
  "connectTime: an attempt that is not answered is given up so soon, and another one made",
  async () => {
    await using stage = await BgpStage.open();
    const [quick, patient] = [await stage.lab.addClient("quick"), await stage.lab.addClient("patient")];
    for (const { namespace } of [quick, patient]) {
      // Attempts are told apart by their ports: a SYN that is repeated keeps its own.
      await namespace.run(
        ["nft", "-f", "-"],
        `
      table inet silent {
        set ports { type inet_service; flags dynamic; }
        chain input { type filter hook input priority 0; tcp dport 179 add @ports { tcp sport } drop; }
      }
    `,
      );
    }
    await stage.writePeer("quick", { peerAddress: quick.ipv4, connectTime: "1s" });
    await stage.writePeer("patient", { peerAddress: patient.ipv4, connectTime: "120s" });
    await stage.writeService("web", [WEB.ipv4]);
    stage.speaker();
    const attempts = async ({ namespace }: typeof quick): Promise<number> => {
      const printed = JSON.parse(
        await namespace.run(["nft", "-j", "list", "set", "inet", "silent", "ports"]),
      );
      const found = printed.nftables as { readonly set?: { readonly elem?: readonly unknown[] } }[];
      return found.flatMap(({ set }) => set?.elem ?? []).length;
    };
    await until("the fourth attempt", async () => await attempts(quick) >= 4 ? true : null, PATIENCE_MS);
    assert.equal(await attempts(patient), 1);
    // And whoever is there at last is found by the next one.
    const neighbours = [{ peer: { address: stage.node.ipv4 }, asn: OUR_ASN, passive: true }];
    const router = await stage.router("BIRD", quick, { asn: THEIR_ASN, neighbours });
    await quick.namespace.run(["nft", "delete", "table", "inet", "silent"]);
    await established(router, stage.node.ipv4);
  },
);

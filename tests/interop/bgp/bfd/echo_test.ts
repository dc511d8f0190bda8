/**
 * The BFD echo function with routers: what comes back, and that nothing is lost where nothing does.
 *
 * Source: RFC 5880 sections 6.4 and 6.8.3, RFC 5881 section 4. FRR 8.4 addresses its echo packets to itself and has our
 * kernel forward them, which needs net.ipv4.ip_forward as every node of Kubernetes has it. It returns none that are
 * addressed to it, so ours never come back: then control packets go on at their full rate and tell alone. BIRD 2.0 has
 * no echo function, and says so with an interval of zero.
 *
 * @module
 */
import assert from "node:assert/strict";
import { bfdProfile, ipAddressPool } from "../../../lab/manifests.ts";
import { routerTest } from "../../../lab/suite.ts";
import { metricsText } from "../../../stage/metrics.ts";
import { until } from "../../../stage/until.ts";
import { BgpStage, OUR_ASN, POOL, THEIR_ASN, WEB } from "../stage/bgp_stage.ts";
import { bfdIs, down, established, PATIENCE_MS } from "../../../stage/routed.ts";

const BFD = { intervalMs: 300, multiplier: 5 };
const ECHO_INTERVAL_MS = 100;
const HEALTH_PORT = 7472;
const HEALTH_ARGS = { args: ["--health-probe-port", String(HEALTH_PORT)] };

/** FRR's count of its own echo packets. */
interface Printed {
  readonly "echo-packet-input": number;
  readonly "echo-packet-output": number;
}

/** What we ask FRR for. */
interface PrintedPeer {
  readonly "remote-receive-interval": number;
}

for (const kind of ["FRR", "BIRD"] as const) {
  routerTest(
    `BFD echo: ${kind} ${
      kind === "FRR" ? "has its own back from the node" : "has none, and loses nothing by it"
    }`,
    async (test) => {
      await using stage = await BgpStage.open();
      const host = await stage.lab.addClient("router");
      const ours = stage.node.ipv4;
      const echo = kind === "FRR" ? { echoIntervalMs: ECHO_INTERVAL_MS } : {};
      const neighbours = [{ peer: { address: ours }, asn: OUR_ASN, bfd: { ...BFD, ...echo } }];
      const config = { asn: THEIR_ASN, neighbours };
      await stage.write(
        "bfd",
        bfdProfile("echoing", {
          receiveInterval: BFD.intervalMs,
          transmitInterval: BFD.intervalMs,
          detectMultiplier: BFD.multiplier,
          echoMode: true,
          echoInterval: ECHO_INTERVAL_MS,
        }),
      );
      // MetalLB's rule: a pool with IPv6 addresses does not go with echo.
      await stage.write(
        "pool",
        ipAddressPool("web", { addresses: POOL.filter((one) => !one.includes(":")) }),
      );
      await stage.writePeer("router", { peerAddress: host.ipv4, bfdProfile: "echoing" });
      await stage.writeService("web", [WEB.ipv4]);
      const frr = kind === "FRR" ? await stage.frr(host, config) : null;
      const router = frr ?? await stage.router(kind, host, config);
      const speaker = stage.speaker(stage.node, HEALTH_ARGS);
      const counted = async (name: string): Promise<number> => {
        const text = await metricsText(stage.node.namespace, HEALTH_PORT);
        return Number(new RegExp(`^metallb_bfd_${name}{[^}]*} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
      };
      await established(router, ours);
      await bfdIs(router, ours, ({ state }) => state === "Up");
      if (frr === null) {
        assert.equal(await counted("echo_packet_output"), 0);
        return;
      }
      await test.step("FRR's come back from us", async () => {
        await until("FRR to have its own back", async () => {
          const [one] = JSON.parse(await frr.command("bfdd", "show bfd peers counters json")) as Printed[];
          // None while FRR replaces its session (see matrix/column.ts).
          if (one === undefined) return null;
          return one["echo-packet-input"] > 10 && one["echo-packet-output"] > 10 ? true : null;
        }, PATIENCE_MS);
      });
      await test.step("ours do not, and cost nothing: control packets keep their pace", async () => {
        await until(
          "echo packets of ours",
          async () => await counted("echo_packet_output") > 10 ? true : null,
          PATIENCE_MS,
        );
        // Where the machine held FRR up for five of its own echo intervals, its session has begun anew, at one a second.
        await until("control packets at their pace", async () => {
          const [one] = JSON.parse(await frr.command("bfdd", "show bfd peers json")) as PrintedPeer[];
          return one?.["remote-receive-interval"] === BFD.intervalMs ? true : null;
        }, PATIENCE_MS);
      });
      await test.step("a cut is noticed, a mended path as well", async () => {
        await stage.lab.cut(stage.node, "port");
        await down(frr, ours);
        await speaker.waitForLog("BFD session down", { peer: "router" });
        await stage.lab.mend(stage.node);
        await established(frr, ours);
        await bfdIs(frr, ours, ({ state }) => state === "Up");
      });
    },
  );
}

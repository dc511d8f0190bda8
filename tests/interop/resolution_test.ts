/**
 * Resolving a Service address: Linux kernels, arping and ndisc6 put the questions, our speaker has to satisfy them.
 *
 * Source: RFC 826, RFC 5227 (probes), RFC 4861 sections 7.2 and 7.3, RFC 4862 section 5.4.
 *
 * @module
 */
import assert from "node:assert/strict";
import { arpProbe, encodeArp, REQUEST } from "../../protocols/arp/packet.ts";
import { encodeNdp } from "../../protocols/ndp/packet.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Mac } from "../../protocols/net/mac.ts";
import { Capture } from "../lab/capture.ts";
import { run } from "../lab/program/command.ts";
import { Prober } from "../lab/prober.ts";
import { labTest } from "../lab/suite.ts";
import { Asker } from "../stage/asker.ts";
import { probeNeighbour, waitForNeighbour } from "../stage/neighbour_table.ts";
import { PATIENCE_MS, Stage } from "../stage/stage.ts";
import { until } from "../stage/until.ts";

const V4 = "10.77.0.200";
const V6 = "fd00:77::200";
const PORT = 80;

/** A stage with one node that announces both addresses, answering already. */
async function openAnswering(): Promise<Stage> {
  const stage = await Stage.openRunning({ nodes: 1 });
  await stage.addService("web", { addresses: [V4, V6] });
  await stage.proxy([V4, V6]);
  for (const address of [V4, V6]) {
    await using resolve = await Prober.resolve(stage.lab, { address });
    await resolve.waitForAnswerer(stage.lab.node("n1").mac, PATIENCE_MS);
  }
  return stage;
}

labTest(
  "a kernel resolves a Service address of either family, and keeps it by unicast questions",
  async (t) => {
    await using stage = await openAnswering();
    const { client } = stage.lab;
    const { mac } = stage.lab.node("n1");
    await using capture = await Capture.open(client.namespace, "eth0");
    for (const address of [V4, V6]) {
      await using udp = await Prober.udp(stage.lab, { address, port: PORT, intervalMs: 10 });
      await t.step(`${address}: the backend answers, the table has the node's MAC`, async () => {
        assert.equal((await udp.waitForAnswerer()).answerer, "n1");
        await waitForNeighbour(client, address, mac);
      });
      await t.step(
        `${address}: a unicast probe of the kernel is answered, so the entry is REACHABLE`,
        async () => {
          const from = capture.events.all.length;
          await probeNeighbour(client, address);
          await capture.events.waitFor(
            "a question by unicast",
            // The first question, to everybody, may be reported only now.
            (event) =>
              (event.type === "arp" && event.operation === REQUEST && event.targetIp === address ||
                event.type === "ndp" && event.message === "NeighborSolicitation" &&
                  event.target === address) &&
              event.direction === "out" && event.ethernetDestination === mac,
            { from },
          );
          await until("the entry to be REACHABLE", async () => {
            const entry = await waitForNeighbour(client, address, mac);
            return entry.state === "REACHABLE" ? entry : null;
          });
        },
      );
    }
  },
);

labTest("questions no kernel would put are answered as its own addresses would be", async (t) => {
  await using stage = await openAnswering();
  const { mac } = stage.lab.node("n1");
  await using asker = await Asker.open(stage.lab);
  const { identity } = asker;

  await t.step("ARP: the reply is for the asker alone, from the interface's MAC", async () => {
    assert.partialDeepStrictEqual(await asker.ask(V4), {
      ethernetSource: mac,
      ethernetDestination: identity.mac,
      senderMac: mac,
      senderIp: V4,
      targetMac: identity.mac,
      targetIp: identity.ipv4,
    });
  });
  await t.step("ARP: a duplicate address probe, sender 0.0.0.0, is answered to the prober", async () => {
    const from = asker.capture.events.all.length;
    asker.send(encodeArp(arpProbe(identity.mac, V4 as Ip)));
    const answer = await asker.capture.events.waitFor(
      "the answer to the probe",
      // The step before may have asked twice: a second answer to that is under way then.
      (event) => event.type === "arp" && event.senderIp === V4 && event.targetIp === "0.0.0.0",
      { from },
    );
    assert.partialDeepStrictEqual(answer, {
      operation: 2,
      ethernetDestination: identity.mac,
      senderMac: mac,
      targetMac: identity.mac,
    });
  });
  await t.step(
    "NDP: the answer is solicited and overriding, hop limit 255, with our MAC in its option",
    async () => {
      assert.partialDeepStrictEqual(await asker.ask(V6), {
        ethernetSource: mac,
        ethernetDestination: identity.mac,
        destination: identity.ipv6,
        hopLimit: 255,
        router: false,
        solicited: true,
        override: true,
        targetMac: mac,
      });
    },
  );
  await t.step("NDP: a unicast question without a source link-layer option is answered", async () => {
    const from = asker.capture.events.all.length;
    asker.send(encodeNdp({
      ...asker.solicitation(V6),
      destinationMac: mac as Mac,
      destination: V6 as Ip,
      options: [],
    }));
    assert.partialDeepStrictEqual(await asker.answer(V6, from), {
      destination: identity.ipv6,
      ethernetDestination: identity.mac,
    });
  });
});

labTest("a kernel that tries the address itself finds it taken", async () => {
  await using stage = await openAnswering();
  const { namespace } = stage.lab.client;
  await using capture = await Capture.open(namespace, "eth0");
  await namespace.sysctl({
    "net/ipv6/conf/eth0/accept_dad": 1,
    "net/ipv6/conf/eth0/dad_transmits": 1,
    // The probe leaves at once: an announcement of the speaker that came before would end the attempt without one.
    "net/ipv6/conf/eth0/router_solicitation_delay": 0,
  });
  await namespace.ip(`addr add ${V6}/64 dev eth0`);
  const probe = await capture.waitForNdp(
    "the kernel's probe",
    // The speaker itself asks in the same way whether anybody else has the address.
    ({ direction, message, target, source }) =>
      direction === "out" && message === "NeighborSolicitation" && target === V6 && source === "::",
  );
  const defence = await capture.waitForNdp(
    "an answer to all nodes",
    ({ atMs, message, target }) => atMs >= probe.atMs && message === "NeighborAdvertisement" && target === V6,
  );
  assert.partialDeepStrictEqual(defence, { destination: "ff02::1", solicited: false, override: true });
  await until("the address to be marked as a duplicate", async () => {
    const text = JSON.stringify(await namespace.query("addr show dev eth0 dadfailed"));
    return text.includes(V6) ? text : null;
  });
});

/** Whether a program can be found; a step that lacks it is left out, and says so. */
async function isThere(program: string): Promise<boolean> {
  try {
    await run(["sh", "-c", `command -v ${program}`]);
    return true;
  } catch {
    console.error(`SKIPPED: what ${program} says, for it is not installed`);
    return false;
  }
}

labTest("arping and ndisc6 are told one MAC", async (t) => {
  await using stage = await openAnswering();
  const { namespace, ipv4 } = stage.lab.client;
  const { mac } = stage.lab.node("n1");
  await t.step({
    name: "arping: every question answered, no duplicates; a question from 0.0.0.0 too",
    ignore: !await isThere("arping"),
    fn: async () => {
      const text = await namespace.run([
        "arping",
        "-d",
        "-c",
        "3",
        "-W",
        "0.5",
        "-i",
        "eth0",
        "-S",
        ipv4,
        V4,
      ]);
      // An announcement that is a reply, and falls into that time, is one more to arping.
      assert.ok(text.split("\n").filter((line) => line.includes(`from ${mac}`)).length >= 3, text);
      assert.match(await namespace.run(["arping", "-0", "-c", "1", "-i", "eth0", V4]), new RegExp(mac));
    },
  });
  await t.step({
    name: "ndisc6: one MAC",
    ignore: !await isThere("ndisc6"),
    fn: async () => {
      const text = await namespace.run(["ndisc6", "-q", "-m", "-r", "1", "-w", "1000", V6, "eth0"]);
      // ndisc6 takes any advertisement for an answer, hence an announcement that falls into that time too.
      assert.deepEqual([...new Set(text.trim().toLowerCase().split("\n"))], [mac]);
    },
  });
});

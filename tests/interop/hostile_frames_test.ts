/**
 * Frames that deserve no answer get none, are counted by reason, and do not disturb the answers to the others.
 *
 * Not here: random and mutated frames, against the decoders alone (tests/fuzz).
 *
 * @module
 */
import assert from "node:assert/strict";
import { OPERATION, SENDER_HARDWARE_ADDRESS } from "../../protocols/arp/packet.ts";
import { encodeNdp } from "../../protocols/ndp/packet.ts";
import { icmpv6Checksum } from "../../protocols/net/checksum.ts";
import { BROADCAST, type Mac } from "../../protocols/net/mac.ts";
import { labTest } from "../lab/suite.ts";
import { Asker } from "../stage/asker.ts";
import { droppedFrames } from "../stage/metrics.ts";
import { PATIENCE_MS, Stage } from "../stage/stage.ts";
import { until } from "../stage/until.ts";

const V4 = "10.77.0.200";
const V6 = "fd00:77::200";
const MARKER = ["10.77.0.249", "fd00:77::249"] as const;
const METRICS_PORT = 7472;
const ARP = 14;
const IPV6 = 14;
const ICMP = IPV6 + 40;

/** Waits until the speaker has announced the address, hence answers for it. */
async function waitForTakeover(asker: Asker, address: string, from = 0): Promise<void> {
  await asker.capture.events.waitFor(
    `an announcement of ${address}`,
    (event) => JSON.stringify(event).includes(`"${address}"`),
    { from, withinMs: PATIENCE_MS },
  );
}

/** The frame with these octets at that place. */
function withOctets(frame: Uint8Array, at: number, ...octets: readonly number[]): Uint8Array {
  const changed = frame.slice();
  changed.set(octets, at);
  return changed;
}

/** The frame as a station of that VLAN would send it (IEEE 802.1Q 9.3). */
function tagged(frame: Uint8Array, vlan: number): Uint8Array {
  return Uint8Array.from([
    ...frame.subarray(0, 12),
    0x81,
    0x00,
    vlan >> 8,
    vlan & 0xff,
    ...frame.subarray(12),
  ]);
}

/** The solicitation cut after so many octets of its message, all else right: bridges drop what is simply cut. */
function withLength(ndp: Uint8Array, octets: number): Uint8Array {
  const cut = withOctets(ndp.slice(0, ICMP + octets), IPV6 + 4, 0, octets);
  cut.set([0, 0], ICMP + 2);
  const sum = icmpv6Checksum(cut, IPV6, octets);
  return withOctets(cut, ICMP + 2, sum >> 8, sum & 0xff);
}

/** Questions for our address with one thing wrong in each, by the reason we expect. */
function badQuestions(asker: Asker): Readonly<Record<string, Uint8Array>> {
  const arp = asker.question(V4);
  const ndp = asker.question(V6);
  return {
    "arp/packet-short": arp.slice(0, ARP + 20),
    "arp/hardware-type": withOctets(arp, ARP, 0, 6),
    "arp/hardware-length": withOctets(arp, ARP + 4, 255),
    "arp/protocol-type": withOctets(arp, ARP + 2, 0x86, 0xdd),
    "arp/protocol-length": withOctets(arp, ARP + 5, 16),
    "arp/operation": withOctets(arp, ARP + OPERATION, 0, 3),
    "arp/sender-group-mac": withOctets(arp, ARP + SENDER_HARDWARE_ADDRESS, ...Array(6).fill(0xff)),
    "ndp/message-short": withLength(ndp, 20),
    "ndp/hop-limit": withOctets(ndp, IPV6 + 7, 254),
    "ndp/checksum": withOctets(ndp, ICMP + 2, ndp[ICMP + 2]! ^ 0x55),
    "ndp/sender-group-mac": encodeNdp({
      ...asker.solicitation(V6),
      options: [{ type: "SourceLinkLayerAddress", mac: BROADCAST as Mac }],
    }),
  };
}

labTest("bad questions get no answer, are counted, and good ones are still answered", async () => {
  await using stage = await Stage.open({ nodes: 1 });
  stage.controller();
  stage.speaker(undefined, { args: ["--health-probe-port", String(METRICS_PORT)] });
  await stage.addService("web", { addresses: [V4, V6] });
  await stage.addService("marker", { addresses: MARKER });
  await using asker = await Asker.open(stage.lab);
  for (const address of [V4, V6, ...MARKER]) await waitForTakeover(asker, address);
  const bad = badQuestions(asker);
  for (const [reason, frame] of Object.entries(bad)) {
    const [ip, marker] = reason.startsWith("arp/") ? [V4, MARKER[0]] : [V6, MARKER[1]];
    assert.equal(await asker.isAnswered(frame, ip, marker), false, reason);
  }
  for (const address of [V4, V6]) await asker.ask(address);
  const { namespace } = stage.lab.node("n1");
  const dropped = await droppedFrames(namespace, METRICS_PORT);
  assert.deepEqual(
    Object.keys(bad).filter((reason) => !dropped.has(reason)),
    [],
    JSON.stringify([...dropped]),
  );
});

labTest("a question from a VLAN is answered on that VLAN's interface, and on no other", async (t) => {
  await using stage = await Stage.openRunning({ nodes: 1 });
  await stage.addService("web", { addresses: [V4, V6] });
  await stage.addService("marker", { addresses: MARKER });
  await using asker = await Asker.open(stage.lab);
  for (const address of [V4, V6, ...MARKER]) await waitForTakeover(asker, address);
  for (const [i, address] of [V4, V6].entries()) {
    await t.step(`${address}: not on the parent interface`, async () => {
      const question = tagged(asker.question(address), 5);
      assert.equal(await asker.isAnswered(question, address, MARKER[i]!), false);
    });
    await t.step(`${address}: VLAN 0 is none, only a priority`, async () => {
      const from = asker.capture.events.all.length;
      asker.send(tagged(asker.question(address), 0));
      await asker.answer(address, from);
    });
  }
  const { namespace, mac } = stage.lab.node("n1");
  const made = await namespace.ip("link add link eth0 name eth0.5 type vlan id 5").then(
    () => true,
    () => false,
  );
  if (!made) console.error("SKIPPED: answers on a VLAN's own interface, for this kernel has no 802.1Q");
  await t.step({
    name: "on the VLAN's own interface",
    ignore: !made,
    fn: async () => {
      await namespace.ip("link set eth0.5 up");
      for (const address of [V4, V6]) {
        await until(`an answer for ${address} on the VLAN`, async () => {
          const from = asker.capture.events.all.length;
          asker.send(tagged(asker.question(address), 5));
          const answer = await asker.answer(address, from, 100).catch(() => null);
          return answer?.ethernetSource === mac ? answer : null;
        }, PATIENCE_MS);
      }
    },
  });
});

/**
 * Unsolicited announcements: what goes over the wire, and that a Linux neighbour believes it at once.
 *
 * Source: RFC 5227 section 3, RFC 4861 section 7.2.6; Linux's locktime, within which (1 s) it takes a new MAC from nothing
 * but a gratuitous packet.
 *
 * @module
 */
import assert from "node:assert/strict";
import { encodeArp, gratuitousReply, gratuitousRequest } from "../../protocols/arp/packet.ts";
import { unsolicitedAdvertisement } from "../../protocols/ndp/announcement.ts";
import { encodeNdp } from "../../protocols/ndp/packet.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import { type ArpFrame, Capture, type CaptureEvent, type NdpFrame } from "../lab/capture.ts";
import { epochMs } from "../lab/prober.ts";
import { labTest } from "../lab/suite.ts";
import { Asker } from "../stage/asker.ts";
import { neighbourOf, setNeighbour, waitForNeighbour } from "../stage/neighbour_table.ts";
import { PATIENCE_MS, Stage } from "../stage/stage.ts";

const V4 = "10.77.0.200";
const V6 = "fd00:77::200";
const FORMER_MAC = "02:00:00:00:00:66";
const NEW_MAC = "02:00:00:00:00:77";

const ROUNDS = 5;
const ROUND_MS = 1100;
/** Linux's locktime. */
const LOCK_MS = 1000;

function announcementsIn(capture: Capture): (ArpFrame | NdpFrame)[] {
  return capture.events.all.filter(isAnnouncement);
}

function isAnnouncement(event: CaptureEvent): event is ArpFrame | NdpFrame {
  if (event.type === "arp") return event.senderIp === event.targetIp;
  return event.type === "ndp" && event.message === "NeighborAdvertisement" && event.target === V6 &&
    !event.solicited;
}

labTest("taking an address over is announced in five rounds of frames as Linux wants them", async () => {
  await using stage = await Stage.openRunning({ nodes: 1 });
  const { lab } = stage;
  const { mac } = lab.node("n1");
  await using capture = await Capture.open(lab.client.namespace, "eth0");
  await stage.addService("web", { addresses: [V4, V6] });
  const requests = () => capture.arp().filter((frame) => isAnnouncement(frame) && frame.operation === 1);
  const replies = () => capture.arp().filter((frame) => isAnnouncement(frame) && frame.operation === 2);
  const advertisements = () => capture.ndp().filter(isAnnouncement);
  const forms = [requests, replies, advertisements];
  await capture.events.waitFor(
    "the last round",
    () => forms.every((form) => form().length === ROUNDS),
    { withinMs: PATIENCE_MS },
  );
  for (const form of forms) {
    const frames = form();
    const tookMs = frames.at(-1)!.atMs - frames[0]!.atMs;
    // A capture that had to wait for a processor saw the first of them late.
    assert.ok(tookMs > (ROUNDS - 1.5) * ROUND_MS, `${tookMs}`);
  }
  const everybody = { senderMac: mac, senderIp: V4, targetIp: V4, ethernetDestination: "ff:ff:ff:ff:ff:ff" };
  for (const frame of requests()) assert.partialDeepStrictEqual(frame, everybody);
  // Linux takes a reply for gratuitous only when both hardware addresses are the same.
  for (const frame of replies()) assert.partialDeepStrictEqual(frame, { ...everybody, targetMac: mac });
  for (const frame of advertisements()) {
    assert.partialDeepStrictEqual(frame, {
      destination: "ff02::1",
      ethernetDestination: "33:33:00:00:00:01",
      hopLimit: 255,
      solicited: false,
      override: true,
      router: false,
      targetMac: mac,
    });
  }
});

labTest(
  "a MAC that changes is announced at once, and moves an entry that was confirmed just before",
  async (t) => {
    await using stage = await Stage.openRunning({ nodes: 1 });
    const { client } = stage.lab;
    const node = stage.lab.node("n1");
    await stage.addService("web", { addresses: [V4, V6] });
    await using asker = await Asker.open(stage.lab);
    for (const address of [V4, V6]) {
      await asker.capture.events.waitFor(
        `the first announcement of ${address}`,
        (event) => isAnnouncement(event) && JSON.stringify(event).includes(address),
        { withinMs: PATIENCE_MS },
      );
    }
    for (const address of [V4, V6]) await setNeighbour(client, address, node.mac);
    const setAt = epochMs();
    const from = announcementsIn(asker.capture).length;
    await node.namespace.ip(`link set eth0 address ${NEW_MAC}`);
    // Both at once: while one is looked at the second round about the other goes out. What the rounds before the
    // change still say of the old MAC does not count.
    const moves = await Promise.all([V4, V6].map(async (address) => {
      await waitForNeighbour(client, address, NEW_MAC);
      return announcementsIn(asker.capture).slice(from).filter((frame) =>
        frame.ethernetSource === NEW_MAC && frame.type === (address === V4 ? "arp" : "ndp")
      );
    }));
    for (const [i, address] of [V4, V6].entries()) {
      await t.step(`${address}: the client's entry moves with the first announcement`, () => {
        const rounds = moves[i]!;
        const [first] = rounds;
        assert.ok(first!.atMs - setAt < LOCK_MS, `the entry was ${first!.atMs - setAt} ms old`);
        assert.ok(
          rounds.length <= (address === V4 ? 2 : 1),
          `more than one round: ${JSON.stringify(rounds)}`,
        );
      });
      await t.step(`${address}: answers come from the new MAC`, async () => {
        const answer = await asker.ask(address);
        assert.equal(answer.ethernetSource, NEW_MAC);
        assert.equal(answer.type === "arp" ? answer.senderMac : answer.targetMac, NEW_MAC);
      });
    }
  },
);

labTest("each form of announcement alone moves a fresh entry of a Linux kernel", async (t) => {
  await using stage = await Stage.open({ nodes: 1 });
  const { lab } = stage;
  await using asker = await Asker.open(lab, lab.node("n1"));
  const mac = asker.identity.mac;
  const forms = {
    "an ARP request": [V4, encodeArp(gratuitousRequest(mac, V4 as Ip))],
    "an ARP reply": [V4, encodeArp(gratuitousReply(mac, V4 as Ip))],
    "an unsolicited advertisement": [V6, encodeNdp(unsolicitedAdvertisement(mac, V6 as Ip))],
  } as const;
  for (const [form, [address, frame]] of Object.entries(forms)) {
    await t.step(form, async () => {
      await setNeighbour(lab.client, address, FORMER_MAC);
      assert.equal((await neighbourOf(lab.client, address))?.mac, FORMER_MAC);
      asker.send(frame);
      await waitForNeighbour(lab.client, address, mac, LOCK_MS / 2);
    });
  }
});

/** Settings with which a host learns of neighbours it never asked for (ip-sysctl; RFC 9131 for IPv6). */
const EAGER = {
  "net/ipv4/conf/eth0/arp_accept": 1,
  "net/ipv6/conf/all/forwarding": 1,
  "net/ipv6/conf/eth0/accept_untracked_na": 1,
};

labTest("an announcement gives an entry to a router that learns unasked, and to nobody else", async () => {
  await using stage = await Stage.open({ nodes: 1 });
  const { lab } = stage;
  const router = await lab.addClient("router");
  await router.namespace.sysctl(EAGER);
  stage.controller();
  stage.speaker();
  await stage.addService("web", { addresses: [V4, V6] });
  const { mac } = lab.node("n1");
  for (const address of [V4, V6]) {
    await waitForNeighbour(router, address, mac, PATIENCE_MS);
    assert.equal(await neighbourOf(lab.client, address), null);
  }
});

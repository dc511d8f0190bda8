/**
 * Interfaces come, go and change under a running speaker, and it follows.
 *
 * @module
 */
import assert from "node:assert/strict";
import { Capture } from "../lab/capture.ts";
import { Namespace } from "../lab/namespace.ts";
import type { LabNode } from "../lab/network/host.ts";
import { epochMs, Prober, type Tally } from "../lab/prober.ts";
import { labTest } from "../lab/suite.ts";
import { Asker } from "../stage/asker.ts";
import { PATIENCE_MS, Stage } from "../stage/stage.ts";
import { until } from "../stage/until.ts";

const V4 = "10.77.0.200";
const V6 = "fd00:77::200";
/** The solicited-node group of V6 as /proc/net/igmp6 writes it, and as `bridge mdb` does. */
const GROUP_IN_PROC = "ff0200000000000000000001ff000200";
const GROUP = "ff02::1:ff00:200";

/** A stage with both addresses announced and answered; `nodes` nodes. */
async function openAnnouncing(nodes: number): Promise<Stage> {
  const stage = await Stage.openRunning({ nodes });
  await stage.addService("web", { addresses: [V4, V6] });
  return stage;
}

/** Waits until a node's kernel listens to a group on an interface, or no longer does. */
async function waitForMembership(node: LabNode, interfaceName: string, isMember: boolean): Promise<void> {
  await until(`the group ${isMember ? "joined" : "left"} on ${interfaceName}`, async () => {
    const table = await node.namespace.run(["cat", "/proc/net/igmp6"]);
    const found = table.split("\n").some((line) =>
      line.includes(` ${interfaceName} `) && line.includes(GROUP_IN_PROC)
    );
    return found === isMember ? true : null;
  }, PATIENCE_MS);
}

for (const how of ["set down", "unplugged"] as const) {
  labTest(`an interface that is ${how} falls silent, and announces itself when it is back`, async () => {
    await using stage = await openAnnouncing(1);
    const { lab } = stage;
    const node = lab.node("n1");
    await using capture = await Capture.open(lab.client.namespace, "eth0");
    const probers = await Promise.all([V4, V6].map((address) => Prober.resolve(lab, { address })));
    await using stack = new AsyncDisposableStack();
    for (const prober of probers) {
      stack.use(prober);
      await prober.waitForAnswerer(node.mac, PATIENCE_MS);
    }
    if (how === "set down") await node.namespace.ip("link set eth0 down");
    else await lab.cut(node, "cable");
    const downAt = epochMs();
    // Whatever answer was under way has been counted by then; the ten are counted from there on.
    const silences = await Promise.all(probers.map(async (prober) => {
      const silence = await prober.events.waitFor(
        "the counts after it went down",
        (event): event is Tally => event.type === "tally" && event.atMs > downAt + 50,
      );
      await prober.events.waitFor(
        "ten questions in vain",
        (event) => event.type === "tally" && event.sent >= silence.sent + 10,
      );
      return silence;
    }));
    const upAt = epochMs();
    if (how === "set down") await lab.linkUp(node);
    else await lab.mend(node);
    for (const [i, prober] of probers.entries()) {
      const { atMs } = silences[i]!;
      const gap = await prober.waitForGap("while it was down", ({ endMs }) => endMs! > atMs);
      assert.ok(gap.startMs <= atMs && gap.endMs! >= upAt - 50, JSON.stringify({ gap, atMs, upAt }));
    }
    await capture.waitForArp(
      "a gratuitous packet",
      ({ atMs, senderIp, targetIp }) => atMs > upAt && senderIp === V4 && targetIp === V4,
    );
    await capture.waitForNdp(
      "an unsolicited advertisement",
      ({ atMs, message, target, solicited }) =>
        atMs > upAt && message === "NeighborAdvertisement" && target === V6 && !solicited,
    );
    await waitForMembership(node, "eth0", true);
  });
}

labTest("an interface that is made later answers, and its groups are joined", async () => {
  await using stage = await openAnnouncing(1);
  const { lab } = stage;
  const node = lab.node("n1");
  await waitForMembership(node, "eth0", true);
  const cable = { namespace: lab.client.namespace, interface: "late0" };
  await Namespace.connect(cable, { namespace: node.namespace, interface: "late0" });
  await cable.namespace.ip("link set late0 up");
  await using asker = await Asker.on(lab, cable.namespace, "late0");
  await node.namespace.ip("link set late0 up");
  const mac = await node.namespace.macOf("late0");
  const announced = await asker.capture.waitForNdp(
    "an announcement",
    ({ message, target }) => message === "NeighborAdvertisement" && target === V6,
  );
  assert.equal(announced.targetMac, mac);
  await waitForMembership(node, "late0", true);
  // The question goes to the solicited-node group.
  for (const address of [V4, V6]) assert.equal((await asker.ask(address)).ethernetSource, mac);
  await node.namespace.ip("link del late0");
  await using other = await Prober.resolve(lab, { address: V4 });
  assert.equal((await other.waitForAnswerer()).answerer, node.mac, "eth0 goes on");
});

labTest("a group that two addresses share is left with the second, not with the first", async () => {
  await using stage = await Stage.open({ nodes: 1 });
  // Equal in their last 24 bits (RFC 4291 2.7.1).
  const other = "fd00:77::1:0:200";
  await stage.writePool({ addresses: [`${V6}/128`, `${other}/128`] });
  stage.controller();
  const speaker = stage.speaker();
  const node = stage.lab.node("n1");
  await stage.addService("one", { addresses: [V6] });
  await stage.addService("other", { addresses: [other] });
  for (const address of [V6, other]) {
    await using prober = await Prober.resolve(stage.lab, { address });
    await prober.waitForAnswerer(node.mac, PATIENCE_MS);
  }
  await using asker = await Asker.open(stage.lab);
  await stage.manifests.remove("one");
  await speaker.waitForLog("service withdrawn", { service: "default/one" }, PATIENCE_MS);
  await until(
    "silence about the first",
    async () => await asker.isAnswered(asker.question(V6), V6, other) ? null : true,
  );
  await waitForMembership(node, "eth0", true);
  await stage.manifests.remove("other");
  await waitForMembership(node, "eth0", false);
});

/** Makes the bridge forward multicast only where somebody asked for it, and ask. */
async function snoop(lan: Namespace): Promise<void> {
  await lan.sysctl({
    "net/ipv6/conf/lan/disable_ipv6": 0,
    "net/ipv6/conf/lan/accept_dad": 0,
  });
  await lan.ip("link set lan down", "link set lan up");
  await until("the bridge's link-local address", async () => {
    const text = JSON.stringify(await lan.query("addr show dev lan scope link"));
    return text.includes("fe80:") && !text.includes("tentative") ? text : null;
  });
  // The querier works only from a valid link-local address, so it is switched on last.
  const options = [
    "mcast_snooping 1",
    "mcast_startup_query_interval 20",
    "mcast_query_response_interval 20",
    "mcast_last_member_interval 10",
    "mcast_mld_version 2",
    "mcast_querier 0",
    "mcast_querier 1",
  ];
  for (const option of options) await lan.ip(`link set lan type bridge ${option}`);
}

/** Waits until the bridge has a port as a member of the group, or no longer has. */
async function waitForPort(lan: Namespace, port: string, isMember: boolean): Promise<void> {
  await until(`port ${port} ${isMember ? "in" : "out of"} the group`, async () => {
    const table = await lan.run(["bridge", "mdb", "show"]);
    const found = table.split("\n").some((line) =>
      line.includes(`port ${port} `) && line.includes(`grp ${GROUP}`)
    );
    return found === isMember ? table : null;
  }, PATIENCE_MS);
}

labTest("a snooping switch delivers solicitations to the node that announces, and to no other", async () => {
  await using stage = await Stage.openRunning({ nodes: 2 });
  const { lab } = stage;
  await snoop(lab.switch);
  await stage.writeNode("n2", { excluded: true });
  await stage.addService("web", { addresses: [V6] });
  await waitForPort(lab.switch, "n1", true);
  await using asker = await Asker.open(lab);
  await using bystander = await Capture.open(lab.node("n2").namespace, "eth0");
  await using sniffer = await Capture.open(lab.node("n1").namespace, "eth0");
  const isSolicitation = ({ message, target }: { message: string; target: string | null }) =>
    message === "NeighborSolicitation" && target === V6;
  // A querier that has just begun floods until every member has had the time to report (RFC 3810 9.3).
  await until("the switch to keep the solicitation from the bystander", async () => {
    const from = bystander.events.all.length;
    assert.equal((await asker.ask(V6)).ethernetSource, lab.node("n1").mac);
    await asker.ask(lab.node("n2").ipv4);
    await bystander.events.waitFor(
      "what is for everybody",
      (event) => event.type === "arp" && event.targetIp === lab.node("n2").ipv4,
      { from },
    );
    const seen = bystander.events.all.slice(from);
    return seen.some((event) => event.type === "ndp" && isSolicitation(event)) ? null : true;
  });
  await sniffer.waitForNdp("the solicitation", isSolicitation);
  await stage.manifests.remove("web");
  await waitForPort(lab.switch, "n1", false);
});

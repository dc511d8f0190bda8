/**
 * The lab measures what it should: proven on the kernel's own addresses, with Ingot nowhere near.
 *
 * @module
 */
import assert from "node:assert/strict";
import { lanAddresses } from "./network/addressing.ts";
import { Capture } from "./capture.ts";
import { run } from "./program/command.ts";
import { Lab } from "./lab.ts";
import { removeLeftovers } from "./network/ownership.ts";
import { epochMs, Prober } from "./prober.ts";
import { until } from "../stage/until.ts";
import { labTest } from "./suite.ts";

const PORT = 80;
const VIP = lanAddresses("lan", 200);
const LOCAL = { port: PORT, externalTrafficPolicy: "Local", backends: [1, 2] } as const;

/** The namespaces whose name begins so. */
async function namespacesOf(prefix: string): Promise<string[]> {
  return (await run(["ip", "netns", "list"])).split("\n").filter((line) => line.startsWith(prefix));
}

labTest("Lab gives every host its addresses and a backend that answers over both families", async () => {
  await using lab = await Lab.open({ nodes: 2, secondLan: true });
  assert.deepEqual(lab.nodes.map((node) => node.name), ["n1", "n2"]);
  assert.equal(await lab.node("n2").namespace.macOf("eth0"), lab.node("n2").mac);
  await lab.client.namespace.run(["ip", "route", "get", lanAddresses("lan2", 11).ipv4]);
  for (const address of ["10.244.2.2", "fd00:244:2::2"]) {
    const text = await lab.node("n1").namespace.run(["ip", "route", "get", address]);
    assert.match(text, /dev eth0/);
  }
  const addresses = JSON.stringify(await lab.client.namespace.query("addr show"));
  for (const address of ["10.77.0.100", "fd00:77::100", "10.78.0.100", "fd00:78::100"]) {
    assert.ok(addresses.includes(`"local":"${address}"`), address);
  }
});

labTest(
  "Prober resolves a Service address and reaches a backend through the node's translation",
  async () => {
    await using lab = await Lab.open({ nodes: 2 });
    await lab.node("n1").namespace.ip(
      `addr add ${VIP.ipv4}/32 dev eth0`,
      `addr add ${VIP.ipv6}/128 dev eth0 nodad preferred_lft 0`,
    );
    await lab.proxy([{ ...LOCAL, addresses: [VIP.ipv4, VIP.ipv6] }]);
    for (const address of [VIP.ipv4, VIP.ipv6]) {
      await using resolve = await Prober.resolve(lab, { address });
      await using udp = await Prober.udp(lab, { address, port: PORT });
      await using http = await Prober.http(lab, { address, port: PORT, intervalMs: 5 });
      assert.equal((await resolve.waitForAnswerer()).answerer, lab.node("n1").mac);
      assert.equal((await udp.waitForAnswerer()).answerer, "n1");
      const request = await http.events.waitFor("an HTTP answer", (event) => event.type === "request");
      assert.partialDeepStrictEqual(request, { answerer: "n1", error: null });
      const sender = address === VIP.ipv4 ? lab.client.ipv4 : lab.client.ipv6;
      assert.partialDeepStrictEqual(
        request,
        { client: sender },
        "externalTrafficPolicy Local keeps the source",
      );
      assert.deepEqual(resolve.rivals(), []);
      const end = await udp.stop();
      assert.ok(end.received > 0 && end.received <= end.sent);
      assert.deepEqual(Object.keys(end.answers), ["n1"]);
    }
  },
);

labTest(
  "Cluster policy reaches backends on other nodes from behind the node's address, Local without one drops",
  async () => {
    await using lab = await Lab.open({ nodes: 3 });
    await lab.node("n1").namespace.ip(
      `addr add ${VIP.ipv4}/32 dev eth0`,
      `addr add ${VIP.ipv6}/128 dev eth0 nodad preferred_lft 0`,
    );
    for (const address of [VIP.ipv4, VIP.ipv6]) {
      await lab.proxy([{
        addresses: [address],
        port: PORT,
        externalTrafficPolicy: "Cluster",
        backends: [2, 3],
      }]);
      await using http = await Prober.http(lab, { address, port: PORT, intervalMs: 2 });
      for (const node of ["n2", "n3"]) {
        const request = await http.events.waitFor(
          `an answer from ${node}`,
          (event) => event.type === "request" && event.answerer === node,
        );
        const seen = address === VIP.ipv4 ? lab.node("n1").ipv4 : lab.node("n1").ipv6;
        assert.partialDeepStrictEqual(request, { client: seen });
      }
    }
    await lab.proxy([{
      addresses: [VIP.ipv4],
      port: PORT,
      externalTrafficPolicy: "Local",
      backends: [2, 3],
    }]);
    await using http = await Prober.http(lab, { address: VIP.ipv4, port: PORT, timeoutMs: 50 });
    const request = await http.events.waitFor("an HTTP failure", (event) => event.type === "request");
    assert.partialDeepStrictEqual(request, { answerer: null, error: "ETIMEDOUT" });
  },
);

labTest("Prober measures the gap when an address moves, and who answers before and after", async () => {
  await using lab = await Lab.open({ nodes: 2 });
  const [n1, n2] = [lab.node("n1"), lab.node("n2")];
  await lab.proxy([{ ...LOCAL, addresses: [VIP.ipv4] }]);
  await n1.namespace.ip(`addr add ${VIP.ipv4}/32 dev eth0`);
  await using udp = await Prober.udp(lab, { address: VIP.ipv4, port: PORT });
  await using resolve = await Prober.resolve(lab, { address: VIP.ipv4, intervalMs: 1 });
  await udp.waitForAnswerer("n1");
  await n1.namespace.ip(`addr del ${VIP.ipv4}/32 dev eth0`);
  const removedAt = epochMs();
  // The client goes on sending to n1, which still translates: taking its translation away is what cuts it off.
  await n1.namespace.run([
    "nft",
    "add",
    "rule",
    "inet",
    "ingot_lab",
    "drops",
    "ip",
    "daddr",
    VIP.ipv4,
    "drop",
  ]);
  const cutAt = epochMs();
  await new Promise((resolve) => setTimeout(resolve, 100));
  await n2.namespace.ip(`addr add ${VIP.ipv4}/32 dev eth0`);
  await lab.client.namespace.ip("neigh flush dev eth0");
  const move = await udp.waitForAnswerer("n2");
  assert.equal(move.previous, "n1");
  const gap = await udp.waitForGap("from n1 to n2", ({ before, after }) => before === "n1" && after === "n2");
  assert.ok(gap.startMs <= cutAt && gap.lengthMs >= 100, JSON.stringify(gap));
  // What a stalled prober did not send cannot be lost: a stall is not caught up.
  assert.ok(
    gap.lost > 0.5 * (gap.lengthMs - gap.proberLateMs) && gap.lost <= gap.lengthMs + 2,
    "one request a millisecond was lost",
  );
  const silence = await resolve.waitForGap("in resolving", ({ after }) => after === n2.mac);
  assert.ok(silence.before === n1.mac && silence.lengthMs >= 100, JSON.stringify(silence));
  assert.ok(silence.endMs! > removedAt, JSON.stringify(silence));
});

labTest("Prober raises an alarm when two nodes answer for one address", async () => {
  await using lab = await Lab.open({ nodes: 2 });
  for (const address of [VIP.ipv4, VIP.ipv6]) {
    const length = address === VIP.ipv4 ? "32" : "128 nodad";
    for (const node of lab.nodes) await node.namespace.ip(`addr add ${address}/${length} dev eth0`);
    await using resolve = await Prober.resolve(lab, { address });
    await resolve.events.waitFor("an alarm", ({ type }) => type === "rivals");
    assert.deepEqual([...resolve.rivals()[0]!.answerers].sort(), lab.nodes.map(({ mac }) => mac));
  }
});

labTest("Capture sees requests, replies and announcements of both families", async () => {
  await using lab = await Lab.open({ nodes: 1 });
  const { namespace, mac } = lab.node("n1");
  await using capture = await Capture.open(lab.client.namespace, "eth0");
  await using _arp = await Prober.resolve(lab, { address: lab.node("n1").ipv4 });
  await using _ndp = await Prober.resolve(lab, { address: lab.node("n1").ipv6! });
  const request = await capture.waitForArp("a request", ({ operation }) => operation === 1);
  assert.partialDeepStrictEqual(request, {
    direction: "out",
    targetIp: "10.77.0.11",
    ethernetDestination: "ff:ff:ff:ff:ff:ff",
  });
  const reply = await capture.waitForArp("a reply", ({ operation }) => operation === 2);
  assert.partialDeepStrictEqual(reply, {
    direction: "in",
    senderMac: mac,
    senderIp: "10.77.0.11",
    targetIp: request.senderIp,
  });
  const asked = await capture.waitForNdp(
    "a solicitation",
    ({ message }) => message === "NeighborSolicitation",
  );
  assert.partialDeepStrictEqual(asked, {
    target: "fd00:77::11",
    hopLimit: 255,
    destination: "ff02::1:ff00:11",
  });
  const told = await capture.waitForNdp(
    "an advertisement",
    ({ message }) => message === "NeighborAdvertisement",
  );
  assert.partialDeepStrictEqual(told, {
    target: "fd00:77::11",
    targetMac: mac,
    solicited: true,
    destination: asked.source,
  });
  await namespace.ip("link set eth0 address 02:00:00:00:00:99");
  assert.equal(await namespace.macOf("eth0"), "02:00:00:00:00:99");
  await capture.waitForArp("a reply with the new MAC", ({ senderMac }) => senderMac === "02:00:00:00:00:99");
});

labTest("Lab cuts a host off by port and by cable, and mends it", async () => {
  await using lab = await Lab.open({ nodes: 1, ipv6: false });
  const node = lab.node("n1");
  await using resolve = await Prober.resolve(lab, { address: node.ipv4 });
  await resolve.waitForAnswerer(node.mac);
  for (const how of ["port", "cable"] as const) {
    await lab.cut(node, how);
    const operstate = how === "port" ? "UP" : "DOWN";
    // The kernel tells the other end of a cable a moment later.
    await until(`eth0 to be ${operstate}`, async () => {
      const [link] = await node.namespace.query("link show eth0") as { operstate: string }[];
      return link!.operstate === operstate || null;
    });
    const cutAt = epochMs();
    await new Promise((resolve) => setTimeout(resolve, 60));
    await lab.mend(node);
    await resolve.waitForGap(`while the ${how} is cut`, ({ endMs }) => endMs! > cutAt);
  }
});

labTest("Lab leaves no namespace, no program and no folder behind", async () => {
  let name: string, folder: string, pids: number[];
  {
    await using lab = await Lab.open({ nodes: 2 });
    const all = [
      lab.switch,
      lab.control,
      lab.client.namespace,
      ...lab.nodes.flatMap((n) => [n.namespace, n.pod]),
    ];
    await Prober.udp(lab, { address: lab.node("n1").ipv4, port: PORT });
    pids = (await Promise.all(all.map((namespace) => namespace.pids()))).flat();
    ({ name, folder } = lab);
    assert.equal(pids.length, 3, "two backends and a prober");
    assert.equal((await namespacesOf(name)).length, 7);
  }
  assert.deepEqual(await namespacesOf(name), []);
  for (const pid of pids) assert.throws(() => Deno.statSync(`/proc/${pid}`), Deno.errors.NotFound);
  assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);
});

/** A process of its own that opens a lab, says its name and stays. */
function openElsewhere(): { child: Deno.ChildProcess; name: Promise<string> } {
  const module = new URL("lab.ts", import.meta.url);
  const code = `import { Lab } from ${JSON.stringify(module.href)};
    const lab = await Lab.open({ nodes: 1 }); console.log(lab.name); setInterval(() => {}, 1e6);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", code],
    stdout: "piped",
    cwd: new URL("../..", import.meta.url),
  }).spawn();
  const name = (async () => {
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return new TextDecoder().decode(value).trim();
  })();
  return { child, name };
}

labTest("removeLeftovers() removes the lab of an owner that was killed, and only then", async () => {
  const { child, name } = openElsewhere();
  const lab = await name;
  await removeLeftovers();
  assert.equal((await namespacesOf(lab)).length, 5, "a living owner's lab stays");
  const pids = (await run(["ip", "netns", "pids", `${lab}-pod1`])).split("\n").filter(Boolean);
  assert.equal(pids.length, 1);
  child.kill("SIGKILL");
  await child.status;
  assert.equal((await namespacesOf(lab)).length, 5);
  assert.ok((await removeLeftovers()).includes(lab));
  assert.deepEqual(await namespacesOf(lab), []);
});

labTest("Lab takes itself down on SIGTERM and SIGINT", async () => {
  for (const [signal, code] of [["SIGTERM", 143], ["SIGINT", 130]] as const) {
    const { child, name } = openElsewhere();
    const lab = await name;
    child.kill(signal);
    assert.equal((await child.status).code, code);
    assert.deepEqual(await namespacesOf(lab), []);
  }
});

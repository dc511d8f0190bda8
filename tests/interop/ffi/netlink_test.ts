import assert from "node:assert/strict";
import { dumpRoutes, openRouteMonitor, type RouteSocket } from "../../../ffi/netlink.ts";
import type { RouteEvent } from "../../../ffi/netlink_message.ts";
import type { Ip } from "../../../protocols/net/ip.ts";
import { awaitNext, cableTest, type End, INTERFACE, pairTest } from "./inside.ts";

/** Events until one is as wanted; fails when none comes. */
function awaitEvent(monitor: RouteSocket, isWanted: (event: RouteEvent) => boolean): RouteEvent {
  for (;;) {
    const events = awaitNext(monitor, () => monitor.next());
    assert(events !== null, "no such notification");
    const wanted = events.find(isWanted);
    if (wanted !== undefined) return wanted;
  }
}

function monitorOf(end: End): RouteSocket {
  return end.inside(openRouteMonitor);
}

pairTest("dumpRoutes() lists links and addresses of the namespace", async (one) => {
  const { links, addresses } = one.inside(dumpRoutes);
  assert.deepEqual(links.map((link) => link.name).filter((name) => name === "lo" || name === INTERFACE), [
    "lo",
    INTERFACE,
  ]);
  assert.deepEqual(links.find((link) => link.name === INTERFACE), {
    index: one.index,
    name: INTERFACE,
    mac: await one.namespace.macOf(INTERFACE),
    up: true,
    running: true,
    broadcast: true,
    loopback: false,
    noArp: false,
    master: null,
  });
  const ours = addresses.filter((address) => address.index === one.index);
  assert.deepEqual(
    ours.filter((address) => !address.scopeLink).map(({ ip, prefixLength, tentative }) => ({
      ip,
      prefixLength,
      tentative,
    })),
    [{ ip: "10.9.0.1", prefixLength: 24, tentative: false }, {
      ip: "fd09::1",
      prefixLength: 64,
      tentative: false,
    }],
  );
  assert.equal(ours.filter((address) => address.scopeLink && address.ip.startsWith("fe80:")).length, 1);
});

cableTest("The route monitor tells of a link going down and up", async (one) => {
  using monitor = monitorOf(one);
  await one.namespace.ip(`link set ${INTERFACE} down`);
  awaitEvent(
    monitor,
    (event) => event.type === "LinkSet" && event.link.index === one.index && !event.link.up,
  );
  await one.namespace.ip(`link set ${INTERFACE} up`);
  awaitEvent(monitor, (event) => event.type === "LinkSet" && event.link.up && event.link.running);
});

pairTest("The route monitor tells of a lost carrier", async (one, other) => {
  using monitor = monitorOf(one);
  await other.namespace.ip(`link set ${INTERFACE} down`);
  awaitEvent(monitor, (event) => event.type === "LinkSet" && event.link.up && !event.link.running);
});

cableTest("The route monitor tells of a new MAC address", async (one) => {
  using monitor = monitorOf(one);
  await one.namespace.ip(`link set ${INTERFACE} address 02:00:00:00:09:09`);
  awaitEvent(monitor, (event) => event.type === "LinkSet" && event.link.mac === "02:00:00:00:09:09");
});

for (
  const [family, prefix, ip, prefixLength] of [["IPv4", "10.9.7.7/31", "10.9.7.7", 31], [
    "IPv6",
    "fd09:7::7/64",
    "fd09:7::7",
    64,
  ]] as const
) {
  pairTest(`The route monitor tells of an ${family} address that comes and goes`, async (one) => {
    using monitor = monitorOf(one);
    for (const [verb, type] of [["add", "AddressSet"], ["del", "AddressGone"]] as const) {
      await one.namespace.ip(`addr ${verb} ${prefix} dev ${INTERFACE}`);
      const event = awaitEvent(monitor, (event) => event.type === type && event.address.ip === ip);
      assert(event.type === type);
      assert.equal(event.address.index, one.index);
      assert.equal(event.address.prefixLength, prefixLength);
    }
  });
}

cableTest(
  "The route monitor tells of new and removed links, and of ports that join and leave a bridge",
  async (one) => {
    using monitor = monitorOf(one);
    await one.namespace.ip("link add br0 type bridge");
    const added = awaitEvent(monitor, (event) => event.type === "LinkSet" && event.link.name === "br0");
    assert(added.type === "LinkSet");
    const bridge = added.link.index;
    await one.namespace.ip(`link set ${INTERFACE} master br0`);
    awaitEvent(
      monitor,
      (event) => event.type === "LinkSet" && event.link.index === one.index && event.link.master === bridge,
    );
    await one.namespace.ip(`link set ${INTERFACE} nomaster`);
    const left = awaitEvent(monitor, (event) =>
      event.type === "LinkGone" ||
      event.type === "LinkSet" && event.link.master === null && event.link.index === one.index);
    assert.equal(left.type, "LinkSet");
    await one.namespace.ip("link del br0");
    awaitEvent(monitor, (event) => event.type === "LinkGone" && event.index === bridge);
  },
);

cableTest("The route monitor says Overrun when notifications were lost, and goes on", async (one) => {
  using monitor = monitorOf(one);
  monitor.setReceiveBuffer(4096);
  const flips = Array.from(
    { length: 200 },
    (_, i) => `addr ${i % 2 === 0 ? "add" : "del"} 10.9.8.8/32 dev ${INTERFACE}`,
  );
  await one.namespace.ip(...flips);
  awaitEvent(monitor, (event) => event.type === "Overrun");
  await one.namespace.ip(`addr add 10.9.9.9/32 dev ${INTERFACE}`);
  awaitEvent(monitor, (event) => event.type === "AddressSet" && event.address.ip === "10.9.9.9" as Ip);
});

import assert from "node:assert/strict";
import { SystemError } from "../../../ffi/errno.ts";
import { openUdpSocket, type UdpOptions, type UdpSocket } from "../../../ffi/udp_socket.ts";
import { dumpRoutes } from "../../../ffi/netlink.ts";
import type { SocketAddress } from "../../../ffi/layout.ts";
import type { Ip } from "../../../protocols/net/ip.ts";
import { awaitNext, type End, INTERFACE, isReady, pairTest } from "./inside.ts";

const ANY_V4 = "0.0.0.0" as Ip;
const GROUP = "ff02::1:ff00:99" as Ip;
const HELLO = new TextEncoder().encode("hello");

/** The two ends' addresses, and what leads a datagram there. */
const FAMILIES = [
  { family: "IPv4", one: "10.9.0.1" as Ip, other: "10.9.0.2" as Ip },
  { family: "IPv6", one: "fd09::1" as Ip, other: "fd09::2" as Ip },
] as const;

function udp(end: End, local: SocketAddress, options: Partial<UdpOptions> = {}): UdpSocket {
  return end.inside(() => openUdpSocket({ local, maximumOctets: 1500, ...options }));
}

for (const { family, one: ipOne, other: ipOther } of FAMILIES) {
  pairTest(`UdpSocket carries ${family} datagrams with both ends, interface and TTL`, (one, other) => {
    using sender = udp(one, { ip: ipOne, port: 4001 }, { ttl: 255 });
    using receiver = udp(other, { ip: ipOther, port: 4002 }, { interface: INTERFACE });
    assert.equal(receiver.receiveFrom(), null);
    assert(sender.sendTo(HELLO, { ip: ipOther, port: 4002 }));
    const datagram = awaitNext(receiver, () => receiver.receiveFrom());
    assert.deepEqual(datagram, {
      payload: HELLO,
      from: { ip: ipOne, port: 4001 },
      ttl: 255,
      destination: ipOther,
      interfaceIndex: other.index,
    });
    assert(receiver.sendTo(HELLO, datagram.from));
    assert.equal(awaitNext(sender, () => sender.receiveFrom())?.ttl, 64);
  });
}

pairTest("UdpSocket reports the interface of a link-local sender", (one, other) => {
  const linkLocal = one.inside(dumpRoutes).addresses.find((address) =>
    address.index === one.index && address.scopeLink
  )!.ip;
  using sender = udp(one, { ip: linkLocal, port: 4001, scopeId: one.index });
  using receiver = udp(other, { ip: "::" as Ip, port: 4002 });
  sender.sendTo(HELLO, { ip: "fd09::2" as Ip, port: 4002 });
  const datagram = awaitNext(receiver, () => receiver.receiveFrom());
  assert.deepEqual(datagram?.from, { ip: linkLocal, port: 4001, scopeId: other.index });
});

pairTest("UdpSocket.joinGroup() and leaveGroup() are seen in /proc/net/igmp6", async (one) => {
  using socket = udp(one, { ip: "::" as Ip, port: 0 });
  const isMember = async () => {
    const members = await one.namespace.run(["cat", "/proc/net/igmp6"]);
    return members.split("\n").some((line) => /^\d+\s+eth0\s+ff0200000000000000000001ff000099\s/.test(line));
  };
  assert.equal(await isMember(), false);
  socket.joinGroup(GROUP, one.index);
  assert.equal(await isMember(), true);
  socket.leaveGroup(GROUP, one.index);
  assert.equal(await isMember(), false);
  socket.leaveGroup(GROUP, one.index);
  assert.throws(
    () => socket.joinGroup(GROUP, 9999),
    /^SystemError: Cannot set IPV6_JOIN_GROUP on .*: ENODEV; /,
  );
});

pairTest("UdpSocket.leaveGroup() is harmless when the interface is gone", async (one) => {
  using socket = udp(one, { ip: "::" as Ip, port: 0 });
  socket.joinGroup(GROUP, one.index);
  await one.namespace.ip(`link del ${INTERFACE}`);
  socket.leaveGroup(GROUP, one.index);
});

pairTest("openUdpSocket() says what is wrong with an address, a port or an interface", (one) => {
  using taken = udp(one, { ip: ANY_V4, port: 4003 });
  assert.equal(taken.localAddress()?.port, 4003);
  const failures: [UdpOptions, string][] = [
    [{ local: { ip: ANY_V4, port: 4003 }, maximumOctets: 64 }, "EADDRINUSE"],
    [{ local: { ip: "10.99.0.1" as Ip, port: 0 }, maximumOctets: 64 }, "EADDRNOTAVAIL"],
    [{ local: { ip: ANY_V4, port: 0 }, interface: "nope0", maximumOctets: 64 }, "ENODEV"],
  ];
  for (const [options, code] of failures) {
    const isExpected = (error: unknown) =>
      error instanceof SystemError && error.code === code && error.advice !== null;
    assert.throws(() => one.inside(() => openUdpSocket(options)), isExpected, code);
  }
});

pairTest("UdpSocket without a reader keeps the poller waiting", (one) => {
  using socket = udp(one, { ip: ANY_V4, port: 0 });
  assert.equal(isReady(socket, undefined, 5), false);
});

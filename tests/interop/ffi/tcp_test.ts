import assert from "node:assert/strict";
import { SystemError } from "../../../ffi/errno.ts";
import { POLLIN, POLLOUT } from "../../../ffi/poller.ts";
import { type ConnectOptions, connectTcp, type ListenOptions, listenTcp } from "../../../ffi/tcp_socket.ts";
import type { TcpListener, TcpSocket } from "../../../ffi/tcp_socket.ts";
import type { Ip } from "../../../protocols/net/ip.ts";
import { awaitNext, type End, INTERFACE, isReady, pairTest } from "./inside.ts";

const PORT = 179;
const KEY = new TextEncoder().encode("s3cret");
const WRONG_KEY = new TextEncoder().encode("s3cre7");
/** A SYN with a wrong key is dropped in silence; the first one is repeated after a second. */
const SILENCE_MS = 300;

const FAMILIES = [
  {
    family: "IPv4",
    one: "10.9.0.1" as Ip,
    other: "10.9.0.2" as Ip,
    prefix: "10.9.0.0" as Ip,
    prefixLength: 24,
  },
  { family: "IPv6", one: "fd09::1" as Ip, other: "fd09::2" as Ip, prefix: "fd09::" as Ip, prefixLength: 64 },
] as const;

function listen(end: End, ip: Ip, options: Partial<ListenOptions> = {}): TcpListener {
  return end.inside(() => listenTcp({ local: { ip, port: PORT }, backlog: 8, ...options }));
}

function connect(end: End, ip: Ip, options: Partial<ConnectOptions> = {}): TcpSocket {
  return end.inside(() => connectTcp({ remote: { ip, port: PORT }, ...options }));
}

/** True when the connection came up at both ends. */
function comesUp(listener: TcpListener, socket: TcpSocket): boolean {
  if (!isReady(socket, POLLOUT, SILENCE_MS) || socket.connectError() !== null) return false;
  const accepted = awaitNext(listener, () => listener.accept());
  accepted?.socket.close();
  return accepted !== null;
}

for (const { family, one: ipOne, other: ipOther, prefix, prefixLength } of FAMILIES) {
  pairTest(
    `TcpSocket connects over ${family} and carries octets both ways to the end of the stream`,
    (one, other) => {
      using listener = listen(other, ipOther, { interface: INTERFACE });
      assert.equal(listener.accept(), null);
      using socket = connect(one, ipOther, { local: { ip: ipOne, port: 0 }, ttl: 255 });
      assert(isReady(socket, POLLOUT));
      assert.equal(socket.connectError(), null);
      assert.deepEqual(socket.remoteAddress(), { ip: ipOther, port: PORT });
      const accepted = awaitNext(listener, () => listener.accept());
      assert.deepEqual(accepted?.remote, socket.localAddress());
      using peer = accepted.socket;
      const buffer = new Uint8Array(new ArrayBuffer(64));
      assert.equal(peer.receive(buffer), null);
      assert.equal(socket.send(KEY), KEY.length);
      assert.equal(awaitNext(peer, () => peer.receive(buffer)), KEY.length);
      assert.deepEqual(buffer.subarray(0, KEY.length), KEY);
      peer.send(WRONG_KEY);
      peer.shutdown();
      assert.equal(awaitNext(socket, () => socket.receive(buffer)), WRONG_KEY.length);
      assert.equal(awaitNext(socket, () => socket.receive(buffer)), 0);
    },
  );

  pairTest(`TCP over ${family} comes up with equal MD5 keys, and with no other`, (one, other) => {
    using listener = listen(other, ipOther);
    listener.setMd5Key(ipOne, null, KEY);
    using right = connect(one, ipOther, { md5Key: KEY });
    assert.equal(comesUp(listener, right), true);
    using wrong = connect(one, ipOther, { md5Key: WRONG_KEY });
    assert.equal(comesUp(listener, wrong), false);
    using none = connect(one, ipOther);
    assert.equal(comesUp(listener, none), false);
    listener.setMd5Key(ipOne, null, null);
    using unsigned = connect(one, ipOther);
    assert.equal(comesUp(listener, unsigned), true);
  });

  pairTest(`TcpListener.setMd5Key() takes a prefix of ${family} peers`, (one, other) => {
    using listener = listen(other, ipOther);
    listener.setMd5Key(prefix, prefixLength, KEY);
    using right = connect(one, ipOther, { md5Key: KEY });
    assert.equal(comesUp(listener, right), true);
    using wrong = connect(one, ipOther, { md5Key: WRONG_KEY });
    assert.equal(comesUp(listener, wrong), false);
  });

  pairTest(`TcpListener with a minimum TTL ignores ${family} connections below it`, (one, other) => {
    using listener = listen(other, ipOther, { ttl: 255, minimumTtl: 255 });
    using far = connect(one, ipOther, { ttl: 254 });
    assert.equal(comesUp(listener, far), false);
    using near = connect(one, ipOther, { ttl: 255, minimumTtl: 255 });
    assert.equal(comesUp(listener, near), true);
  });
}

pairTest("TcpSocket.connectError() tells that nobody listens", (one) => {
  using socket = connect(one, "10.9.0.2" as Ip);
  assert(isReady(socket, POLLOUT));
  const error = socket.connectError();
  assert.equal(error?.message, "Cannot connect TCP connection to 10.9.0.2 port 179: ECONNREFUSED");
});

pairTest(
  "TcpSocket.send() gives null when the peer does not read, and goes on when it does",
  (one, other) => {
    using listener = listen(other, "10.9.0.2" as Ip);
    using socket = connect(one, "10.9.0.2" as Ip);
    const accepted = awaitNext(listener, () => listener.accept());
    using peer = accepted!.socket;
    const chunk = new Uint8Array(new ArrayBuffer(1 << 16));
    let sent = 0;
    // Full for good: what is under way may find room at the peer yet, and make some here.
    do {
      for (let taken = socket.send(chunk); taken !== null; taken = socket.send(chunk)) sent += taken;
    } while (isReady(socket, POLLOUT, 100));
    let received = 0;
    while (received < sent) {
      const count = awaitNext(peer, () => peer.receive(chunk));
      assert(count !== null && count > 0);
      received += count;
    }
    assert(isReady(socket, POLLOUT));
  },
);

pairTest("TcpSocket throws when the peer has reset the connection", (one, other) => {
  using listener = listen(other, "10.9.0.2" as Ip);
  using socket = connect(one, "10.9.0.2" as Ip);
  const peer = awaitNext(listener, () => listener.accept())!.socket;
  socket.send(KEY);
  assert(isReady(peer));
  peer.close(); // With unread octets: the kernel answers by RST (RFC 9293 3.6.1).
  assert(isReady(socket, POLLIN));
  const isReset = (error: unknown) => error instanceof SystemError && error.code === "ECONNRESET";
  assert.throws(() => socket.receive(new Uint8Array(new ArrayBuffer(8))), isReset);
});

pairTest("connectTcp() throws what the kernel knows at once", (one) => {
  assert.throws(() => connect(one, "192.0.2.1" as Ip), /ENETUNREACH/);
  assert.throws(
    () => connect(one, "10.9.0.2" as Ip, { local: { ip: "10.9.9.9" as Ip, port: 0 } }),
    /EADDRNOTAVAIL; the address is not on this host/,
  );
  assert.throws(() => connect(one, "10.9.0.2" as Ip, { interface: "nope0" }), /SO_BINDTODEVICE .*ENODEV/);
  assert.throws(
    () => connect(one, "10.9.0.2" as Ip, { md5Key: new Uint8Array(81) }),
    /EINVAL; an MD5 key has 1 to 80 octets, this one 81/,
  );
});

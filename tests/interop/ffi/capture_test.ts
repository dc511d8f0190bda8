import assert from "node:assert/strict";
import { SystemError } from "../../../ffi/errno.ts";
import { openPacketSocket, type PacketSocket } from "../../../ffi/packet_socket.ts";
import { type Capture, type CaptureOptions, openCapture } from "../../../ffi/pcap.ts";
import { until } from "../../stage/until.ts";
import { awaitNext, broadcastFrame, cableTest, type End, INTERFACE, isReady, rootTest } from "./inside.ts";

/** An EtherType for local experiments (IEEE 802, 0x88b5), so that the kernels' own traffic stays out of the count. */
const EXPERIMENT = 0x88b5;

const OPTIONS: CaptureOptions = {
  interface: INTERFACE,
  filter: "ether proto 0x88b5 and ether[14] == 1",
  protocol: EXPERIMENT,
  snapshotOctets: 256,
  bufferOctets: 1 << 20,
};

const WANTED = broadcastFrame(EXPERIMENT, [1, 2, 3]);
const FILTERED = broadcastFrame(EXPERIMENT, [9, 9, 9]);
const OTHER_TYPE = broadcastFrame(0x88b6, [1, 2, 3]);

function capture(end: End, options: Partial<CaptureOptions> = {}): Capture {
  return end.inside(() => openCapture({ ...OPTIONS, ...options }));
}

function packetSocket(end: End, ethertype: number): PacketSocket {
  return end.inside(() => openPacketSocket({ interface: INTERFACE, ethertype, snapshotOctets: 256 }));
}

function expectSystemError(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof SystemError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

cableTest("Capture.next() gives frames that pass the filter, whole, and no others", (one, other) => {
  using sender = capture(one);
  using receiver = capture(other);
  assert.equal(receiver.next(), null);
  for (const frame of [FILTERED, OTHER_TYPE, WANTED, FILTERED]) sender.inject(frame);
  assert.deepEqual(awaitNext(receiver, () => receiver.next()), WANTED);
  assert.equal(awaitNext(receiver, () => receiver.next(), 50), null);
  assert.deepEqual(receiver.counters(), { received: 1, droppedByKernel: 0 });
});

cableTest("Capture.next() never gives what this host sends", (one) => {
  using sender = capture(one);
  using listener = capture(one);
  sender.inject(WANTED);
  assert.equal(isReady(listener, undefined, 50), false);
  assert.equal(listener.next(), null);
});

cableTest("Capture.next() gives frames in order and cuts them at snapshotOctets", (one, other) => {
  using sender = capture(one);
  using receiver = capture(other, { snapshotOctets: 20 });
  for (let i = 0; i < 100; i++) sender.inject(broadcastFrame(EXPERIMENT, [1, i]));
  for (let i = 0; i < 100; i++) {
    const frame = awaitNext(receiver, () => receiver.next());
    assert.equal(frame?.length, 20);
    assert.equal(frame[15], i);
  }
});

cableTest("Capture.counters() counts frames lost to a full buffer", (one, other) => {
  using sender = capture(one);
  using receiver = capture(other, { bufferOctets: 16_384 });
  for (let i = 0; i < 2000; i++) sender.inject(WANTED);
  let read = 0;
  while (receiver.next() !== null) read++;
  const { droppedByKernel } = receiver.counters();
  assert(droppedByKernel > 0 && read > 0, `${read} read, ${droppedByKernel} dropped`);
});

cableTest("Capture outlives its interface going down, without staying readable", async (one, other) => {
  using sender = capture(one);
  using receiver = capture(other);
  await other.namespace.ip(`link set ${INTERFACE} down`);
  assert(isReady(receiver));
  assert.equal(nextUnlessDown(receiver), null);
  assert.equal(isReady(receiver, undefined, 20), false);
  const isDown = expectSystemError(
    "ENETDOWN",
    /^Cannot send on capture on eth0: ENETDOWN; the interface is down/,
  );
  assert.throws(() => receiver.inject(WANTED), isDown);
  await other.namespace.ip(`link set ${INTERFACE} up`);
  // The kernel drops what is sent until it has seen, in its own time, that the cable carries again.
  const arrived = await until("a frame over the mended cable", () => {
    sender.inject(WANTED);
    return awaitNext(receiver, () => receiver.next(), 50);
  });
  assert.deepEqual(arrived, WANTED);
});

/** libpcap before 1.10 reports the fall, later ones do not. */
function nextUnlessDown(fallen: Capture): Uint8Array | null {
  try {
    return fallen.next();
  } catch (error) {
    if (error instanceof SystemError && error.code === "ENETDOWN") return null;
    throw error;
  }
}

cableTest("Capture.next() throws ENODEV when its interface is removed", async (one, other) => {
  using receiver = capture(other);
  await one.namespace.ip(`link del ${INTERFACE}`);
  assert(isReady(receiver));
  assert.throws(
    () => receiver.next(),
    expectSystemError("ENODEV", /^Cannot receive from capture on eth0: ENODEV; /),
  );
});

cableTest("Capture is a clear error after close, and a second close is harmless", (one) => {
  const closed = capture(one);
  closed.close();
  closed.close();
  const isClosed = expectSystemError(
    "EBADF",
    /^Cannot use capture on eth0: EBADF; it is closed, open a new one$/,
  );
  assert.throws(() => closed.next(), isClosed);
  assert.throws(() => closed.inject(WANTED), isClosed);
  assert.throws(() => closed.counters(), isClosed);
  assert.throws(() => closed.fd, isClosed);
});

cableTest("Captures and packet sockets are kept from child processes", (one) => {
  using captured = capture(one);
  using raw = packetSocket(one, EXPERIMENT);
  const O_CLOEXEC = 0o2000000;
  for (const { fd, name } of [captured, raw]) {
    const flags = /^flags:\s*([0-7]+)$/m.exec(Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`))?.[1];
    assert.equal(parseInt(flags!, 8) & O_CLOEXEC, O_CLOEXEC, name);
  }
});

cableTest(
  "openCapture() says when the interface is missing or down, and what is wrong with a filter",
  async (one) => {
    assert.throws(
      () => capture(one, { interface: "nope0" }),
      expectSystemError("ENODEV", /nope0: ENODEV; there is no such interface/),
    );
    assert.throws(
      () => capture(one, { filter: "arp and" }),
      expectSystemError("EINVAL", /with the filter "arp and": EINVAL; .*syntax error/),
    );
    await one.namespace.ip(`link set ${INTERFACE} down`);
    assert.throws(() => capture(one), expectSystemError("ENETDOWN", /eth0: ENETDOWN; the interface is down/));
  },
);

rootTest("openCapture() says what to install when libpcap is missing", () => {
  assert.throws(
    () => openCapture(OPTIONS, ["libpcap-of-no-system.so.9"]),
    expectSystemError("ENOENT", /install libpcap \(Debian: apt-get install libpcap0\.8\)$/),
  );
});

cableTest("openCapture() and openPacketSocket() name the capability they lack", async (one) => {
  const script = new URL("./without_net_raw.ts", import.meta.url).pathname;
  const drop = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"];
  const printed = await one.namespace.run([...drop, Deno.execPath(), "run", "--allow-ffi", script]);
  assert.deepEqual(printed.trim().split("\n"), [
    "Cannot open capture on eth0: EPERM; run as root or add CAP_NET_RAW",
    "Cannot open packet socket on eth0: EPERM; run as root or add CAP_NET_RAW",
  ]);
});

cableTest("openCapture() says so when descriptors run out, whichever of its own it is", async (one) => {
  const script = new URL("./short_of_files.ts", import.meta.url).pathname;
  const command = [Deno.execPath(), "run", "--allow-ffi", "--allow-read=/dev/null", script];
  const printed = await one.namespace.run(["prlimit", "--nofile=64", ...command]);
  const said = printed.trim().split("\n");
  assert.equal(said.pop(), "Opened");
  assert.deepEqual(
    new Set(said),
    new Set(["Cannot open capture on eth0: EMFILE; raise the limit of open files (ulimit -n)"]),
  );
  assert.ok(said.length >= 2, "libpcap itself was never short of one");
});

cableTest("PacketSocket gives frames of its EtherType alone, and not what this host sends", (one, other) => {
  using sender = packetSocket(one, EXPERIMENT);
  using receiver = packetSocket(other, EXPERIMENT);
  using neighbour = packetSocket(one, EXPERIMENT);
  for (const frame of [OTHER_TYPE, WANTED, FILTERED]) sender.inject(frame);
  assert.deepEqual(awaitNext(receiver, () => receiver.next()), WANTED);
  assert.deepEqual(awaitNext(receiver, () => receiver.next()), FILTERED);
  assert.equal(receiver.next(), null);
  assert.equal(isReady(neighbour, undefined, 50), false);
});

cableTest(
  "PacketSocket throws ENETDOWN when its interface goes down, and ENODEV for a missing one",
  async (one) => {
    using socket = packetSocket(one, EXPERIMENT);
    await one.namespace.ip(`link set ${INTERFACE} down`);
    assert(isReady(socket));
    assert.throws(
      () => socket.next(),
      expectSystemError("ENETDOWN", /^Cannot receive from packet socket on eth0: ENETDOWN; /),
    );
    assert.equal(socket.next(), null);
    assert.throws(
      () => openPacketSocket({ interface: "nope0", ethertype: EXPERIMENT, snapshotOctets: 64 }),
      expectSystemError("ENODEV", /^Cannot open packet socket on nope0: ENODEV; /),
    );
  },
);

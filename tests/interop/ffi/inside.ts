/**
 * Two network namespaces joined by a cable, and handles opened inside either one by the test's own thread.
 *
 * Source: setns(2): it moves the calling thread alone, and a socket stays in the namespace it was opened in. So one test
 * holds both ends of the cable and asserts on both.
 * Shape: `cableTest` and `pairTest` register a test that gets a fresh pair of its own; it is skipped, and its name says why,
 * where the machine lacks something.
 *
 * @module
 */
import { check, lastErrno } from "../../../ffi/errno.ts";
import { encodeCString } from "../../../ffi/layout.ts";
import { dumpRoutes, openRouteMonitor } from "../../../ffi/netlink.ts";
import { pcapLibrary } from "../../../ffi/pcap_library.ts";
import { Poller, POLLIN } from "../../../ffi/poller.ts";
import { interfaceIndex } from "../../../ffi/socket.ts";
import { Namespace } from "../../lab/namespace.ts";
import { missing } from "../../needs.ts";

const libc = Deno.dlopen("libc.so.6", {
  // int setns(int fd, int nstype)
  setns: { parameters: ["i32", "i32"], result: "i32" },
  // int open(const char *path, int flags)
  open: { parameters: ["buffer", "i32"], result: "i32" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
}).symbols;

const CLONE_NEWNET = 0x40000000;
const O_CLOEXEC = 0x80000;

const lacking = await missing(["lab", "namespaces"]);

// Libraries stay open for the life of the program: opened here, they are no leak of the first test that uses them.
if (lacking.length === 0) {
  lastErrno();
  pcapLibrary();
}

/** One end of the cable: interface eth0 in a namespace of its own. */
export interface End {
  readonly namespace: Namespace;
  readonly index: number;
  /** Does something in the end's namespace; what is opened there stays there. */
  inside<Result>(open: () => Result): Result;
}

/** The name of the interface at both ends. */
export const INTERFACE = "eth0";

/** Registers a test; skipped with the reason in its name where the machine lacks something. */
export function rootTest(name: string, fn: () => Promise<void> | void): void {
  const ignore = lacking.length > 0;
  Deno.test({
    name: ignore ? `${name} (skipped: needs ${lacking.join(", ")})` : name,
    ignore,
    sanitizeOps: true,
    sanitizeResources: true,
    sanitizeExit: true,
    fn,
  });
}

/** Registers a test over a new cable that carries frames; IPv6 may not be ready on it yet. */
export function cableTest(name: string, fn: (one: End, other: End) => Promise<void> | void): void {
  rootTest(name, async () => {
    const tag = crypto.randomUUID().slice(0, 8);
    const [a, b] = await Namespace.create(`ing-ffi-${tag}-a`, `ing-ffi-${tag}-b`);
    await using one = a!;
    await using other = b!;
    // Ends with different indexes: of a cable with equal ones, in two namespaces, the kernel takes a second to notice
    // that it carries, for it takes each end for a link that depends on no other.
    await Namespace.connect({ namespace: one, interface: INTERFACE, index: 8 }, {
      namespace: other,
      interface: INTERFACE,
      index: 9,
    });
    await Promise.all([bringUp(one, 1), bringUp(other, 2)]);
    const ends = [endOf(one), endOf(other)] as const;
    ends.forEach(awaitRunning);
    await fn(...ends);
  });
}

/** Registers a test over a new cable with 10.9.0.1/24 and fd09::1/64 at one end, .2 and ::2 at the other, all working. */
export function pairTest(name: string, fn: (one: End, other: End) => Promise<void> | void): void {
  cableTest(name, async (...ends) => {
    ends.forEach(awaitSettled);
    await fn(...ends);
  });
}

async function bringUp(namespace: Namespace, host: number): Promise<void> {
  // No duplicate address detection: an address works as soon as the cable does.
  await namespace.sysctl({ [`net/ipv6/conf/${INTERFACE}/accept_dad`]: 0 });
  await namespace.ip(
    `addr add 10.9.0.${host}/24 dev ${INTERFACE}`,
    `addr add fd09::${host}/64 dev ${INTERFACE} nodad`,
    `link set ${INTERFACE} up`,
  );
}

function endOf(namespace: Namespace): End {
  const inside = <Result>(open: () => Result): Result => inNamespace(namespace.name, open);
  return { namespace, inside, index: inside(() => interfaceIndex(INTERFACE, "find the cable")) };
}

/** Blocks until the cable carries packets: the kernel lets none out before it has noticed that the other end is up. */
function awaitRunning(end: End): void {
  awaitRoutes(end, ({ links }) => links.some((link) => link.index === end.index && link.running));
}

/** Blocks until every address works, the link-local one included. */
function awaitSettled(end: End): void {
  awaitRoutes(end, ({ addresses }) => {
    const ours = addresses.filter((address) => address.index === end.index);
    return ours.length === 3 && ours.every((address) => !address.tentative);
  });
}

function awaitRoutes(end: End, isReached: (routes: ReturnType<typeof dumpRoutes>) => boolean): void {
  using monitor = end.inside(openRouteMonitor);
  while (!isReached(end.inside(dumpRoutes))) {
    if (awaitNext(monitor, () => monitor.next()) === null) throw new Error("The cable does not come up");
  }
}

/** Does something in a namespace; what is opened there stays there. */
export function inNamespace<Result>(name: string, open: () => Result): Result {
  const home = openPath("/proc/thread-self/ns/net");
  const there = openPath(`/run/netns/${name}`);
  try {
    check(libc.setns(there, CLONE_NEWNET), `enter ${name}`);
    return open();
  } finally {
    check(libc.setns(home, CLONE_NEWNET), "come home");
    libc.close(there);
    libc.close(home);
  }
}

function openPath(path: string): number {
  return check(libc.open(encodeCString(path), O_CLOEXEC), `open ${path}`);
}

/** Blocks until the descriptor is ready; false after `timeoutMs`. */
export function isReady(handle: { readonly fd: number }, events: number = POLLIN, timeoutMs = 2000): boolean {
  const poller = new Poller<null>();
  poller.watch(handle.fd, events, null);
  return poller.wait(timeoutMs) === 1;
}

/** Asks `next` again as often as the handle gets ready, until it gives something; null after `timeoutMs`. */
export function awaitNext<Item>(
  handle: { readonly fd: number },
  next: () => Item | null,
  timeoutMs = 2000,
): Item | null {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const item = next();
    if (item !== null) return item;
    const remainingMs = endsAt - performance.now();
    if (remainingMs <= 0 || !isReady(handle, POLLIN, remainingMs)) return null;
  }
}

/** An Ethernet frame to everybody, from a locally administered address. */
export function broadcastFrame(ethertype: number, payload: readonly number[]): Uint8Array {
  const header = [...Array(6).fill(0xff), 2, 0, 0, 0, 0, 9, ethertype >> 8, ethertype & 0xff];
  const frame = new Uint8Array(60);
  frame.set([...header, ...payload]);
  return frame;
}

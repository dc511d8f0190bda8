/**
 * The network thread as its owner sees it: a crash ends in a new thread that is told everything, and an end leaves
 * nothing open.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { NetworkCounters, Report } from "../../agent/network/messages.ts";
import { NetworkThread, type NetworkThreadOptions } from "../../agent/network/port.ts";
import type { Desired } from "../../agent/plan/desired.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import { Recording } from "../lab/program/recording.ts";
import { until } from "../stage/until.ts";
import { type End, INTERFACE, pairTest, rootTest } from "./ffi/inside.ts";

const NETWORK = { nodeName: "n1", excludeInterfaces: null, gratuitousPerSecond: 2000, shutdownWaitMs: 0 };
const A = "10.9.0.200" as Ip;
const B = "fd09::200" as Ip;
const C = "10.9.0.201" as Ip;

function desired(...ips: readonly Ip[]): Desired {
  const layer2 = new Map(ips.map((ip) => [ip, { ip, interfaces: null, refreshMs: null, services: [] }]));
  return { layer2, bgp: new Map() };
}

const DYING = new URL("dying_thread.ts", import.meta.url);

/** A thread and all it reported; `crashes` counts its deaths by the pause after each. */
function start(options: Partial<NetworkThreadOptions> = {}): {
  readonly thread: NetworkThread;
  readonly reports: Recording<Report>;
  readonly crashes: { readonly message: string; readonly pauseMs: number }[];
} {
  const reports = new Recording<Report>();
  const crashes: { message: string; pauseMs: number }[] = [];
  const thread = new NetworkThread({
    network: NETWORK,
    onReport: (report) => reports.push(report),
    onCrash: (message, pauseMs) => crashes.push({ message, pauseMs }),
    onStuck: () => assert.fail("The thread is stuck"),
    ...options,
  });
  return { thread, reports, crashes };
}

rootTest("a thread that crashes is started again and told all that is wanted, later each time", async () => {
  const { thread, reports, crashes } = start({ module: DYING });
  await using _ = thread;
  const told = (...set: readonly Ip[]) =>
    reports.waitFor(
      `the thread to be told ${set}`,
      (report) => report.type === "Log" && JSON.stringify(report.fields.set) === JSON.stringify(set),
    );
  thread.announce(desired(A));
  await told(A);
  thread.announce(desired(A, B));
  await told(A, B);
  assert.equal(crashes.length, 1);
  assert.match(crashes[0]!.message, /Told too much/);
  thread.announce(desired(B, C));
  await told(B, C);
  assert.deepEqual(crashes.map(({ pauseMs }) => pauseMs), [100, 200]);
});

rootTest("a thread that crashes on its way out is not started again", async () => {
  const { thread, reports, crashes } = start({ module: DYING });
  thread.announce(desired(A));
  await reports.waitFor("the thread to be told", ({ type }) => type === "Log");
  thread.announce(desired(A, B));
  await thread[Symbol.asyncDispose]();
  // A start that was still to come would be this test's leak.
  assert.equal(crashes.length, 1);
});

rootTest("a thread that says nothing when it is asked for a sign of life is stuck", async () => {
  const { promise: stuck, resolve } = Promise.withResolvers<void>();
  const { thread } = start({ module: DYING, watchEveryMs: 20, onStuck: resolve });
  await using _ = thread;
  await stuck;
  assert.ok(!thread.isAnswering);
});

/** Runs the real thread at one end of the cable. */
function startInside(end: End, options?: Partial<NetworkThreadOptions>): ReturnType<typeof start> {
  // A Worker's thread is made by this one and begins in its namespace.
  return end.inside(() => start(options));
}

pairTest("a thread that works gives a sign of life each time", async (one) => {
  const { thread, reports } = startInside(one, { watchEveryMs: 50, onStuck: () => {} });
  await using _ = thread;
  for (let round = 0; round < 2; round++) {
    await reports.waitFor("a sign of life", ({ type }) => type === "Alive", { from: reports.all.length });
  }
});

async function countersOf(thread: NetworkThread, reports: Recording<Report>): Promise<NetworkCounters> {
  const from = reports.all.length;
  thread.count();
  const report = await reports.waitFor("the counters", ({ type }) => type === "Counters", { from });
  assert.ok(report.type === "Counters");
  return report.counters;
}

/** The sockets, captures and event descriptors of this process. */
function descriptors(): string[] {
  const targets: string[] = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      targets.push(Deno.readLinkSync(`/proc/self/fd/${name}`));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // The one this listing used.
    }
  }
  return targets.sort();
}

/** Waits until this process has no more descriptors than it had: a thread's own take a moment to go. */
async function waitForNoMoreThan(before: readonly string[]): Promise<void> {
  await until(
    `${before.length} descriptors`,
    () => descriptors().length <= before.length ? true : null,
  ).catch((error) => {
    const after = descriptors();
    throw new Error(`${error.message}, there are ${after.length}: ${after.join(" ")}`);
  });
}

/** Whether the other end's kernel gets an answer for the address. */
async function resolves(end: End, ip: Ip): Promise<boolean> {
  const [entry] = await end.namespace.query(`neigh show ${ip} dev ${INTERFACE}`) as {
    lladdr?: string;
    state: string[];
  }[];
  return entry?.lladdr !== undefined && !entry.state.includes("FAILED");
}

async function ask(end: End, ip: Ip): Promise<void> {
  await end.namespace.run(["bash", "-c", `echo > /dev/udp/${ip}/9`]);
}

pairTest("the thread answers, counts, and closes every descriptor when it is stopped", async (one, other) => {
  const before = descriptors();
  {
    const { thread, reports, crashes } = startInside(one);
    await using _ = thread;
    const { interfaces } = await reports.waitFor(
      "the interfaces",
      (report): report is Extract<Report, { type: "Interfaces" }> => report.type === "Interfaces",
    );
    assert.partialDeepStrictEqual(interfaces.find(({ name }) => name === INTERFACE), {
      arp: true,
      ndp: true,
    });
    thread.announce(desired(A, B));
    await until("both to be announced", async () => {
      const { gratuitousSent } = await countersOf(thread, reports);
      return [A, B].every((ip) => (gratuitousSent[ip] ?? 0) >= 1) ? true : null;
    });
    for (const ip of [A, B]) {
      await ask(other, ip);
      await until(`${ip} to be resolved`, async () => await resolves(other, ip) ? true : null);
    }
    // An announcement that came before the answer would resolve the address as well.
    const counters = await until("both to be asked for", async () => {
      const counters = await countersOf(thread, reports);
      return [A, B].every((ip) => (counters.requestsReceived[ip] ?? 0) >= 1) ? counters : null;
    });
    for (const ip of [A, B]) assert.equal(counters.responsesSent[ip], counters.requestsReceived[ip]);
    assert.ok(descriptors().length > before.length);
    assert.deepEqual(crashes, []);
    await thread[Symbol.asyncDispose]();
    assert.ok(reports.all.some(({ type }) => type === "Stopped"), "it stopped of its own");
  }
  await waitForNoMoreThan(before);
});

pairTest("a hundred starts and stops leave no descriptor", async (one) => {
  // The first start may leave what the runtime keeps for all threads.
  for (let i = 0; i < 2; i++) await startAndStop(one);
  const before = descriptors();
  for (let i = 0; i < 100; i++) await startAndStop(one);
  await waitForNoMoreThan(before);
});

async function startAndStop(end: End): Promise<void> {
  const { thread, reports } = startInside(end);
  await using _ = thread;
  thread.announce(desired(A, B));
  await reports.waitFor("the thread to open", ({ type }) => type === "Opened");
}

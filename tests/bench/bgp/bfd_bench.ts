/**
 * How soon a cut link is noticed by BFD at either end: Ingot beside FRR, and BIRD beside FRR.
 *
 * Source: RFC 5880 section 6.8.4: the detection time runs from the last packet that came in, here the last one seen on the
 * interface; it is the multiplier times the interval agreed.
 * Shape: the same switch port is taken off its bridge again and again, and put back once both ends have noticed. Ingot says
 * in its log when a session is down; routers are believed when their kernel has lost the other's route.
 *
 * @module
 */
import { Lab } from "../../lab/lab.ts";
import { bfdProfile, bgpPeer } from "../../lab/manifests.ts";
import type { Host, LabNode } from "../../lab/network/host.ts";
import { Bird } from "../../lab/routers/bird.ts";
import { Frr } from "../../lab/routers/frr.ts";
import { kernelNextHops } from "../../lab/routers/kernel_route.ts";
import type { BfdIntervals } from "../../lab/routers/router.ts";
import { until } from "../../stage/until.ts";
import { formatTable, quantile } from "../figures.ts";
import { rawNow } from "../setup/raw_clock.ts";
import { announcedService, roleCommand } from "../setup/role.ts";
import { openBgpManifests, OWN_ASN, ROUTER_ASN } from "./announcers.ts";
import { hear } from "./observer.ts";
import { addressOf } from "./prefixes.ts";

const CASES: readonly (BfdIntervals & { readonly cuts: number })[] = [
  { intervalMs: 50, multiplier: 3, cuts: 15 },
  { intervalMs: 300, multiplier: 3, cuts: 8 },
];
const PATIENCE_MS = 20_000;
/** The route of the node, and the router's. */
const [NODE_ADDRESS, ROUTER_ADDRESS] = [addressOf(0), addressOf(1)];

/** The far end of FRR's session, on the node. */
interface Subject {
  readonly label: string;
  start(lab: Lab, node: LabNode, frr: Frr, intervals: BfdIntervals): Promise<Running>;
}

interface Running extends AsyncDisposable {
  /** Whether it has FRR's route in its kernel. */
  readonly forwards: boolean;
  /** When it said that the session is down, since the given instant; null where its kernel tells. */
  downSince(at: number): Promise<number> | null;
}

/** Nanoseconds from the last packet heard to the loss noticed, at the node and at FRR. */
interface Cut {
  readonly nodeMs: number;
  readonly frrMs: number;
}

/** Every case with both subjects. */
export async function benchBfd(command: readonly string[]): Promise<string> {
  const blocks: string[] = [];
  for (const { cuts, ...intervals } of CASES) {
    const rows: string[][] = [];
    for (const subject of [BIRD, ingot(command)]) {
      const all = await cutAgain(subject, intervals, cuts);
      const dueMs = intervals.intervalMs * intervals.multiplier;
      rows.push(row(`${subject.label} notices FRR's silence`, all.map(({ nodeMs }) => nodeMs), dueMs));
      rows.push(row(`FRR notices ${subject.label}'s silence`, all.map(({ frrMs }) => frrMs), dueMs));
    }
    const { intervalMs, multiplier } = intervals;
    blocks.push(
      `  ${multiplier} x ${intervalMs} ms, link cut ${cuts} times; from the last packet heard, due after ${
        intervalMs * multiplier
      } ms; routers until their kernel has lost the route\n` +
        formatTable(["", "least ms", "p50 ms", "most ms", "p50 late ms", "cuts"], rows),
    );
  }
  return blocks.join("\n\n");
}

async function cutAgain(subject: Subject, intervals: BfdIntervals, cuts: number): Promise<Cut[]> {
  await using lab = await Lab.open({ nodes: 1 });
  const [node, router] = [lab.nodes[0]!, await lab.addClient("frr")];
  await using frr = await Frr.start(lab, router, {
    asn: ROUTER_ASN,
    networks: [`${ROUTER_ADDRESS}/32`],
    neighbours: [{ peer: { address: node.ipv4 }, asn: OWN_ASN, families: ["ipv4"], bfd: intervals }],
  });
  await using running = await subject.start(lab, node, frr, intervals);
  const all: Cut[] = [];
  for (let i = 0; i < cuts; i++) {
    await settled(node, frr, running, intervals);
    all.push(await cutOnce(lab, node, frr, running, intervals));
    await lab.mend(node);
  }
  return all;
}

async function cutOnce(
  lab: Lab,
  node: LabNode,
  frr: Frr,
  running: Running,
  intervals: BfdIntervals,
): Promise<Cut> {
  await using atNode = await hear(node, frr.host);
  await using atRouter = await hear(frr.host, node);
  // Some packets are heard, and the cut falls anywhere between two of them.
  const pauseMs = intervals.intervalMs * (2 + Math.random());
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  const start = rawNow();
  await lab.cut(node, "port");
  const said = await running.downSince(start);
  await untilForwarded(false, frr.host, NODE_ADDRESS);
  if (running.forwards) await untilForwarded(false, node, ROUTER_ADDRESS);
  atNode.program.signal("SIGTERM");
  atRouter.program.signal("SIGTERM");
  const [near, far] = [await atNode.result, await atRouter.result];
  return {
    nodeMs: ((said ?? near.lost ?? NaN) - (near.heard ?? NaN)) / 1e6,
    frrMs: ((far.lost ?? NaN) - (far.heard ?? NaN)) / 1e6,
  };
}

/** Waits until BFD runs at its agreed pace and both ends have the other's route, as far as they want it. */
async function settled(
  node: LabNode,
  frr: Frr,
  running: Running,
  { intervalMs }: BfdIntervals,
): Promise<void> {
  await until("BFD to be up", async () => {
    const session = await frr.bfd(node.ipv4);
    return session?.state === "Up" && session.transmitIntervalMs === intervalMs ? true : null;
  }, PATIENCE_MS);
  await untilForwarded(true, frr.host, NODE_ADDRESS);
  if (running.forwards) await untilForwarded(true, node, ROUTER_ADDRESS);
  // Both ends have said all they had to say.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
}

async function untilForwarded(wanted: boolean, { name, namespace }: Host, address: string): Promise<void> {
  await until(`the kernel of ${name} ${wanted ? "to have" : "to have lost"} ${address}`, async () => {
    const hops = await kernelNextHops(namespace, `${address}/32`);
    return hops.length > 0 === wanted ? true : null;
  }, PATIENCE_MS);
}

const BIRD: Subject = {
  label: "BIRD",
  async start(lab, node, { host }, intervals) {
    const bird = await Bird.start(lab, node, {
      asn: OWN_ASN,
      networks: [`${NODE_ADDRESS}/32`],
      neighbours: [{ peer: { address: host.ipv4 }, asn: ROUTER_ASN, families: ["ipv4"], bfd: intervals }],
    });
    return {
      forwards: true,
      downSince: () => null,
      [Symbol.asyncDispose]: () => bird[Symbol.asyncDispose](),
    };
  },
};

function ingot(command: readonly string[]): Subject {
  return {
    label: "Ingot",
    async start(lab, node, { host }, { intervalMs, multiplier }) {
      const manifests = await openBgpManifests(lab.folder, null);
      await manifests.write(
        "session",
        bfdProfile("fast", {
          receiveInterval: intervalMs,
          transmitInterval: intervalMs,
          detectMultiplier: multiplier,
        }),
        bgpPeer("router", {
          myASN: OWN_ASN,
          peerASN: ROUTER_ASN,
          peerAddress: host.ipv4,
          bfdProfile: "fast",
          connectTime: "1s",
        }),
        ...announcedService("web", [NODE_ADDRESS]),
      );
      const downs: number[] = [];
      const argv = roleCommand(command, "speaker", manifests, "warn");
      const program = node.namespace.spawn(argv, {
        onLine: (line) => {
          if (line.includes("BFD session down")) downs.push(rawNow());
        },
      });
      return {
        forwards: false,
        downSince: (start) =>
          until("Ingot to notice", () => downs.find((at) => at > start) ?? null, PATIENCE_MS),
        [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
      };
    },
  };
}

function row(label: string, ms: readonly number[], dueMs: number): string[] {
  const came = ms.filter((one) => !Number.isNaN(one));
  const figures = [0, 0.5, 1].map((part) => quantile(came, part).toFixed(1));
  return [label, ...figures, (quantile(came, 0.5) - dueMs).toFixed(1), `${came.length}`];
}

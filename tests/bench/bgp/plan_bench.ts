/**
 * What one changed Service among ten thousand costs the plan: from a new snapshot to the commands for the network thread.
 *
 * Source of the reference: the least a pass can do that is told of no change: it looks at every Service for another object.
 * Shape: run by itself it prints the table; {@linkcode benchPlan} does so in a program of its own, under the flags the
 * executable runs with. Two peers, one advertisement, one route a Service.
 *
 * @module
 */
import {
  bgpObject,
  configOf,
  nodeObject,
  peerObject,
  poolObject,
} from "../../../agent/config/config_fixture.ts";
import { bgpCommands } from "../../../agent/network/bgp_commands.ts";
import type { Command } from "../../../agent/network/messages.ts";
import { diffBgp } from "../../../agent/plan/bgp/diff.ts";
import type { Desired } from "../../../agent/plan/desired.ts";
import { diffDesired } from "../../../agent/plan/diff.ts";
import { NodePlan } from "../../../agent/plan/node_plan.ts";
import type { Snapshot } from "../../../agent/snapshot.ts";
import { V8_FLAGS } from "../../../deploy/bundle.ts";
import type { Service } from "../../../k8s/types/core.ts";
import { VersionedMap } from "../../../k8s/versioned_map.ts";
import { run } from "../../lab/program/command.ts";
import { node, service, slice, snapshot } from "../../parity/sketch.ts";
import { formatRatio, formatTable, quantile } from "../figures.ts";
import { addressOf, POOL } from "./prefixes.ts";

const SELF = decodeURIComponent(new URL(import.meta.url).pathname);
const SERVICES = 10_000;
const CHANGES = 300;
/** Before V8 has optimised anything. */
const WARM_UP = 100;
const FRESH_PLANS = 5;
const NODE = "n1";
const NOTHING: Desired = { layer2: new Map(), bgp: new Map() };
const TARGET = "target: one changed Service at p50 <= 1 ms";
const CONFIG = configOf({
  nodes: [nodeObject(NODE)],
  pools: [poolObject("bench", [POOL])],
  bgpAdvertisements: [bgpObject("bench")],
  bgpPeers: [peerObject("a"), peerObject("b", { peerAddress: "10.0.0.2" })],
});

/** The table. */
export async function benchPlan(): Promise<string> {
  return (await run([Deno.execPath(), "run", "--frozen", "-A", `--v8-flags=${V8_FLAGS}`, SELF])).trimEnd();
}

/** A speaker's pass, as far as it plans. */
class Planner {
  readonly #plan = new NodePlan(NODE, { loadBalancerClass: null, ignoreExcludeLb: false });
  #told = NOTHING;

  pass(objects: Snapshot): readonly Command[] {
    const input = { snapshot: objects, config: CONFIG, live: null, localInterfaces: null };
    const { desired } = this.#plan.plan(input);
    const layer2 = diffDesired(this.#told, desired);
    const commands = bgpCommands(diffBgp(this.#told.bgp, desired.bgp));
    this.#told = desired;
    if (layer2.set.length + layer2.remove.length > 0) {
      throw new Error("Nothing was to be announced by layer 2");
    }
    return commands;
  }
}

/** Each change is one route more; what the cluster's side does to get the new snapshot is not in it. */
async function measureChanges(all: readonly Service[], first: Snapshot): Promise<[number[], number[]]> {
  const planner = new Planner();
  planner.pass(first);
  const [planning, walking]: [number[], number[]] = [[], []];
  let services = VersionedMap.of(first.services);
  const seen = new Map(first.services);
  for (let i = 0; i < CHANGES; i++) {
    const more = all[SERVICES + i]!;
    const key = `default/${more.metadata.name}`;
    services = services.with([[key, more]]);
    const started = performance.now();
    const commands = planner.pass({ ...first, services });
    const planned = performance.now();
    const changed = countChanged(seen, services);
    const walked = performance.now();
    if (commands.length !== 1 || changed !== 1) throw new Error("One route was to change");
    seen.set(key, more);
    planning.push(planned - started);
    walking.push(walked - planned);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return [planning.slice(WARM_UP), walking.slice(WARM_UP)];
}

function measureFresh(first: Snapshot): number[] {
  return Array.from({ length: FRESH_PLANS }, () => {
    const planner = new Planner();
    const started = performance.now();
    planner.pass(first);
    return performance.now() - started;
  });
}

function countChanged(before: Snapshot["services"], after: Snapshot["services"]): number {
  let count = 0;
  for (const [key, object] of after) if (before.get(key) !== object) count++;
  return count;
}

async function table(): Promise<string> {
  const all = Array.from(
    { length: SERVICES + CHANGES },
    (_, i) => service({ name: `s${i}`, ips: [addressOf(i)] }),
  );
  const slices = all.map((one) => slice(one.metadata.name, [NODE, true]));
  const first = snapshot({ services: all.slice(0, SERVICES), slices, nodes: [node(NODE)] });
  const [planning, walking] = await measureChanges(all, first);
  const row = (label: string, ms: readonly number[]) => [
    label,
    quantile(ms, 0.5).toFixed(2),
    formatRatio(quantile(ms, 0.5), quantile(walking, 0.5)),
    quantile(ms, 0.99).toFixed(2),
    `${ms.length}`,
  ];
  return `  ${SERVICES.toLocaleString("en-US")} Services, one route each to two peers; ${TARGET}\n` +
    formatTable(["", "p50 ms", "of ref.", "p99 ms", "passes"], [
      row("every Service looked at (reference)", walking),
      row("one Service more", planning),
      row("everything, from nothing", measureFresh(first)),
    ]);
}

if (import.meta.main) console.log(await table());

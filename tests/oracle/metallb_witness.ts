/**
 * What MetalLB decides: a story played to its controller and speakers, and what they made of each step once they were done.
 *
 * Source: MetalLB's log, where every reconciler says "start reconcile" and "end reconcile" with the key it works on.
 * Shape: after a step everybody it concerns must have begun to work on it, nobody may still be working, and nothing may have
 * happened for a while; only then is it read what came of it.
 * Not here: MetalLB's programs (lab/apiserver/metallb.ts), the objects (api_cluster.ts).
 *
 * @module
 */
import type { MetalLb } from "../lab/apiserver/metallb.ts";
import type { MetalLbLine, MetalLbProgram } from "../lab/apiserver/metallb_program.ts";
import type { LabNode } from "../lab/network/host.ts";
import type { ApiCluster, Change } from "./api_cluster.ts";
import { manifestOf } from "./manifest.ts";
import type { Scene, Step, Story, Verdicts } from "./step.ts";

const LOOK_EVERY_MS = 10;
/** LIMIT: a busy machine; a retry with backoff. */
const SETTLED_WITHIN_MS = 60_000;
/** How long nothing must happen after all objects of a story are gone. */
const CLEARED_QUIET_MS = 400;

/** The reconciler of a program that looks at a key: "ServiceReconciler red/s1". */
type Work = string;

/** One program's reconcilers, followed by its log. */
class Workers {
  readonly #program: MetalLbProgram;
  readonly #underWay = new Map<Work, number>();
  /** What was begun since {@linkcode mark}. */
  readonly #begun = new Set<Work>();
  #next = 0;

  constructor(program: MetalLbProgram) {
    this.#program = program;
  }

  get isBusy(): boolean {
    return this.#underWay.size > 0;
  }

  mark(): void {
    this.follow();
    this.#begun.clear();
  }

  lacks(work: Work): boolean {
    return !this.#begun.has(work);
  }

  /** Reads on in the log; true when there was work in it. */
  follow(): boolean {
    const { all } = this.#program.log;
    let worked = false;
    for (; this.#next < all.length; this.#next++) worked = this.#note(all[this.#next]!) || worked;
    return worked;
  }

  #note(line: MetalLbLine): boolean {
    const { controller, "start reconcile": start, "end reconcile": end } = line;
    const key = start ?? end;
    if (key === undefined) return false;
    const work = `${controller} ${key}`;
    const count = (this.#underWay.get(work) ?? 0) + (start === undefined ? -1 : 1);
    if (count === 0) this.#underWay.delete(work);
    else this.#underWay.set(work, count);
    if (start !== undefined) this.#begun.add(work);
    return true;
  }
}

/** See the module comment. */
export class MetalLbWitness {
  readonly #cluster: ApiCluster;
  readonly #controller: Workers;
  readonly #speakers: readonly Workers[];
  readonly #quietMs: number;

  private constructor(
    cluster: ApiCluster,
    controller: Workers,
    speakers: readonly Workers[],
    quietMs: number,
  ) {
    this.#cluster = cluster;
    this.#controller = controller;
    this.#speakers = speakers;
    this.#quietMs = quietMs;
  }

  /** Starts MetalLB on these nodes. */
  static async open(
    metallb: MetalLb,
    cluster: ApiCluster,
    nodes: readonly LabNode[],
    quietMs: number,
  ): Promise<MetalLbWitness> {
    const controller = new Workers(await metallb.controller());
    const speakers: Workers[] = [];
    for (const node of nodes) speakers.push(new Workers(await metallb.speaker(node)));
    const witness = new MetalLbWitness(cluster, controller, speakers, quietMs);
    await cluster.prepare();
    for (const one of speakers) {
      await witness.#until(() => !one.lacks("ConfigReconciler /n1"), CLEARED_QUIET_MS);
    }
    return witness;
  }

  /** Plays a story to MetalLB, from a cluster without any of its objects to one without them. */
  async hear(seed: number, steps: readonly Step[]): Promise<Story> {
    const scenes: Scene[] = [];
    const firstOther = steps.findIndex(({ kind }) => kind !== "Node" && kind !== "Namespace");
    for (const [index, step] of steps.entries()) {
      for (const one of this.#all) one.mark();
      const change = await this.#cluster.apply(step);
      // The labels that a story begins with matter to nobody yet: the last of them is waited for.
      const verdicts = index < firstOther - 1 ? new Map() : await this.#settled(step, change);
      scenes.push({ step, verdicts });
    }
    await this.clear();
    return { seed, scenes };
  }

  /** Takes away what a story has left, and waits until MetalLB has forgotten it. */
  async clear(): Promise<void> {
    await this.#cluster.clear();
    await this.#until(() => true, CLEARED_QUIET_MS);
    const left = await this.#cluster.verdicts();
    if (left.size > 0) throw new Error(`MetalLB still says ${JSON.stringify([...left])}`);
  }

  get #all(): readonly Workers[] {
    return [this.#controller, ...this.#speakers];
  }

  async #settled(step: Step, change: Change): Promise<Verdicts> {
    const { controller, speakers } = workAfter(step, change);
    const isNoticed = (): boolean =>
      controller.every((work) => !this.#controller.lacks(work)) &&
      this.#speakers.every((speaker) => speakers.every((work) => !speaker.lacks(work)));
    for (;;) {
      await this.#until(isNoticed, this.#quietMs, () => `${step.kind} ${step.key}`);
      const verdicts = await this.#cluster.verdicts();
      if (this.#all.some((one) => one.follow()) || await this.#isRetrying()) continue;
      return verdicts;
    }
  }

  /** A speaker turns a configuration down as long as it announces an address that is not in it, and tries again by itself. */
  async #isRetrying(): Promise<boolean> {
    const path = "/apis/metallb.io/v1beta1/configurationstates";
    const states = await this.#cluster.client.get<unknown>(path);
    return JSON.stringify(states).includes("sync state error");
  }

  /** Waits until it holds, nobody is working and nothing has happened for so long. */
  async #until(holds: () => boolean, quietMs: number, what: () => string = () => "rest"): Promise<void> {
    const begun = performance.now();
    for (let quietSince = begun;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      const now = performance.now();
      if (this.#all.map((one) => one.follow() || one.isBusy).includes(true)) quietSince = now;
      if (holds() && now - quietSince >= quietMs) return;
      if (now - begun > SETTLED_WITHIN_MS) throw new Error(`Waited in vain for MetalLB after ${what()}`);
    }
  }
}

/** Who has to look at what after a step. */
function workAfter(step: Step, change: Change): { readonly controller: Work[]; readonly speakers: Work[] } {
  const { metadata: { name, namespace } } = manifestOf({ ...step, body: null });
  const key = `${namespace ?? ""}/${name}`;
  const isChanged = change.labels || change.spec;
  const when = (holds: boolean, ...work: Work[]): Work[] => holds ? work : [];
  switch (step.kind) {
    case "Service": {
      const work = when(isChanged, `ServiceReconciler ${key}`);
      return { controller: work, speakers: work };
    }
    case "EndpointSlice":
      return { controller: [], speakers: when(isChanged, `ServiceReconciler ${key}`) };
    case "IPAddressPool":
      return {
        controller: when(change.spec, `PoolReconciler ${key}`),
        speakers: when(isChanged, `ConfigReconciler ${key}`),
      };
    case "Namespace":
      return {
        controller: when(change.labels, `PoolReconciler ${key}`),
        speakers: when(change.labels, `ConfigReconciler ${key}`),
      };
    case "Node":
      return {
        controller: [],
        speakers: [
          ...when(change.labels, `ConfigReconciler ${key}`),
          ...when(change.status, `NodeReconciler ${key}`),
        ],
      };
    default:
      return { controller: [], speakers: when(isChanged, `ConfigReconciler ${key}`) };
  }
}

/**
 * A cluster that MetalLB or Ingot runs, one after the other, on the same objects and in the same Pods.
 *
 * Shape: opened with the state of adoption_state.ts and nothing running. {@linkcode Photograph}s of everything that either
 * reads or writes are compared: a revision that differs is an object that somebody wrote.
 * Not here: what is to be seen (adoption_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import goingBack from "../../deploy/manifests/components/going_back/roles.yaml" with { type: "text" };
import { Cluster, SYSTEM } from "../lab/apiserver/cluster.ts";
import { MetalLb } from "../lab/apiserver/metallb.ts";
import type { MetalLbProgram } from "../lab/apiserver/metallb_program.ts";
import { ensurePod } from "../lab/apiserver/pods.ts";
import { type RoleName, shippedRole } from "../lab/apiserver/shipped_roles.ts";
import { Ingot, ingotCommand } from "../lab/ingot.ts";
import { Lab } from "../lab/lab.ts";
import type { LabNode } from "../lab/network/host.ts";
import type { Program } from "../lab/program/program.ts";
import { until } from "../stage/until.ts";
import {
  configuration,
  FOREIGN_ADDRESS,
  LATECOMERS,
  objectsOf,
  type Resident,
  RESIDENTS,
} from "./adoption_state.ts";
import { SHOP } from "./services.ts";

/** What MetalLB's programs may do beyond what Ingot's roles grant. */
const GOING_BACK: readonly unknown[] = parseAllDocuments(goingBack).map((document) => document.toJS());
/** Everything that MetalLB or Ingot reads or writes, but Events and the Lease. */
const RESOURCES = [
  "services",
  "endpointslices",
  "namespaces",
  "nodes",
  "pods",
  "secrets",
  "deployments",
  ...[
    "ipaddresspools",
    "bgppeers",
    "bfdprofiles",
    "bgpadvertisements",
    "l2advertisements",
    "communities",
    "servicel2statuses",
    "servicebgpstatuses",
    "configurationstates",
  ].map((plural) => `${plural}.metallb.io`),
];
/** A busy machine takes this long at worst for all of it. */
const SETTLED_WITHIN_MS = 120_000;

/** As MetalLB's programs are started here: without metrics and, the controller, without webhooks. */
const ARGUMENTS = ["--namespace", SYSTEM, "--health-probe-port", "0", "--port", "0"];
/** Enough to see what is wrong. */
const COMPLAINTS = 8;

/** An object as the API server has it. */
interface Photographed {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] };
    readonly serviceName?: string;
    readonly serviceNamespace?: string;
    readonly node?: string;
    readonly result?: string;
  };
}

interface ServiceEvent {
  readonly reason: string;
  readonly involvedObject: { readonly name: string };
}

/** Every object at an instant. */
export class Photograph {
  readonly objects: ReadonlyMap<string, Photographed>;

  constructor(objects: readonly Photographed[]) {
    this.objects = new Map(objects.map((one) => [titleOf(one), one]));
  }

  of(kind: string): readonly Photographed[] {
    return [...this.objects.values()].filter((one) => one.kind === kind);
  }

  /** Of every Service that has some: "shop/web 10.77.0.200 lan". */
  addresses(): readonly string[] {
    return this.of("Service").flatMap(({ metadata, status }) => {
      const ips = (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip);
      const pool = metadata.annotations?.["metallb.io/ip-allocated-from-pool"] ?? "-";
      return ips.length === 0 ? [] : [`${metadata.namespace}/${metadata.name} ${ips.join()} ${pool}`];
    }).sort();
  }

  /** Of one Service. */
  addressesOf(service: string): readonly string[] {
    const [namespace, name] = service.split("/");
    const { status } = this.objects.get(`Service ${namespace} ${name}`)!;
    return (status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip!);
  }

  /** Which node announces what, by the status objects: "ServiceL2Status shop/web n1". */
  announcements(): readonly string[] {
    return ["ServiceL2Status", "ServiceBGPStatus"].flatMap((kind) => this.of(kind)).map(
      ({ kind, status = {} }) => `${kind} ${status.serviceNamespace}/${status.serviceName} ${status.node}`,
    ).sort();
  }

  /** What another program than the one that wrote it could stumble over. */
  leftovers(): readonly string[] {
    return [...this.objects].flatMap(([title, { metadata }]) => [
      ...(metadata.finalizers ?? []).map((one) => `${title}: finalizer ${one}`),
      ...Object.keys({ ...metadata.annotations, ...metadata.labels }).filter((one) => one.includes("ingot"))
        .map((one) => `${title}: ${one}`),
    ]).concat(this.orphans());
  }

  /** What its next author or the garbage collector has yet to come to. */
  orphans(): readonly string[] {
    return [...this.objects].flatMap(([title, { metadata }]) =>
      (metadata.ownerReferences ?? []).filter(({ kind, name }) => !this.#isThere(kind, name))
        .map(({ kind, name }) => `${title}: owner ${kind} ${name} is gone`)
    );
  }

  #isThere(kind: string, name: string): boolean {
    return this.of(kind).some(({ metadata }) => metadata.name === name);
  }

  /** What controller and speakers say of the configuration. */
  verdicts(): readonly string[] {
    return this.of("ConfigurationState").map(({ metadata, status }) => `${metadata.name} ${status?.result}`)
      .sort();
  }
}

/** Fails when an object came, went or was written between the two, but for those that `except` matches by title. */
export function assertUntouched(before: Photograph, after: Photograph, except: RegExp): void {
  const revisions = ({ objects }: Photograph): readonly string[] =>
    [...objects].filter(([title]) => !except.test(title)).map(([title, { metadata }]) =>
      `${title} ${metadata.resourceVersion}`
    ).sort();
  assert.deepEqual(revisions(after), revisions(before));
}

/** Waits until a speaker tells a router of something, which each of them does. */
async function announcing(speaker: Ingot | MetalLbProgram): Promise<void> {
  if (speaker instanceof Ingot) await speaker.waitForLog("service announced", {}, SETTLED_WITHIN_MS);
  else await speaker.waitForLog({ event: "serviceAnnounced" }, SETTLED_WITHIN_MS);
}

function titleOf({ kind, metadata: { namespace, name } }: Photographed): string {
  return [kind, namespace, name].filter(Boolean).join(" ");
}

/** All processes of one of the two, the controller first, then the nodes' speakers in their order. */
export type Running = readonly (Ingot | MetalLbProgram)[];

/** Ends them all in order. */
export async function stop(running: Running): Promise<void> {
  await Promise.all(running.map((one) => one.stop()));
}

/** The last errors and warnings of each, for whoever waits in vain. */
function complaintsOf(running: Running): string {
  return running.map(({ name, log }) => {
    const lines = log.all.filter(({ level }) => level !== "info" && level !== "debug").slice(-COMPLAINTS);
    return [name, ...lines.map((line) => JSON.stringify(line))].join("\n  ");
  }).join("\n");
}

/** See the module comment. */
export class AdoptionStage implements AsyncDisposable {
  readonly lab: Lab;
  readonly cluster: Cluster;
  readonly #command: readonly string[];
  readonly #stack: AsyncDisposableStack;
  /** The Pods everything runs in now. */
  #generation = 1;
  #running: Running = [];
  #collector: Program | null = null;

  private constructor(lab: Lab, cluster: Cluster, command: readonly string[], stack: AsyncDisposableStack) {
    this.lab = lab;
    this.cluster = cluster;
    this.#command = command;
    this.#stack = stack;
  }

  static async open(): Promise<AdoptionStage> {
    const command = await ingotCommand("executable");
    await using opened = new AsyncDisposableStack();
    const lab = opened.use(await Lab.open({ nodes: 3 }));
    const cluster = opened.use(await Cluster.open(lab));
    await Promise.all(lab.nodes.map((node) => cluster.startKubeProxy(node)));
    await cluster.apply(...configuration());
    const stage = new AdoptionStage(lab, cluster, command, opened.move());
    await stage.create(RESIDENTS);
    return stage;
  }

  /** Creates Services. */
  async create(residents: readonly Resident[]): Promise<void> {
    await this.cluster.apply(...residents.flatMap((one) => objectsOf(one, this.lab.nodes)));
  }

  /** Creates those that get nothing; another load balancer gives one of them something. */
  async createLatecomers(): Promise<void> {
    await this.create(LATECOMERS);
    const status = { loadBalancer: { ingress: [{ ip: FOREIGN_ADDRESS }] } };
    await this.cluster.kubectl([
      ...["patch", "service", "foreign", "-n", SHOP, "--subresource=status", "--type=merge"],
      ...["-p", JSON.stringify({ status })],
    ]);
    await until("the event that there is no address left", async () => {
      const events = await this.cluster.list<ServiceEvent>("events");
      return events.some(({ reason, involvedObject }) =>
        reason === "AllocationFailed" && involvedObject.name === "waits"
      ) || null;
    }, SETTLED_WITHIN_MS);
  }

  async photograph(): Promise<Photograph> {
    const text = await this.cluster.kubectl(["get", RESOURCES.join(), "-A", "-o", "json"]);
    return new Photograph((JSON.parse(text) as { readonly items: Photographed[] }).items);
  }

  /**
   * Waits until a photograph shows these Services with their addresses and their status objects, everybody content, no object
   * whose owner is gone, and these announcements among all.
   */
  settled(
    residents: readonly Resident[],
    announcements: readonly string[] = [],
  ): Promise<Photograph> {
    return until("everything to be settled", async () => {
      const now = await this.photograph();
      const announced = new Set(now.announcements());
      const isAsWanted = now.orphans().length === 0 && announcements.every((one) => announced.has(one));
      return isAsWanted && this.#isSettled(now, residents) ? now : null;
    }, SETTLED_WITHIN_MS).catch(async (error: Error) => {
      const now = await this.photograph();
      const seen = [...now.addresses(), ...now.announcements(), ...now.verdicts(), ...now.orphans()].join(
        "\n",
      );
      throw new Error(`${error.message}; there is\n${seen}\n${complaintsOf(this.#running)}`);
    });
  }

  #isSettled(now: Photograph, residents: readonly Resident[]): boolean {
    const counts = new Map<string, number>();
    for (const one of now.addresses()) {
      const [service, ips] = one.split(" ");
      counts.set(service!, ips!.split(",").length);
    }
    const announcers = Map.groupBy(now.announcements(), (one) => one.split(" ").slice(0, 2).join(" "));
    const authors = ["controller", ...this.lab.nodes.map(({ name }) => `speaker-${name}`)];
    const isContent = now.verdicts().join() === authors.map((one) => `${one} Valid`).join();
    return isContent && residents.every(({ name, namespace = SHOP, addresses, told }) => {
      const service = `${namespace}/${name}`;
      const l2 = announcers.get(`ServiceL2Status ${service}`)?.length ?? 0;
      const bgp = announcers.get(`ServiceBGPStatus ${service}`)?.length ?? 0;
      return (counts.get(service) ?? 0) === addresses && l2 === (told === "layer2" ? 1 : 0) &&
        bgp === (told === "bgp" ? this.lab.nodes.length : 0);
    });
  }

  /** MetalLB's controller and speakers, with its own rights, or with the ones that Ingot ships. */
  async startMetalLb(rights: "own" | "shipped"): Promise<Running> {
    const starts = await this.#metalLb(rights);
    return this.#running = await Promise.all(starts.map((start) => start()));
  }

  /** Ingot's controller and speakers, with the rights that are shipped. */
  async startIngot(): Promise<Running> {
    const starts = await this.#ingot();
    return this.#running = await Promise.all(starts.map((start) => start()));
  }

  /**
   * Puts one in the place of the other as Kubernetes does: the controller, then the speaker of one node after the other, each in
   * a new Pod; the old one is gone, and what it owns goes with it.
   */
  async roll(from: Running, to: "Ingot" | "MetalLB"): Promise<Running> {
    this.#collector ??= this.cluster.startControllers("garbage-collector-controller");
    const places = ["controller", ...this.lab.nodes.map(({ name }) => name)];
    const old = places.map((place) => this.#podName(place));
    this.#generation++;
    const starts = to === "Ingot" ? await this.#ingot() : await this.#metalLb("shipped");
    const now = [...from];
    for (const [i, start] of starts.entries()) {
      await from[i]!.stop();
      await this.cluster.kubectl(["delete", "pod", "-n", SYSTEM, "--force", old[i]!]);
      const one = now[i] = await start();
      this.#running = now;
      if (i > 0) await announcing(one);
    }
    return now;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  #podName(of: string): string {
    return `${of}-${this.#generation}`;
  }

  /** What starts MetalLB's programs. */
  async #metalLb(rights: "own" | "shipped"): Promise<readonly (() => Promise<MetalLbProgram>)[]> {
    const { lab, cluster } = this;
    if (rights === "shipped") await cluster.apply(...GOING_BACK);
    const options = rights === "own" ? {} : { kubeconfigs: await this.#shippedKubeconfigs() };
    const metallb = this.#stack.use(await MetalLb.install(lab, cluster, options));
    return [
      () => metallb.controller([], this.#podName("controller")),
      ...lab.nodes.map((node) => () => metallb.speaker(node, [], this.#podName(node.name))),
    ];
  }

  /** What starts Ingot's. */
  async #ingot(): Promise<readonly (() => Promise<Ingot>)[]> {
    const { lab, cluster } = this;
    const kubeconfigs = await this.#shippedKubeconfigs();
    const options = (role: RoleName, podName: string) => ({
      command: this.#command,
      kubeconfig: kubeconfigs[role],
      args: [...ARGUMENTS, ...role === "controller" ? ["--webhook-mode", "disabled"] : []],
      env: {
        METALLB_POD_NAME: podName,
        METALLB_DEPLOYMENT: "controller",
        METALLB_ML_SECRET_NAME: "memberlist",
      },
    });
    const inPod = async (role: RoleName, of: string, on: LabNode, start: (podName: string) => Ingot) => {
      const podName = this.#podName(of);
      await ensurePod(cluster, role, podName, on);
      return this.#stack.use(start(podName));
    };
    return [
      () =>
        inPod(
          "controller",
          "controller",
          lab.nodes[0]!,
          (podName) => Ingot.controller(lab, options("controller", podName)),
        ),
      ...lab.nodes.map((node) => () =>
        inPod("speaker", node.name, node, (podName) => Ingot.speaker(node, options("speaker", podName)))
      ),
    ];
  }

  async #shippedKubeconfigs(): Promise<Readonly<Record<RoleName, string>>> {
    const { cluster } = this;
    await cluster.apply(...shippedRole("controller"), ...shippedRole("speaker"));
    return {
      controller: await cluster.kubeconfigOf("controller"),
      speaker: await cluster.kubeconfigOf("speaker"),
    };
  }
}

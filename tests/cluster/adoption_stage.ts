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
      ...(metadata.ownerReferences ?? []).filter(({ kind, name }) => !this.#isThere(kind, name))
        .map(({ kind, name }) => `${title}: owner ${kind} ${name} is gone`),
    ]);
  }

  #isThere(kind: string, name: string): boolean {
    return this.of(kind).some(({ metadata }) => metadata.name === name);
  }

  /** What the speakers say of the configuration. */
  verdicts(): readonly string[] {
    return this.of("ConfigurationState").filter(({ metadata }) => metadata.name.startsWith("speaker-")).map((
      { metadata, status },
    ) => `${metadata.name} ${status?.result}`)
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

function titleOf({ kind, metadata: { namespace, name } }: Photographed): string {
  return [kind, namespace, name].filter(Boolean).join(" ");
}

/** All processes of one of the two. */
export class Running {
  readonly #all: readonly (Ingot | MetalLbProgram)[];

  constructor(all: readonly (Ingot | MetalLbProgram)[]) {
    this.#all = all;
  }

  /** Ends them in order. */
  async stop(): Promise<void> {
    await Promise.all(this.#all.map((one) => one.stop()));
  }

  /** The last errors and warnings of each, for whoever waits in vain. */
  complaints(): string {
    return this.#all.map(({ name, log }) => {
      const lines = log.all.filter(({ level }) => level !== "info" && level !== "debug").slice(-COMPLAINTS);
      return [name, ...lines.map((line) => JSON.stringify(line))].join("\n  ");
    }).join("\n");
  }
}

/** See the module comment. */
export class AdoptionStage implements AsyncDisposable {
  readonly lab: Lab;
  readonly cluster: Cluster;
  readonly #command: readonly string[];
  readonly #stack: AsyncDisposableStack;
  /** The Pods everything runs in now. */
  #generation = 1;
  #running: Running | null = null;
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

  /** Waits until a photograph shows these Services with their addresses and their status objects, and everybody content. */
  settled(residents: readonly Resident[]): Promise<Photograph> {
    return until("everything to be settled", async () => {
      const now = await this.photograph();
      return this.#isSettled(now, residents) ? now : null;
    }, SETTLED_WITHIN_MS).catch(async (error: Error) => {
      const now = await this.photograph();
      const seen = [...now.addresses(), ...now.announcements(), ...now.verdicts()].join("\n");
      throw new Error(`${error.message}; there is\n${seen}\n${this.#running?.complaints()}`);
    });
  }

  #isSettled(now: Photograph, residents: readonly Resident[]): boolean {
    const counts = new Map<string, number>();
    for (const one of now.addresses()) {
      const [service, ips] = one.split(" ");
      counts.set(service!, ips!.split(",").length);
    }
    const announcers = Map.groupBy(now.announcements(), (one) => one.split(" ").slice(0, 2).join(" "));
    const isContent = this.lab.nodes.every((node) => now.verdicts().includes(`speaker-${node.name} Valid`));
    return isContent && residents.every(({ name, namespace = SHOP, addresses, told }) => {
      const service = `${namespace}/${name}`;
      const l2 = announcers.get(`ServiceL2Status ${service}`)?.length ?? 0;
      const bgp = announcers.get(`ServiceBGPStatus ${service}`)?.length ?? 0;
      return (counts.get(service) ?? 0) === addresses && l2 === (told === "layer2" ? 1 : 0) &&
        bgp === (told === "bgp" ? this.lab.nodes.length : 0);
    });
  }

  /** From now on everything that is started runs in new Pods; the old ones are gone, and what they own goes with them. */
  async replacePods(): Promise<void> {
    this.#collector ??= this.cluster.startControllers("garbage-collector-controller");
    const old = [this.#podName("controller"), ...this.lab.nodes.map(({ name }) => this.#podName(name))];
    await this.cluster.kubectl(["delete", "pod", "-n", SYSTEM, "--force", ...old]);
    this.#generation++;
  }

  /** MetalLB's controller and speakers, with its own rights, or with the ones that Ingot ships. */
  async startMetalLb(rights: "own" | "shipped"): Promise<Running> {
    const { lab, cluster } = this;
    if (rights === "shipped") await cluster.apply(...GOING_BACK);
    const options = rights === "own" ? {} : { kubeconfigs: await this.#shippedKubeconfigs() };
    const metallb = this.#stack.use(await MetalLb.install(lab, cluster, options));
    const controller = await metallb.controller([], this.#podName("controller"));
    const speakers = await Promise.all(
      lab.nodes.map((node) => metallb.speaker(node, [], this.#podName(node.name))),
    );
    return this.#running = new Running([controller, ...speakers]);
  }

  /** Ingot's controller and speakers, with the rights that are shipped. */
  async startIngot(): Promise<Running> {
    const { lab, cluster } = this;
    const kubeconfigs = await this.#shippedKubeconfigs();
    await ensurePod(cluster, "controller", this.#podName("controller"), lab.nodes[0]!);
    for (const node of lab.nodes) await ensurePod(cluster, "speaker", this.#podName(node.name), node);
    const start = (role: RoleName, podName: string) => ({
      command: this.#command,
      kubeconfig: kubeconfigs[role],
      args: ["--namespace", SYSTEM, "--health-probe-port", "0"],
      env: {
        METALLB_POD_NAME: podName,
        METALLB_DEPLOYMENT: "controller",
        METALLB_ML_SECRET_NAME: "memberlist",
      },
    });
    const controller = Ingot.controller(lab, start("controller", this.#podName("controller")));
    const speaker = (node: LabNode) => Ingot.speaker(node, start("speaker", this.#podName(node.name)));
    return this.#running = new Running(
      [controller, ...lab.nodes.map(speaker)].map((one) => this.#stack.use(one)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  #podName(of: string): string {
    return `${of}-${this.#generation}`;
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

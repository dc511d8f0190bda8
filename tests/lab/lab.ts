/**
 * A network to test on, made of namespaces: a LAN with nodes and a client, a backend behind each node.
 *
 *     client ──┐            ┌── n1 ── backend        each box a namespace, `ing-<pid>-<start>-<number>-<name>`
 *              ├── lan (sw)─┼── n2 ── backend        (optionally a second bridge, eth1 on every host)
 *     control  ┘            └── n3 ── backend
 *
 * Shape: `await using lab = await Lab.open({ nodes: 3 })`; leaving the scope, SIGINT or SIGTERM takes it down. After a
 * crash the next `Lab.open` does.
 * Not here: addresses (addressing.ts), what a host is made of (host.ts), measuring (prober.ts, capture.ts), Ingot (ingot.ts).
 *
 * @module
 */
import {
  addressCommands,
  type Host,
  hostSysctls,
  interfaceOn,
  type LabNode,
  nodeSysctls,
  plugCommands,
  POD_SYSCTLS,
  podCommands,
  podLinkCommands,
  podRouteCommands,
  portOf,
} from "./network/host.ts";
import { formatRuleset, type ProxiedService } from "./network/kube_proxy.ts";
import { Namespace } from "./namespace.ts";
import { nativeExecutable } from "./program/native.ts";
import { type Claim, claimName, dropClaim, removeLeftovers } from "./network/ownership.ts";
import {
  BACKEND_PORT,
  FIRST_CLIENT,
  FIRST_NODE,
  FIRST_PROBER,
  lanAddresses,
  lanMac,
  type LanName,
} from "./network/addressing.ts";
import type { Program } from "./program/program.ts";

/** What kind of lab to build. */
export interface LabOptions {
  /** At most 80; named n1, n2, ... */
  readonly nodes: number;
  /** False takes IPv6 away altogether. */
  readonly ipv6?: boolean;
  /** A second bridge, with every host's eth1 on it. */
  readonly secondLan?: boolean;
}

/** How to part a host from a LAN: its switch port goes dead but keeps its carrier, or its cable is pulled. */
export type Cut = "port" | "cable";

/** See the module comment. */
export class Lab implements AsyncDisposable {
  readonly name: string;
  /** For manifests and other files; gone with the lab. */
  readonly folder: string;
  readonly ipv6: boolean;
  readonly lans: readonly LanName[];
  readonly #claim: Claim;
  readonly #namespaces: Namespace[] = [];
  readonly #onSignal: readonly (readonly [Deno.Signal, () => void])[];
  #closing: Promise<void> | null = null;
  #probers = 0;
  #clients = 0;
  #switch!: Namespace;
  #nodes: readonly LabNode[] = [];
  #client!: Host;
  #control!: Namespace;

  private constructor(claim: Claim, options: LabOptions) {
    this.#claim = claim;
    this.name = claim.name;
    this.folder = claim.folder;
    this.ipv6 = options.ipv6 ?? true;
    this.lans = options.secondLan === true ? ["lan", "lan2"] : ["lan"];
    this.#onSignal = ([["SIGINT", 130], ["SIGTERM", 143]] as const).map(([signal, exitCode]) => {
      const listener = () => void this[Symbol.asyncDispose]().finally(() => Deno.exit(exitCode));
      Deno.addSignalListener(signal, listener);
      return [signal, listener] as const;
    });
  }

  /** Removes what crashed labs left, then builds one. */
  static async open(options: LabOptions): Promise<Lab> {
    await removeLeftovers();
    const lab = new Lab(await claimName(), options);
    try {
      await lab.#build(options.nodes);
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
    return lab;
  }

  get nodes(): readonly LabNode[] {
    return this.#nodes;
  }

  /** The first client on the LAN; more with {@linkcode addClient}. */
  get client(): Host {
    return this.#client;
  }

  /** Where the controller runs: connected to nothing. */
  get control(): Namespace {
    return this.#control;
  }

  /** The namespace that holds the bridges. */
  get switch(): Namespace {
    return this.#switch;
  }

  /** The node of that name. */
  node(name: string): LabNode {
    const node = this.#nodes.find((one) => one.name === name);
    if (node === undefined) throw new Error(`The lab has no node ${name}`);
    return node;
  }

  /** Adds a host to the LAN that is no node: a client, a router, somebody who takes an address that is not theirs. */
  async addClient(name: string): Promise<Host> {
    const number = FIRST_CLIENT + this.#clients++;
    const [namespace] = await this.#create(name);
    await namespace!.sysctl(hostSysctls(this.ipv6));
    const host = this.#host(name, namespace!, number);
    await this.#switch.ip(...plugCommands(host));
    await namespace!.ip(...addressCommands(host, this.ipv6));
    return host;
  }

  /** Makes every node translate these Services, and no others. */
  async proxy(services: readonly ProxiedService[]): Promise<void> {
    await Promise.all(
      this.#nodes.map((node) => node.namespace.run(["nft", "-f", "-"], formatRuleset(services, node.index))),
    );
  }

  /** Parts a host from a LAN. */
  async cut(host: Host, how: Cut, lan: LanName = "lan"): Promise<void> {
    await this.#switch.ip(`link set ${portOf(host, lan)} ${how === "port" ? "nomaster" : "down"}`);
  }

  /** Undoes {@linkcode cut}. */
  async mend(host: Host, lan: LanName = "lan"): Promise<void> {
    await this.#switch.ip(`link set ${portOf(host, lan)} master ${lan} up`);
  }

  /** Sets a host's own interface up again, with the routes that were lost when it went down. */
  async linkUp(host: Host, lan: LanName = "lan"): Promise<void> {
    const node = this.#nodes.find((one) => one === host);
    const routes = node === undefined || lan !== "lan"
      ? []
      : podRouteCommands(node.index, this.#nodes, this.ipv6);
    await host.namespace.ip(`link set ${interfaceOn(lan)} up`, ...routes);
  }

  /** Addresses and a MAC on a LAN that nobody has, for a prober to ask with. */
  takeProberIdentity(lan: LanName): { readonly ipv4: string; readonly ipv6: string; readonly mac: string } {
    const number = FIRST_PROBER + this.#probers++ % 80;
    return { ...lanAddresses(lan, number), mac: lanMac(lan, number) };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    const results = await Promise.allSettled(
      this.#namespaces.map((namespace) => namespace[Symbol.asyncDispose]()),
    );
    await dropClaim(this.#claim);
    // Last, so that an impatient second signal does not cut this short.
    for (const [signal, listener] of this.#onSignal) Deno.removeSignalListener(signal, listener);
    const failures = results.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
    if (failures.length > 0) throw new AggregateError(failures, `Cannot take down ${this.name} completely`);
  }

  async #build(count: number): Promise<void> {
    const indexes = Array.from({ length: count }, (_, i) => i + 1);
    const [lanSwitch, control, ...rest] = await this.#create(
      "sw",
      "control",
      ...indexes.map((index) => `n${index}`),
      ...indexes.map((index) => `pod${index}`),
    );
    this.#switch = lanSwitch!;
    this.#control = control!;
    const [nodes, pods] = [rest.slice(0, count), rest.slice(count)];
    await Promise.all([
      lanSwitch!.sysctl({ ...hostSysctls(false) }),
      ...nodes.map((node) => node.sysctl({ ...hostSysctls(this.ipv6), ...nodeSysctls(this.ipv6) })),
      ...pods.map((pod) => pod.sysctl({ ...hostSysctls(this.ipv6), ...POD_SYSCTLS })),
    ]);
    const hosts = indexes.map((index) => ({
      ...this.#host(`n${index}`, nodes[index - 1]!, FIRST_NODE + index - 1),
      index,
      pod: pods[index - 1]!,
    }));
    await lanSwitch!.ip(
      ...this.lans.flatMap((lan) => [`link add ${lan} type bridge mcast_snooping 0`, `link set ${lan} up`]),
      ...hosts.flatMap(plugCommands),
    );
    this.#client = await this.addClient("client");
    this.#nodes = await Promise.all(hosts.map((host) => this.#finishNode(host, hosts)));
  }

  /** Gives a node its addresses, its routes and its backend. */
  async #finishNode(
    host: Omit<LabNode, "backend">,
    all: readonly Omit<LabNode, "backend">[],
  ): Promise<LabNode> {
    const { index, namespace, pod } = host;
    await namespace.ip(
      `link add vethpod type veth peer name eth0 netns ${pod.name}`,
      ...addressCommands(host, this.ipv6),
      ...podLinkCommands(index, this.ipv6),
      ...podRouteCommands(index, all, this.ipv6),
    );
    await pod.ip(...podCommands(index, this.ipv6));
    return { ...host, backend: await startBackend(pod, host.name) };
  }

  async #create(...names: readonly string[]): Promise<Namespace[]> {
    const namespaces = await Namespace.create(...names.map((name) => `${this.name}-${name}`));
    this.#namespaces.push(...namespaces);
    return namespaces;
  }

  #host(name: string, namespace: Namespace, number: number): Host {
    const { ipv4, ipv6 } = lanAddresses("lan", number);
    return {
      name,
      namespace,
      number,
      ipv4,
      ipv6: this.ipv6 ? ipv6 : null,
      mac: lanMac("lan", number),
      lans: this.lans,
    };
  }
}

/** Starts the program that answers with a node's name, and returns once it listens. */
async function startBackend(pod: Namespace, node: string): Promise<Program> {
  const argv = [await nativeExecutable(), "backend", node, String(BACKEND_PORT)];
  const listening = Promise.withResolvers<void>();
  const backend = pod.spawn(argv, { onLine: () => listening.resolve() });
  backend.ending.then(({ stderr }) => listening.reject(new Error(`The backend of ${node} ended: ${stderr}`)));
  await listening.promise;
  return backend;
}

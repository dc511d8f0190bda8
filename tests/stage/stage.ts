/**
 * Ingot at work in the lab, for tests: Nodes, one pool and one advertisement in a folder of manifests, its processes.
 *
 * Shape: opened with nothing running; `controller`, `speaker` and `addService` put on it what a test needs. Leaving the
 * scope ends the processes and takes the lab down.
 * Not here: the lab (lab/lab.ts), how Ingot is started (lab/ingot.ts).
 *
 * @module
 */
import type { Labels } from "../../k8s/types/meta.ts";
import type { IPAddressPool, L2Advertisement } from "../../k8s/types/metallb.ts";
import { Ingot, ingotCommand, type RoleOptions } from "../lab/ingot.ts";
import { Lab, type LabOptions } from "../lab/lab.ts";
import {
  endpointSlices,
  ipAddressPool,
  l2Advertisement,
  Manifests,
  node,
  service,
  type ServiceSketch,
} from "../lab/manifests.ts";
import type { LabNode } from "../lab/network/host.ts";
import { SERVICE_RANGES } from "../lab/network/addressing.ts";

/** Nodes with this label announce nothing. */
const EXCLUDE_LABEL = "node.kubernetes.io/exclude-from-external-load-balancers";
/** A busy machine takes this long at worst to start a process or to act on a manifest. */
export const PATIENCE_MS = 30_000;

/** A Service and where its endpoints are. */
export interface StagedService extends Omit<ServiceSketch, "name" | "spec"> {
  /** The addresses it asks for; their families are its families. Without any: one IPv4 address. */
  readonly addresses?: readonly string[];
  readonly externalTrafficPolicy?: "Cluster" | "Local";
  /** All nodes when absent. */
  readonly endpoints?: readonly LabNode[];
}

/** A Node: taken out of load balancing or not, and its labels. */
export interface NodeSketch {
  readonly excluded?: boolean;
  readonly labels?: Labels;
}

/** See the module comment. */
export class Stage implements AsyncDisposable {
  readonly lab: Lab;
  readonly manifests: Manifests;
  readonly #command: readonly string[];
  readonly #roles: Ingot[] = [];

  private constructor(lab: Lab, manifests: Manifests, command: readonly string[]) {
    this.lab = lab;
    this.manifests = manifests;
    this.#command = command;
  }

  /** Builds the lab and writes its Nodes, its pool and its advertisement. */
  static async open(options: LabOptions): Promise<Stage> {
    const command = await ingotCommand("executable");
    const lab = await Lab.open(options);
    const stage = new Stage(lab, await Manifests.open(lab.folder), command);
    for (const { name } of lab.nodes) await stage.writeNode(name);
    await stage.writePool({ addresses: [SERVICE_RANGES.ipv4, SERVICE_RANGES.ipv6] });
    await stage.advertise({});
    return stage;
  }

  /** Builds the same with the controller and every speaker running. */
  static async openRunning(options: LabOptions): Promise<Stage> {
    const stage = await Stage.open(options);
    stage.controller();
    for (const one of stage.lab.nodes) stage.speaker(one);
    return stage;
  }

  /** Starts a controller. */
  controller(options: Partial<RoleOptions> = {}): Ingot {
    return this.#keep(Ingot.controller(this.lab, this.#options(options)));
  }

  /** Starts the speaker of a node. */
  speaker(on: LabNode | undefined = this.lab.nodes[0], options: Partial<RoleOptions> = {}): Ingot {
    return this.#keep(Ingot.speaker(on!, this.#options(options)));
  }

  /** Writes a Node, in load balancing or out of it. */
  async writeNode(name: string, state: NodeSketch = {}): Promise<void> {
    const { excluded = false, labels = {} } = state;
    await this.manifests.write(
      `node-${name}`,
      node(name, excluded ? { ...labels, [EXCLUDE_LABEL]: "" } : labels),
    );
  }

  /** Makes the pool this. */
  async writePool(spec: IPAddressPool["spec"]): Promise<void> {
    await this.manifests.write("pool", ipAddressPool("lan", spec));
  }

  /** Makes the advertisements these, and no others. */
  async advertise(...specs: readonly NonNullable<L2Advertisement["spec"]>[]): Promise<void> {
    await this.manifests.write(
      "advertisements",
      ...specs.map((spec, i) => l2Advertisement(`lan-${i}`, spec)),
    );
  }

  /** Writes a Service and its EndpointSlices. */
  async addService(name: string, staged: StagedService = {}): Promise<void> {
    const { addresses = [], externalTrafficPolicy = "Cluster", endpoints = this.lab.nodes, ...sketch } =
      staged;
    const families = addresses.length === 0 ? ["IPv4"] as const : addresses.map(familyOf);
    const wish = addresses.length === 0 ? {} : { "metallb.io/loadBalancerIPs": addresses.join() };
    await this.manifests.write(
      name,
      service({
        ...sketch,
        name,
        annotations: { ...wish, ...sketch.annotations },
        spec: {
          ipFamilies: families,
          ipFamilyPolicy: families.length > 1 ? "RequireDualStack" : "SingleStack",
          externalTrafficPolicy,
        },
      }),
      ...endpointSlices({ name }, endpoints, families),
    );
  }

  /** Has every node translate these addresses, port 80, to the backends of these nodes. */
  async proxy(
    addresses: readonly string[],
    { externalTrafficPolicy = "Cluster", endpoints = this.lab.nodes }: StagedService = {},
  ): Promise<void> {
    await this.lab.proxy([{
      addresses,
      port: 80,
      externalTrafficPolicy,
      backends: endpoints.map(({ index }) => index),
    }]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#roles.map((role) => role.kill()));
    await this.lab[Symbol.asyncDispose]();
  }

  #options(options: Partial<RoleOptions>): RoleOptions {
    return { command: this.#command, manifests: this.manifests.directory, ...options };
  }

  #keep(role: Ingot): Ingot {
    this.#roles.push(role);
    return role;
  }
}

function familyOf(address: string): "IPv4" | "IPv6" {
  return address.includes(":") ? "IPv6" : "IPv4";
}

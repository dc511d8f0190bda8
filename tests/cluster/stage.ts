/**
 * Ingot at work on a real cluster, for tests: the lab, the control plane, both accounts with the rights that are shipped, and
 * its processes.
 *
 * Shape: opened with nothing of Ingot running. Leaving the scope ends the processes and takes all of it down.
 * Not here: the cluster (lab/apiserver/cluster.ts), the objects (services.ts).
 *
 * @module
 */
import { Cluster, SYSTEM } from "../lab/apiserver/cluster.ts";
import { type RoleName, shippedRole } from "../lab/apiserver/shipped_roles.ts";
import { Ingot, ingotCommand } from "../lab/ingot.ts";
import { Lab } from "../lab/lab.ts";
import type { LabNode } from "../lab/network/host.ts";
import { until } from "../stage/until.ts";
import { SHOP } from "./services.ts";

/** A busy machine takes this long at worst to act on an object. */
export const PATIENCE_MS = 30_000;
/** After many failures in a row a role tries again only half a minute later (k8s/api/backoff.ts), and then has to act. */
export const RETRY_PATIENCE_MS: number = 30_000 + PATIENCE_MS;

/** Controllers share the control plane's namespace, so none gets the usual ports unless a test asks for it. */
function inSystem(metricsPort: number): readonly string[] {
  return ["--namespace", SYSTEM, "--health-probe-port", "0", "--port", `${metricsPort}`];
}

/** A program in a network namespace of `ip netns exec` has a mount table of its own: nobody else sees this. */
const MOUNT_ACCOUNT = `
account=/var/run/secrets/kubernetes.io/serviceaccount
mount -t tmpfs pod /run
mkdir -p $account
printf %s "$TOKEN" > $account/token
printf %s "$AUTHORITY" > $account/ca.crt
printf %s "$NAMESPACE" > $account/namespace
exec "$@"`;

export interface ClusterStageOptions {
  readonly nodes: number;
  /** Flags for kube-apiserver that need the lab's folder. */
  readonly apiServerFlags?: (folder: string) => Promise<readonly string[]>;
}

/** See the module comment. */
export class ClusterStage implements AsyncDisposable {
  readonly lab: Lab;
  readonly cluster: Cluster;
  readonly #command: readonly string[];
  readonly #kubeconfigs: Readonly<Record<RoleName, string>>;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    lab: Lab,
    cluster: Cluster,
    command: readonly string[],
    kubeconfigs: Readonly<Record<RoleName, string>>,
    stack: AsyncDisposableStack,
  ) {
    this.lab = lab;
    this.cluster = cluster;
    this.#command = command;
    this.#kubeconfigs = kubeconfigs;
    this.#stack = stack;
  }

  /** Starts the cluster with kube-proxy on every node, and makes the accounts. */
  static async open({ nodes, apiServerFlags }: ClusterStageOptions): Promise<ClusterStage> {
    const command = await ingotCommand("executable");
    await using opened = new AsyncDisposableStack();
    const lab = opened.use(await Lab.open({ nodes }));
    const flags = await apiServerFlags?.(lab.folder);
    const cluster = opened.use(await Cluster.open(lab, flags === undefined ? {} : { apiServerFlags: flags }));
    await Promise.all(lab.nodes.map((node) => cluster.startKubeProxy(node)));
    await cluster.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: SHOP } },
      ...shippedRole("controller"),
      ...shippedRole("speaker"),
    );
    const kubeconfigs = {
      controller: await cluster.kubeconfigOf("controller"),
      speaker: await cluster.kubeconfigOf("speaker"),
    };
    return new ClusterStage(lab, cluster, command, kubeconfigs, opened.move());
  }

  /** Starts a controller, with the shipped rights when no kubeconfig says otherwise. */
  controller(
    kubeconfig: string = this.#kubeconfigs.controller,
    metricsPort = 0,
    ...flags: readonly string[]
  ): Ingot {
    const args = [...inSystem(metricsPort), ...flags];
    return this.#stack.use(Ingot.controller(this.lab, { command: this.#command, kubeconfig, args }));
  }

  /** Starts a controller on a node, with the shipped rights. */
  controllerOn(node: LabNode): Ingot {
    const kubeconfig = this.#kubeconfigs.controller;
    const args = inSystem(0);
    return this.#stack.use(Ingot.controller(node, { command: this.#command, kubeconfig, args }));
  }

  /** Starts a controller as in a Pod: files of its account and two variables are all that it is told. */
  async controllerInPod(): Promise<Ingot> {
    const { hostname, port } = new URL(this.cluster.server);
    return this.#stack.use(Ingot.controller(this.lab, {
      command: ["sh", "-ec", MOUNT_ACCOUNT, "sh", ...this.#command],
      kubeconfig: null,
      args: ["--health-probe-port", "0", "--port", "0"],
      env: {
        TOKEN: await this.cluster.tokenOf("controller"),
        AUTHORITY: await Deno.readTextFile(this.cluster.credentials.authority),
        NAMESPACE: SYSTEM,
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
      },
    }));
  }

  /** Starts the speaker of a node; in the Pod of this name, when there is one. */
  speaker(
    on: LabNode,
    kubeconfig: string = this.#kubeconfigs.speaker,
    podName = "",
    metricsPort = 0,
  ): Ingot {
    const env = { METALLB_POD_NAME: podName };
    const args = inSystem(metricsPort);
    return this.#stack.use(Ingot.speaker(on, { command: this.#command, kubeconfig, args, env }));
  }

  /**
   * Waits until kube-proxy on every node knows where an address leads. A connection that comes sooner is tracked without being
   * translated, and so is, for two minutes, every later one from the same port.
   */
  async proxied(address: string): Promise<void> {
    const family = address.includes(":") ? "ip6" : "ip";
    for (const { name, namespace } of this.lab.nodes) {
      await until(`kube-proxy of ${name} to know ${address}`, async () => {
        const services = await namespace.run(["nft", "list", "map", family, "kube-proxy", "service-ips"]);
        return services.includes(`${address} . tcp`) || null;
      }, PATIENCE_MS);
    }
  }

  /** Runs `ingot plan` to its end in a node's namespace and returns what it printed. */
  plan(on: LabNode, kubeconfig: string, ...args: readonly string[]): Promise<string> {
    return on.namespace.run([
      ...this.#command,
      "plan",
      "--kubeconfig",
      kubeconfig,
      "--namespace",
      SYSTEM,
      ...args,
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

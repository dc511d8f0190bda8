/**
 * A Kubernetes cluster without kubelets in the lab: control plane, nodes, kube-proxy, service accounts, kubectl.
 *
 *     control (etcd, kube-apiserver) ──┐
 *     n1 (kube-proxy) ─────────────────┼── mgmt        a bridge of its own, so that the LAN and the way to the API server
 *     n2 (kube-proxy) ─────────────────┘               can be cut apart
 *
 * Source: Kubernetes; Nodes and Pods are written by hand, as nothing here runs a container.
 * Shape: `await using cluster = await Cluster.open(lab)`; from then until it is disposed the calling thread stands in the
 * control plane's namespace, so its own requests reach the API server. What it starts elsewhere names its namespace.
 * Not here: the programs (assets.ts), their life (control_plane.ts), Ingot (../ingot.ts).
 *
 * @module
 */
import { run } from "../program/command.ts";
import type { Lab } from "../lab.ts";
import { Namespace } from "../namespace.ts";
import { podAddresses } from "../network/addressing.ts";
import type { LabNode } from "../network/host.ts";
import type { Program } from "../program/program.ts";
import { findAssets } from "./assets.ts";
import { ControlPlane, PORT } from "./control_plane.ts";
import { Credentials } from "./credentials.ts";
import { enter } from "./enter.ts";

/** The CustomResourceDefinitions as they are shipped. */
const DEFINITIONS = decodeURIComponent(new URL("../../../deploy/crds/crds.yaml", import.meta.url).pathname);
/** On the management bridge. */
const ADDRESS = "10.79.0.1";
/** The namespace Ingot's objects live in, as MetalLB's do. */
export const SYSTEM = "metallb-system";

/** One rule of RBAC. */
export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface ClusterOptions {
  /** The folder of a kept store (kept_stores.ts) to begin with a copy of; the cluster is empty when absent. */
  readonly store?: string;
  /** More flags for kube-apiserver. */
  readonly apiServerFlags?: readonly string[];
}

/** See the module comment. */
export class Cluster implements AsyncDisposable {
  /** How programs in the lab reach the API server. */
  readonly server: string = `https://${ADDRESS}:${PORT}`;
  readonly #lab: Lab;
  readonly #assets: string;
  readonly #folder: string;
  readonly #stack = new AsyncDisposableStack();
  #credentials!: Credentials;
  #plane!: ControlPlane;
  #admin!: string;

  private constructor(lab: Lab, assets: string) {
    this.#lab = lab;
    this.#assets = assets;
    this.#folder = `${lab.folder}/cluster`;
  }

  /** Starts the control plane, with the CustomResourceDefinitions and a Node for every node of the lab. */
  static async open(lab: Lab, options: ClusterOptions = {}): Promise<Cluster> {
    const assets = findAssets();
    if ("lacking" in assets) throw new Error(`The cluster lacks ${assets.lacking}`);
    const cluster = new Cluster(lab, assets.folder);
    try {
      await cluster.#build(options);
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** The kubeconfig of one who may do everything. */
  get adminKubeconfig(): string {
    return this.#admin;
  }

  get plane(): ControlPlane {
    return this.#plane;
  }

  get credentials(): Credentials {
    return this.#credentials;
  }

  /** Runs kubectl as administrator and returns what it printed. */
  kubectl(args: readonly string[], input?: string): Promise<string> {
    return run([`${this.#assets}/kubectl`, "--kubeconfig", this.#admin, ...args], input);
  }

  /** Creates or updates objects, in manifest form. */
  async apply(...objects: readonly unknown[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    await this.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], JSON.stringify(list));
  }

  /** An object as the API server has it: `get("services", "shop/web")`. */
  async get<T>(resource: string, key: string): Promise<T> {
    const [name, namespace] = key.split("/").reverse();
    const where = namespace === undefined ? [] : ["-n", namespace];
    return JSON.parse(await this.kubectl(["get", resource, name!, ...where, "-o", "json"]));
  }

  /** Every object of a resource, in all namespaces. */
  async list<T>(resource: string): Promise<readonly T[]> {
    return JSON.parse(await this.kubectl(["get", resource, "-A", "-o", "json"])).items;
  }

  /** A ServiceAccount with these rules, cluster-wide, and a kubeconfig with a token of its own. */
  async serviceAccount(name: string, rules: readonly Rule[]): Promise<string> {
    const metadata = { name };
    await this.apply(
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: SYSTEM } },
      { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata, rules },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name },
        subjects: [{ kind: "ServiceAccount", name, namespace: SYSTEM }],
      },
    );
    return await this.kubeconfigOf(name);
  }

  /** A kubeconfig with a token of its own for a ServiceAccount that exists. */
  async kubeconfigOf(account: string): Promise<string> {
    return await this.#credentials.kubeconfig(account, this.server, { token: await this.tokenOf(account) });
  }

  async tokenOf(account: string): Promise<string> {
    return (await this.kubectl(["create", "token", account, "-n", SYSTEM])).trim();
  }

  /** Starts the real kube-proxy in a node's namespace, and returns once its rules are in place. */
  async startKubeProxy(node: LabNode): Promise<Program> {
    const path = `${this.#folder}/kube-proxy.kubeconfig`;
    const synced = Promise.withResolvers<void>();
    const proxy = node.namespace.spawn([
      `${this.#assets}/kube-proxy`,
      `--kubeconfig=${path}`,
      `--hostname-override=${node.name}`,
      "--proxy-mode=nftables",
      "--cluster-cidr=10.244.0.0/16,fd00:244::/32",
      "--conntrack-max-per-core=0",
      "--healthz-bind-address=127.0.0.1:10256",
      "--metrics-bind-address=127.0.0.1:10249",
      "--v=2",
    ], { onErrorLine: (line) => line.includes("SyncProxyRules complete") ? synced.resolve() : undefined });
    this.#stack.use(proxy);
    proxy.ending.then(({ stderr }) =>
      synced.reject(new Error(`kube-proxy of ${node.name} ended: ${stderr}`))
    );
    await synced.promise;
    return proxy;
  }

  /** Starts kube-controller-manager with these controllers ("endpointslice-controller", ...). */
  startControllers(...controllers: readonly string[]): Program {
    const identity = ["", "authentication-", "authorization-"];
    return this.#stack.use(this.#lab.control.spawn([
      `${this.#assets}/kube-controller-manager`,
      ...identity.map((purpose) => `--${purpose}kubeconfig=${this.#admin}`),
      "--leader-elect=false",
      `--controllers=${controllers.join(",")}`,
    ]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #build(options: ClusterOptions): Promise<void> {
    const { control, nodes } = this.#lab;
    await this.#connect();
    this.#stack.use(enter(control));
    this.#credentials = await Credentials.create(this.#folder, [ADDRESS, "127.0.0.1", "10.96.0.1"]);
    const admin = await this.#credentials.client("admin", { user: "admin", group: "system:masters" });
    this.#admin = await this.#credentials.kubeconfig("admin", this.server, admin);
    const proxy = await this.#credentials.client("kube-proxy", { user: "system:kube-proxy" });
    await this.#credentials.kubeconfig("kube-proxy", this.server, proxy);
    this.#plane = this.#stack.use(
      await ControlPlane.start({
        namespace: control,
        assets: this.#assets,
        folder: this.#folder,
        credentials: this.#credentials,
        address: ADDRESS,
        ...options,
      }),
    );
    await this.kubectl(["apply", "--server-side", "--force-conflicts", "-f", DEFINITIONS]);
    await this.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
    await this.apply(
      { apiVersion: "v1", kind: "Namespace", metadata: { name: SYSTEM } },
      ...nodes.map((node) => ({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: node.name, labels: { "kubernetes.io/hostname": node.name } },
        spec: { podCIDR: podAddresses(node.index, 1).ipv4.replace(/1$/, "0/24") },
      })),
    );
    await Promise.all(nodes.map((node) => this.#reportReady(node)));
  }

  /** Joins the control plane and the nodes by a bridge beside the LAN. */
  async #connect(): Promise<void> {
    const { switch: bridges, control, nodes } = this.#lab;
    await bridges.ip("link add mgmt type bridge mcast_snooping 0", "link set mgmt up");
    const all = [
      { port: "mgmt-api", namespace: control, address: ADDRESS },
      ...nodes.map(({ name, namespace, number }) => ({
        port: `mgmt-${name}`,
        namespace,
        address: `10.79.0.${number}`,
      })),
    ];
    for (const { port, namespace, address } of all) {
      await Namespace.connect({ namespace: bridges, interface: port }, { namespace, interface: "mgmt" });
      await bridges.ip(`link set ${port} master mgmt up`);
      await namespace.ip("link set mgmt up", `addr add ${address}/24 dev mgmt`);
    }
  }

  /** What a kubelet would say of its node. */
  async #reportReady(node: LabNode): Promise<void> {
    const addresses = [
      { type: "InternalIP", address: node.ipv4 },
      ...(node.ipv6 === null ? [] : [{ type: "InternalIP", address: node.ipv6 }]),
      { type: "Hostname", address: node.name },
    ];
    const condition = { type: "Ready", status: "True", reason: "Lab", message: "", lastHeartbeatTime: null };
    const patch = { status: { addresses, conditions: [condition] } };
    // A merge patch replaces lists, whatever a store that was kept says of the node.
    const how = ["--subresource=status", "--type=merge", "-p", JSON.stringify(patch)];
    await this.kubectl(["patch", "node", node.name, ...how]);
  }
}

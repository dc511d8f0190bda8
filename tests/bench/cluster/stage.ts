/**
 * A cluster to measure on: one node, no kube-proxy, its store a copy of a kept one; Ingot and MetalLB start on it in turn.
 *
 * Shape: opened on a store, restarted on another; starting a role returns once its program runs, so that a clock may start.
 * Logs are errors only, and go nowhere.
 * Not here: what is in the stores (stores.ts), MetalLB's programs (tests/lab/apiserver/metallb.ts).
 *
 * @module
 */
import type { ApiClient } from "../../../k8s/api/client.ts";
import { Cluster, SYSTEM } from "../../lab/apiserver/cluster.ts";
import { findMetalLb } from "../../lab/apiserver/assets.ts";
import { folderOf, type KeptStore } from "../../lab/apiserver/kept_stores.ts";
import { MetalLb } from "../../lab/apiserver/metallb.ts";
import { type RoleName, shippedRole } from "../../lab/apiserver/shipped_roles.ts";
import { Lab } from "../../lab/lab.ts";
import { cpuSeconds } from "../../lab/program/usage.ts";
import { openAdmin } from "./admin.ts";

/** A started role. Disposing it kills it, so that it keeps its Lease until that runs out. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** Asks it to end, which gives back the Lease. */
  stop(): Promise<unknown>;
}

/** Who can be started. */
export interface Contender {
  readonly name: "Ingot" | "MetalLB";
  readonly start: (role: RoleName) => Promise<Running>;
}

const POLICY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived"],
  rules: [{ level: "None", users: ["admin"] }, { level: "Metadata" }],
};
const QUIET = ["--log-level", "error"];
/** A restarted API server looks through everything it holds; below this part of a processor it is done. */
const AT_REST = 0.25;
/** LIMIT: on a busy machine it may never look so. */
const REST_WITHIN_MS = 30_000;

/** See the module comment. Disposing it ends everything. */
export class BenchCluster implements AsyncDisposable {
  readonly lab: Lab;
  readonly cluster: Cluster;
  /** May do everything, and is not in the audit log. */
  readonly client: ApiClient;
  readonly #command: readonly string[];
  readonly #stack: AsyncDisposableStack;

  private constructor(
    lab: Lab,
    cluster: Cluster,
    client: ApiClient,
    command: readonly string[],
    stack: AsyncDisposableStack,
  ) {
    this.lab = lab;
    this.cluster = cluster;
    this.client = client;
    this.#command = command;
    this.#stack = stack;
  }

  /**
   * Starts it on the first of the stores it will need; those that are not kept yet are made before. Keeping the audit log
   * costs the API server time for every request of a role, so it is kept where it is read.
   */
  static async open(
    command: readonly string[],
    stores: readonly KeptStore[],
    { isAudited = false }: { readonly isAudited?: boolean } = {},
  ): Promise<BenchCluster> {
    const folders: string[] = [];
    for (const kept of stores) folders.push(await folderOf(kept));
    const [store] = folders;
    await using opened = new AsyncDisposableStack();
    const lab = opened.use(await Lab.open({ nodes: 1 }));
    const apiServerFlags = isAudited ? await auditFlags(lab) : [];
    const cluster = opened.use(await Cluster.open(lab, { store: store!, apiServerFlags }));
    const client = opened.use(openAdmin(cluster));
    const bench = new BenchCluster(lab, cluster, client, command, opened.move());
    await bench.#rest();
    return bench;
  }

  /** Starts the control plane again on another store; nothing of a contender runs. */
  async restartOn(kept: KeptStore): Promise<void> {
    const store = await folderOf(kept);
    await this.cluster.plane.restartOn(store);
    await this.#rest();
  }

  /** Ingot with the rights that are shipped, in the store of now. */
  async ingot(): Promise<Contender> {
    const { cluster, lab } = this;
    await cluster.apply(...shippedRole("controller"), ...shippedRole("speaker"));
    const kubeconfigs = {
      controller: await cluster.kubeconfigOf("controller"),
      speaker: await cluster.kubeconfigOf("speaker"),
    };
    const namespaces = { controller: lab.control, speaker: this.node.namespace };
    const start = (role: RoleName): Promise<Running> => {
      const argv = [...this.#command, ...this.argumentsOf(role, kubeconfigs[role])];
      return Promise.resolve(this.#stack.use(namespaces[role].spawn(argv)));
    };
    return { name: "Ingot", start };
  }

  /** MetalLB with its own rights, in the store of now; null without its binaries. */
  async metallb(): Promise<Contender | null> {
    if ("lacking" in findMetalLb()) return null;
    const metallb = this.#stack.use(await MetalLb.install(this.lab, this.cluster));
    const start = async (role: RoleName): Promise<Running> =>
      role === "controller"
        ? await metallb.controller(["--log-level=error"])
        : await metallb.speaker(this.node, ["--log-level=error"]);
    return { name: "MetalLB", start };
  }

  get node(): Lab["nodes"][number] {
    return this.lab.nodes[0]!;
  }

  /** What was asked of the API server since then by others than the administrator, where that is audited. */
  get auditLog(): string {
    return auditLog(this.lab);
  }

  /** Ingot's options for a role. */
  argumentsOf(role: RoleName, kubeconfig: string): readonly string[] {
    const name = role === "speaker" ? ["--node-name", this.node.name] : [];
    const place = ["--kubeconfig", kubeconfig, "--namespace", SYSTEM, "--health-probe-port", "0"];
    return ["--role", role, ...name, ...place, ...QUIET];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  async #rest(): Promise<void> {
    const { pid } = this.cluster.plane.apiServer;
    for (const deadline = performance.now() + REST_WITHIN_MS; performance.now() < deadline;) {
      const before = cpuSeconds(pid);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      if (cpuSeconds(pid) - before < AT_REST) return;
    }
  }
}

async function auditFlags(lab: Lab): Promise<readonly string[]> {
  const policy = `${lab.folder}/audit-policy.json`;
  await Deno.writeTextFile(policy, JSON.stringify(POLICY));
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLog(lab)}`];
}

function auditLog(lab: Lab): string {
  return `${lab.folder}/audit.log`;
}

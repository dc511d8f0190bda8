/**
 * MetalLB itself on the cluster of the lab: its controller beside the API server, its speakers on the nodes.
 *
 * Source: MetalLB's manifests, for the flags, variables and objects that its programs cannot do without: a Pod each, a Deployment
 * that owns the speakers' shared key, the Secret with that key as a file. Its webhooks are off, its BGP is the native one.
 * Shape: `await using metallb = await MetalLb.install(lab, cluster)`, then `controller()` and `speaker(node)`, in any order.
 * Not here: the binaries (assets.ts), a running program (metallb_program.ts), rights (metallb_rules.ts, shipped_roles.ts).
 *
 * @module
 */
import type { Lab } from "../lab.ts";
import type { LabNode } from "../network/host.ts";
import { CommandError } from "../program/command.ts";
import { findMetalLb } from "./assets.ts";
import { type Cluster, SYSTEM } from "./cluster.ts";
import { MetalLbProgram } from "./metallb_program.ts";
import { METALLB_RULES } from "./metallb_rules.ts";
import { ensurePod } from "./pods.ts";
import type { RoleName } from "./shipped_roles.ts";

/** The Secret of the speakers' shared key, by the name in MetalLB's manifests. */
const KEY_SECRET = "memberlist";
const ACCOUNTS = ["controller", "speaker"] as const;
/** On loopback of the namespace, which the control plane shares with no other health port. */
const HEALTH_PORT = 17473;

export interface MetalLbOptions {
  /** Kubeconfigs of accounts that exist, to run with their rights. By default MetalLB's own rights, on accounts of its own. */
  readonly kubeconfigs?: Readonly<Record<RoleName, string>>;
}

/** See the module comment. Disposing it ends what runs; objects stay. */
export class MetalLb implements AsyncDisposable {
  readonly #lab: Lab;
  readonly #cluster: Cluster;
  readonly #folder: string;
  readonly #kubeconfigs: Readonly<Record<RoleName, string>>;
  readonly #stack = new AsyncDisposableStack();
  /** Written once: a speaker that reads half a file speaks in clear, and with nobody. */
  #keyFolder: Promise<string> | null = null;

  private constructor(
    lab: Lab,
    cluster: Cluster,
    folder: string,
    kubeconfigs: Readonly<Record<RoleName, string>>,
  ) {
    this.#lab = lab;
    this.#cluster = cluster;
    this.#folder = folder;
    this.#kubeconfigs = kubeconfigs;
  }

  /** Makes the accounts and the objects that MetalLB's programs look for; nothing runs yet. */
  static async install(lab: Lab, cluster: Cluster, options: MetalLbOptions = {}): Promise<MetalLb> {
    const found = findMetalLb();
    if ("lacking" in found) throw new Error(`MetalLB is not there: ${found.lacking}`);
    const kubeconfigs = options.kubeconfigs ?? {
      controller: await cluster.serviceAccount("metallb-controller", METALLB_RULES.controller),
      speaker: await cluster.serviceAccount("metallb-speaker", METALLB_RULES.speaker),
    };
    await cluster.apply(...ACCOUNTS.map(account), deployment());
    return new MetalLb(lab, cluster, found.folder, kubeconfigs);
  }

  /** Starts the controller in the Pod of this name, which is made when it is not there; flags come after the usual ones. */
  async controller(
    flags: readonly string[] = [],
    podName = "controller-metallb",
  ): Promise<MetalLbProgram> {
    const { control } = this.#lab;
    await ensurePod(this.#cluster, "controller", podName, this.#lab.nodes[0]!);
    return this.#stack.use(
      new MetalLbProgram("MetalLB's controller", control, [
        `${this.#folder}/metallb-controller`,
        "--webhook-mode=disabled",
        "--disable-cert-rotation",
        "--port=0",
        `--health-probe-port=${HEALTH_PORT}`,
        ...flags,
      ], {
        ...this.#environment("controller", podName),
        METALLB_DEPLOYMENT: "controller",
        METALLB_ML_SECRET_NAME: KEY_SECRET,
      }),
    );
  }

  /** Starts the speaker of a node in the Pod of this name, which is made when it is not there. */
  async speaker(
    on: LabNode,
    flags: readonly string[] = [],
    podName = `speaker-metallb-${on.name}`,
  ): Promise<MetalLbProgram> {
    await ensurePod(this.#cluster, "speaker", podName, on);
    return this.#stack.use(
      new MetalLbProgram(`MetalLB's speaker of ${on.name}`, on.namespace, [
        `${this.#folder}/metallb-speaker`,
        "--port=0",
        `--health-probe-port=${HEALTH_PORT}`,
        ...flags,
      ], {
        ...this.#environment("speaker", podName),
        METALLB_NODE_NAME: on.name,
        METALLB_ML_BIND_ADDR: on.ipv4,
        METALLB_ML_LABELS: "app=metallb,component=speaker",
        METALLB_ML_SECRET_KEY_PATH: await (this.#keyFolder ??= this.#writeKey()),
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  #environment(role: RoleName, podName: string): Record<string, string> {
    return {
      KUBECONFIG: this.#kubeconfigs[role],
      METALLB_NAMESPACE: SYSTEM,
      METALLB_POD_NAME: podName,
      METALLB_BGP_TYPE: "native",
    };
  }

  /** The shared key as the file that a Pod would be given; where no controller has made one, one is made. */
  async #writeKey(): Promise<string> {
    const folder = `${this.#lab.folder}/memberlist`;
    const { data } = await this.#keySecret();
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(`${folder}/secretkey`, atob(data["secretkey"]!));
    return folder;
  }

  async #keySecret(): Promise<{ readonly data: Readonly<Record<string, string>> }> {
    const read = () =>
      this.#cluster.get<{ readonly data: Record<string, string> }>("secrets", `${SYSTEM}/${KEY_SECRET}`);
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof CommandError && error.stderr.includes("NotFound"))) throw error;
      await this.#cluster.apply({
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: KEY_SECRET, namespace: SYSTEM },
        stringData: { secretkey: btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))) },
      });
      return await read();
    }
  }
}

/** Whose the Pods are; whether it may do anything is not said here. */
function account(name: RoleName): unknown {
  return { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: SYSTEM } };
}

/** The owner of the shared key; nothing here runs containers, so it has no Pods of its own. */
function deployment(): unknown {
  const labels = { app: "metallb", component: "controller" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "controller", namespace: SYSTEM, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "controller", image: "metallb" }] },
      },
    },
  };
}

/**
 * etcd and kube-apiserver in one namespace: started, stopped, frozen, restarted, compacted.
 *
 * Source: kube-apiserver(8), etcd's flags and its JSON gateway (/v3/kv/compaction). TLS, service-account tokens and RBAC
 * are on; etcd listens on loopback alone.
 * Shape: owns its two programs; the store outlives both until the folder is removed. The calling thread stands in the
 * namespace (enter.ts).
 * Not here: certificates (credentials.ts), what is in the cluster (cluster.ts).
 *
 * @module
 */
import type { Namespace } from "../namespace.ts";
import { run } from "../program/command.ts";
import type { Program } from "../program/program.ts";
import type { Credentials } from "./credentials.ts";

/** The API server's port. */
export const PORT = 6443;

const ETCD = "http://127.0.0.1:2379";
/** LIMIT: a ready API server takes 8 to 10 s on an idle machine with two cores. */
const READY_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 200;

export interface ControlPlaneOptions {
  readonly namespace: Namespace;
  /** Of the programs. */
  readonly assets: string;
  /** For etcd's store, logs and the audit log. */
  readonly folder: string;
  readonly credentials: Credentials;
  /** What other namespaces reach it by. */
  readonly address: string;
  /** The folder of a stopped etcd's store to begin with a copy of. */
  readonly store?: string;
  /** More flags for kube-apiserver. */
  readonly apiServerFlags?: readonly string[];
}

/** See the module comment. Disposing it kills both. */
export class ControlPlane implements AsyncDisposable {
  readonly #options: ControlPlaneOptions;
  #etcd: Program | null = null;
  #apiServer: Program | null = null;

  private constructor(options: ControlPlaneOptions) {
    this.#options = options;
  }

  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const plane = new ControlPlane(options);
    try {
      if (options.store !== undefined) await copyFolder(options.store, plane.storeFolder);
      await plane.startEtcd();
      await plane.startApiServer();
    } catch (error) {
      await plane[Symbol.asyncDispose]();
      throw error;
    }
    return plane;
  }

  /** The running API server's process. */
  get apiServer(): Program {
    if (this.#apiServer === null) throw new Error("The API server is stopped");
    return this.#apiServer;
  }

  /** Where etcd keeps everything; to be read while it is stopped. */
  get storeFolder(): string {
    return `${this.#options.folder}/etcd`;
  }

  /** Stops both and starts them on a copy of another store. */
  async restartOn(store: string): Promise<void> {
    await this.stopApiServer();
    await this.stopEtcd();
    await copyFolder(store, this.storeFolder);
    await this.startEtcd();
    await this.startApiServer();
  }

  async startEtcd(): Promise<void> {
    const { namespace, assets } = this.#options;
    this.#etcd = namespace.spawn([
      `${assets}/etcd`,
      `--data-dir=${this.storeFolder}`,
      `--listen-client-urls=${ETCD}`,
      `--advertise-client-urls=${ETCD}`,
      "--listen-peer-urls=http://127.0.0.1:2380",
      "--unsafe-no-fsync",
      "--log-level=error",
    ]);
    await this.#until("etcd is healthy", this.#etcd, () => this.#isHealthy());
  }

  async startApiServer(): Promise<void> {
    const { namespace, assets, folder, credentials, address, apiServerFlags = [] } = this.#options;
    this.#apiServer = namespace.spawn([
      `${assets}/kube-apiserver`,
      `--etcd-servers=${ETCD}`,
      `--secure-port=${PORT}`,
      "--bind-address=0.0.0.0",
      `--advertise-address=${address}`,
      `--tls-cert-file=${credentials.server.certificate}`,
      `--tls-private-key-file=${credentials.server.key}`,
      `--client-ca-file=${credentials.authority}`,
      `--service-account-key-file=${credentials.tokenKey}`,
      `--service-account-signing-key-file=${credentials.tokenKey}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      "--authorization-mode=Node,RBAC",
      "--service-cluster-ip-range=10.96.0.0/12,fd00:10:96::/108",
      "--allow-privileged",
      `--cert-dir=${folder}`,
      ...apiServerFlags,
    ]);
    await this.#until("the API server is ready", this.#apiServer, () => this.#isReady());
  }

  /** Ends the API server as a crash would; asked nicely it would wait a minute for its watches to end. */
  async stopApiServer(): Promise<void> {
    await this.#apiServer?.kill();
    this.#apiServer = null;
  }

  async stopEtcd(): Promise<void> {
    await this.#etcd?.stop();
    this.#etcd = null;
  }

  /** Makes etcd forget every revision before the current one, so that older resource versions are gone. */
  async compact(): Promise<void> {
    const at = await this.#etcdCall("/v3/kv/range", { key: btoa("x") });
    await this.#etcdCall("/v3/kv/compaction", { revision: at.header.revision, physical: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopApiServer();
    await this.#etcd?.kill();
  }

  /** The calling thread stands in the namespace, so loopback is etcd's. */
  async #etcdCall(path: string, body: unknown): Promise<{ readonly header: { readonly revision: string } }> {
    const response = await fetch(ETCD + path, { method: "POST", body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`etcd answered ${response.status}: ${text}`);
    return JSON.parse(text);
  }

  async #isHealthy(): Promise<void> {
    const response = await fetch(`${ETCD}/health`);
    await response.body?.cancel();
    if (!response.ok) throw new Error(`etcd answered ${response.status}`);
  }

  async #isReady(): Promise<void> {
    const { credentials } = this.#options;
    using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(credentials.authority)] });
    const response = await fetch(`https://127.0.0.1:${PORT}/readyz`, { client });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`The API server answered ${response.status}`);
  }

  async #until(what: string, program: Program, look: () => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS;
    for (;;) {
      try {
        await look();
        return;
      } catch (cause) {
        if (program.ended) {
          const { code, stderr } = await program.ending;
          throw new Error(`Ended with exit code ${code} before ${what}: ${stderr}`, { cause });
        }
        if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

/** Makes `to` a copy of a folder, whatever it was. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await run(["rm", "-rf", to]);
  await run(["cp", "-a", "--reflink=auto", from, to]);
}

/**
 * A Kubernetes API server alone, without nodes: what takes or refuses the objects that Ingot ships and reads.
 *
 * Shape: `await using api = await ApiServer.open()`; until it is disposed the calling thread stands in its namespace.
 * Not here: a whole cluster (tests/lab/apiserver/cluster.ts).
 *
 * @module
 */
import { findAssets } from "../../lab/apiserver/assets.ts";
import { ControlPlane, PORT } from "../../lab/apiserver/control_plane.ts";
import { Credentials } from "../../lab/apiserver/credentials.ts";
import { enter } from "../../lab/apiserver/enter.ts";
import { Lab } from "../../lab/lab.ts";
import { run } from "../../lab/program/command.ts";

const ADDRESS = "127.0.0.1";
const SERVER = `https://${ADDRESS}:${PORT}`;

/** What the API server said. */
export interface Answer {
  readonly status: number;
  /** An object, or a Status that says why there is none. */
  // deno-lint-ignore no-explicit-any -- whatever was asked for
  readonly body: any;
  /** What it warned of. */
  readonly warnings: readonly string[];
}

/** See the module comment. */
export class ApiServer implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #assets: string;
  /** A file, the administrator's. */
  readonly kubeconfig: string;
  readonly #client: Deno.HttpClient;

  private constructor(
    stack: AsyncDisposableStack,
    assets: string,
    kubeconfig: string,
    client: Deno.HttpClient,
  ) {
    this.#stack = stack;
    this.#assets = assets;
    this.kubeconfig = kubeconfig;
    this.#client = client;
  }

  static async open(): Promise<ApiServer> {
    const assets = findAssets();
    if ("lacking" in assets) throw new Error(`The API server lacks ${assets.lacking}`);
    await using stack = new AsyncDisposableStack();
    const lab = stack.use(await Lab.open({ nodes: 1 }));
    stack.use(enter(lab.control));
    const folder = `${lab.folder}/api-server`;
    const credentials = await Credentials.create(folder, [ADDRESS]);
    const admin = await credentials.client("admin", { user: "admin", group: "system:masters" });
    const kubeconfig = await credentials.kubeconfig("admin", SERVER, admin);
    const client = Deno.createHttpClient({
      caCerts: [await Deno.readTextFile(credentials.authority)],
      cert: await Deno.readTextFile(admin.certificate),
      key: await Deno.readTextFile(admin.key),
    });
    stack.defer(() => client.close());
    const place = { namespace: lab.control, assets: assets.folder, folder, credentials, address: ADDRESS };
    stack.use(await ControlPlane.start(place));
    return new ApiServer(stack.move(), assets.folder, kubeconfig, client);
  }

  /** Runs kubectl as administrator and returns what it printed. */
  kubectl(args: readonly string[], input?: string): Promise<string> {
    return run([`${this.#assets}/kubectl`, "--kubeconfig", this.kubeconfig, ...args], input);
  }

  /** Installs definitions and waits until they are served. */
  async define(definitions: readonly unknown[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: definitions };
    await this.kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(list));
    await this.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
  }

  /** One request; a patch is a merge patch. */
  async ask(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<Answer> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const response = await fetch(SERVER + path, {
      method,
      client: this.#client,
      headers: body === undefined ? {} : { "content-type": type },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const warnings = response.headers.get("warning");
    const text = await response.text();
    return {
      status: response.status,
      body: text.startsWith("{") ? JSON.parse(text) : text,
      warnings: [...(warnings ?? "").matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, words]) => words!),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

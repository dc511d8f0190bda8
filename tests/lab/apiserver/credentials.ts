/**
 * The cluster's certificates and keys, and the kubeconfig files made of them.
 *
 * Source: Kubernetes, "PKI certificates and requirements"; openssl-req(1), openssl-x509(1). ECDSA P-256 throughout.
 * Shape: files in one folder, gone with the lab.
 *
 * @module
 */
import { run } from "../program/command.ts";

/** Who a client certificate says one is. */
export interface Subject {
  readonly user: string;
  /** Kubernetes groups; "system:masters" may do everything. */
  readonly group?: string;
}

/** How a kubeconfig's user proves who it is. */
export type Proof =
  | { readonly certificate: string; readonly key: string }
  | { readonly token: string }
  | { readonly tokenFile: string }
  | { readonly exec: unknown }
  | { readonly "auth-provider": unknown };

const REQUEST = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const LIFETIME = ["-days", "3650"];

/** See the module comment. */
export class Credentials {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a certificate authority, the API server's certificate and the key of service-account tokens. */
  static async create(folder: string, addresses: readonly string[]): Promise<Credentials> {
    await Deno.mkdir(folder, { recursive: true });
    const made = new Credentials(folder);
    const use = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
    const files = ["-keyout", `${folder}/ca.key`, "-out", made.authority];
    await run([...REQUEST, "-x509", ...LIFETIME, "-subj", "/CN=ingot-lab", ...use, ...files]);
    await run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", made.tokenKey]);
    const names = ["DNS:kubernetes.default.svc", ...addresses.map((address) => `IP:${address}`)];
    await made.#sign("server", "/CN=kube-apiserver", `subjectAltName=${names.join(",")}`);
    return made;
  }

  /** The certificate authority, for servers and clients alike. */
  get authority(): string {
    return `${this.folder}/ca.crt`;
  }

  /** The key that signs service-account tokens. */
  get tokenKey(): string {
    return `${this.folder}/sa.key`;
  }

  get server(): { readonly certificate: string; readonly key: string } {
    return this.#pair("server");
  }

  /** A client certificate; `name` is the file's. */
  async client(
    name: string,
    { user, group }: Subject,
  ): Promise<{ readonly certificate: string; readonly key: string }> {
    await this.#sign(
      name,
      `${group === undefined ? "" : `/O=${group}`}/CN=${user}`,
      "extendedKeyUsage=clientAuth",
    );
    return this.#pair(name);
  }

  /** Writes a kubeconfig and returns its path. */
  async kubeconfig(name: string, server: string, proof: Proof): Promise<string> {
    const user = "certificate" in proof
      ? { "client-certificate": proof.certificate, "client-key": proof.key }
      : proof;
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "lab",
      clusters: [{ name: "lab", cluster: { server, "certificate-authority": this.authority } }],
      users: [{ name, user }],
      contexts: [{ name: "lab", context: { cluster: "lab", user: name } }],
    };
    const path = `${this.folder}/${name}.kubeconfig`;
    // YAML is a superset of JSON.
    await Deno.writeTextFile(path, JSON.stringify(config, null, 2), { mode: 0o600 });
    return path;
  }

  #pair(name: string): { readonly certificate: string; readonly key: string } {
    return { certificate: `${this.folder}/${name}.crt`, key: `${this.folder}/${name}.key` };
  }

  async #sign(name: string, subject: string, extension: string): Promise<void> {
    const { certificate, key } = this.#pair(name);
    const csr = await run([...REQUEST, "-subj", subject, "-keyout", key]);
    const extensions = `${this.folder}/${name}.ext`;
    await Deno.writeTextFile(extensions, `${extension}\n`);
    const signing = ["openssl", "x509", "-req", ...LIFETIME, "-CA", this.authority];
    const authorityKey = ["-CAkey", `${this.folder}/ca.key`, "-CAcreateserial"];
    await run([...signing, ...authorityKey, "-extfile", extensions, "-out", certificate], csr);
  }
}

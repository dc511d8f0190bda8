/**
 * Who we are to the API server: where it is, whom to trust, and what to show it, read anew as it changes.
 *
 * Source: Kubernetes, "Accessing the API from within a Pod" and "Organizing Cluster Access Using kubeconfig Files".
 * Shape: {@linkcode Credentials.proof} is cheap and kept for a minute, as in client-go; a token that was rotated on disk,
 * an exec plugin's or OpenID Connect's new one is found by then, or at once after {@linkcode Credentials.forget}.
 * Not here: using it (transport.ts). Within a Pod two files say all, and the library is not loaded.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { parse } from "yaml";
import { type OpenIdSettings, OpenIdTokens } from "./openid_connect.ts";

/** How long what was read counts as current. */
const CURRENT_FOR_MS = 60_000;

const ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";

/** What to connect with. */
export interface Proof {
  /** "https://10.0.0.1:6443", no slash at the end. */
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  /** PEM. */
  readonly authority: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  readonly proxyUrl: string | null;
}

/** See the module comment. */
export interface Credentials {
  proof(): Promise<Proof>;
  /** The API server did not accept the last proof: read everything again. */
  forget(): void;
}

/** Credentials of this kubeconfig; of null: of the Pod this runs in, else of $KUBECONFIG or ~/.kube/config. */
export function openCredentials(kubeconfig: string | null): Credentials {
  if (kubeconfig === null && Deno.env.get("KUBERNETES_SERVICE_HOST")) return kept(proofOfPod);
  return kept(proofReader(kubeconfig));
}

function kept(read: () => Promise<Proof>): Credentials {
  let proof: Promise<Proof> | null = null;
  let until = 0;
  return {
    proof: () => {
      if (proof === null || performance.now() >= until) {
        const reading = read();
        // What cannot be read now may be a moment later.
        reading.catch(() => proof === reading ? proof = null : null);
        proof = reading;
        until = performance.now() + CURRENT_FOR_MS;
      }
      return proof;
    },
    forget: () => proof = null,
  };
}

async function proofOfPod(): Promise<Proof> {
  const [token, authority] = await Promise.all([
    Deno.readTextFile(`${ACCOUNT_FOLDER}/token`),
    Deno.readTextFile(`${ACCOUNT_FOLDER}/ca.crt`),
  ]);
  const host = Deno.env.get("KUBERNETES_SERVICE_HOST")!;
  const port = Deno.env.get("KUBERNETES_SERVICE_PORT") || "443";
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    headers: { authorization: `Bearer ${token.trim()}` },
    authority,
    certificate: null,
    key: null,
    proxyUrl: null,
  };
}

type KubeConfig = InstanceType<typeof import("./kube_config.ts").KubeConfig>;

/** Reads a kubeconfig; as long as it says the same, what its plugins remember is kept. */
function proofReader(path: string | null): () => Promise<Proof> {
  let before: { readonly said: string; readonly config: KubeConfig } | null = null;
  const tokens = new OpenIdTokens();
  return async () => {
    const read = await readKubeConfig(path);
    await readOpenIdToken(read, tokens);
    const said = JSON.stringify([read.users, read.clusters, read.contexts, read.currentContext]);
    if (before?.said !== said) before = { said, config: read };
    return await proofOf(before.config, path);
  };
}

async function readKubeConfig(path: string | null): Promise<KubeConfig> {
  const { KubeConfig } = await import("./kube_config.ts");
  const config = new KubeConfig();
  try {
    if (path === null) config.loadFromDefault();
    else {
      config.loadFromFile(path);
      readTokenFile(config, path);
    }
  } catch (cause) {
    const which = path === null ? "kubeconfig" : `kubeconfig ${path}`;
    throw new Error(`Cannot read the ${which}: ${(cause as Error).message}`, { cause });
  }
  return config;
}

/** The library looks for "token-file"; kubeconfig files say "tokenFile". */
function readTokenFile(config: KubeConfig, path: string): void {
  const written = parse(Deno.readTextFileSync(path)) as {
    readonly users?: readonly { readonly name: string; readonly user?: { readonly tokenFile?: string } }[];
  };
  const current = config.getCurrentUser()?.name;
  const tokenFile = written.users?.find(({ name }) => name === current)?.user?.tokenFile;
  if (tokenFile === undefined) return;
  const token = Deno.readTextFileSync(resolve(dirname(path), tokenFile)).trim();
  config.users = config.users.map((user) => user.name === current ? { ...user, token } : user);
}

/** The library's own way with this auth provider never renews a token. */
async function readOpenIdToken(config: KubeConfig, tokens: OpenIdTokens): Promise<void> {
  const current = config.getCurrentUser();
  const provider = current?.authProvider as { name?: string; config?: OpenIdSettings } | undefined;
  if (provider?.name !== "oidc") return;
  const token = await tokens.token(provider.config ?? {});
  config.users = config.users.map(({ authProvider, ...user }) =>
    user.name === current?.name ? { ...user, token } : { ...user, authProvider }
  );
}

async function proofOf(config: KubeConfig, path: string | null): Promise<Proof> {
  const cluster = config.getCurrentCluster();
  const which = path === null ? "The kubeconfig" : `The kubeconfig ${path}`;
  if (cluster === null) {
    throw new Error(`${which} has no current context with a cluster: set current-context`);
  }
  if (cluster.skipTLSVerify === true) {
    throw new Error(`${which} says insecure-skip-tls-verify: name the certificate-authority instead`);
  }
  if (cluster.tlsServerName) {
    throw new Error(
      `${which} says tls-server-name: name the server in "server" as its certificate does instead`,
    );
  }
  const options: Parameters<KubeConfig["applyToHTTPSOptions"]>[0] = {};
  await config.applyToHTTPSOptions(options);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name] = String(value).trim();
  return {
    server: cluster.server,
    headers,
    authority: pem(options.ca),
    certificate: pem(options.cert),
    key: pem(options.key),
    proxyUrl: cluster.proxyUrl ?? null,
  };
}

function pem(value: unknown): string | null {
  return value === undefined || value === null ? null : String(value);
}

/**
 * HTTP to the API server: the right authority trusted, the right proof shown, dead connections left behind.
 *
 * Source: Kubernetes API concepts; what Deno.createHttpClient can do.
 * Shape: requests in, responses out, whatever their status. Owns the connection pool.
 * Not here: who we are (credentials.ts), what requests say (../client.ts).
 *
 * @module
 */
import type { Credentials, Proof } from "./credentials.ts";

/** See the module comment. */
export class Transport implements Disposable {
  readonly #credentials: Credentials;
  #pool: Deno.HttpClient | null = null;
  /** What the pool was made with. */
  #madeFor: Proof | null = null;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** Sends a request; `path` begins with a slash. A proof that is not accepted is read anew and shown once more. */
  async send(path: string, init: RequestInit): Promise<Response> {
    for (let attempt = 1;; attempt++) {
      const proof = await this.#credentials.proof();
      const headers = { ...init.headers as Record<string, string>, ...proof.headers };
      const response = await reach(proof.server, path, { ...init, headers, client: this.#poolFor(proof) });
      if (response.status !== 401 || attempt > 1) return response;
      await response.body?.cancel();
      this.#credentials.forget();
    }
  }

  /** Leaves every connection behind: the next request opens a new one. For when one of them is silent for too long. */
  renew(): void {
    this.#pool?.close();
    this.#pool = null;
  }

  [Symbol.dispose](): void {
    this.renew();
  }

  #poolFor(proof: Proof): Deno.HttpClient {
    if (this.#pool !== null && this.#madeFor !== null && connectsAlike(this.#madeFor, proof)) {
      return this.#pool;
    }
    this.renew();
    this.#madeFor = proof;
    return this.#pool = Deno.createHttpClient({
      ...(proof.authority === null ? {} : { caCerts: [proof.authority] }),
      ...(proof.certificate === null || proof.key === null
        ? {}
        : { cert: proof.certificate, key: proof.key }),
      ...(proof.proxyUrl === null ? {} : { proxy: { url: proof.proxyUrl } }),
    });
  }
}

/** Whether what was opened with one serves the other; headers go with each request. */
function connectsAlike(a: Proof, b: Proof): boolean {
  const fields = ["server", "authority", "certificate", "key", "proxyUrl"] as const;
  return fields.every((field) => a[field] === b[field]);
}

async function reach(
  server: string,
  path: string,
  init: RequestInit & { readonly client: Deno.HttpClient },
): Promise<Response> {
  try {
    return await fetch(server + path, init);
  } catch (cause) {
    if (init.signal?.aborted === true || !(cause instanceof TypeError)) throw cause;
    // fetch says that it failed; why, only its cause knows.
    const why = cause.cause instanceof Error ? cause.cause.message : cause.message;
    throw new Error(
      `Cannot reach the API server ${server}: ${why.replace(/^.*?client error/, "client error")}`,
      { cause },
    );
  }
}

/**
 * An HTTPS server whose certificate can be replaced while it runs.
 *
 * Source: node:https, of Deno's servers the one that takes a least version of TLS and a new certificate without closing its
 * port. LIMIT of the platform (rustls below it): cipher suites and curves are its own choice, all of them ones that
 * TLS 1.3 and forward secrecy allow; they cannot be named.
 * Shape: requests in as the Web has them, their bodies whole; a Response out. Nothing a client sends ends it, and what clients
 * keep open is bounded, as anybody may connect: silent connections are closed, and of too many the oldest.
 * Not here: what is answered, where certificates come from.
 *
 * @module
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { KeyPair } from "./self_signed.ts";

export type TlsVersion = "TLSv1.2" | "TLSv1.3";

export interface HttpsOptions {
  /** "::" is every address of both families. */
  readonly hostname: string;
  readonly port: number;
  readonly leastVersion: TlsVersion;
  /** Speak HTTP/2 with those who prefer it. */
  readonly http2: boolean;
  /** LIMIT: a request with a larger body is refused by 413 before anything looks at it. */
  readonly mostBodyOctets: number;
  /** May reject: that becomes the answer 500. */
  readonly answer: (request: Request) => Response | Promise<Response>;
  /** SILENT_MS when absent. */
  readonly silentMs?: number;
  /** MOST_CONNECTIONS when absent. */
  readonly mostConnections?: number;
}

/** A connection on which nothing is said for so long is closed, whether it began well or not. */
const SILENT_MS = 60_000;
/** LIMIT: connections at the same time; scrapers and API servers have few. */
const MOST_CONNECTIONS = 256;
/** How long requests under way may take when it is closed. */
const CLOSE_WITHIN_MS = 2000;

/** See the module comment. */
export class HttpsListener implements AsyncDisposable {
  readonly #server: SecureServer;
  readonly #leastVersion: TlsVersion;

  private constructor(server: SecureServer, leastVersion: TlsVersion) {
    this.#server = server;
    this.#leastVersion = leastVersion;
  }

  /** Starts listening; rejects when the port is taken or the certificate cannot be used. */
  static async open(options: HttpsOptions, pair: KeyPair): Promise<HttpsListener> {
    const { hostname, port, leastVersion, http2 } = options;
    const terms = termsOf(pair, leastVersion);
    const server = http2
      ? (await import("node:http2")).createSecureServer({ ...terms, allowHTTP1: true }) as unknown as Server
      : (await import("node:https")).createServer(terms);
    server.on("request", (message: IncomingMessage, response: ServerResponse) => {
      respond(message, response, options).catch(() => response.destroy());
    });
    boundConnections(server, options);
    // A client that speaks no TLS, or too old a version of it: its own affair.
    server.on("clientError", (_error, socket) => socket.destroy());
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once(
      "error",
      (cause: Error) => reject(new Error(`Cannot listen on port ${port}: ${cause.message}`, { cause })),
    );
    server.listen({ host: hostname, port }, resolve);
    await promise;
    return new HttpsListener(server as unknown as SecureServer, leastVersion);
  }

  /** Shows this certificate from the next connection on. */
  use(pair: KeyPair): void {
    this.#server.setSecureContext(termsOf(pair, this.#leastVersion));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeIdleConnections?.();
    const bound = setTimeout(() => {
      this.#server.closeAllConnections?.();
      resolve();
    }, CLOSE_WITHIN_MS);
    await promise;
    clearTimeout(bound);
  }
}

/** Of HTTP/2's server the connections cannot be closed one by one; it ends them itself. */
type SecureServer =
  & Pick<Server, "close">
  & Partial<Pick<Server, "closeIdleConnections" | "closeAllConnections">>
  & {
    setSecureContext(terms: ReturnType<typeof termsOf>): void;
  };

function termsOf({ certificate, privateKey }: KeyPair, minVersion: TlsVersion): {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: TlsVersion;
} {
  return { cert: certificate, key: privateKey, minVersion };
}

/** The platform has no such bounds of its own. */
function boundConnections(server: Server, options: HttpsOptions): void {
  const { silentMs = SILENT_MS, mostConnections = MOST_CONNECTIONS } = options;
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.setTimeout(silentMs, () => socket.destroy());
    const [oldest] = open;
    if (open.size > mostConnections) oldest?.destroy();
  });
}

async function respond(
  message: IncomingMessage,
  out: ServerResponse,
  { answer, mostBodyOctets }: HttpsOptions,
): Promise<void> {
  const body = await bodyOf(message, mostBodyOctets);
  const response = body === null
    ? new Response("the body is too large", { status: 413, headers: { connection: "close" } })
    : await answered(requestOf(message, body), answer);
  out.writeHead(response.status, Object.fromEntries(response.headers));
  out.end(new Uint8Array(await response.arrayBuffer()));
}

async function answered(request: Request, answer: HttpsOptions["answer"]): Promise<Response> {
  try {
    return await answer(request);
  } catch (error) {
    return new Response(error instanceof Error ? error.message : String(error), { status: 500 });
  }
}

/** The whole body; null when it is larger than that. */
async function bodyOf(message: IncomingMessage, mostOctets: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const pieces: Uint8Array[] = [];
  let octets = 0;
  for await (const piece of message as AsyncIterable<Uint8Array>) {
    octets += piece.length;
    if (octets > mostOctets) return null;
    pieces.push(piece);
  }
  const body = new Uint8Array(octets);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}

function requestOf(message: IncomingMessage, body: Uint8Array<ArrayBuffer>): Request {
  const method = message.method ?? "GET";
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    // HTTP/2 has the parts of the first line among the fields.
    if (typeof value === "string" && !name.startsWith(":")) headers.set(name, value);
  }
  const url = new URL(message.url ?? "/", "https://localhost");
  return new Request(url, { method, headers, ...(method === "GET" || method === "HEAD" ? {} : { body }) });
}

/**
 * /metrics over HTTPS, for those whom the cluster lets read it.
 *
 * Source: MetalLB's metrics endpoint: a bearer token that the API server knows (else 401) and that may get /metrics (else
 * 403); 500 when the API server cannot be asked. METALLB: it listens on IPv4 alone; scrapers of a cluster without IPv4 ask
 * by IPv6.
 * Shape: opened by both roles in a cluster, closed by disposal. Has its own connection to the API server, as it also serves
 * while a controller stands by. Without --metrics-cert-dir the certificate is of its own making and nobody can verify it.
 * Not here: the metrics (role_metrics.ts), TLS (../tls/https_listener.ts), the reviews (k8s/api/access/token_review.ts).
 *
 * @module
 */
import { ApiClient } from "../../../k8s/api/client.ts";
import { openCredentials } from "../../../k8s/api/access/credentials.ts";
import { AccessReviews } from "../../../k8s/api/access/token_review.ts";
import { Transport } from "../../../k8s/api/access/transport.ts";
import { CONTENT_TYPE } from "../../report/exposition.ts";
import type { ClusterOptions } from "../options/cluster.ts";
import { logOf } from "../log.ts";
import { CertificateFiles, readCertificateFiles } from "../tls/certificate_files.ts";
import { HttpsListener } from "../tls/https_listener.ts";
import { type KeyPair, makeAuthority, makeServingCertificate } from "../tls/self_signed.ts";
import { hostnamesOf } from "./health.ts";

const PATH = "/metrics";
/** LIMIT: who asks for metrics has nothing to say, and says it before it is known who they are. */
const MOST_BODY_OCTETS = 1024;
/** Nobody verifies it, so it may outlive the program. */
const OWN_CERTIFICATE_DAYS = 3650;
const DAY_MS = 86_400_000;

const log = logOf("metrics");

export interface MetricsListenerOptions
  extends Pick<ClusterOptions, "metricsPort" | "metricsCertDir" | "tls"> {
  /** As the role was told; null for the Pod's own account. */
  readonly kubeconfig: string | null;
  /** Metrics as of now. */
  readonly metrics: () => Promise<string>;
}

/** Starts listening; rejects when the port is taken or the certificate cannot be used, saying what to do. */
export async function openMetricsListener(options: MetricsListenerOptions): Promise<AsyncDisposable> {
  const { metricsCertDir: folder, kubeconfig } = options;
  await using opened = new AsyncDisposableStack();
  const client = opened.use(new ApiClient(new Transport(openCredentials(kubeconfig))));
  const reviews = new AccessReviews(client);
  const pair = folder === null ? await makeOwnCertificate() : await readCertificateFiles(folder);
  const listener = opened.use(
    await listen(options, pair, (request) => answer(request, reviews, options.metrics)),
  );
  if (folder !== null) {
    opened.use(
      new CertificateFiles({
        folder,
        onCertificate: (pair) => listener.use(pair),
        onFault: (err) => log.warn("metrics certificate cannot be used, the last one stays", { err }),
      }),
    );
  }
  log.info("metrics served", { port: options.metricsPort });
  return opened.move();
}

async function makeOwnCertificate(): Promise<KeyPair> {
  const validity = {
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + OWN_CERTIFICATE_DAYS * DAY_MS),
  };
  const authority = await makeAuthority({ commonName: "ingot-metrics", organization: "ingot", ...validity });
  return await makeServingCertificate(authority, { names: ["localhost", "127.0.0.1", "::1"], ...validity });
}

async function listen(
  { metricsPort: port, tls: { leastVersion } }: MetricsListenerOptions,
  pair: KeyPair,
  answer: (request: Request) => Promise<Response>,
): Promise<HttpsListener> {
  let failure: unknown;
  for (const hostname of hostnamesOf("network")) {
    try {
      const mostBodyOctets = MOST_BODY_OCTETS;
      return await HttpsListener.open(
        { hostname, port, leastVersion, http2: false, mostBodyOctets, answer },
        pair,
      );
    } catch (error) {
      failure = error;
      if (error instanceof Error && /in use/i.test(error.message)) break;
    }
  }
  const reason = failure instanceof Error ? failure.message : String(failure);
  throw new Error(`${reason}; give --port a free port, or 0`, { cause: failure });
}

async function answer(
  request: Request,
  reviews: AccessReviews,
  metrics: () => Promise<string>,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname !== PATH) return new Response("not found", { status: 404 });
  const token = /^bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (token === undefined) return unauthorized();
  try {
    const access = await reviews.review(token, PATH, request.method.toLowerCase());
    if (access.type === "Unknown") return unauthorized();
    if (access.type === "Denied") {
      return new Response(`${access.user} may not ${request.method} ${PATH}`, { status: 403 });
    }
  } catch (err) {
    log.warn("cannot ask the API server whether somebody may read the metrics", { err });
    return new Response("the API server cannot be asked whether you may", { status: 500 });
  }
  if (request.method !== "GET") return new Response("only GET", { status: 405, headers: { allow: "GET" } });
  return new Response(await metrics(), { headers: { "content-type": CONTENT_TYPE } });
}

function unauthorized(): Response {
  return new Response("unauthorized", { status: 401, headers: { "www-authenticate": "Bearer" } });
}

/**
 * What the API server needs to call the webhooks of controllers that run as processes, when it does, and a caller that is
 * not the API server.
 *
 * Shape: no kubelet says where the Pods of metallb-webhook-service are, and kube-proxy is not needed: with
 * --enable-aggregator-routing the API server goes to the addresses in the EndpointSlice itself.
 * Not here: the cluster (../stage.ts), the certificate (certificate.ts).
 *
 * @module
 */
import { request } from "node:https";
import { parseAllDocuments } from "yaml";
import manifest from "../../../deploy/manifests/webhooks.yaml" with { type: "text" };
import { type Cluster, SYSTEM } from "../../lab/apiserver/cluster.ts";
import type { Ingot } from "../../lab/ingot.ts";
import { until } from "../../stage/until.ts";
import { pool } from "../services.ts";
import { ClusterStage, PATIENCE_MS } from "../stage.ts";

export const SERVER_NAME: string = `metallb-webhook-service.${SYSTEM}.svc`;
export const SECRET = "metallb-webhook-cert";
const PORT = 9443;

/** The control plane's own address, where controllers listen that are started beside it. */
export const HERE = "10.79.0.1";
/** What every webhook of its kind refuses. */
export const INVALID: unknown = pool("invalid", "10.0.0.0/33");

/** Of the API server: call webhooks at their endpoints. */
const TO_ENDPOINTS = "--enable-aggregator-routing=true";

interface ShippedObject {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** The Service, the empty Secret and the configuration as they are shipped. */
export const WEBHOOK_OBJECTS: readonly ShippedObject[] = parseAllDocuments(manifest).map((document) =>
  document.toJS()
);

/** Says that controllers listen at these addresses and no others. */
export function webhookEndpoints(...addresses: readonly string[]): unknown {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: "metallb-webhook-service",
      namespace: SYSTEM,
      labels: { "kubernetes.io/service-name": "metallb-webhook-service" },
    },
    addressType: "IPv4",
    ports: [{ name: "", port: PORT, protocol: "TCP" }],
    endpoints: addresses.length === 0 ? [] : [{ addresses, conditions: { ready: true } }],
  };
}

/** A cluster whose API server asks a controller that listens here. */
export async function openWebhookStage(stack: AsyncDisposableStack, nodes = 0): Promise<ClusterStage> {
  const apiServerFlags = () => Promise.resolve([TO_ENDPOINTS]);
  const stage = stack.use(await ClusterStage.open({ nodes, apiServerFlags }));
  await stage.cluster.apply(...WEBHOOK_OBJECTS, webhookEndpoints(HERE));
  return stage;
}

/** Waits until the controller serves them. */
export async function serving(controller: Ingot): Promise<void> {
  await controller.waitForLog("webhooks served", {}, PATIENCE_MS);
}

/** What the API server says against an object; null when it takes it. */
export async function objection(
  cluster: Cluster,
  object: unknown,
  ...flags: readonly string[]
): Promise<string | null> {
  try {
    await cluster.kubectl(
      ["apply", "--server-side", "--force-conflicts", ...flags, "-f", "-"],
      JSON.stringify(object),
    );
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Waits until the API server asks the webhooks: it learns of their certificate a moment later than everybody else. */
export async function asking(cluster: Cluster): Promise<void> {
  await until(
    "the API server to ask the webhooks",
    async () =>
      /denied the request/.test(await objection(cluster, INVALID, "--dry-run=server") ?? "") ? true : null,
    PATIENCE_MS,
  );
  await until(
    "the API server to have BGPPeers converted",
    () => cluster.kubectl(["get", "bgppeers.v1beta1.metallb.io", "-A"]).then(() => true, () => null),
    PATIENCE_MS,
  );
}

/** What somebody sees who connects. */
export interface Shown {
  readonly status: number;
  readonly body: string;
  /** SHA-256 of the certificate. */
  readonly fingerprint: string;
}

/** Asks a webhook, as the API server would, but believing any certificate; null when nobody listens. */
export function askWebhook(address: string, path: string, body: unknown): Promise<Shown | null> {
  const { promise, resolve } = Promise.withResolvers<Shown | null>();
  const asking = request({
    host: address,
    port: PORT,
    path,
    method: "POST",
    servername: SERVER_NAME,
    rejectUnauthorized: false,
    agent: false,
  }, (response) => {
    const { fingerprint256 } = (response.socket as unknown as PeerSocket).getPeerCertificate();
    let text = "";
    response.on("data", (piece) => text += piece);
    response.on(
      "end",
      () => resolve({ status: response.statusCode ?? 0, body: text, fingerprint: fingerprint256 }),
    );
  });
  asking.on("error", () => resolve(null));
  asking.end(JSON.stringify(body));
  return promise;
}

interface PeerSocket {
  getPeerCertificate(): { readonly fingerprint256: string };
}

/** The question whether this object may be created. */
export function creationReview(object: unknown): unknown {
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: { uid: "asked-by-a-test", operation: "CREATE", object },
  };
}

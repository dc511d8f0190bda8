/**
 * What the API server needs to call the webhooks of controllers that run as processes, and a caller that is not the API
 * server.
 *
 * Shape: no kubelet says where the Pods of metallb-webhook-service are, and kube-proxy is not needed: with
 * --enable-aggregator-routing the API server goes to the addresses in the EndpointSlice itself.
 * Not here: the cluster (stage.ts).
 *
 * @module
 */
import { request } from "node:https";
import { parseAllDocuments } from "yaml";
import manifest from "../../deploy/manifests/webhooks.yaml" with { type: "text" };
import { SYSTEM } from "../lab/apiserver/cluster.ts";

export const SERVER_NAME: string = `metallb-webhook-service.${SYSTEM}.svc`;
export const SECRET = "metallb-webhook-cert";
const PORT = 9443;

/** Of the API server: call webhooks at their endpoints. */
export const TO_ENDPOINTS = "--enable-aggregator-routing=true";

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

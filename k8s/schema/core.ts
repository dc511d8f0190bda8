/**
 * Schemas of the built-in kinds: the fields that are read, as the API server would enforce them.
 *
 * Source: Kubernetes API reference, core/v1 and discovery.k8s.io/v1. Types: ../types/core.ts.
 * Not here: rules that join several fields; the API server has more of them than anything here depends on.
 *
 * @module
 */
import {
  BOOLEAN,
  fields,
  INTEGER,
  type JsonSchema,
  LABEL_NAME,
  listOf,
  metadata,
  oneOf,
  SECRET_STRING,
  STRING,
  STRING_MAP,
  SUBDOMAIN_NAME,
} from "./schema.ts";

const PORT: JsonSchema = { ...INTEGER, minimum: 1, maximum: 65_535 };

/** status.loadBalancer.ingress[] of a Service. */
export const LOAD_BALANCER_INGRESS: JsonSchema = fields({
  ip: STRING,
  hostname: STRING,
  ipMode: oneOf("VIP", "Proxy"),
});

export const SERVICE: JsonSchema = fields({
  metadata: metadata(LABEL_NAME),
  spec: fields({
    type: oneOf("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
    ports: listOf(fields({ name: STRING, protocol: oneOf("TCP", "UDP", "SCTP"), port: PORT }, ["port"])),
    selector: STRING_MAP,
    clusterIP: STRING,
    clusterIPs: listOf(STRING),
    ipFamilies: listOf(oneOf("IPv4", "IPv6")),
    ipFamilyPolicy: oneOf("SingleStack", "PreferDualStack", "RequireDualStack"),
    loadBalancerIP: STRING,
    loadBalancerClass: STRING,
    externalTrafficPolicy: oneOf("Cluster", "Local"),
  }),
  status: fields({ loadBalancer: fields({ ingress: listOf(LOAD_BALANCER_INGRESS) }) }),
}, ["metadata"]);

export const NODE: JsonSchema = fields({
  metadata: metadata(SUBDOMAIN_NAME),
  status: fields({
    conditions: listOf(
      fields({ type: STRING, status: oneOf("True", "False", "Unknown") }, ["type", "status"]),
    ),
  }),
}, ["metadata"]);

export const NAMESPACE: JsonSchema = fields({ metadata: metadata(LABEL_NAME) }, ["metadata"]);

export const ENDPOINT_SLICE: JsonSchema = fields({
  metadata: metadata(SUBDOMAIN_NAME),
  endpoints: listOf(fields({
    addresses: listOf(STRING),
    conditions: fields({ ready: BOOLEAN, serving: BOOLEAN }),
    nodeName: STRING,
  }, ["addresses"])),
}, ["metadata"]);

/** RFC 4648 section 4, line breaks allowed as in Go's decoder. */
const BASE64: JsonSchema = {
  ...SECRET_STRING,
  pattern: "^[\\r\\n]*(?:(?:[A-Za-z0-9+/][\\r\\n]*){4})*" +
    "(?:(?:[A-Za-z0-9+/][\\r\\n]*){2}=[\\r\\n]*=[\\r\\n]*|(?:[A-Za-z0-9+/][\\r\\n]*){3}=[\\r\\n]*)?$",
  description: "base64; clear text belongs under stringData",
};

export const SECRET: JsonSchema = fields({
  metadata: metadata(SUBDOMAIN_NAME),
  type: STRING,
  data: { type: "object", additionalProperties: BASE64, writeOnly: true },
  stringData: { type: "object", additionalProperties: SECRET_STRING, writeOnly: true },
}, ["metadata"]);

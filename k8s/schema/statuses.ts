/**
 * Schemas of the custom resources that Ingot itself writes: what their definitions admit, and what of them is read back, to
 * see whether it still stands.
 *
 * Source: metallb.io/v1beta1; Condition as in meta/v1. Types: ../types/statuses.ts.
 *
 * @module
 */
import { fields, type JsonSchema, listOf, metadata, oneOf, STRING, SUBDOMAIN_NAME } from "./schema.ts";

const OWNED = metadata(SUBDOMAIN_NAME, {
  ownerReferences: listOf(fields({ apiVersion: STRING, kind: STRING, name: STRING, uid: STRING })),
});

const ANNOUNCED = { node: STRING, serviceName: STRING, serviceNamespace: STRING };

export const SERVICE_L2_STATUS: OwnedSchema = owned(
  fields({ ...ANNOUNCED, interfaces: listOf(fields({ name: STRING })) }),
);

export const SERVICE_BGP_STATUS: OwnedSchema = owned(fields({ ...ANNOUNCED, peers: listOf(STRING) }));

const QUALIFIED_NAME = "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?" +
  "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$";

const CONDITION: JsonSchema = fields({
  lastTransitionTime: STRING,
  message: { type: "string", maxLength: 32_768 },
  observedGeneration: { type: "integer", minimum: 0 },
  reason: { type: "string", maxLength: 1024, pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$" },
  status: oneOf("True", "False", "Unknown"),
  type: { type: "string", maxLength: 316, pattern: QUALIFIED_NAME },
}, ["lastTransitionTime", "message", "reason", "status", "type"]);

export const CONFIGURATION_STATE: OwnedSchema = owned(fields({
  result: oneOf("Valid", "Invalid", "Unknown"),
  errorSummary: STRING,
  conditions: listOf(CONDITION),
}));

/** A whole object, with its status apart for those who only define that. */
export interface OwnedSchema extends JsonSchema {
  readonly properties: { readonly metadata: JsonSchema; readonly status: JsonSchema };
}

function owned(status: JsonSchema): OwnedSchema {
  return { type: "object", properties: { metadata: OWNED, status }, required: ["metadata"] };
}

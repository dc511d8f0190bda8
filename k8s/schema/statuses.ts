/**
 * Schemas of the custom resources that Ingot itself writes: what of them is read back, to see whether it still stands.
 *
 * Source: metallb.io/v1beta1. Types: ../types/statuses.ts.
 *
 * @module
 */
import { fields, type JsonSchema, listOf, metadata, STRING, SUBDOMAIN_NAME } from "./schema.ts";

const OWNED = metadata(SUBDOMAIN_NAME, {
  ownerReferences: listOf(fields({ apiVersion: STRING, kind: STRING, name: STRING, uid: STRING })),
});

const ANNOUNCED = { node: STRING, serviceName: STRING, serviceNamespace: STRING };

export const SERVICE_L2_STATUS: JsonSchema = fields({
  metadata: OWNED,
  status: fields({ ...ANNOUNCED, interfaces: listOf(fields({ name: STRING })) }),
}, ["metadata"]);

export const SERVICE_BGP_STATUS: JsonSchema = fields({
  metadata: OWNED,
  status: fields({ ...ANNOUNCED, peers: listOf(STRING) }),
}, ["metadata"]);

export const CONFIGURATION_STATE: JsonSchema = fields({
  metadata: OWNED,
  status: fields({
    result: STRING,
    errorSummary: STRING,
    conditions: listOf(
      fields({ type: STRING, status: STRING, reason: STRING, message: STRING, lastTransitionTime: STRING }),
    ),
  }),
}, ["metadata"]);

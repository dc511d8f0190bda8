/**
 * Schemas of MetalLB's custom resources, as their CustomResourceDefinitions state them.
 *
 * Source: metallb.io/v1beta1. Types: ../types/metallb.ts.
 * Not here: what the values mean and whether they fit together; that is the configuration's affair.
 *
 * @module
 */
import {
  BOOLEAN,
  fields,
  INTEGER,
  type JsonSchema,
  LABEL_SELECTOR,
  listOf,
  metadata,
  STRING,
  SUBDOMAIN_NAME,
} from "./schema.ts";

export const IP_ADDRESS_POOL: JsonSchema = fields({
  metadata: metadata(SUBDOMAIN_NAME),
  spec: fields({
    addresses: listOf(STRING),
    autoAssign: BOOLEAN,
    avoidBuggyIPs: BOOLEAN,
    serviceAllocation: fields({
      priority: INTEGER,
      namespaces: listOf(STRING),
      namespaceSelectors: listOf(LABEL_SELECTOR),
      serviceSelectors: listOf(LABEL_SELECTOR),
    }),
  }, ["addresses"]),
}, ["metadata", "spec"]);

export const L2_ADVERTISEMENT: JsonSchema = fields({
  metadata: metadata(SUBDOMAIN_NAME),
  spec: fields({
    ipAddressPools: listOf(STRING),
    ipAddressPoolSelectors: listOf(LABEL_SELECTOR),
    nodeSelectors: listOf(LABEL_SELECTOR),
    interfaces: listOf(STRING),
    serviceSelectors: listOf(LABEL_SELECTOR),
    preferredNodeSelectors: listOf(fields(
      { weight: { ...INTEGER, minimum: 1, maximum: 100 }, preference: LABEL_SELECTOR },
      ["weight", "preference"],
    )),
  }),
}, ["metadata"]);

export const COMMUNITY: JsonSchema = fields({
  metadata: metadata(SUBDOMAIN_NAME),
  spec: fields({ communities: listOf(fields({ name: STRING, value: STRING })) }),
}, ["metadata"]);

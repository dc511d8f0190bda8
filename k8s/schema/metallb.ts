/**
 * Schemas of MetalLB's custom resources, as their CustomResourceDefinitions state them.
 *
 * Source: metallb.io/v1beta1, and v1beta2 for BGPPeer. Types: ../types/metallb.ts.
 * Not here: what the values mean and whether they fit together; that is the configuration's affair.
 *
 * @module
 */
import {
  BOOLEAN,
  fields,
  INTEGER,
  integerFrom,
  type JsonSchema,
  LABEL_SELECTOR,
  listOf,
  metadata,
  oneOf,
  SECRET_STRING,
  STRING,
  STRING_MAP,
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
      { weight: integerFrom(1, 100), preference: LABEL_SELECTOR },
      ["weight", "preference"],
    )),
  }),
}, ["metadata"]);

export const COMMUNITY: JsonSchema = fields({
  metadata: metadata(SUBDOMAIN_NAME),
  spec: fields({ communities: listOf(fields({ name: STRING, value: STRING })) }),
}, ["metadata"]);

const ASN: JsonSchema = integerFrom(0, 0xffff_ffff);

/** What both versions of BGPPeer have. */
const PEER_FIELDS = {
  myASN: ASN,
  peerASN: ASN,
  peerAddress: STRING,
  sourceAddress: STRING,
  holdTime: STRING,
  keepaliveTime: STRING,
  routerID: STRING,
  password: SECRET_STRING,
  bfdProfile: STRING,
  ebgpMultiHop: BOOLEAN,
};

export const BGP_PEER: JsonSchema = fields({
  metadata: metadata(SUBDOMAIN_NAME),
  spec: fields({
    ...PEER_FIELDS,
    dynamicASN: oneOf("internal", "external"),
    localASN: integerFrom(1, 0xffff_ffff),
    interface: STRING,
    peerPort: integerFrom(1, 16_384),
    connectTime: STRING,
    nodeSelectors: listOf(LABEL_SELECTOR),
    passwordSecret: fields({ name: STRING, namespace: STRING }),
    enableGracefulRestart: BOOLEAN,
    vrf: STRING,
    disableMP: BOOLEAN,
    dualStackAddressFamily: BOOLEAN,
  }, ["myASN"]),
}, ["metadata", "spec"]);

/** The deprecated version. */
export const BGP_PEER_V1BETA1: JsonSchema = fields({
  metadata: metadata(SUBDOMAIN_NAME),
  spec: fields({
    ...PEER_FIELDS,
    peerPort: integerFrom(0, 16_384),
    nodeSelectors: listOf(fields({
      matchLabels: STRING_MAP,
      matchExpressions: listOf(fields(
        { key: STRING, operator: STRING, values: { ...listOf(STRING), minItems: 1 } },
        ["key", "operator", "values"],
      )),
    })),
  }, ["myASN", "peerASN", "peerAddress"]),
}, ["metadata", "spec"]);

export const BFD_PROFILE: JsonSchema = fields({
  metadata: metadata(SUBDOMAIN_NAME),
  spec: fields({
    receiveInterval: integerFrom(10, 60_000),
    transmitInterval: integerFrom(10, 60_000),
    detectMultiplier: integerFrom(2, 255),
    echoInterval: integerFrom(10, 60_000),
    echoMode: BOOLEAN,
    passiveMode: BOOLEAN,
    minimumTtl: integerFrom(1, 254),
  }),
}, ["metadata"]);

export const BGP_ADVERTISEMENT: JsonSchema = fields({
  metadata: metadata(SUBDOMAIN_NAME),
  spec: fields({
    // The CustomResourceDefinition has no maximum: what is too long is the configuration's to say.
    aggregationLength: integerFrom(1, 0x7fff_ffff),
    aggregationLengthV6: INTEGER,
    localPref: integerFrom(0, 0xffff_ffff),
    communities: listOf(STRING),
    ipAddressPools: listOf(STRING),
    ipAddressPoolSelectors: listOf(LABEL_SELECTOR),
    nodeSelectors: listOf(LABEL_SELECTOR),
    peers: listOf(STRING),
    serviceSelectors: listOf(LABEL_SELECTOR),
  }),
}, ["metadata"]);

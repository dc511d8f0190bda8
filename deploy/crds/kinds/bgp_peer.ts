/**
 * BGPPeer: a router to hold BGP sessions with, in both versions.
 *
 * Source: MetalLB's API, metallb.io/v1beta2 and its deprecated v1beta1.
 * Not here: conversion between them, which is the controller's webhook's.
 *
 * @module
 */
import { BGP_PEER, BGP_PEER_V1BETA1 } from "../../../k8s/schema/metallb.ts";
import { fields } from "../../../k8s/schema/schema.ts";
import { type Column, type Kind, type Notes, textColumns } from "../kind.ts";

/** What both versions have. */
const SHARED: Notes = {
  "spec": { description: "How to reach the router, and how to speak with it." },
  "spec.myASN": { description: "Autonomous system number of our side.", format: "int64" },
  "spec.peerAddress": { description: "The router's address." },
  "spec.sourceAddress": {
    description: "Address that sessions are opened from; the kernel's choice when absent.",
  },
  "spec.holdTime": {
    description: "Hold time that is offered: 90s, 1m30s. Peers use the smaller of theirs and ours.",
  },
  "spec.keepaliveTime": {
    description: "Time between KEEPALIVE messages; a third of the hold time when absent.",
  },
  "spec.routerID": {
    description: "Our BGP identifier, in the form of an IPv4 address; the node's when absent.",
  },
  "spec.password": { description: "Password of the session (TCP MD5, RFC 2385). Better in a Secret." },
  "spec.bfdProfile": { description: "BFDProfile that watches the path to the router; no BFD when absent." },
  "spec.ebgpMultiHop": {
    description: "Whether a router of another autonomous system may be more than one hop away.",
  },
  "status": { description: "Empty." },
};

const V1BETA2: Notes = {
  ...SHARED,
  "spec.peerASN": {
    description: "Autonomous system number of the router; this or dynamicASN.",
    format: "int64",
  },
  "spec.dynamicASN": {
    description: "Takes the number the router offers: internal, if it is ours; external, if it is not.",
  },
  "spec.localASN": {
    description: "Number that this router is shown instead of myASN.",
    format: "int64",
  },
  "spec.interface": {
    description: "Interface that the router is found on, without an address; this or peerAddress.",
  },
  "spec.peerPort": { description: "TCP port of the router.", default: 179 },
  "spec.connectTime": {
    description: "Time between attempts to connect, in whole seconds.",
    rules: [
      {
        rule: "duration(self).getSeconds() >= 1 && duration(self).getSeconds() <= 65535",
        message: "connectTime must be from 1 to 65535 seconds",
      },
      {
        rule: "duration(self).getMilliseconds() % 1000 == 0",
        message: "connectTime must be whole seconds",
      },
    ],
  },
  "spec.nodeSelectors": { description: "Nodes that hold a session with the router; every node when empty." },
  "spec.passwordSecret": {
    description:
      "Secret of type kubernetes.io/basic-auth whose key password holds the password of the session.",
    atomic: true,
  },
  "spec.passwordSecret.name": { description: "The Secret's name." },
  "spec.passwordSecret.namespace": { description: "The Secret's namespace." },
  "spec.enableGracefulRestart": {
    description:
      "Whether routes outlive a restart of ours (RFC 4724). Cannot be changed: delete and create anew.",
    rules: [{ rule: "self == oldSelf", message: "enableGracefulRestart cannot be changed" }],
  },
  "spec.vrf": { description: "VRF of the node that the session is held in." },
  "spec.disableMP": { description: "Deprecated, without effect.", default: false },
  "spec.dualStackAddressFamily": {
    description: "Whether the session carries routes of both address families.",
    default: false,
  },
};

const V1BETA1: Notes = {
  ...SHARED,
  "spec.peerASN": { description: "Autonomous system number of the router.", format: "int64" },
  "spec.peerPort": { description: "TCP port of the router." },
  "spec.nodeSelectors": { description: "Nodes that hold a session with the router; every node when empty." },
  "spec.nodeSelectors[].matchLabels": { description: "Labels and the values they must have." },
  "spec.nodeSelectors[].matchExpressions": { description: "Requirements that must all be met." },
  "spec.nodeSelectors[].matchExpressions[].key": { description: "The label that is looked at." },
  "spec.nodeSelectors[].matchExpressions[].operator": { description: "In or NotIn." },
  "spec.nodeSelectors[].matchExpressions[].values": {
    description: "What the label's value is compared with.",
  },
};

const COLUMNS: readonly Column[] = textColumns({
  "Address": ".spec.peerAddress",
  "ASN": ".spec.peerASN",
  "BFD Profile": ".spec.bfdProfile",
  "Multi Hops": ".spec.ebgpMultiHop",
});

export const BGP_PEERS: Kind = {
  kind: "BGPPeer",
  plural: "bgppeers",
  versions: [
    {
      name: "v1beta1",
      isStored: false,
      deprecation: "metallb.io/v1beta1 BGPPeer is deprecated: use metallb.io/v1beta2",
      description: "BGPPeer is a router to hold BGP sessions with.",
      properties: { spec: BGP_PEER_V1BETA1.properties!.spec!, status: fields({}) },
      required: [],
      notes: V1BETA1,
      columns: COLUMNS,
    },
    {
      name: "v1beta2",
      isStored: true,
      deprecation: null,
      description: "BGPPeer is a router to hold BGP sessions with.",
      properties: { spec: BGP_PEER.properties!.spec!, status: fields({}) },
      required: [],
      notes: V1BETA2,
      columns: COLUMNS,
    },
  ],
};

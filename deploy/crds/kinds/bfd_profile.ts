/**
 * BFDProfile: how fast the loss of a path to a router is noticed.
 *
 * Source: MetalLB's API, metallb.io/v1beta1; RFC 5880.
 *
 * @module
 */
import { BFD_PROFILE } from "../../../k8s/schema/metallb.ts";
import { fields } from "../../../k8s/schema/schema.ts";
import { type Kind, kindOf, type Notes } from "../kind.ts";

const NOTES: Notes = {
  "spec": { description: "The session's timers and modes." },
  "spec.receiveInterval": {
    description: "Least time between packets that we can receive, in milliseconds; 300 when absent.",
    format: "int32",
  },
  "spec.transmitInterval": {
    description: "Least time between packets that we send, in milliseconds; 300 when absent.",
    format: "int32",
  },
  "spec.detectMultiplier": {
    description: "Intervals without a packet after which the path is down; 3 when absent.",
    format: "int32",
  },
  "spec.echoInterval": {
    description: "Least time between echo packets that we can return, in milliseconds; 50 when absent.",
    format: "int32",
  },
  "spec.echoMode": {
    description: "Whether echo packets test the path, too (RFC 5880 section 6.4); IPv4 only.",
  },
  "spec.passiveMode": { description: "Whether we wait for the router's first packet before we send." },
  "spec.minimumTtl": {
    description: "Least TTL of packets over several hops that is accepted; 254 when absent.",
    format: "int32",
  },
  "status": { description: "Empty." },
};

export const BFD_PROFILES: Kind = kindOf("BFDProfile", "bfdprofiles", {
  description: "BFDProfile says how paths to BGPPeers are watched by Bidirectional Forwarding Detection.",
  properties: { spec: BFD_PROFILE.properties!.spec!, status: fields({}) },
  notes: NOTES,
  columns: [
    { name: "Passive Mode", type: "boolean", jsonPath: ".spec.passiveMode" },
    { name: "Transmit Interval", type: "integer", jsonPath: ".spec.transmitInterval" },
    { name: "Receive Interval", type: "integer", jsonPath: ".spec.receiveInterval" },
    { name: "Multiplier", type: "integer", jsonPath: ".spec.detectMultiplier" },
  ],
});

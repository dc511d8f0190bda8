/**
 * L2Advertisement: which pools are answered for by ARP and NDP, from which nodes and interfaces.
 *
 * Source: MetalLB's API, metallb.io/v1beta1.
 *
 * @module
 */
import { L2_ADVERTISEMENT } from "../../../k8s/schema/metallb.ts";
import { fields } from "../../../k8s/schema/schema.ts";
import { type Kind, kindOf, type Notes, textColumns } from "../kind.ts";

const NOTES: Notes = {
  "spec": { description: "What is announced, from where." },
  "spec.ipAddressPools": { description: "Pools that are announced, by name." },
  "spec.ipAddressPoolSelectors": {
    description: "Pools that are announced, by label. Without names and selectors every pool is.",
  },
  "spec.nodeSelectors": { description: "Nodes that may announce; every node when empty." },
  "spec.interfaces": { description: "Interfaces that are announced on; every interface when empty." },
  "spec.serviceSelectors": {
    description: "Services that are announced, by label; every Service when empty.",
  },
  "spec.preferredNodeSelectors": {
    description:
      "Nodes that should rather announce than others: of those able to, one with the greatest sum of weights does.",
  },
  "spec.preferredNodeSelectors[].weight": {
    description: "What a node that matches is worth, 1 to 100.",
    format: "int32",
  },
  "spec.preferredNodeSelectors[].preference": {
    description: "Labels of the nodes; an empty selector matches every node.",
  },
  "status": { description: "Empty." },
};

export const L2_ADVERTISEMENTS: Kind = kindOf("L2Advertisement", "l2advertisements", {
  description: "L2Advertisement announces the addresses of pools by ARP and NDP.",
  properties: { spec: L2_ADVERTISEMENT.properties!.spec!, status: fields({}) },
  notes: NOTES,
  columns: [
    ...textColumns({
      "IPAddressPools": ".spec.ipAddressPools",
      "IPAddressPool Selectors": ".spec.ipAddressPoolSelectors",
      "Interfaces": ".spec.interfaces",
    }),
    { name: "Node Selectors", type: "string", jsonPath: ".spec.nodeSelectors", priority: 10 },
  ],
});

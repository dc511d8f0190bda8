/**
 * BGPAdvertisement: which pools are announced by BGP, how, from which nodes, to which peers.
 *
 * Source: MetalLB's API, metallb.io/v1beta1.
 *
 * @module
 */
import { BGP_ADVERTISEMENT } from "../../../k8s/schema/metallb.ts";
import { fields } from "../../../k8s/schema/schema.ts";
import { type Kind, kindOf, type Notes, textColumns } from "../kind.ts";

const NOTES: Notes = {
  "spec": {
    description: "What is announced, how, from where, to whom.",
    rules: [{
      rule: "!has(self.serviceSelectors) || size(self.serviceSelectors) == 0 || " +
        "((!has(self.aggregationLength) || self.aggregationLength == 32) && " +
        "(!has(self.aggregationLengthV6) || self.aggregationLengthV6 == 128))",
      message:
        "serviceSelectors and aggregationLength are mutually exclusive: an aggregate also covers the addresses " +
        "of Services that are not selected",
    }],
  },
  "spec.aggregationLength": {
    description: "Length of the IPv4 prefixes that are announced; 32 announces every address by itself.",
    default: 32,
    format: "int32",
    bounds: { minimum: 1 },
  },
  "spec.aggregationLengthV6": {
    description: "Length of the IPv6 prefixes that are announced; 128 announces every address by itself.",
    default: 128,
    format: "int32",
  },
  "spec.localPref": {
    description: "LOCAL_PREF of the routes, which peers of the same autonomous system see.",
    format: "int32",
    bounds: {},
  },
  "spec.communities": {
    description:
      "BGP communities of the routes: 64512:1, large:64512:1:2, or an alias that a Community defines.",
  },
  "spec.ipAddressPools": { description: "Pools that are announced, by name." },
  "spec.ipAddressPoolSelectors": {
    description: "Pools that are announced, by label. Without names and selectors every pool is.",
  },
  "spec.nodeSelectors": { description: "Nodes that announce; every node when empty." },
  "spec.peers": { description: "BGPPeers that are told, by name; every peer when empty." },
  "spec.serviceSelectors": {
    description: "Services that are announced, by label; every Service when empty.",
  },
  "status": { description: "Empty." },
};

export const BGP_ADVERTISEMENTS: Kind = kindOf("BGPAdvertisement", "bgpadvertisements", {
  description: "BGPAdvertisement announces the addresses of pools by BGP.",
  properties: { spec: BGP_ADVERTISEMENT.properties!.spec!, status: fields({}) },
  notes: NOTES,
  columns: [
    ...textColumns({
      "IPAddressPools": ".spec.ipAddressPools",
      "IPAddressPool Selectors": ".spec.ipAddressPoolSelectors",
      "Peers": ".spec.peers",
    }),
    { name: "Node Selectors", type: "string", jsonPath: ".spec.nodeSelectors", priority: 10 },
  ],
});

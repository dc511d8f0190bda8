/**
 * IPAddressPool: addresses to give to Services.
 *
 * Source: MetalLB's API, metallb.io/v1beta1.
 *
 * @module
 */
import { IP_ADDRESS_POOL } from "../../../k8s/schema/metallb.ts";
import { fields, INTEGER } from "../../../k8s/schema/schema.ts";
import { type Kind, kindOf, type Notes } from "../kind.ts";

const STATUS = fields(
  { assignedIPv4: INTEGER, assignedIPv6: INTEGER, availableIPv4: INTEGER, availableIPv6: INTEGER },
  ["assignedIPv4", "assignedIPv6", "availableIPv4", "availableIPv6"],
);

const NOTES: Notes = {
  "spec": { description: "Which addresses there are, and who may have them." },
  "spec.addresses": {
    description: "Prefixes (192.0.2.0/24, 2001:db8::/64) and ranges (192.0.2.10-192.0.2.20).",
  },
  "spec.autoAssign": {
    description: "Whether Services get addresses of this pool without asking for it.",
    default: true,
  },
  "spec.avoidBuggyIPs": {
    description:
      "Whether IPv4 addresses that end in .0 or .255 are left out, which some devices take for broadcasts.",
    default: false,
  },
  "spec.serviceAllocation": {
    description:
      "Which Services the pool is for; when present, even empty, it is tried before pools without it.",
  },
  "spec.serviceAllocation.priority": {
    description: "Order among the pools that fit a Service: 1 first, greater later, 0 or absent last.",
  },
  "spec.serviceAllocation.namespaces": { description: "Namespaces whose Services may use the pool." },
  "spec.serviceAllocation.namespaceSelectors": {
    description: "Labels of namespaces whose Services may use the pool, besides those named.",
  },
  "spec.serviceAllocation.serviceSelectors": { description: "Labels of the Services that may use the pool." },
  "status": { description: "How full the pool is." },
  "status.assignedIPv4": { description: "IPv4 addresses in use.", format: "int64" },
  "status.assignedIPv6": { description: "IPv6 addresses in use.", format: "int64" },
  "status.availableIPv4": { description: "IPv4 addresses that are free.", format: "int64" },
  "status.availableIPv6": { description: "IPv6 addresses that are free.", format: "int64" },
};

export const IP_ADDRESS_POOLS: Kind = kindOf("IPAddressPool", "ipaddresspools", {
  description: "IPAddressPool holds addresses that are given to Services of type LoadBalancer.",
  properties: { spec: IP_ADDRESS_POOL.properties!.spec!, status: STATUS },
  required: ["spec"],
  notes: NOTES,
  columns: [
    { name: "Auto Assign", type: "boolean", jsonPath: ".spec.autoAssign" },
    { name: "Avoid Buggy IPs", type: "boolean", jsonPath: ".spec.avoidBuggyIPs" },
    { name: "Addresses", type: "string", jsonPath: ".spec.addresses" },
  ],
});

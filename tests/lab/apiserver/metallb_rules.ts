/**
 * What MetalLB's own accounts may do where MetalLB is installed.
 *
 * Source: the roles that MetalLB documents for its controller and its speaker. Rights that it has in its own namespace alone
 * hold everywhere here, as one role an account is easier to follow.
 * Not here: what Ingot's accounts may do (shipped_roles.ts).
 *
 * @module
 */
import type { Rule } from "./cluster.ts";
import type { RoleName } from "./shipped_roles.ts";

const READ = ["get", "list", "watch"];
const CONFIGURATION: Rule = {
  apiGroups: ["metallb.io"],
  resources: [
    "ipaddresspools",
    "communities",
    "l2advertisements",
    "bgpadvertisements",
    "bgppeers",
    "bfdprofiles",
  ],
  verbs: READ,
};
const EVENTS: Rule = { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] };
const PODS: Rule = { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] };

function all(...resources: readonly string[]): Rule {
  const verbs = [...READ, "create", "delete", "patch", "update"];
  return {
    apiGroups: ["metallb.io"],
    resources: resources.flatMap((one) => [one, `${one}/status`]),
    verbs,
  };
}

/** See the module comment. */
export const METALLB_RULES: Readonly<Record<RoleName, readonly Rule[]>> = {
  controller: [
    { apiGroups: [""], resources: ["services", "namespaces", "nodes"], verbs: READ },
    { apiGroups: [""], resources: ["services/status"], verbs: ["update"] },
    CONFIGURATION,
    { apiGroups: ["metallb.io"], resources: ["ipaddresspools/status"], verbs: ["update"] },
    all("configurationstates"),
    { apiGroups: [""], resources: ["secrets"], verbs: [...READ, "create", "update"] },
    { apiGroups: ["apps"], resources: ["deployments"], verbs: ["get"] },
    PODS,
    EVENTS,
  ],
  speaker: [
    {
      apiGroups: [""],
      resources: ["services", "endpoints", "nodes", "namespaces", "secrets", "configmaps"],
      verbs: READ,
    },
    { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: READ },
    CONFIGURATION,
    all("servicel2statuses", "servicebgpstatuses", "configurationstates"),
    PODS,
    EVENTS,
  ],
};

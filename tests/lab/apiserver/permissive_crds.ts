/**
 * Stand-ins for the CustomResourceDefinitions: every kind, any field. To be deleted once deploy/crds/ holds the real ones.
 *
 * Source: apiextensions.k8s.io/v1; kinds and versions of metallb.io.
 *
 * @module
 */

/** Plural, kind, versions (the stored one last). */
const KINDS: readonly (readonly [string, string, readonly string[]])[] = [
  ["ipaddresspools", "IPAddressPool", ["v1beta1"]],
  ["bgppeers", "BGPPeer", ["v1beta1", "v1beta2"]],
  ["bfdprofiles", "BFDProfile", ["v1beta1"]],
  ["bgpadvertisements", "BGPAdvertisement", ["v1beta1"]],
  ["l2advertisements", "L2Advertisement", ["v1beta1"]],
  ["communities", "Community", ["v1beta1"]],
  ["servicel2statuses", "ServiceL2Status", ["v1beta1"]],
  ["servicebgpstatuses", "ServiceBGPStatus", ["v1beta1"]],
  ["configurationstates", "ConfigurationState", ["v1beta1"]],
];

/** All of them as one List for `kubectl create`. */
export function permissiveCrds(): unknown {
  return { apiVersion: "v1", kind: "List", items: KINDS.map(([...kind]) => crdOf(...kind)) };
}

function crdOf(plural: string, kind: string, versions: readonly string[]): unknown {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.metallb.io` },
    spec: {
      group: "metallb.io",
      scope: "Namespaced",
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions: versions.map((name) => ({
        name,
        served: true,
        storage: name === versions.at(-1),
        subresources: { status: {} },
        schema,
      })),
    },
  };
}

/**
 * Stand-ins for the Prometheus operator's definitions, so that an API server knows the kinds.
 *
 * Shape: any field is taken; whether the operator would take it is not shown.
 *
 * @module
 */

const KINDS: Readonly<Record<string, string>> = {
  PodMonitor: "podmonitors",
  PrometheusRule: "prometheusrules",
  ServiceMonitor: "servicemonitors",
};

export function monitoringDefinitions(): readonly unknown[] {
  return Object.entries(KINDS).map(([kind, plural]) => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.monitoring.coreos.com` },
    spec: {
      group: "monitoring.coreos.com",
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      }],
    },
  }));
}

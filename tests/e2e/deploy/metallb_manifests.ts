/**
 * What a cluster that runs MetalLB has under the names that Ingot's manifests use, as far as taking over depends on it.
 *
 * Source: the objects that MetalLB's plain manifests create.
 *
 * @module
 */

const RBAC = "rbac.authorization.k8s.io";

function workload(kind: "Deployment" | "DaemonSet", name: string): unknown {
  const labels = { app: "metallb", component: name };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, namespace: "metallb-system", labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: name,
          containers: [{
            name,
            image: `metallb/${name}:v0.16.1`,
            args: ["--port=9120", "--log-level=info"],
            env: [{ name: "METALLB_BGP_TYPE", value: "native" }],
          }],
        },
      },
    },
  };
}

/** Applied as MetalLB's documentation says, with `kubectl apply`. */
export const METALLB: readonly unknown[] = [
  workload("Deployment", "controller"),
  workload("DaemonSet", "speaker"),
  {
    apiVersion: `${RBAC}/v1`,
    kind: "Role",
    metadata: { name: "pod-lister", namespace: "metallb-system" },
    rules: [
      { apiGroups: [""], resources: ["secrets", "configmaps"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
    ],
  },
  {
    apiVersion: `${RBAC}/v1`,
    kind: "RoleBinding",
    metadata: { name: "pod-lister", namespace: "metallb-system" },
    roleRef: { apiGroup: RBAC, kind: "Role", name: "pod-lister" },
    subjects: ["controller", "speaker"].map((name) => ({
      kind: "ServiceAccount",
      name,
      namespace: "metallb-system",
    })),
  },
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "metallb-webhook-cert", namespace: "metallb-system" },
  },
];

/**
 * The one class of the Kubernetes client that is used, by the shortest way to it.
 *
 * Shape: imported only where a kubeconfig is read: it costs 30 MB, and the package's own entry point 85.
 *
 * @module
 */
export { KubeConfig } from "@kubernetes/client-node/dist/config.js";

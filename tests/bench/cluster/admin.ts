/**
 * The benchmarks' own way to the API server: as one who may do everything.
 *
 * @module
 */
import { ApiClient } from "../../../k8s/api/client.ts";
import { openCredentials } from "../../../k8s/api/access/credentials.ts";
import { Transport } from "../../../k8s/api/access/transport.ts";
import type { Cluster } from "../../lab/apiserver/cluster.ts";

/** A client of the cluster's administrator; the calling thread stands in the control plane's namespace. */
export function openAdmin(cluster: Cluster): ApiClient {
  return new ApiClient(new Transport(openCredentials(cluster.adminKubeconfig)));
}

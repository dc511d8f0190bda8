/**
 * A real API server for the contract of ClusterSource.
 *
 * @module
 */
import { openApiSource } from "../../k8s/api/api_source.ts";
import { Cluster } from "../lab/apiserver/cluster.ts";
import { clusterTest } from "../lab/apiserver/suite.ts";
import { Lab } from "../lab/lab.ts";
import { type Fixture, type Fixtures, NAMESPACE } from "./fixture.ts";

export const apiFixtures: Fixtures = {
  name: "An API server",
  test: clusterTest,
  open: async (): Promise<Fixture> => {
    await using stack = new AsyncDisposableStack();
    const lab = stack.use(await Lab.open({ nodes: 0 }));
    const cluster = stack.use(await Cluster.open(lab));
    const source = stack.use(
      await openApiSource({ kubeconfig: cluster.adminKubeconfig, namespace: NAMESPACE }),
    );
    const owned = stack.move();
    return {
      source,
      put: (object) => cluster.apply(object),
      remove: async (object) => void await cluster.kubectl(["delete", "-f", "-"], JSON.stringify(object)),
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  },
};

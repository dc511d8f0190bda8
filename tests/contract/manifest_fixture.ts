/**
 * A folder of manifests for the contract of ClusterSource: a file an object.
 *
 * @module
 */
import { openManifestSource } from "../../k8s/manifest_source.ts";
import type { KubernetesObject } from "../../k8s/types/meta.ts";
import { type Fixture, type Fixtures, NAMESPACE } from "./fixture.ts";

export const manifestFixtures: Fixtures = {
  name: "A folder of manifests",
  test: (name, fn) => Deno.test({ name, fn }),
  open: async (): Promise<Fixture> => {
    const directory = await Deno.makeTempDir({ prefix: "ingot-contract-" });
    const source = await openManifestSource({
      directory,
      namespace: NAMESPACE,
      watch: true,
      writesStatus: true,
    });
    const fileOf = (object: unknown): string => {
      const { kind, metadata } = object as KubernetesObject;
      return `${directory}/${kind}.${metadata.namespace}.${metadata.name}.json`;
    };
    return {
      source,
      put: async (object) => {
        await Deno.writeTextFile(`${directory}/.new`, JSON.stringify(object));
        await Deno.rename(`${directory}/.new`, fileOf(object));
      },
      remove: (object) => Deno.remove(fileOf(object)),
      [Symbol.asyncDispose]: async () => {
        await source[Symbol.asyncDispose]();
        await Deno.remove(directory, { recursive: true });
      },
    };
  },
};

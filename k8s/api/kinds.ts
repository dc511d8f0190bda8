/**
 * Where the API serves the kinds that are read.
 *
 * Source: Kubernetes API concepts, "Resource URIs". What is known of the kinds otherwise: ../manifests/kinds.ts.
 *
 * @module
 */
import { MANIFEST_KINDS, type ManifestKind } from "../manifests/kinds.ts";
import type { ClusterObjects } from "../source.ts";
import type { Query } from "./client.ts";

/** One kind as the API serves it. */
export interface ServedKind {
  readonly kind: ManifestKind;
  readonly apiVersion: string;
  /** "ipaddresspools". */
  readonly resource: string;
  /** Which of its objects are asked for. */
  readonly selection: Query;
}

/** By the collection they are kept in. */
export const SERVED_KINDS: ReadonlyMap<keyof ClusterObjects, ServedKind> = new Map(
  [...MANIFEST_KINDS.values()].map((kind) => {
    const [apiVersion] = kind.versions.keys();
    // Plural and resource differ only in case, for every kind there is.
    const resource = kind.collection.toLowerCase();
    // Of Secrets of the wrong type nothing is kept but that they are there. The largest by far, Helm's releases, and those
    // that change most, tokens, need not even travel.
    const types = ["helm.sh/release.v1", "kubernetes.io/service-account-token"];
    const fieldSelector = types.map((type) => `type!=${type}`).join();
    const selection: Query = kind.kind === "Secret" ? { fieldSelector } : {};
    return [kind.collection, { kind, apiVersion: apiVersion!, resource, selection }];
  }),
);

/** The path of a kind's objects; configuration is read from one namespace, all else from every one. */
export function pathOfKind({ kind, apiVersion, resource }: ServedKind, namespace: string): string {
  return `${pathOfVersion(apiVersion)}${kind.isConfiguration ? `/namespaces/${namespace}` : ""}/${resource}`;
}

/** The path of an object: `pathOfObject("v1", "services", "shop/web")`. */
export function pathOfObject(apiVersion: string, resource: string, key: string): string {
  const [name, namespace] = key.split("/").reverse();
  return `${pathOfVersion(apiVersion)}${
    namespace === undefined ? "" : `/namespaces/${namespace}`
  }/${resource}/${name}`;
}

function pathOfVersion(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

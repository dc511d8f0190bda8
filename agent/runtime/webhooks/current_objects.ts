/**
 * What there is at the moment a change is asked about.
 *
 * Source: MetalLB asks the API server anew for each change, and so does this: of two changes that come together the second
 * must be held against the first, which a watch may not have told of yet.
 * Shape: the custom resources as they are stored; of Nodes and Namespaces, which may be thousands, only metadata, as the API
 * server's own cache has them. Secrets are not read: what a peer needs of them may come later.
 *
 * @module
 */
import type { ApiClient } from "../../../k8s/api/client.ts";
import { pathOfKind, SERVED_KINDS } from "../../../k8s/api/kinds.ts";
import { revisionIn, Store } from "../../../k8s/api/follow/store.ts";
import type { ConfigObjects } from "../../config/scope.ts";
import { CUSTOM_COLLECTIONS } from "../../../k8s/source.ts";

/** LIMIT: the API server waits five seconds for an answer, as its manifests say. */
const WITHIN_MS = 4000;
const METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/** See the module comment; rejects when the API server does not answer in time. */
export async function currentObjects(
  client: Pick<ApiClient, "get">,
  namespace: string,
): Promise<ConfigObjects> {
  const collections = [...CUSTOM_COLLECTIONS, "nodes", "namespaces"] as const;
  const lists = await Promise.all(collections.map(async (collection) => {
    const served = SERVED_KINDS.get(collection)!;
    const isCached = collection === "nodes" || collection === "namespaces";
    const list = await client.get<{ readonly items?: readonly unknown[] | null }>(
      pathOfKind(served, namespace),
      {
        withinMs: WITHIN_MS,
        ...(isCached ? { accept: METADATA_ONLY, query: { resourceVersion: "0" } } : {}),
      },
    );
    const store = new Store(served);
    store.replace([(list.items ?? []).flatMap((item) => store.listed(item) ?? [])], revisionIn(list));
    return [collection, store.objects] as const;
  }));
  // What a store holds has been trimmed to its kind's schema: this is where JSON becomes typed.
  return { ...Object.fromEntries(lists), secrets: new Map() } as unknown as ConfigObjects;
}

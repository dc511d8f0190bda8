/**
 * Server-side apply: objects of ours, and our fields of objects that others write too.
 *
 * Source: Kubernetes, "Server-Side Apply". Conflicts are forced, as the documentation advises controllers to.
 * Shape: an object in, the object as it stands afterwards out. Applying what stands already writes nothing.
 *
 * @module
 */
import type { KubernetesObject } from "../../types/meta.ts";
import { keyOf } from "../../types/meta.ts";
import type { ApiClient } from "../client.ts";
import { pathOfObject } from "../kinds.ts";

export interface ApplyOptions {
  /** "configurationstates". */
  readonly resource: string;
  /** Whose fields they are. */
  readonly fieldManager: string;
  readonly subresource?: "status";
}

/** See the module comment. */
export function apply<T extends KubernetesObject>(
  client: ApiClient,
  object: T,
  { resource, fieldManager, subresource }: ApplyOptions,
): Promise<T> {
  const path = pathOfObject(object.apiVersion, resource, keyOf(object));
  return client.patch<T>("apply", subresource === undefined ? path : `${path}/${subresource}`, object, {
    query: { fieldManager, force: true },
  });
}

/**
 * An object as the API server shows it to a webhook, made into the one that the configuration reads.
 *
 * Shape: any JSON in; the object, its password sealed, or what is wrong with its form out.
 * Not here: what is asked about it (admission_review.ts).
 *
 * @module
 */
import { isRecord } from "../../../k8s/manifests/json.ts";
import { MANIFEST_KINDS, type ManifestKind } from "../../../k8s/manifests/kinds.ts";
import { Store } from "../../../k8s/api/follow/store.ts";
import type { KubernetesObject } from "../../../k8s/types/meta.ts";
import { type CustomCollection, customCollectionOf } from "../../../k8s/source.ts";

export type ReviewedObject =
  | { readonly ok: true; readonly collection: CustomCollection; readonly object: KubernetesObject }
  | { readonly ok: false; readonly message: string };

/** See the module comment. */
export function reviewedObject(raw: unknown): ReviewedObject {
  if (!isRecord(raw)) return { ok: false, message: "no object" };
  const { apiVersion, kind } = raw;
  const collection = typeof kind === "string" ? customCollectionOf(kind) : undefined;
  const known = typeof kind === "string" ? MANIFEST_KINDS.get(kind) : undefined;
  if (collection === undefined || typeof apiVersion !== "string" || !known?.versions.has(apiVersion)) {
    return { ok: false, message: `${String(kind)} of ${String(apiVersion)} is not known here` };
  }
  return read(known, apiVersion, collection, raw);
}

/** A store of one object: what it makes of it is what everybody else reads. */
function read(
  kind: ManifestKind,
  apiVersion: string,
  collection: CustomCollection,
  raw: unknown,
): ReviewedObject {
  const store = new Store({ kind, apiVersion });
  store.put(raw);
  const [object] = store.objects.values();
  if (object !== undefined) return { ok: true, collection, object };
  const errors = store.errors.map((error) => `${error.object}: ${error.field}: ${error.message}`);
  return { ok: false, message: errors.length === 0 ? `${kind.kind} without a name` : errors.join("\n") };
}

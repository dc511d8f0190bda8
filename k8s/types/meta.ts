/**
 * The parts of Kubernetes object metadata that Ingot reads.
 *
 * Source: Kubernetes API conventions, meta/v1 ObjectMeta, LabelSelector.
 * Shape: readonly JSON as the API server sends it; every object in a store is immutable and replaced whole.
 *
 * @module
 */

/** meta/v1 ObjectMeta, trimmed to what is read. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  /** RFC 3339. */
  readonly creationTimestamp?: string;
  readonly labels?: Labels;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Label key to value. */
export type Labels = Readonly<Record<string, string>>;

/** Any object of the API. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** meta/v1 LabelSelector: labels AND expressions; empty matches everything. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

/** meta/v1 LabelSelectorRequirement; the operator is open here because foreign input may hold anything. */
export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** "namespace/name", or the bare name of a cluster-scoped object. */
export type ObjectKey = string;

/** The key an object is stored and reported under. */
export function keyOf(object: { readonly metadata: ObjectMeta }): ObjectKey {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/**
 * How a kind of the API is written down before it becomes a CustomResourceDefinition.
 *
 * Source: Kubernetes, apiextensions.k8s.io/v1.
 * Shape: the form of a field is said once, in k8s/schema/, for the offline checks and for the API server alike; a note
 * adds what only the API server needs: documentation, defaults, rules in CEL.
 * Not here: the kinds (kinds/), how form and notes are joined (structural.ts).
 *
 * @module
 */
import type { JsonSchema } from "../../k8s/schema/schema.ts";

/** A rule in the Common Expression Language, which the API server evaluates on every write. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** What the API server is told of a field besides its form. */
export interface Note {
  /** What `kubectl explain` prints. */
  readonly description: string;
  readonly default?: boolean | number;
  readonly format?: "int32" | "int64" | "date-time";
  readonly minLength?: number;
  readonly rules?: readonly Rule[];
  /** Written as a whole by server-side apply, never merged. */
  readonly atomic?: boolean;
  /** A list whose items this field of theirs tells apart. */
  readonly listKey?: string;
  /** Instead of those of the offline checks, where the API server takes more because MetalLB's definition does. */
  readonly bounds?: { readonly minimum?: number; readonly maximum?: number };
}

/** Notes by the field's path: "spec.addresses"; of a field in a list's items: "spec.communities[].name". */
export type Notes = Readonly<Record<string, Note>>;

/** A column that `kubectl get` prints. */
export interface Column {
  readonly name: string;
  readonly type: "string" | "boolean" | "integer" | "date";
  readonly jsonPath: string;
  /** 0 is always shown, greater ones with `-o wide`; 0 when absent. */
  readonly priority?: number;
}

/** One version of a kind. */
export interface Version {
  readonly name: "v1beta1" | "v1beta2";
  /** The one that is stored. */
  readonly isStored: boolean;
  /** What a client that uses it is warned of; null for a version that is not deprecated. */
  readonly deprecation: string | null;
  readonly description: string;
  /** The root's fields besides apiVersion, kind and metadata. */
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
  readonly notes: Notes;
  readonly columns: readonly Column[];
}

/** One kind. */
export interface Kind {
  readonly kind: string;
  readonly plural: string;
  readonly versions: readonly [Version, ...Version[]];
}

/** A kind with one version, v1beta1, which none of the root's fields is required in. */
export function kindOf(
  kind: string,
  plural: string,
  version: Pick<Version, "description" | "properties" | "notes" | "columns"> & Partial<Version>,
): Kind {
  const once = { name: "v1beta1", isStored: true, deprecation: null, required: [] } as const;
  return { kind, plural, versions: [{ ...once, ...version }] };
}

/** Columns of strings, by name and path. */
export function textColumns(columns: Readonly<Record<string, string>>): Column[] {
  return Object.entries(columns).map(([name, jsonPath]) => ({ name, type: "string", jsonPath }));
}

/**
 * Whether a change of one custom resource is taken, before it is stored.
 *
 * Source: MetalLB's validating webhooks (internal/k8s/webhooks), by the rules of the configuration itself: there are no
 * others. Each change is held against everything there is, where MetalLB looks at the kinds next to it.
 * Shape: the change and all objects in, {@linkcode Verdict} out. Only what the change makes worse refuses it: other objects'
 * errors that were there before do not, nor does what the object lacks and another may still bring (a BFDProfile, a Secret,
 * an alias), so that objects can be created in any order.
 * Not here: the API server's form of question and answer (agent/runtime/webhooks).
 *
 * @module
 */
import type { CustomCollection, ObjectError } from "../../../k8s/source.ts";
import { keyOf, type KubernetesObject, type ObjectKey } from "../../../k8s/types/meta.ts";
import { SecretValue } from "../../../k8s/types/secret_value.ts";
import { ownAnnotations } from "../own_annotations.ts";
import { parseConfig } from "../parse.ts";
import type { ConfigObjects } from "../scope.ts";

/** What somebody wants to do. */
export interface Change {
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly kind: string;
  readonly collection: CustomCollection;
  /** As it would be; as it is, when it is to be deleted. */
  readonly object: KubernetesObject;
  /** As it is, when it is to be changed. */
  readonly before: KubernetesObject | null;
}

/** Warnings are for whoever makes the change; the message says what to do. */
export type Verdict =
  | { readonly allowed: true; readonly warnings: readonly string[] }
  | { readonly allowed: false; readonly message: string };

/** See the module comment; `namespace` is the one that configuration is read from. */
export function judge(change: Change, objects: ConfigObjects, namespace: string): Verdict {
  const { operation, kind, object, before } = change;
  if (object.metadata.namespace !== namespace) return judgeForeign(change, namespace);
  const warnings = warningsOf(object);
  if (operation === "UPDATE" && before !== null && saysTheSame(before, object)) {
    return { allowed: true, warnings };
  }
  const errors = errorsOf(withChange(objects, change));
  const known = new Set(errorsOf(objects).map(({ error }) => textOf(error)));
  const own = `${kind}/${keyOf(object)}`;
  const made = errors.filter(({ error, isLack }) =>
    operation === "DELETE"
      ? !known.has(textOf(error))
      : !isLack && (error.object === own || !known.has(textOf(error)))
  );
  if (made.length === 0) return { allowed: true, warnings };
  const message = made.map(({ error }) => textOf(error)).join("\n");
  const { name } = object.metadata;
  return {
    allowed: false,
    message: operation === "DELETE" ? `failed to delete ${kind} ${name}: ${message}` : message,
  };
}

/** METALLB: there a change elsewhere is held against the objects here by its name. It counts for nothing: let it be. */
function judgeForeign({ operation, kind, object }: Change, namespace: string): Verdict {
  const where = `resource must be created in ${namespace} namespace`;
  if (operation === "CREATE") return { allowed: false, message: `${kind}/${keyOf(object)}: ${where}` };
  return { allowed: true, warnings: operation === "UPDATE" ? [`it counts for nothing: ${where}`] : [] };
}

/** METALLB: there disableMP lets a new peer pass all other checks. */
function warningsOf(object: KubernetesObject): readonly string[] {
  const { spec } = object as { readonly spec?: { readonly disableMP?: boolean } };
  return spec?.disableMP === true ? ["spec.disableMP is deprecated and has no effect: remove it"] : [];
}

function withChange(objects: ConfigObjects, { operation, collection, object }: Change): ConfigObjects {
  const changed = new Map<ObjectKey, KubernetesObject>(objects[collection]);
  if (operation === "DELETE") changed.delete(keyOf(object));
  else changed.set(keyOf(object), object);
  // The collection is the one of the object's kind.
  return { ...objects, [collection]: changed } as ConfigObjects;
}

interface Found {
  readonly error: ObjectError;
  /** Another object would take it away. */
  readonly isLack: boolean;
}

function errorsOf(objects: ConfigObjects): readonly Found[] {
  const parsed = parseConfig(objects);
  return parsed.ok ? [] : parsed.errors.map((error) => ({ error, isLack: parsed.lacks.has(error) }));
}

function textOf({ object, field, message }: ObjectError): string {
  return field === "" ? `${object}: ${message}` : `${object}: ${field}: ${message}`;
}

/** True when nothing that the configuration reads is different: somebody else's annotation, a finalizer, a status. */
function saysTheSame(before: KubernetesObject, after: KubernetesObject): boolean {
  return readable(before) === readable(after) && samePassword(before, after);
}

function readable(object: KubernetesObject): string {
  const { spec } = object as { readonly spec?: unknown };
  return JSON.stringify([object.metadata.labels ?? {}, ownAnnotations(object), spec]);
}

function samePassword(before: KubernetesObject, after: KubernetesObject): boolean {
  const [one, other] = [passwordOf(before), passwordOf(after)];
  return one === undefined || other === undefined ? one === other : one.equals(other);
}

function passwordOf(object: KubernetesObject): SecretValue | undefined {
  const { spec } = object as { readonly spec?: { readonly password?: unknown } };
  return spec?.password instanceof SecretValue ? spec.password : undefined;
}

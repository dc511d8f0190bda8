/**
 * Every error of a configuration, gathered while it is read.
 *
 * Shape: whoever reads an object gets a {@linkcode Refuse} for it and goes on after calling it. What is refused only because
 * another object is not there is told apart: whoever has not all the objects cannot know.
 *
 * @module
 */
import type { ClusterObjects, ObjectError } from "../../k8s/source.ts";
import { keyOf, type KubernetesObject } from "../../k8s/types/meta.ts";

/** An object, or several, without which a field cannot be judged. */
export interface Lack {
  readonly collection: keyof ClusterObjects;
  /** Its metadata.name; null where any object of the kind could settle it. */
  readonly name: string | null;
}

/** Refuses one field of the object at hand; with a lack, only for that. */
export type Refuse = (field: string, message: string, lack?: Lack) => void;

/** See the module comment. */
export class ErrorList {
  readonly #errors: ObjectError[] = [];
  /** What lacks something, among the errors. */
  readonly lacks: Map<ObjectError, Lack> = new Map();

  /** The refusal for this object; the kind is named because items of an API list do not carry theirs. */
  of(kind: string, object: KubernetesObject): Refuse {
    return (field, message, lack) => {
      const error = { object: `${kind}/${keyOf(object)}`, field, message };
      this.#errors.push(error);
      if (lack !== undefined) this.lacks.set(error, lack);
    };
  }

  /** All errors so far, by object, then field, then message. */
  sorted(): ObjectError[] {
    return this.#errors.toSorted((a, b) =>
      compareText(a.object, b.object) || compareText(a.field, b.field) || compareText(a.message, b.message)
    );
  }
}

/** Orders by code unit, as everything a configuration sorts is ordered. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Every error of a configuration, gathered while it is read.
 *
 * Shape: whoever reads an object gets a {@linkcode Refuse} for it and goes on after calling it.
 *
 * @module
 */
import type { ObjectError } from "../../k8s/source.ts";
import { keyOf, type KubernetesObject } from "../../k8s/types/meta.ts";

/** Refuses one field of the object at hand. */
export type Refuse = (field: string, message: string) => void;

/** See the module comment. */
export class ErrorList {
  readonly #errors: ObjectError[] = [];

  /** The refusal for this object; the kind is named because items of an API list do not carry theirs. */
  of(kind: string, object: KubernetesObject): Refuse {
    return (field, message) => {
      this.#errors.push({ object: `${kind}/${keyOf(object)}`, field, message });
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

/**
 * Fields that a schema does not have: typing errors that a cluster would drop without a word, or kubectl refuse.
 *
 * Source: Kubernetes, "Field validation": what `kubectl apply` asks for by default (Strict).
 * Shape: a schema and a value in, field errors out. Only for schemas that name every field there is.
 * Not here: fields of the wrong form (check.ts).
 *
 * @module
 */
import { isRecord } from "../manifests/json.ts";
import { type FieldError, formatField } from "./check.ts";
import { type JsonSchema, propertyOf } from "./schema.ts";

/** See the module comment; `path` is where the value stands. */
export function unknownFields(
  schema: JsonSchema,
  value: unknown,
  path: readonly (string | number)[] = [],
): readonly FieldError[] {
  const { properties, items } = schema;
  if (items !== undefined && Array.isArray(value)) {
    return value.flatMap((item, index) => unknownFields(items, item, [...path, index]));
  }
  if (properties === undefined || !isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const inner = propertyOf(schema, name);
    const here = [...path, name];
    if (inner !== undefined) return unknownFields(inner, child, here);
    const message = `There is no such field, expected one of ${Object.keys(properties).join(", ")}`;
    return [{ path: here, field: formatField(here), message }];
  });
}

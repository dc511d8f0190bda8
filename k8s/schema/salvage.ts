/**
 * What can be read of a value that breaks its schema, so that its other errors can be looked for in the same round.
 *
 * Shape: a schema and any JSON value in, a value that keeps the schema out: a faulty field is left out, a faulty item of a
 * list becomes a blank one, so that the items after it keep their place. Pure.
 * Not here: the faults themselves (check.ts). Nobody acts on what comes out.
 *
 * @module
 */
import { isRecord } from "../manifests/json.ts";
import { checkSchema } from "./check.ts";
import { type JsonSchema, propertyOf } from "./schema.ts";

/** See the module comment; `undefined` when nothing of the value can be read. */
export function salvage(schema: JsonSchema, value: unknown): unknown {
  if (checkSchema(schema, value).length === 0) return value;
  if (schema.type === "array") {
    const items = schema.items ?? {};
    return Array.isArray(value) ? value.map((item) => salvage(items, item) ?? blank(items)) : undefined;
  }
  if (schema.type !== "object" || !isRecord(value)) return undefined;
  // A map first: whoever wrote the value may have called a field "__proto__".
  const kept = new Map<string, unknown>();
  for (const [field, child] of Object.entries(value)) {
    const inner = propertyOf(schema, field) ?? schema.additionalProperties;
    const found = inner === undefined ? child : salvage(inner, child);
    if (found !== undefined) kept.set(field, found);
  }
  for (const field of schema.required ?? []) {
    const inner = propertyOf(schema, field);
    // A number that is not there would be one that nobody wrote; what is a container can be empty.
    if (inner !== undefined && isContainer(inner) && !kept.has(field)) kept.set(field, blank(inner));
  }
  return Object.fromEntries(kept);
}

function isContainer({ type }: JsonSchema): boolean {
  return type === "object" || type === "array";
}

function blank(schema: JsonSchema): unknown {
  switch (schema.type) {
    case "object":
      return salvage(schema, {}) ?? {};
    case "array":
      return [];
    case "integer":
      return 0;
    case "boolean":
      return false;
    default:
      return "";
  }
}

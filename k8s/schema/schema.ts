/**
 * The vocabulary in which the kinds' schemas are written: a small typed part of JSON Schema, and the pieces they share.
 *
 * Source: JSON Schema draft-07; Kubernetes API conventions, ObjectMeta, LabelSelector; names as in RFC 1123.
 * Shape: constants. `description` says what a pattern means, in words that complete "Expected ...".
 * Not here: the checking (check.ts), the kinds (core.ts, metallb.ts).
 *
 * @module
 */

/** The keywords in use. */
export interface JsonSchema {
  readonly type?: "object" | "array" | "string" | "integer" | "boolean";
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  /** A secret: no message may show what was found. */
  readonly writeOnly?: boolean;
}

/** What a schema says of a field; undefined of one that only every JavaScript object has, "toString". */
export function propertyOf({ properties = {} }: JsonSchema, field: string): JsonSchema | undefined {
  return Object.hasOwn(properties, field) ? properties[field] : undefined;
}

export const STRING: JsonSchema = { type: "string" };
export const BOOLEAN: JsonSchema = { type: "boolean" };
export const INTEGER: JsonSchema = { type: "integer" };
export const SECRET_STRING: JsonSchema = { type: "string", writeOnly: true };

/** A whole number within these bounds. */
export function integerFrom(minimum: number, maximum: number): JsonSchema {
  return { type: "integer", minimum, maximum };
}

/** A list of these. */
export function listOf(items: JsonSchema): JsonSchema {
  return { type: "array", items };
}

/** One of these words. */
export function oneOf(...words: string[]): JsonSchema {
  return { type: "string", enum: words };
}

/** An object with these fields, others ignored. */
export function fields(properties: Record<string, JsonSchema>, required: readonly string[] = []): JsonSchema {
  return { type: "object", properties, required };
}

export const STRING_MAP: JsonSchema = { type: "object", additionalProperties: STRING };

/** RFC 1123 label: Services and Namespaces. */
export const LABEL_NAME: JsonSchema = {
  type: "string",
  pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
  maxLength: 63,
  description: "a name of at most 63 lower-case letters, digits and '-'",
};

/** RFC 1123 subdomain: every other kind. */
export const SUBDOMAIN_NAME: JsonSchema = {
  type: "string",
  pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
  maxLength: 253,
  description: "a name of at most 253 lower-case letters, digits, '-' and '.'",
};

export const LABEL_SELECTOR: JsonSchema = fields({
  matchLabels: STRING_MAP,
  matchExpressions: listOf(
    fields({ key: STRING, operator: STRING, values: listOf(STRING) }, ["key", "operator"]),
  ),
});

/** metadata of an object whose name follows this rule; `more` is what is read of it besides. */
export function metadata(name: JsonSchema, more: Record<string, JsonSchema> = {}): JsonSchema {
  return fields({
    name,
    namespace: LABEL_NAME,
    uid: STRING,
    resourceVersion: STRING,
    generation: INTEGER,
    creationTimestamp: STRING,
    labels: STRING_MAP,
    annotations: STRING_MAP,
    ...more,
  }, ["name"]);
}

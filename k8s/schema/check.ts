/**
 * Checks a value against a schema and says, per field, what was expected and what was found.
 *
 * Shape: any JSON value in, field errors out, in the order of the schema. The checking itself is ajv's.
 *
 * @module
 */
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import type { JsonSchema } from "./schema.ts";

/** One field that is not as its schema says. */
export interface FieldError {
  /** Keys and indexes from the root. */
  readonly path: readonly (string | number)[];
  /** The path as people write it: "spec.addresses[1]". */
  readonly field: string;
  readonly message: string;
}

/** LIMIT: errors reported of one object; a person mends them from the top, and a broken list may have thousands. */
const ERRORS_OF_ONE_OBJECT = 20;

// No meta-schema: compiling it costs every start 40 ms, to check schemas that only change with the source (check_test.ts).
const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  ownProperties: true,
  meta: false,
  validateSchema: false,
});
const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/** Every field of `value` that breaks `schema`. */
export function checkSchema(schema: JsonSchema, value: unknown): readonly FieldError[] {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).slice(0, ERRORS_OF_ONE_OBJECT).map((error) => fieldErrorOf(error, value));
}

/** "spec.addresses[1]", `metadata.labels["example.com/rack"]`. */
export function formatField(path: readonly (string | number)[]): string {
  let field = "";
  for (const step of path) {
    if (typeof step === "number") field += `[${step}]`;
    else if (!/^[A-Za-z_][\w-]*$/.test(step)) field += `[${JSON.stringify(step)}]`;
    else field += field === "" ? step : `.${step}`;
  }
  return field;
}

/** The keys and indexes of a field as {@linkcode formatField} writes it; a key in brackets may lack its quotes. */
export function parseField(field: string): (string | number)[] {
  const steps = field.matchAll(/([A-Za-z_][\w-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\[([^\]]*)\]/g);
  return [...steps].map(([, name, index, quoted, bare]) =>
    name ?? (index !== undefined ? Number(index) : quoted !== undefined ? JSON.parse(quoted) : bare)
  );
}

/** A value in few words, to stand after "found". */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (typeof value === "string") return `the string ${JSON.stringify(shorten(value))}`;
  return typeof value === "number" ? `the number ${value}` : String(value);
}

function fieldErrorOf(error: ErrorObject, root: unknown): FieldError {
  const path = pathOf(error.instancePath, root);
  const schema = error.parentSchema as JsonSchema;
  if (error.keyword === "required") {
    const missing = String(error.params.missingProperty);
    const wanted = schema.properties?.[missing];
    const message = `Missing, expected ${wanted === undefined ? "a value" : expectation(wanted)}`;
    return { path, field: formatField([...path, missing]), message };
  }
  const quotes = schema.type === "string" && ["number", "boolean"].includes(typeof error.data);
  const found = schema.writeOnly === true ? "another value, which is not shown" : describe(error.data);
  const message = `Expected ${expectation(schema)}, found ${found}${quotes ? ": put it in quotes" : ""}`;
  return { path, field: formatField(path), message };
}

const TYPE_WORDS = {
  object: "a mapping",
  array: "a list",
  string: "a string",
  integer: "a whole number",
  boolean: "true or false",
};

function expectation(schema: JsonSchema): string {
  if (schema.description !== undefined) return schema.description;
  if (schema.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  const words = schema.type === undefined ? "a value" : TYPE_WORDS[schema.type];
  if (schema.minimum !== undefined) return `${words} from ${schema.minimum} to ${schema.maximum}`;
  const item = schema.items?.type;
  return item === "string" ? `${words} of strings` : words;
}

/** RFC 6901 pointer to keys and indexes; what is an index only the value can tell. */
function pathOf(pointer: string, root: unknown): (string | number)[] {
  const path: (string | number)[] = [];
  let at = root;
  for (const escaped of pointer.split("/").slice(1)) {
    const step = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(at) ? Number(step) : step);
    at = (at as Record<string, unknown> | undefined)?.[step];
  }
  return path;
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

/**
 * From form and notes to the structural schema of a CustomResourceDefinition.
 *
 * Source: Kubernetes, "Specifying a structural schema"; LabelSelector as in meta/v1.
 * Shape: {@linkcode JsonSchema} and {@linkcode Notes} in, JSONSchemaProps out. A field without a note, and a note without
 * a field, is an error of the source: it throws.
 * Not here: what stands around the schema (definition.ts).
 *
 * @module
 */
import { type JsonSchema, LABEL_SELECTOR } from "../../k8s/schema/schema.ts";
import type { Note, Notes, Version } from "./kind.ts";

/** JSONSchemaProps, as far as it is used. */
export type Structural = { readonly [keyword: string]: unknown };

const TEXT: Structural = { type: "string" };
const ATOMIC_TEXTS: Structural = { type: "array", items: TEXT, "x-kubernetes-list-type": "atomic" };

const SELECTOR: Structural = {
  type: "object",
  properties: {
    matchExpressions: {
      description: "Requirements that must all be met.",
      type: "array",
      items: {
        type: "object",
        properties: {
          key: { description: "The label that is looked at.", ...TEXT },
          operator: { description: "In, NotIn, Exists or DoesNotExist.", ...TEXT },
          values: {
            description: "What In and NotIn compare with; empty for Exists and DoesNotExist.",
            ...ATOMIC_TEXTS,
          },
        },
        required: ["key", "operator"],
      },
      "x-kubernetes-list-type": "atomic",
    },
    matchLabels: {
      description: "Labels and the values they must have.",
      type: "object",
      additionalProperties: TEXT,
    },
  },
  "x-kubernetes-map-type": "atomic",
};

/** The whole schema of a version. */
export function rootSchema(version: Version): Structural {
  const unused = new Set(Object.keys(version.notes));
  const properties = Object.entries(version.properties).map(([name, schema]) =>
    [name, structural(schema, name, version.notes, unused)] as const
  );
  if (unused.size > 0) throw new Error(`Notes on fields that there are not: ${[...unused].join(", ")}`);
  return {
    description: version.description,
    type: "object",
    properties: {
      apiVersion: { description: "Version of the API that this object is written in.", ...TEXT },
      kind: { description: "Kind of the object.", ...TEXT },
      metadata: { type: "object" },
      ...Object.fromEntries(properties),
    },
    ...(version.required.length === 0 ? {} : { required: version.required }),
  };
}

function structural(schema: JsonSchema, path: string, notes: Notes, unused: Set<string>): Structural {
  const note = noteOn(path, notes, unused);
  const description = note === undefined ? {} : { description: note.description };
  if (schema === LABEL_SELECTOR) return { ...description, ...SELECTOR };
  const { type, properties = {}, required = [], items, additionalProperties } = schema;
  const inside = Object.entries(properties).map(([name, field]) =>
    [name, structural(field, `${path}.${name}`, notes, unused)] as const
  );
  return {
    ...description,
    type,
    ...(note?.bounds ?? bounds(schema)),
    ...(note === undefined ? {} : extensions(note)),
    ...(items === undefined ? {} : { items: structural(items, `${path}[]`, notes, unused) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: { type: additionalProperties.type } }),
    ...(inside.length === 0 ? {} : { properties: Object.fromEntries(inside) }),
    ...(required.length === 0 ? {} : { required }),
  };
}

/** The items of a list are explained by the list itself. */
function noteOn(path: string, notes: Notes, unused: Set<string>): Note | undefined {
  unused.delete(path);
  const note = notes[path];
  if (note === undefined && !path.endsWith("[]")) throw new Error(`No note says what ${path} is`);
  return note;
}

function bounds({ enum: words, pattern, minimum, maximum, maxLength, minItems }: JsonSchema): Structural {
  return defined({ enum: words, pattern, minimum, maximum, maxLength, minItems });
}

function extensions({ format, minLength, default: value, atomic, listKey, rules }: Note): Structural {
  return defined({
    format,
    minLength,
    default: value,
    "x-kubernetes-map-type": atomic ? "atomic" : undefined,
    "x-kubernetes-list-type": listKey === undefined ? undefined : "map",
    "x-kubernetes-list-map-keys": listKey === undefined ? undefined : [listKey],
    "x-kubernetes-validations": rules,
  });
}

function defined(keywords: Structural): Structural {
  return Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined));
}

import assert from "node:assert/strict";
import { fields, listOf, STRING } from "../../k8s/schema/schema.ts";
import { kindOf } from "./kind.ts";
import { rootSchema } from "./structural.ts";

const SPEC = fields({ name: STRING, items: listOf(fields({ key: STRING }, ["key"])) });
const NOTES = {
  "spec": { description: "Spec." },
  "spec.name": { description: "Name.", minLength: 1 },
  "spec.items": { description: "Items.", listKey: "key" },
  "spec.items[].key": { description: "Key." },
};

function schemaWith(notes: typeof NOTES): unknown {
  const kind = kindOf("Thing", "things", {
    description: "Thing.",
    properties: { spec: SPEC },
    notes,
    columns: [],
  });
  const { properties } = rootSchema(kind.versions[0]) as { properties: { spec: unknown } };
  return properties.spec;
}

Deno.test("rootSchema() joins the form of every field with its note", () => {
  assert.deepEqual(schemaWith(NOTES), {
    description: "Spec.",
    type: "object",
    properties: {
      name: { description: "Name.", type: "string", minLength: 1 },
      items: {
        description: "Items.",
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["key"],
        items: {
          type: "object",
          properties: { key: { description: "Key.", type: "string" } },
          required: ["key"],
        },
      },
    },
  });
});

Deno.test("rootSchema() throws on a field without a note and on a note without a field", () => {
  const { "spec.name": _, ...fewer } = NOTES;
  assert.throws(() => schemaWith(fewer as typeof NOTES), /No note says what spec.name is/);
  const more = { ...NOTES, "spec.gone": { description: "Gone." } };
  assert.throws(() => schemaWith(more), /Notes on fields that there are not: spec.gone/);
});

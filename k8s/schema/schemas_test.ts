import { Ajv } from "ajv";
import assert from "node:assert/strict";
import * as core from "./core.ts";
import * as metallb from "./metallb.ts";
import type { JsonSchema } from "./schema.ts";

for (const [name, schema] of Object.entries<JsonSchema>({ ...core, ...metallb })) {
  Deno.test(`${name} is a valid JSON Schema`, () => {
    const ajv = new Ajv({ strict: true });
    assert.equal(ajv.validateSchema(schema), true, JSON.stringify(ajv.errors));
  });
}

/**
 * What is kept of an object that the API server sent: the fields that are read, and nothing else.
 *
 * Source: the schemas of ../../schema/, which name those fields.
 * Shape: any JSON in, a frozen copy out; pure. Values of another type than the schema's pass as they are: whoever checks
 * the schema shall see them. Most of an object as it comes is bookkeeping (managedFields, a copy of itself in an
 * annotation, heartbeats), and most changes change only that: trimmed, the object is then equal to what it was.
 *
 * @module
 */
import { frozenCopy, isRecord } from "../../manifests/json.ts";
import type { JsonSchema } from "../../schema/schema.ts";

/** Of every object's metadata; Services that wait are served by their age. The resource version is kept beside the object, as it changes with every heartbeat. */
const METADATA = ["name", "namespace", "uid", "creationTimestamp", "labels"];
/** Kept where the kind's schema asks for them: few look at an object's owners. */
const OWNERS = "ownerReferences";

/** Annotations that are read: MetalLB's by both their prefixes, and our own. */
const READ_ANNOTATION = /^(?:metallb\.io|metallb\.universe\.tf|ingot\.dev)\//;

/** See the module comment. List items lack `apiVersion` and `kind`, so those are given. */
export function trim(schema: JsonSchema, apiVersion: string, kind: string, object: unknown): unknown {
  if (!isRecord(object)) return object;
  const owners = schema.properties?.["metadata"]?.properties?.[OWNERS];
  const metadata = trimMetadata(object["metadata"], owners);
  const trimmed: Record<string, unknown> = { apiVersion, kind, metadata };
  for (const [field, inner] of Object.entries(schema.properties ?? {})) {
    const value = object[field];
    if (field !== "metadata" && value !== undefined && value !== null) trimmed[field] = trimTo(inner, value);
  }
  return Object.freeze(trimmed);
}

function trimMetadata(metadata: unknown, owners: JsonSchema | undefined): unknown {
  if (!isRecord(metadata)) return metadata;
  const kept: Record<string, unknown> = {};
  for (const field of METADATA) {
    const value = metadata[field];
    if (value !== undefined && value !== null) kept[field] = frozenCopy(value, field);
  }
  if (owners !== undefined && metadata[OWNERS] !== undefined) kept[OWNERS] = trimTo(owners, metadata[OWNERS]);
  const annotations = metadata["annotations"];
  if (isRecord(annotations)) {
    const read = Object.entries(annotations).filter(([key]) => READ_ANNOTATION.test(key));
    if (read.length > 0) kept["annotations"] = frozenCopy(Object.fromEntries(read), "annotations");
  }
  return Object.freeze(kept);
}

function trimTo(schema: JsonSchema, value: unknown): unknown {
  const { properties, items } = schema;
  if (items !== undefined && Array.isArray(value)) {
    return Object.freeze(value.map((item) => trimTo(items, item)));
  }
  if (properties === undefined || !isRecord(value)) {
    return frozenCopy(value, schema.additionalProperties === undefined ? "" : "labels");
  }
  const kept: Record<string, unknown> = {};
  for (const [field, inner] of Object.entries(properties)) {
    const child = value[field];
    if (child !== undefined && child !== null) kept[field] = trimTo(inner, child);
  }
  return Object.freeze(kept);
}

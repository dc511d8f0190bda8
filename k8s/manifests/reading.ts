/**
 * One manifest file as the objects in it.
 *
 * Source: `kubectl get -o yaml` for List and its kin; Kubernetes API conventions for the default namespace.
 * Shape: text in, frozen objects and errors out; pure, never throws. A document whose text is as it was is not parsed
 * again, and an object that says what it said before is the very same object.
 * Not here: which of two readings is in force (catalog.ts), files (folder.ts).
 *
 * @module
 */
import { checkSchema, describe, formatField } from "../schema/check.ts";
import type { ObjectError } from "../source.ts";
import { keyOf, type KubernetesObject, type ObjectKey } from "../types/meta.ts";
import { type ParsedDocument, parseJson, parseYaml, splitDocuments } from "./documents.ts";
import { frozenCopy, isEqual, isRecord } from "./json.ts";
import { MANIFEST_KINDS, type ManifestKind } from "./kinds.ts";

/** An object that can be used. */
export interface ManifestObject {
  readonly kind: ManifestKind;
  readonly key: ObjectKey;
  readonly object: KubernetesObject;
}

/** What one file holds. */
export interface FileReading {
  /** In the order of the file. */
  readonly objects: readonly ManifestObject[];
  readonly errors: readonly ObjectError[];
  /** The objects of each faultless document, by its text. */
  readonly byText: ReadonlyMap<string, readonly ManifestObject[]>;
}

/** Reads the text of the file at `path`; `before` is what the file held when it was last read. */
export function readManifest(path: string, text: string, before: FileReading | null): FileReading {
  const known = new Map<string, KubernetesObject>();
  for (const { kind, key, object } of before?.objects ?? []) known.set(objectName(kind, key), object);
  const objects: ManifestObject[] = [];
  const errors: ObjectError[] = [];
  const byText = new Map<string, readonly ManifestObject[]>();
  const isJson = path.endsWith(".json");
  for (const chunk of isJson ? [{ text, line: 1 }] : splitDocuments(text)) {
    let found = before?.byText.get(chunk.text);
    if (found === undefined) {
      const reading = readDocuments(path, isJson ? parseJson(text) : parseYaml(chunk), known);
      found = reading.objects;
      errors.push(...reading.errors);
      if (reading.errors.length === 0) byText.set(chunk.text, found);
    } else {
      byText.set(chunk.text, found);
    }
    for (const object of found) objects.push(object);
  }
  return { objects, errors, byText };
}

/** The name under which an object is reported. */
export function objectName(kind: ManifestKind, key: ObjectKey): string {
  return `${kind.kind}/${key}`;
}

/** The name under which a file is reported. */
export function fileName(path: string): string {
  return `File/${path}`;
}

type Path = readonly (string | number)[];

/** Where a candidate stands, for messages. */
interface Place {
  readonly file: string;
  readonly document: Extract<ParsedDocument, { ok: true }>;
  /** From the document's root to the candidate: empty, or "items" and an index. */
  readonly path: Path;
}

type Candidate =
  | { readonly ok: true; readonly object: ManifestObject }
  | { readonly ok: false; readonly errors: readonly ObjectError[] };

function readDocuments(
  file: string,
  documents: readonly ParsedDocument[],
  known: ReadonlyMap<string, KubernetesObject>,
): { readonly objects: readonly ManifestObject[]; readonly errors: readonly ObjectError[] } {
  const objects: ManifestObject[] = [];
  const errors: ObjectError[] = [];
  for (const document of documents) {
    if (!document.ok) {
      const { message, line } = document;
      errors.push({ object: fileName(file), field: "", message: `${message} (${file} line ${line})` });
      continue;
    }
    for (const candidate of readValue(document.value, { file, document, path: [] })) {
      if (candidate.ok) objects.push(keepIdentity(candidate.object, known));
      else errors.push(...candidate.errors);
    }
  }
  return { objects, errors };
}

function keepIdentity(found: ManifestObject, known: ReadonlyMap<string, KubernetesObject>): ManifestObject {
  const before = known.get(objectName(found.kind, found.key));
  return before !== undefined && isEqual(before, found.object) ? { ...found, object: before } : found;
}

/** The objects of a document or a list's item; none for kinds that are not read. */
function readValue(value: unknown, place: Place): readonly Candidate[] {
  if (!isRecord(value)) {
    return [unusable(place, [], `Expected a Kubernetes object, found ${describe(value)}`)];
  }
  const { kind } = value;
  if (typeof kind !== "string" || kind === "") {
    return [unusable(place, ["kind"], "Missing, expected the kind of a Kubernetes object")];
  }
  if (kind.endsWith("List") && isListRead(kind, value)) return readList(value, kind, place);
  const { metadata } = value;
  if (!isRecord(metadata) || typeof metadata["name"] !== "string" || metadata["name"] === "") {
    return [unusable(place, ["metadata", "name"], `Missing, expected the name of this ${kind}`)];
  }
  const known = MANIFEST_KINDS.get(kind);
  return known === undefined || isOtherApi(known, value["apiVersion"])
    ? []
    : [readObject(value, known, place)];
}

/** Service is also a kind of Knative's: a group of its own makes it another kind than the core one of that name. */
function isOtherApi(kind: ManifestKind, apiVersion: unknown): boolean {
  const isCore = [...kind.versions.keys()].every((version) => !version.includes("/"));
  return isCore && typeof apiVersion === "string" && apiVersion.includes("/");
}

function isListRead(kind: string, value: Record<string, unknown>): boolean {
  return kind === "List" || MANIFEST_KINDS.has(kind.slice(0, -"List".length)) ||
    Array.isArray(value["items"]);
}

/** Items of a ServiceList, as the API itself prints it, need not repeat their kind and version. */
function readList(list: Record<string, unknown>, kind: string, place: Place): readonly Candidate[] {
  const items = list["items"] ?? [];
  if (!Array.isArray(items)) return [unusable(place, ["items"], `Expected a list, found ${describe(items)}`)];
  const inherited = kind === "List"
    ? {}
    : { apiVersion: list["apiVersion"], kind: kind.slice(0, -"List".length) };
  return items.flatMap((item: unknown, index) =>
    readValue(isRecord(item) ? { ...inherited, ...item } : item, {
      ...place,
      path: [...place.path, "items", index],
    })
  );
}

function readObject(value: Record<string, unknown>, kind: ManifestKind, place: Place): Candidate {
  const copy = frozenCopy(value) as Record<string, unknown>;
  const metadata = placedMetadata(copy["metadata"] as Record<string, unknown>, kind);
  const object = Object.freeze({ ...copy, metadata }) as unknown as KubernetesObject;
  const key = keyOf(object);
  const [current, ...older] = [...kind.versions];
  const version = kind.versions.get(String(copy["apiVersion"]));
  const { schema, adopt } = version ?? current![1];
  const errors = [...checkSchema(schema, object)];
  if (version === undefined) {
    const expected = older.length === 0
      ? `${current![0]}, the only version of ${kind.kind} that is read`
      : [...kind.versions.keys()].join(" or ");
    errors.unshift({
      path: ["apiVersion"],
      field: "apiVersion",
      message: `Expected ${expected}, found ${describe(copy["apiVersion"])}`,
    });
  }
  if (errors.length === 0) return { ok: true, object: { kind, key, object: adopt(object) } };
  return {
    ok: false,
    errors: errors.map(({ path, field, message }) => ({
      object: objectName(kind, key),
      field,
      message: `${message} (${whereIs(place, path)})`,
    })),
  };
}

function placedMetadata(metadata: Record<string, unknown>, kind: ManifestKind): Record<string, unknown> {
  const { namespace, ...rest } = metadata;
  return Object.freeze(kind.isNamespaced ? { ...rest, namespace: namespace ?? "default" } : rest);
}

function unusable(place: Place, path: Path, message: string): Candidate {
  const field = formatField([...place.path, ...path]);
  const where = whereIs(place, path);
  return { ok: false, errors: [{ object: fileName(place.file), field, message: `${message} (${where})` }] };
}

function whereIs(place: Place, path: Path): string {
  return `${place.file} line ${place.document.lineOf([...place.path, ...path])}`;
}

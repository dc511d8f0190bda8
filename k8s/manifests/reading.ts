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
import { salvage } from "../schema/salvage.ts";
import type { JsonSchema } from "../schema/schema.ts";
import type { ObjectError } from "../source.ts";
import { keyOf, type KubernetesObject, type ObjectKey } from "../types/meta.ts";
import { type ParsedDocument, parseJson, parseYaml, splitDocuments } from "./documents.ts";
import { frozenCopy, isEqual, isRecord } from "./json.ts";
import { MANIFEST_KINDS, type ManifestKind, type ManifestVersion } from "./kinds.ts";

/** An object that can be used. */
export interface ManifestObject {
  readonly kind: ManifestKind;
  readonly key: ObjectKey;
  readonly object: KubernetesObject;
}

/** What can be read of an object that cannot be used. */
export interface FaultyManifestObject extends ManifestObject {
  /** Paths of its faults. */
  readonly fields: readonly string[];
}

/** An object that is read, usable or not, as it stands in its file. */
export interface Sighting {
  readonly kind: ManifestKind;
  readonly key: ObjectKey;
  /** As written, but for nulls. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Of the version it is written in. */
  readonly schema: JsonSchema;
  /** The line on which a field stands, or what is nearest above it. */
  lineOf(path: Path): number;
}

/** What one file holds. */
export interface FileReading {
  /** In the order of the file. */
  readonly objects: readonly ManifestObject[];
  readonly errors: readonly ObjectError[];
  /** Where each error stands; its message says so too. */
  readonly lines: ReadonlyMap<ObjectError, number>;
  /** In the order of the file; each has errors. */
  readonly faulty: readonly FaultyManifestObject[];
  /** The objects of each faultless document, by its text. */
  readonly byText: ReadonlyMap<string, readonly ManifestObject[]>;
}

/** Keys and indexes from the root. */
export type Path = readonly (string | number)[];

/**
 * Reads the text of the file at `path`; `before` is what the file held when it was last read. `see` is told of every object
 * that is read anew.
 */
export function readManifest(
  path: string,
  text: string,
  before: FileReading | null,
  see: (sighting: Sighting) => void = () => {},
): FileReading {
  const known = new Map<string, KubernetesObject>();
  for (const { kind, key, object } of before?.objects ?? []) known.set(objectName(kind, key), object);
  const objects: ManifestObject[] = [];
  const errors: ObjectError[] = [];
  const lines = new Map<ObjectError, number>();
  const faulty: FaultyManifestObject[] = [];
  const byText = new Map<string, readonly ManifestObject[]>();
  const isJson = path.endsWith(".json");
  for (const chunk of isJson ? [{ text, line: 1 }] : splitDocuments(text)) {
    let found = before?.byText.get(chunk.text);
    if (found === undefined) {
      const reading = readDocuments(path, isJson ? parseJson(text) : parseYaml(chunk), known, see);
      found = reading.objects;
      for (const { error, line } of reading.faults) {
        errors.push(error);
        lines.set(error, line);
      }
      faulty.push(...reading.faulty);
      if (reading.faults.length === 0) byText.set(chunk.text, found);
    } else {
      byText.set(chunk.text, found);
    }
    for (const object of found) objects.push(object);
  }
  return { objects, errors, lines, faulty, byText };
}

/** The name under which an object is reported. */
export function objectName(kind: ManifestKind, key: ObjectKey): string {
  return `${kind.kind}/${key}`;
}

/** The name under which a file is reported. */
export function fileName(path: string): string {
  return `File/${path}`;
}

/** Where a candidate stands, for messages. */
interface Place {
  readonly file: string;
  readonly document: Extract<ParsedDocument, { ok: true }>;
  /** From the document's root to the candidate: empty, or "items" and an index. */
  readonly path: Path;
}

/** An error and the line it stands on. */
interface Fault {
  readonly error: ObjectError;
  readonly line: number;
}

type Candidate =
  | { readonly ok: true; readonly object: ManifestObject; readonly sighting: Sighting }
  | { readonly ok: false; readonly faults: readonly Fault[] }
  | {
    readonly ok: false;
    readonly faults: readonly Fault[];
    readonly rest: FaultyManifestObject;
    readonly sighting: Sighting;
  };

interface DocumentsReading {
  readonly objects: readonly ManifestObject[];
  readonly faults: readonly Fault[];
  readonly faulty: readonly FaultyManifestObject[];
}

function readDocuments(
  file: string,
  documents: readonly ParsedDocument[],
  known: ReadonlyMap<string, KubernetesObject>,
  see: (sighting: Sighting) => void,
): DocumentsReading {
  const objects: ManifestObject[] = [];
  const faults: Fault[] = [];
  const faulty: FaultyManifestObject[] = [];
  for (const document of documents) {
    if (!document.ok) {
      const { message, line } = document;
      faults.push(faultAt(file, line, { object: fileName(file), field: "", message }));
      continue;
    }
    for (const candidate of readValue(document.value, { file, document, path: [] })) {
      if ("sighting" in candidate) see(candidate.sighting);
      if (candidate.ok) {
        objects.push(keepIdentity(candidate.object, known));
      } else {
        faults.push(...candidate.faults);
        if ("rest" in candidate) faulty.push(candidate.rest);
      }
    }
  }
  return { objects, faults, faulty };
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
  const current = [...kind.versions.values()][0]!;
  const version = kind.versions.get(String(copy["apiVersion"]));
  const { schema, adopt } = version ?? current;
  const errors = [...checkSchema(schema, object)];
  if (version === undefined) {
    errors.unshift({
      path: ["apiVersion"],
      field: "apiVersion",
      message: `Expected ${expectedVersion(kind)}, found ${describe(copy["apiVersion"])}`,
    });
  }
  const lineOf = (path: Path): number => place.document.lineOf([...place.path, ...path]);
  const sighting = { kind, key, value: copy, schema, lineOf };
  if (errors.length === 0) return { ok: true, object: { kind, key, object: adopt(object) }, sighting };
  const faults = errors.map(({ path, field, message }) =>
    faultAt(place.file, lineOf(path), { object: objectName(kind, key), field, message })
  );
  const fields = errors.map(({ field }) => field);
  const rest = { kind, key, object: restOf(object, { schema, adopt }), fields };
  return { ok: false, faults, rest, sighting };
}

function expectedVersion({ kind, versions }: ManifestKind): string {
  const all = [...versions.keys()];
  return all.length === 1 ? `${all[0]}, the only version of ${kind} that is read` : all.join(" or ");
}

/** What can be read of a faulty object, under the name it is reported by. */
export function restOf(object: KubernetesObject, { schema, adopt }: ManifestVersion): KubernetesObject {
  const rest = salvage(schema, object) as Record<string, unknown>;
  const { name, namespace } = object.metadata;
  const named = { name, ...(namespace === undefined ? {} : { namespace }) };
  const metadata = { ...rest["metadata"] as Record<string, unknown>, ...named };
  return adopt(Object.freeze({ ...rest, metadata }) as unknown as KubernetesObject);
}

function placedMetadata(metadata: Record<string, unknown>, kind: ManifestKind): Record<string, unknown> {
  const { namespace, ...rest } = metadata;
  return Object.freeze(kind.isNamespaced ? { ...rest, namespace: namespace ?? "default" } : rest);
}

function unusable({ file, document, path }: Place, within: Path, message: string): Candidate {
  const all = [...path, ...within];
  const error = { object: fileName(file), field: formatField(all), message };
  return { ok: false, faults: [faultAt(file, document.lineOf(all), error)] };
}

/** The error, its message ending with where it stands. */
function faultAt(file: string, line: number, { object, field, message }: ObjectError): Fault {
  return { error: { object, field, message: message + formatPlace(file, line) }, line };
}

/** What ends the message of an error that stands on a line. */
export function formatPlace(file: string, line: number): string {
  return ` (${file} line ${line})`;
}

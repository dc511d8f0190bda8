/**
 * Manifests checked as the roles would: every error in them, with its place, and what was taken for granted.
 *
 * Source: the roles' own readers and parser; `kubectl apply` for fields that there are not.
 * Shape: texts in, {@linkcode ValidationReport} out. What the files refer to and do not hold is an assumption: the files of a
 * pipeline are seldom the whole cluster. Without Nodes, nothing is said of what depends on them.
 * Not here: reading files (files.ts), references that no parser follows (references.ts), printing (format.ts).
 *
 * @module
 */
import { Catalog } from "../../../k8s/manifests/catalog.ts";
import { formatPlace, objectName, type Sighting } from "../../../k8s/manifests/reading.ts";
import { parseField } from "../../../k8s/schema/check.ts";
import { unknownFields } from "../../../k8s/schema/unknown_fields.ts";
import type { ClusterObjects, FaultyObject, ObjectError } from "../../../k8s/source.ts";
import type { Service } from "../../../k8s/types/core.ts";
import type { ObjectKey } from "../../../k8s/types/meta.ts";
import { requestErrors } from "./request_errors.ts";
import { everyError, type Findings } from "../../config/every_error.ts";
import type { NamedText } from "./files.ts";
import { formatLack, looseReferences } from "./references.ts";

/** One thing that is wrong, or taken for granted; the fields stand in the order they are printed in. */
export interface Finding {
  readonly file: string;
  /** Counted from 1; null when the whole file is meant. */
  readonly line: number | null;
  /** "Kind/namespace/name"; empty when the whole file is meant. */
  readonly object: string;
  readonly field: string;
  readonly message: string;
}

/** See the module comment; both lists are sorted by place. */
export interface ValidationReport {
  readonly files: number;
  /** Of the kinds that are read. */
  readonly objects: number;
  readonly errors: readonly Finding[];
  readonly assumptions: readonly Finding[];
}

/** What is asked for. */
export interface ValidationQuestion {
  readonly texts: readonly NamedText[];
  /** Custom resources of other namespaces are left out; null for all of them. */
  readonly namespace: string | null;
  /** Whether an assumption is an error. */
  readonly isStrict: boolean;
}

/** Checks all of it. */
export function validate({ texts, namespace, isStrict }: ValidationQuestion): ValidationReport {
  const manifests = new Manifests(namespace);
  for (const text of texts) manifests.take(text);
  const objects = manifests.catalog.objects(new Map());
  const faulty = manifests.catalog.faulty();
  const found: Findings = everyError(objects, faulty);
  const errors = [
    ...manifests.faults,
    ...manifests.catalog.errors().map((error) => manifests.locate(error)),
    ...found.errors.filter((error) => !found.lacks.has(error)).map((error) => manifests.locate(error)),
    ...servicesOf(objects, faulty).flatMap(([key, service]) => requestErrors(key, service))
      .map((error) => manifests.locate(error)),
  ];
  const assumptions = [
    ...[...found.lacks].map(([error, lack]) => ({ ...error, message: formatLack(error, lack) })),
    ...looseReferences(objects, faulty),
  ].map((error) => manifests.locate(error));
  return {
    files: texts.length,
    objects: countOf(objects) + faulty.length,
    errors: sorted(isStrict ? [...errors, ...assumptions] : errors),
    assumptions: isStrict ? [] : sorted(assumptions),
  };
}

/** All Services whose request can be read. */
function servicesOf(objects: ClusterObjects, faulty: readonly FaultyObject[]): [ObjectKey, Service][] {
  const asking = /^(?:metadata|spec\.loadBalancerIP$|spec\.type$|spec$)/;
  const half = faulty.filter(({ collection, fields }) =>
    collection === "services" && !fields.some((field) => asking.test(field))
  );
  return [...objects.services, ...half.map(({ key, object }): [ObjectKey, Service] => [key, object])];
}

/** All manifests, and where each object of theirs stands. */
class Manifests {
  readonly catalog: Catalog;
  readonly faults: Finding[] = [];
  readonly #namespace: string | null;
  readonly #seen = new Map<string, { readonly file: string; readonly sighting: Sighting }[]>();

  constructor(namespace: string | null) {
    this.#namespace = namespace;
    this.catalog = new Catalog(namespace);
  }

  take(named: NamedText): void {
    const { file } = named;
    if ("fault" in named) {
      this.faults.push({ file, line: null, object: "", field: "", message: named.fault });
    } else {
      this.catalog.read(file, named.text, (sighting) => this.#see(file, sighting));
    }
  }

  /** Where an error of an object stands; one of the files' own says that itself. */
  locate(error: ObjectError): Finding {
    const place = this.catalog.placeOf(error);
    if (place !== null) {
      const { file, line } = place;
      const object = error.object === `File/${file}` ? "" : error.object;
      return { file, line, object, field: error.field, message: withoutEnd(error.message, file, line) };
    }
    const all = this.#seen.get(error.object) ?? [];
    // Of an object that stands twice the first counts, and the other has the error of being there.
    const isSecond = error.message.startsWith("Stands in ");
    const { file, sighting } = (isSecond ? all.at(-1) : all[0])!;
    return { file, line: sighting.lineOf(parseField(error.field)), ...error };
  }

  #see(file: string, sighting: Sighting): void {
    const { kind, key, value, schema } = sighting;
    const name = objectName(kind, key);
    const all = this.#seen.get(name);
    if (all === undefined) this.#seen.set(name, [{ file, sighting }]);
    else all.push({ file, sighting });
    const isCustom = String(value["apiVersion"]).startsWith("metallb.io/");
    const spec = schema.properties?.["spec"];
    if (!isCustom || spec === undefined || !this.#counts(sighting)) return;
    const root = { ...schema, properties: { ...NAMES, spec } };
    for (const { path, field, message } of unknownFields(root, value)) {
      this.faults.push({ file, line: sighting.lineOf(path), object: name, field, message });
    }
  }

  #counts({ key }: Sighting): boolean {
    return this.#namespace === null || key.startsWith(`${this.#namespace}/`);
  }
}

/** What stands beside `spec`, of any form. */
const NAMES = { apiVersion: {}, kind: {}, metadata: {}, status: {} };

/** The message of an error at a place, which ends by saying where that is. */
function withoutEnd(message: string, file: string, line: number): string {
  const end = formatPlace(file, line);
  return message.endsWith(end) ? message.slice(0, -end.length) : message;
}

function countOf(objects: ClusterObjects): number {
  return Object.values(objects).reduce((sum, { size }) => sum + size, 0);
}

function sorted(findings: readonly Finding[]): Finding[] {
  return findings.map(({ file, line, object, field, message }) => ({ file, line, object, field, message }))
    .sort((a, b) => {
      if (a.file !== b.file) return a.file < b.file ? -1 : 1;
      if (a.line !== b.line) return (a.line ?? 0) - (b.line ?? 0);
      return `${a.object}\0${a.field}\0${a.message}` < `${b.object}\0${b.field}\0${b.message}` ? -1 : 1;
    });
}

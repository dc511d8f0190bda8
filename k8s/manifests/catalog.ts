/**
 * All manifests of a folder, and which of their objects are in force.
 *
 * Shape: readings by file in, {@linkcode ClusterObjects} and errors out; no I/O.
 *
 * A file with an error in it changes nothing: what it held when it was last whole stays in force, until it is whole
 * again or gone. Only while nothing of a file is in force does a faulty one count as far as it can be used: nothing that
 * worked is lost by a mistake, and one mistake in a new folder does not keep everything else from working.
 * Of an object that stands in two places the first counts, by path and then by line; the other is reported.
 *
 * @module
 */
import type { ClusterObjects, FaultyObject, ObjectError } from "../source.ts";
import type { Service } from "../types/core.ts";
import type { KubernetesObject, ObjectKey } from "../types/meta.ts";
import { MANIFEST_KINDS, type ManifestKind } from "./kinds.ts";
import { fileName, type FileReading, objectName, readManifest, type Sighting } from "./reading.ts";
import { type ServiceStatusRecord, withStatus } from "./status.ts";

interface ManifestFile {
  /** What counts. */
  readonly inForce: FileReading;
  /** What is wrong with the file as it stands. */
  readonly errors: readonly ObjectError[];
  readonly lines: FileReading["lines"];
  readonly faulty: FileReading["faulty"];
}

const NOTHING: FileReading = {
  objects: [],
  errors: [],
  lines: new Map(),
  faulty: [],
  byText: new Map(),
};

type Collection = Map<ObjectKey, KubernetesObject>;

/** See the module comment. */
export class Catalog {
  readonly #namespace: string | null;
  readonly #files = new Map<string, ManifestFile>();
  #objects: ClusterObjects | null = null;
  #twice: readonly ObjectError[] = [];

  /** Configuration counts only in this namespace, or in any when null. */
  constructor(namespace: string | null) {
    this.#namespace = namespace;
  }

  /** Takes in what a file now holds; `see` is told of every object that is read anew. */
  read(path: string, text: string, see?: (sighting: Sighting) => void): void {
    const before = this.#files.get(path);
    const reading = readManifest(path, text, before?.inForce ?? null, see);
    const isTaken = reading.errors.length === 0 || before === undefined ||
      before.inForce.objects.length === 0;
    const inForce = isTaken ? reading : before.inForce;
    this.#files.set(path, { inForce, errors: reading.errors, lines: reading.lines, faulty: reading.faulty });
  }

  /** Notes that a file is there but cannot be read. */
  cannotRead(path: string, message: string): void {
    const inForce = this.#files.get(path)?.inForce ?? NOTHING;
    const errors = [{ object: fileName(path), field: "", message }];
    this.#files.set(path, { inForce, errors, lines: new Map(), faulty: [] });
  }

  /** Forgets a file that is gone. */
  forget(path: string): void {
    this.#files.delete(path);
  }

  /** Whether every file could be read to its end: only then is an object that is not here known to be gone. */
  get isWhole(): boolean {
    return [...this.#files.values()].every((file) => file.errors.length === 0);
  }

  /** What is wrong with the files, in no particular order. */
  errors(): readonly ObjectError[] {
    return [...[...this.#files.values()].flatMap((file) => file.errors), ...this.#twice];
  }

  /** The file and line of one of the errors; null where there is no line. */
  placeOf(error: ObjectError): { readonly file: string; readonly line: number } | null {
    for (const [file, { lines }] of this.#files) {
      const line = lines.get(error);
      if (line !== undefined) return { file, line };
    }
    return null;
  }

  /** What could be read of the objects that have errors. */
  faulty(): readonly FaultyObject[] {
    return [...this.#files.values()].flatMap((file) => file.faulty)
      .filter(({ kind, object }) => this.#counts(kind, object))
      .map(({ kind, key, object, fields }) => ({ collection: kind.collection, key, object, fields }));
  }

  /** Everything in force, with these statuses; what did not change keeps its identity. */
  objects(statuses: ReadonlyMap<ObjectKey, ServiceStatusRecord>): ClusterObjects {
    const collections = this.#collect(statuses);
    const before = this.#objects;
    const keep = <T extends KubernetesObject>(name: keyof ClusterObjects): ReadonlyMap<ObjectKey, T> => {
      // The schema of each kind has been checked: this is where JSON becomes typed.
      const now = collections[name] as unknown as ReadonlyMap<ObjectKey, T>;
      const then = before?.[name] as ReadonlyMap<ObjectKey, T> | undefined;
      return then !== undefined && hasSameEntries(then, now) ? then : now;
    };
    this.#objects = {
      services: keep("services"),
      endpointSlices: keep("endpointSlices"),
      nodes: keep("nodes"),
      namespaces: keep("namespaces"),
      ipAddressPools: keep("ipAddressPools"),
      l2Advertisements: keep("l2Advertisements"),
      communities: keep("communities"),
      bgpPeers: keep("bgpPeers"),
      bgpAdvertisements: keep("bgpAdvertisements"),
      bfdProfiles: keep("bfdProfiles"),
      secrets: keep("secrets"),
    };
    return this.#objects;
  }

  #collect(statuses: ReadonlyMap<ObjectKey, ServiceStatusRecord>): Record<keyof ClusterObjects, Collection> {
    const collections = Object.fromEntries(
      [...MANIFEST_KINDS.values()].map((kind) => [kind.collection, new Map()]),
    ) as Record<keyof ClusterObjects, Collection>;
    const origins = new Map<KubernetesObject, string>();
    const twice: ObjectError[] = [];
    for (const path of [...this.#files.keys()].sort()) {
      for (const { kind, key, object } of this.#files.get(path)!.inForce.objects) {
        if (!this.#counts(kind, object)) continue;
        const collection = collections[kind.collection];
        const first = collection.get(key);
        if (first === undefined) {
          const laid = kind.kind === "Service" ? withStatus(object as Service, statuses.get(key)) : object;
          collection.set(key, laid);
          origins.set(laid, path);
          continue;
        }
        const message = `Stands in ${
          origins.get(first)
        } already and is ignored in ${path}: remove one of the two`;
        twice.push({ object: objectName(kind, key), field: "", message });
      }
    }
    this.#twice = twice;
    return collections;
  }

  #counts({ isConfiguration }: ManifestKind, { metadata }: KubernetesObject): boolean {
    return !isConfiguration || this.#namespace === null || metadata.namespace === this.#namespace;
  }
}

function hasSameEntries<T>(a: ReadonlyMap<ObjectKey, T>, b: ReadonlyMap<ObjectKey, T>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of b) if (a.get(key) !== value) return false;
  return true;
}

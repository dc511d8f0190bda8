/**
 * The objects of one kind as the API server last said: trimmed, by key, with the newest revision of each.
 *
 * Source: client-go's store and its rule that what was listed replaces all that was known; resource versions compare as
 * numbers (KEP-5504).
 * Shape: objects as they come in, immutable maps out. Every method that takes news says whether it was any; what did not
 * change in a field that is read keeps its identity, and so does the map. An object that cannot be used leaves the
 * one before it in force and is reported.
 * Not here: where objects come from (reflector.ts).
 *
 * @module
 */
import { isEqual, isRecord } from "../../manifests/json.ts";
import { checkSchema } from "../../schema/check.ts";
import { restOf } from "../../manifests/reading.ts";
import type { FaultyObject, ObjectError } from "../../source.ts";
import { keyOf, type KubernetesObject, type ObjectKey } from "../../types/meta.ts";
import type { ManifestKind } from "../../manifests/kinds.ts";
import { VersionedMap } from "../../versioned_map.ts";
import { trim } from "./trim.ts";

/** What a store must know of a kind. */
export interface StoredKind {
  readonly kind: Pick<ManifestKind, "kind" | "versions">;
  readonly apiVersion: string;
}

/** See the module comment. */
export class Store {
  readonly #served: StoredKind;
  /** As last handed out. */
  #objects: VersionedMap<ObjectKey, KubernetesObject> = VersionedMap.of(new Map());
  /** What has come in since, null for what is gone. */
  readonly #news = new Map<ObjectKey, KubernetesObject | null>();
  #revisions = new Map<ObjectKey, string>();
  /** The API server has told of everything up to this revision. */
  #toldUpTo = 0;
  readonly #errors = new Map<ObjectKey, readonly ObjectError[]>();
  /** What could be read of the objects that have errors. */
  readonly #faulty = new Map<ObjectKey, KubernetesObject>();
  #isComplete = false;

  constructor(served: StoredKind) {
    this.#served = served;
  }

  /** True once every object has been listed. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** All objects; the same map as long as nothing changes. Read through the newest one, or soon: see VersionedMap. */
  get objects(): ReadonlyMap<ObjectKey, KubernetesObject> {
    if (this.#news.size > 0) {
      this.#objects = this.#objects.with([...this.#news]);
      this.#news.clear();
    }
    return this.#objects;
  }

  get errors(): readonly ObjectError[] {
    return [...this.#errors.values()].flat();
  }

  /** What can be read of the objects that have errors, and the paths of those. */
  get faulty(): readonly Omit<FaultyObject, "collection">[] {
    return [...this.#faulty].map(([key, object]) => ({
      key,
      object,
      fields: (this.#errors.get(key) ?? []).map(({ field }) => field),
    }));
  }

  get(key: ObjectKey): KubernetesObject | undefined {
    const news = this.#news.get(key);
    return news === undefined ? this.#objects.get(key) : news ?? undefined;
  }

  /** The newest resource version of an object. */
  revisionOf(key: ObjectKey): string | undefined {
    return this.#revisions.get(key);
  }

  /** Takes in an object that the API server tells was created or changed. */
  put(object: unknown): boolean {
    const key = keyIn(object);
    if (key === null) return false;
    this.#noteTold(revisionIn(object));
    return this.#take(key, object);
  }

  /** Takes in what a write of ours made of an object, unless more is known by now: the object may be newer, or gone. */
  putWritten(object: unknown): boolean {
    const key = keyIn(object);
    if (key === null) return false;
    // An object that was told of and is not here has been deleted since; one that is still to be told of is new.
    if (!this.#revisions.has(key)) {
      return Number(revisionIn(object)) > this.#toldUpTo && this.#take(key, object);
    }
    const known = this.get(key);
    const { uid } = (object as KubernetesObject).metadata;
    return (known === undefined || known.metadata.uid === uid) && this.#take(key, object);
  }

  /** What is known may be newer than all that will be heard from now on; the next list counts whatever it says. */
  forgetRevisions(): void {
    this.#toldUpTo = 0;
    for (const key of this.#revisions.keys()) this.#revisions.set(key, "0");
  }

  /** Takes in that an object is gone. */
  remove(object: unknown): boolean {
    const key = keyIn(object);
    if (key === null) return false;
    this.#noteTold(revisionIn(object));
    return this.#drop(key);
  }

  /** Takes in a complete list, made of pages, as of a revision: what is not on it is gone. */
  replace(pages: Iterable<readonly Listed[]>, revision: string): boolean {
    this.#noteTold(revision);
    const listed = new Set<ObjectKey>();
    let isNews = !this.#isComplete;
    this.#isComplete = true;
    for (const page of pages) {
      for (const { key, revision, object } of page) {
        listed.add(key);
        if (this.#keep(key, revision, () => object)) isNews = true;
      }
    }
    for (const key of [...this.#revisions.keys()]) {
      if (!listed.has(key) && this.#drop(key)) isNews = true;
    }
    return isNews;
  }

  /** What is kept of a listed object until the list is complete. */
  listed(object: unknown): Listed | null {
    const key = keyIn(object);
    return key === null ? null : { key, revision: revisionIn(object), object: this.#trim(object) };
  }

  #noteTold(revision: string): void {
    if (Number(revision) > this.#toldUpTo) this.#toldUpTo = Number(revision);
  }

  #trim(object: unknown): unknown {
    const { kind, apiVersion } = this.#served;
    const { schema } = kind.versions.get(apiVersion)!;
    return trim(schema, apiVersion, kind.kind, object);
  }

  #take(key: ObjectKey, object: unknown): boolean {
    return this.#keep(key, revisionIn(object), () => this.#trim(object));
  }

  #keep(key: ObjectKey, revision: string, kept: () => unknown): boolean {
    const known = this.#revisions.get(key);
    // An answer to a write and the watch are two ways: what comes by the slower one is old, or the very same.
    if (known !== undefined && Number(revision) <= Number(known)) return false;
    const trimmed = kept();
    this.#revisions.set(key, revision);
    const { kind, apiVersion } = this.#served;
    const { schema, adopt } = kind.versions.get(apiVersion)!;
    // The API server has checked the built-in kinds, and knows more of them than our schemas do.
    const faults = apiVersion.startsWith("metallb.io/") ? checkSchema(schema, trimmed) : [];
    if (faults.length > 0) {
      const isOther = this.#salvage(key, restOf(trimmed as KubernetesObject, { schema, adopt }));
      return this.#report(key, faults.map(({ field, message }) => ({ field, message }))) || isOther;
    }
    const wasBad = this.#mend(key);
    const adopted = adopt(trimmed as KubernetesObject);
    if (isEqual(this.get(key), adopted)) return wasBad;
    this.#news.set(key, adopted);
    return true;
  }

  /** True when it is not what could be read before: it may have other errors, beside those of its form. */
  #salvage(key: ObjectKey, rest: KubernetesObject): boolean {
    if (isEqual(this.#faulty.get(key), rest)) return false;
    this.#faulty.set(key, rest);
    return true;
  }

  #report(key: ObjectKey, faults: readonly Omit<ObjectError, "object">[]): boolean {
    const errors = faults.map((fault) => ({ object: `${this.#served.kind.kind}/${key}`, ...fault }));
    if (isEqual(this.#errors.get(key), errors)) return false;
    this.#errors.set(key, errors);
    return true;
  }

  #mend(key: ObjectKey): boolean {
    this.#faulty.delete(key);
    return this.#errors.delete(key);
  }

  #drop(key: ObjectKey): boolean {
    this.#revisions.delete(key);
    const wasBad = this.#mend(key);
    if (this.get(key) === undefined) return wasBad;
    this.#news.set(key, null);
    return true;
  }
}

/** An object of a list, trimmed. */
export interface Listed {
  readonly key: ObjectKey;
  readonly revision: string;
  readonly object: unknown;
}

function keyIn(object: unknown): ObjectKey | null {
  if (!isRecord(object) || !isRecord(object["metadata"])) return null;
  return typeof object["metadata"]["name"] === "string" ? keyOf(object as unknown as KubernetesObject) : null;
}

/** The resource version of anything that has metadata: an object, a list, a bookmark. */
export function revisionIn(object: unknown): string {
  const metadata = isRecord(object) ? object["metadata"] : null;
  const revision = isRecord(metadata) ? metadata["resourceVersion"] : null;
  return typeof revision === "string" ? revision : "";
}

/**
 * A map as a value, whose next version costs what changes and not a copy of everything.
 *
 * Source: Baker's shallow binding, as Conchon and Filliâtre use it in "A Persistent Union-Find Data Structure" (2007).
 * Shape: immutable to whoever reads it, in no order. The newest version holds the entries; an older one knows what its
 * successor changed, and reads the rest there. A second successor of one version begins with a copy.
 * LIMIT: an older version is read through all its successors: keep the last one to compare with, not a history.
 *
 * @module
 */

/** See the module comment; an iteration must be over before the next version is made. */
export class VersionedMap<Key, Value extends NonNullable<unknown>> implements ReadonlyMap<Key, Value> {
  readonly size: number;
  /** Null once a successor has them. */
  #entries: Map<Key, Value> | null;
  #successor: Successor<Key, Value> | null = null;

  private constructor(entries: Map<Key, Value>) {
    this.#entries = entries;
    this.size = entries.size;
  }

  /** The map itself, or one with its entries. */
  static of<Key, Value extends NonNullable<unknown>>(map: ReadonlyMap<Key, Value>): VersionedMap<Key, Value> {
    return map instanceof VersionedMap ? map : new VersionedMap(new Map(map));
  }

  /** The version with these values, null for none. */
  with(changes: readonly (readonly [Key, Value | null])[]): VersionedMap<Key, Value> {
    const entries = this.#entries ?? new Map(this);
    const former = new Map(changes.map(([key]) => [key, entries.get(key)]));
    for (const [key, value] of changes) {
      if (value === null) entries.delete(key);
      else entries.set(key, value);
    }
    const version = new VersionedMap(entries);
    if (this.#entries !== null) [this.#entries, this.#successor] = [null, { version, former }];
    return version;
  }

  /** The keys that may differ from an older version, the same one perhaps twice; null when this is no successor of it. */
  changedSince(older: VersionedMap<Key, Value>): readonly Key[] | null {
    const changed: Key[] = [];
    for (let version = older; version !== this; version = version.#successor.version) {
      if (version.#successor === null) return null;
      changed.push(...version.#successor.former.keys());
    }
    return changed;
  }

  get(key: Key): Value | undefined {
    if (this.#entries !== null) return this.#entries.get(key);
    for (let next = this.#successor; next !== null; next = next.version.#successor) {
      if (next.former.has(key)) return next.former.get(key);
      if (next.version.#entries !== null) return next.version.#entries.get(key);
    }
    return undefined;
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#entries === null ? this.#formerEntries() : this.#entries.entries();
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  *keys(): MapIterator<Key> {
    for (const [key] of this) yield key;
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this) yield value;
  }

  forEach(callback: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  /** Those of the newest, and what any version from here to there has changed as it was here. */
  *#formerEntries(): MapIterator<[Key, Value]> {
    const former = new Map<Key, Value | undefined>();
    let newest = this.#entries;
    for (let next = this.#successor; newest === null && next !== null; next = next.version.#successor) {
      for (const [key, value] of next.former) if (!former.has(key)) former.set(key, value);
      newest = next.version.#entries;
    }
    for (const entry of newest ?? []) if (!former.has(entry[0])) yield entry;
    for (const [key, value] of former) if (value !== undefined) yield [key, value];
  }
}

/** The keys whose values may differ between two maps, each once: of two versions what changed, else all there are. */
export function* keysToCompare<Key>(
  before: ReadonlyMap<Key, NonNullable<unknown>>,
  after: ReadonlyMap<Key, NonNullable<unknown>>,
): Generator<Key> {
  if (before === after) return;
  if (before instanceof VersionedMap && after instanceof VersionedMap) {
    const changed: readonly Key[] | null = after.changedSince(before);
    if (changed !== null) return yield* new Set(changed);
  }
  yield* after.keys();
  for (const key of before.keys()) if (!after.has(key)) yield key;
}

/** The next version, and the values it changed as they were; undefined for none. */
interface Successor<Key, Value extends NonNullable<unknown>> {
  readonly version: VersionedMap<Key, Value>;
  readonly former: ReadonlyMap<Key, Value | undefined>;
}

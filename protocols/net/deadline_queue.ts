/**
 * Many deadlines, soonest first: what a machine of thousands of parts keeps instead of one field per timer.
 *
 * Source: a binary heap that knows where each key stands.
 * Shape (S): changed in place; setting, removing and taking cost the logarithm of the number of keys. Equal instants
 * come out in the order they were set, so the same calls always give the same answers.
 * Not here: the clock. Instants are whatever numbers the owner orders by, normally machine.ts's Instant.
 *
 * @module
 */
interface Entry<Key, At> {
  readonly key: Key;
  readonly at: At;
  readonly order: number;
}

/** A set of keys, each with the instant it is due. */
export class DeadlineQueue<Key, At extends number> {
  #heap: Entry<Key, At>[] = [];
  #places = new Map<Key, number>();
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** The soonest instant, or null when nothing is set. */
  get earliest(): At | null {
    return this.#heap[0]?.at ?? null;
  }

  /** Sets or replaces the instant of a key. */
  set(key: Key, at: At): void {
    this.delete(key);
    this.#heap.push({ key, at, order: this.#order++ });
    this.#rise(this.#heap.length - 1);
  }

  /** Forgets a key; true when it was there. */
  delete(key: Key): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    this.#places.delete(key);
    const last = this.#heap.pop()!;
    if (place < this.#heap.length) {
      this.#heap[place] = last;
      this.#rise(place);
      this.#sink(this.#places.get(last.key)!);
    }
    return true;
  }

  /** The key due first if it is due by `now`, left in place. */
  peekDue(now: At): Key | null {
    const first = this.#heap[0];
    return first !== undefined && first.at <= now ? first.key : null;
  }

  #rise(start: number): void {
    const entry = this.#heap[start]!;
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >>> 1;
      const above = this.#heap[parent]!;
      if (!isBefore(entry, above)) break;
      this.#put(above, place);
      place = parent;
    }
    this.#put(entry, place);
  }

  #sink(start: number): void {
    const entry = this.#heap[start]!;
    let place = start;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#heap.length) break;
      const right = child + 1;
      if (right < this.#heap.length && isBefore(this.#heap[right]!, this.#heap[child]!)) child = right;
      if (!isBefore(this.#heap[child]!, entry)) break;
      this.#put(this.#heap[child]!, place);
      place = child;
    }
    this.#put(entry, place);
  }

  #put(entry: Entry<Key, At>, place: number): void {
    this.#heap[place] = entry;
    this.#places.set(entry.key, place);
  }
}

function isBefore<Key, At extends number>(a: Entry<Key, At>, b: Entry<Key, At>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/**
 * What a running program has said so far, and a way to wait for what it will say.
 *
 * Shape: values pushed in order; never forgotten.
 *
 * @module
 */

/** See the module comment. */
export class Recording<T> {
  readonly #all: T[] = [];
  readonly #waiting = new Set<{ readonly look: () => void; readonly fail: (reason: Error) => void }>();
  #closed: string | null = null;

  /** Everything so far, oldest first. */
  get all(): readonly T[] {
    return this.#all;
  }

  /** Adds a value and wakes those who wait for it. */
  push(value: T): void {
    this.#all.push(value);
    for (const one of this.#waiting) one.look();
  }

  /** Nothing more will come: whoever still waits fails with this reason. */
  close(reason: string): void {
    this.#closed = reason;
    for (const one of this.#waiting) one.fail(new Error(reason));
  }

  /**
   * The first value from index `from` that matches, now or within the time.
   *
   * @param what names what is waited for, in the error
   */
  waitFor<U extends T>(
    what: string,
    match: ((value: T) => value is U) | ((value: T) => boolean),
    { withinMs = 30_000, from = 0 }: { readonly withinMs?: number; readonly from?: number } = {},
  ): Promise<U> {
    let next = from;
    const { promise, resolve, reject } = Promise.withResolvers<U>();
    const fail = (reason: Error) => {
      settle();
      reject(reason);
    };
    const look = () => {
      for (; next < this.#all.length; next++) {
        const value = this.#all[next]!;
        if (!match(value)) continue;
        settle();
        return resolve(value as U);
      }
    };
    const one = { look, fail };
    const timer = setTimeout(
      () =>
        fail(
          new Error(`Waited ${withinMs} ms in vain for ${what}; last: ${JSON.stringify(this.#all.at(-1))}`),
        ),
      withinMs,
    );
    const settle = () => {
      clearTimeout(timer);
      this.#waiting.delete(one);
    };
    this.#waiting.add(one);
    look();
    if (this.#closed !== null && this.#waiting.has(one)) fail(new Error(`${this.#closed} before ${what}`));
    return promise;
  }
}

/**
 * The addresses of one block that are held under one sharing key, and the lowest that still has given ports free.
 *
 * Shape: ascending by address. For each list of ports asked for, a floor is remembered below which every address is known
 * to refuse, so that a thousand Services with the same key and the same port do not each look at all addresses of the others.
 * S: changed in place.
 * Not here: who may share with whom (address_table.ts).
 *
 * @module
 */

/** An address with the ports that are taken on it. */
export interface SharedAddress {
  readonly value: bigint;
  readonly portsTaken: { has(port: string): boolean };
}

/** LIMIT: distinct lists of ports remembered; forgetting them all only costs a search from the start. */
const MAX_FLOORS = 4096;

/** See the module comment. */
export class SharedAddresses<A extends SharedAddress> {
  readonly #addresses: A[] = [];
  /** List of ports to the value of the first address that may have them free. */
  readonly #floors = new Map<string, bigint>();

  get isEmpty(): boolean {
    return this.#addresses.length === 0;
  }

  insert(address: A): void {
    this.#addresses.splice(this.#positionOf(address.value), 0, address);
    this.noteFreedPorts(address.value);
  }

  remove(address: A): void {
    const position = this.#positionOf(address.value);
    if (this.#addresses[position] === address) this.#addresses.splice(position, 1);
  }

  /** To be called whenever a port of an address becomes free. */
  noteFreedPorts(value: bigint): void {
    for (const [ports, floor] of this.#floors) if (value < floor) this.#floors.set(ports, value);
  }

  /** The lowest address on which none of these ports is taken, or null. */
  lowestWith(ports: readonly string[]): A | null {
    const list = ports.join();
    const start = this.#positionOf(this.#floors.get(list) ?? 0n);
    let position = start;
    while (position < this.#addresses.length && this.#refuses(position, ports)) position++;
    const found = this.#addresses[position] ?? null;
    const last = this.#addresses.at(-1);
    if (last !== undefined) {
      if (this.#floors.size >= MAX_FLOORS) this.#floors.clear();
      this.#floors.set(list, found?.value ?? last.value + 1n);
    }
    return found;
  }

  #refuses(position: number, ports: readonly string[]): boolean {
    const { portsTaken } = this.#addresses[position] as A;
    return ports.some((port) => portsTaken.has(port));
  }

  /** Where the first address at or above the value stands. */
  #positionOf(value: bigint): number {
    let [low, high] = [0, this.#addresses.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#addresses[middle] as A).value < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

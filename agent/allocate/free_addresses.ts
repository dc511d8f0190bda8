/**
 * Which addresses of one block are free, and which of them is the lowest.
 *
 * Shape: addresses are offsets from the block's first address. A sparse tree with one hexadecimal digit a level: a subtree
 * that is wholly taken is one bit, one that is wholly free is nothing at all, so a /8 or a /64 costs what its taken runs
 * cost. Every operation is O(host bits); S: changed in place.
 * Not here: which addresses a pool refuses to hand out, sharing (pool_space.ts).
 *
 * @module
 */

/** Sixteen subtrees: each is wholly taken (a bit in `taken`), partly taken (a bit in `partly` and a child), or free. */
interface Branch {
  taken: number;
  partly: number;
  readonly children: (Branch | undefined)[];
}

const BITS_PER_DIGIT = 4;
const ALL_TAKEN = 0xffff;

/** See the module comment. */
export class FreeAddresses {
  readonly #digitCount: number;
  /** What `taken` reads at the root when nothing is left: the first digit may have fewer than sixteen values. */
  readonly #rootTaken: number;
  readonly #root: Branch = { taken: 0, partly: 0, children: [] };

  /** All 2^hostBits addresses are free at first. */
  constructor(hostBits: number) {
    this.#digitCount = Math.max(1, Math.ceil(hostBits / BITS_PER_DIGIT));
    const firstDigitBits = hostBits - (this.#digitCount - 1) * BITS_PER_DIGIT;
    this.#rootTaken = 2 ** (1 << firstDigitBits) - 1;
  }

  /** The lowest free offset, or null when every address is taken. */
  lowest(): bigint | null {
    if (this.#root.taken === this.#rootTaken) return null;
    let digits = "";
    let branch: Branch | undefined = this.#root;
    while (branch !== undefined && digits.length < this.#digitCount) {
      const digit = lowestClearBit(branch.taken);
      digits += digit.toString(16);
      branch = branch.children[digit];
    }
    return BigInt(`0x${digits.padEnd(this.#digitCount, "0")}`);
  }

  /** Takes an offset; taking it twice changes nothing. */
  take(offset: bigint): void {
    this.#take(this.#root, this.#digitsOf(offset), 0);
  }

  /** Frees an offset; freeing it twice changes nothing. */
  release(offset: bigint): void {
    this.#release(this.#root, this.#digitsOf(offset), 0);
  }

  #digitsOf(offset: bigint): string {
    return offset.toString(16).padStart(this.#digitCount, "0");
  }

  /** True when the branch is wholly taken afterwards. */
  #take(branch: Branch, digits: string, depth: number): boolean {
    const digit = parseInt(digits.charAt(depth), 16);
    const bit = 1 << digit;
    if ((branch.taken & bit) === 0) {
      if (depth === this.#digitCount - 1) {
        branch.taken |= bit;
      } else {
        const child = branch.children[digit] ??= { taken: 0, partly: 0, children: [] };
        branch.partly |= bit;
        if (this.#take(child, digits, depth + 1)) {
          branch.children[digit] = undefined;
          branch.partly &= ~bit;
          branch.taken |= bit;
        }
      }
    }
    return branch.taken === ALL_TAKEN;
  }

  /** True when the branch is wholly free afterwards. */
  #release(branch: Branch, digits: string, depth: number): boolean {
    const digit = parseInt(digits.charAt(depth), 16);
    const bit = 1 << digit;
    if (depth === this.#digitCount - 1) {
      branch.taken &= ~bit;
    } else {
      if ((branch.taken & bit) !== 0) {
        branch.taken &= ~bit;
        branch.partly |= bit;
        branch.children[digit] = { taken: ALL_TAKEN, partly: 0, children: [] };
      }
      const child = branch.children[digit];
      if (child !== undefined && this.#release(child, digits, depth + 1)) {
        branch.children[digit] = undefined;
        branch.partly &= ~bit;
      }
    }
    return branch.taken === 0 && branch.partly === 0;
  }
}

function lowestClearBit(bits: number): number {
  const clear = ~bits;
  return 31 - Math.clz32(clear & -clear);
}

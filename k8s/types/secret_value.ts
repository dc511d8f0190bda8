/**
 * A password that prints as nothing, whoever prints it: logs, JSON, template strings, the console.
 *
 * Shape: octets go in once, where an object is read, and come out only by {@linkcode SecretValue.reveal}. Structured clone
 * drops them, so a message to another thread carries the revealed octets or none at all.
 * Not here: the Kubernetes kind Secret (core.ts).
 *
 * @module
 */

const REDACTED = "<redacted>";

/** See the module comment. */
export class SecretValue {
  readonly #octets: Uint8Array<ArrayBuffer>;

  private constructor(octets: Uint8Array<ArrayBuffer>) {
    this.#octets = octets;
  }

  /** The value of clear text, in UTF-8. */
  static ofText(text: string): SecretValue {
    return new SecretValue(new TextEncoder().encode(text));
  }

  /** The value of base64 as `data` of a Secret holds it, line breaks ignored; throws on anything else. */
  static ofBase64(text: string): SecretValue {
    return new SecretValue(Uint8Array.from(atob(text), (octet) => octet.charCodeAt(0)));
  }

  get octetCount(): number {
    return this.#octets.length;
  }

  /** A copy of the octets: only for the place that hands them to the kernel, or to the thread that does. */
  reveal(): Uint8Array<ArrayBuffer> {
    return this.#octets.slice();
  }

  /** True when both hold the same octets. */
  equals(other: SecretValue): boolean {
    return this.#octets.length === other.#octets.length &&
      this.#octets.every((octet, index) => octet === other.#octets[index]);
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  static {
    // What console.log and node:util's inspect print.
    for (const inspector of ["Deno.customInspect", "nodejs.util.inspect.custom"]) {
      Object.defineProperty(this.prototype, Symbol.for(inspector), { value: () => REDACTED });
    }
  }
}

/** True when both are the same secret, or none. */
export function sameSecret(a: SecretValue | null, b: SecretValue | null): boolean {
  return a === b || (a !== null && b !== null && a.equals(b));
}

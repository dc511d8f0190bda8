/**
 * A BGP peer that says what a script has it say: for octets no router would send.
 *
 * Source: RFC 4271 section 4.
 * Shape: one accepted connection; messages in as type and body, any octets out. Nothing of the product's codec is used.
 *
 * @module
 */

/** RFC 4271 4.1. */
export const TYPE = { open: 1, update: 2, notification: 3, keepalive: 4, routeRefresh: 5 } as const;

/** One message that came, without its header. */
export interface Received {
  readonly type: number;
  readonly body: Uint8Array;
}

const HEADER_OCTETS = 19;

/** See the module comment. */
export class ScriptedPeer {
  readonly #connection: Deno.TcpConn;
  #buffer = new Uint8Array();

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Sends these octets as they are; a connection that is gone takes none. */
  async send(hex: string): Promise<void> {
    const octets = Uint8Array.fromHex(hex.replaceAll(" ", ""));
    try {
      for (let sent = 0; sent < octets.length;) {
        sent += await this.#connection.write(octets.subarray(sent));
      }
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** The next message; null when the connection has ended. */
  async receive(): Promise<Received | null> {
    const chunk = new Uint8Array(65_536);
    for (;;) {
      const length = this.#buffer.length < HEADER_OCTETS ? null : this.#buffer[16]! << 8 | this.#buffer[17]!;
      if (length !== null && this.#buffer.length >= length) {
        const message = { type: this.#buffer[18]!, body: this.#buffer.slice(HEADER_OCTETS, length) };
        this.#buffer = this.#buffer.slice(length);
        return message;
      }
      const count = await this.#connection.read(chunk).catch((error) => {
        if (isGone(error)) return null;
        throw error;
      });
      if (count === null) return null;
      this.#buffer = Uint8Array.from([...this.#buffer, ...chunk.subarray(0, count)]);
    }
  }

  close(): void {
    this.#connection.close();
  }
}

/** A whole message, in hexadecimal. */
export function message(type: number, body: string): string {
  const octets = body.replaceAll(" ", "");
  const length = HEADER_OCTETS + octets.length / 2;
  return "ff".repeat(16) + length.toString(16).padStart(4, "0") + `0${type}` + octets;
}

function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
    error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted;
}

/**
 * Questions and answers over a daemon's Unix socket, one at a time.
 *
 * Shape: opened when the daemon listens; a question goes out, octets come in until `isWhole` says the answer is there.
 *
 * @module
 */

const CONNECT_PATIENCE_MS = 30_000;
const RETRY_MS = 5;
const CHUNK_OCTETS = 1 << 16;

/** See the module comment. Disposing it closes the connection. */
export class Conversation implements Disposable {
  readonly #socket: Deno.UnixConn;
  readonly #isWhole: (answer: Uint8Array) => boolean;
  #last: Promise<unknown> = Promise.resolve();
  #isOpen = true;

  private constructor(socket: Deno.UnixConn, isWhole: (answer: Uint8Array) => boolean) {
    this.#socket = socket;
    this.#isWhole = isWhole;
  }

  /** Connects as soon as somebody listens. */
  static async open(path: string, isWhole: (answer: Uint8Array) => boolean): Promise<Conversation> {
    const deadline = performance.now() + CONNECT_PATIENCE_MS;
    for (;;) {
      try {
        return new Conversation(await Deno.connect({ transport: "unix", path }), isWhole);
      } catch (error) {
        const isTooEarly = error instanceof Deno.errors.NotFound ||
          error instanceof Deno.errors.ConnectionRefused;
        if (!isTooEarly || performance.now() > deadline) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Asks, after whoever asked before; the answer with its end marks. An empty question only listens. */
  ask(question: string): Promise<Uint8Array> {
    const answer = this.#last.then(() => this.#ask(question));
    this.#last = answer.catch(() => {});
    return answer;
  }

  [Symbol.dispose](): void {
    if (this.#isOpen) this.#socket.close();
    this.#isOpen = false;
  }

  async #ask(question: string): Promise<Uint8Array> {
    const octets = new TextEncoder().encode(question);
    for (let sent = 0; sent < octets.length;) sent += await this.#socket.write(octets.subarray(sent));
    let answer = new Uint8Array(CHUNK_OCTETS);
    let length = 0;
    do {
      if (length === answer.length) {
        const larger = new Uint8Array(answer.length * 2);
        larger.set(answer);
        answer = larger;
      }
      const count = await this.#socket.read(answer.subarray(length));
      if (count === null) throw new Error(`The daemon closed its socket instead of answering "${question}"`);
      length += count;
    } while (!this.#isWhole(answer.subarray(0, length)));
    return answer.subarray(0, length);
  }
}

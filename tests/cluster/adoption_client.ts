/**
 * A client that never stops using Services while one load balancer hands over to the other.
 *
 * Shape: it asks over HTTP, through kube-proxy, and by ARP. As long as it is in conversation with a node it does not ask where
 * that node is, so no request may fail, with one exception: MetalLB's speakers, which take an address each until they know
 * of each other, move it while they come and go, and a connection that is open then ends at a node that does not know it.
 * Questions by ARP may go unanswered while nobody runs.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Lab } from "../lab/lab.ts";
import { epochMs, Prober } from "../lab/prober.ts";
import { ASKING, assertAnswered } from "./requests.ts";

const SETTLED_WITHIN_MS = 60_000;
/** A neighbour that nobody answered is asked again after a second. */
const NOTICEABLE_MS = 1_100;

/** What a client uses. */
export interface Used {
  readonly address: string;
  readonly port: number;
}

/** See the module comment. */
export class Client implements AsyncDisposable {
  readonly #http: readonly Prober[];
  readonly #resolve: readonly Prober[];
  readonly #stack: AsyncDisposableStack;
  /** Since when it uses them: kube-proxy may learn of a Service only after it has been announced. */
  readonly #sinceMs: number;
  readonly #handovers: { readonly fromMs: number; readonly toMs: number }[] = [];

  private constructor(http: readonly Prober[], resolve: readonly Prober[], stack: AsyncDisposableStack) {
    this.#http = http;
    this.#resolve = resolve;
    this.#stack = stack;
    this.#sinceMs = epochMs();
  }

  static async open(lab: Lab, all: readonly Used[]): Promise<Client> {
    await using opened = new AsyncDisposableStack();
    const http = await Promise.all(
      all.map(({ address, port }) => Prober.http(lab, { address, port, ...ASKING })),
    );
    // MetalLB's NDP goes through the kernel, which cannot resolve a prober in its turn.
    const resolvable = all.filter(({ address }) => !address.includes(":"));
    const resolve = await Promise.all(resolvable.map(({ address }) => Prober.resolve(lab, { address })));
    for (const prober of [...http, ...resolve]) opened.use(prober);
    for (const one of http) {
      await one.events.waitFor("an answer", (event) => event.type === "request" && event.answerer !== null);
    }
    for (const one of resolve) await one.waitForAnswerer(undefined, SETTLED_WITHIN_MS);
    return new Client(http, resolve, opened.move());
  }

  /** Lets one stop and the other start; returns once the nodes that answered before answer again. */
  async duringHandover<T>(handOver: () => Promise<T>): Promise<T> {
    const answerers = this.#resolve.map(({ answerer }) => answerer);
    const fromMs = epochMs();
    const result = await handOver();
    for (const [i, prober] of this.#resolve.entries()) {
      const { received } = prober.tally!;
      await prober.events.waitFor(
        "another answer",
        (event) => event.type === "tally" && event.received > received,
        { withinMs: SETTLED_WITHIN_MS, from: prober.events.all.length },
      );
      await prober.waitForAnswerer(answerers[i]!, SETTLED_WITHIN_MS);
    }
    this.#handovers.push({ fromMs, toMs: epochMs() });
    return result;
  }

  /** Fails when requests failed, or when nobody answered a question while nothing was handed over. */
  assertUndisturbed(): void {
    const isHandedOver = (startMs: number, endMs: number): boolean =>
      this.#handovers.some(({ fromMs, toMs }) => endMs > fromMs && startMs < toMs + NOTICEABLE_MS);
    for (const prober of this.#http) {
      assertAnswered(prober, this.#sinceMs, ({ atMs }) => isHandedOver(atMs, atMs));
    }
    for (const prober of this.#resolve) {
      const gaps = prober.gaps().filter((gap) => gap.lengthMs - gap.proberLateMs > NOTICEABLE_MS);
      assert.deepEqual(gaps.filter(({ startMs, endMs }) => !isHandedOver(startMs, endMs ?? Infinity)), []);
    }
  }

  /** Fails when two nodes answered for one address since then. */
  assertOneAnswerer(): void {
    assert.deepEqual(this.#resolve.flatMap((prober) => prober.rivals()), []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/**
 * One router as it is seen from outside: the next hops in its kernel, and what its client gets through it.
 *
 * Shape: the kernel is looked at every ten milliseconds, so times are that exact; requests come one at a time.
 *
 * @module
 */
import type { Lab } from "../../lab.ts";
import { Recording } from "../../program/recording.ts";
import { epochMs, type HttpRequest, Prober } from "../../prober.ts";
import { kernelNextHops } from "../../routers/kernel_route.ts";
import type { Router } from "../../routers/router.ts";
import { PORT, type RouterWithClient } from "./scenario.ts";

const LOOK_EVERY_MS = 10;
const REQUEST_EVERY_MS = 20;
const REQUEST_TIMEOUT_MS = 300;
const PATIENCE_MS = 30_000;

/** The kernel's next hops from an instant on, as names of nodes. */
export interface Change {
  readonly atMs: number;
  readonly nodes: readonly string[];
}

/** What became of the requests of a while. */
export interface Tally {
  readonly answered: ReadonlyMap<string, number>;
  readonly failed: number;
}

/** See the module comment. */
export class FollowedRouter implements AsyncDisposable {
  readonly router: Router;
  readonly changes: Recording<Change> = new Recording();
  readonly #prefix: string;
  readonly #http: Prober;
  readonly #names: ReadonlyMap<string, string>;
  readonly #looking: Promise<void>;
  #isOver = false;

  private constructor(lab: Lab, router: Router, address: string, http: Prober) {
    this.router = router;
    this.#prefix = `${address}/32`;
    this.#http = http;
    this.#names = new Map(lab.nodes.map(({ ipv4, name }) => [ipv4, name]));
    this.#looking = this.#look();
  }

  /** Starts following; there may be no route yet. */
  static async open(
    lab: Lab,
    { router, client }: RouterWithClient,
    address: string,
  ): Promise<FollowedRouter> {
    const http = await Prober.http(lab, {
      address,
      port: PORT,
      intervalMs: REQUEST_EVERY_MS,
      timeoutMs: REQUEST_TIMEOUT_MS,
      from: client,
    });
    return new FollowedRouter(lab, router, address, http);
  }

  /** The nodes its kernel sends to now. */
  get nodes(): readonly string[] {
    return this.changes.all.at(-1)?.nodes ?? [];
  }

  /** The latest request. */
  get request(): HttpRequest | null {
    return this.#http.events.all.findLast((event) => event.type === "request") ?? null;
  }

  /** Waits until the kernel sends to exactly these nodes; since when it does. */
  async waitFor(nodes: readonly string[]): Promise<number> {
    const isWanted = (change: Change) => change.nodes.join() === nodes.join();
    const last = this.changes.all.at(-1);
    if (last !== undefined && isWanted(last)) return last.atMs;
    const what = `the kernel of ${this.router.kind} to send to ${nodes.join(", ") || "nobody"}`;
    const from = this.changes.all.length;
    return (await this.changes.waitFor(what, isWanted, { from, withinMs: PATIENCE_MS })).atMs;
  }

  /** Since when its kernel has sent to anyone at all. */
  get firstRouteAtMs(): number {
    return this.changes.all.find(({ nodes }) => nodes.length > 0)?.atMs ?? Infinity;
  }

  /** The requests that ended between two instants. */
  tally(sinceMs: number, untilMs: number = Infinity): Tally {
    const answered = new Map<string, number>();
    let failed = 0;
    for (const event of this.#http.events.all) {
      if (event.type !== "request" || event.atMs < sinceMs || event.atMs >= untilMs) continue;
      if (event.answerer === null) failed++;
      else answered.set(event.answerer, (answered.get(event.answerer) ?? 0) + 1);
    }
    return { answered, failed };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#looking;
    await this.#http[Symbol.asyncDispose]();
  }

  async #look(): Promise<void> {
    while (!this.#isOver) {
      const hops = await kernelNextHops(this.router.host.namespace, this.#prefix);
      const nodes = hops.map(({ via }) => this.#names.get(via) ?? via).sort();
      if (nodes.join() !== this.nodes.join()) this.changes.push({ atMs: epochMs(), nodes });
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

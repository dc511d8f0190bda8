/**
 * One Service address as the client sees it: who answers for it, and what traffic to it experiences.
 *
 * Shape: three probers on one address; read at any time.
 *
 * @module
 */
import type { Lab } from "../lab.ts";
import { type AnswererEvent, type Gap, type HttpRequest, Prober } from "../prober.ts";

/** A busy machine takes this long at worst to start three speakers or to read a manifest. */
const PATIENCE_MS = 30_000;

/** See the module comment. */
export class Followed implements AsyncDisposable {
  readonly service: string;
  readonly address: string;
  readonly resolve: Prober;
  readonly udp: Prober;
  readonly http: Prober;
  readonly #nodes: ReadonlyMap<string, string>;

  private constructor(
    lab: Lab,
    service: string,
    address: string,
    probers: readonly [Prober, Prober, Prober],
  ) {
    this.service = service;
    this.address = address;
    [this.resolve, this.udp, this.http] = probers;
    this.#nodes = new Map(lab.nodes.map((node) => [node.mac, node.name]));
  }

  /** Starts following; nobody needs to answer yet. */
  static async open(lab: Lab, service: string, address: string, port: number): Promise<Followed> {
    const probers = await Promise.all([
      Prober.resolve(lab, { address }),
      Prober.udp(lab, { address, port }),
      Prober.http(lab, { address, port, intervalMs: 250 }),
    ]);
    return new Followed(lab, service, address, probers);
  }

  /** The MAC that answers now. */
  get mac(): string | null {
    return this.resolve.answerer;
  }

  /** The node that answers now. */
  get node(): string | null {
    return this.mac === null ? null : this.#nodes.get(this.mac) ?? "a stranger";
  }

  /** The latest HTTP request. */
  get request(): HttpRequest | null {
    return this.http.events.all.findLast((event) => event.type === "request") ?? null;
  }

  /** Interruptions of the datagrams since an instant; waiting for the very first answer is none. */
  interruptions(sinceMs = 0): Gap[] {
    return this.udp.gaps(sinceMs).filter((gap) => gap.before !== null);
  }

  /** Waits until anyone answers. */
  waitForFirst(): Promise<AnswererEvent> {
    return this.resolve.waitForAnswerer(undefined, PATIENCE_MS);
  }

  /** Waits until another node than this one answers. */
  waitToLeave(mac: string): Promise<AnswererEvent> {
    return this.#waitFor(`another node than ${mac} at ${this.address}`, (answerer) => answerer !== mac);
  }

  /** Waits until this one answers. */
  waitToReturn(mac: string): Promise<AnswererEvent> {
    return this.#waitFor(`${mac} at ${this.address}`, (answerer) => answerer === mac);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.resolve, this.udp, this.http].map((prober) => prober[Symbol.asyncDispose]()));
  }

  #waitFor(what: string, match: (answerer: string) => boolean): Promise<AnswererEvent> {
    const { events } = this.resolve;
    const last = events.all.findLastIndex(({ type }) => type === "answerer");
    return events.waitFor(
      what,
      (event): event is AnswererEvent => event.type === "answerer" && match(event.answerer),
      { from: Math.max(0, last), withinMs: PATIENCE_MS },
    );
  }
}

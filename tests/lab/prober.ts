/**
 * Measures from outside: who answers for an address, since when, and for how long nobody did.
 *
 * Source: the programs in native/ (udp.c, http.c, resolve.c), whose events these are.
 * Shape: a prober runs in a host's namespace until it is stopped; its events can be read and waited for meanwhile.
 * An instant (`...Ms`) compares with {@linkcode epochMs}.
 *
 * @module
 */
import { type Host, interfaceOn } from "./network/host.ts";
import type { Lab } from "./lab.ts";
import { nativeExecutable } from "./program/native.ts";
import type { LanName } from "./network/addressing.ts";
import type { Program } from "./program/program.ts";
import { Recording } from "./program/recording.ts";

/** Another one answers than before: a node's name (UDP, HTTP) or a MAC (ARP, NDP). */
export interface AnswererEvent {
  readonly type: "answerer";
  readonly atMs: number;
  readonly answerer: string;
  readonly previous: string | null;
}

/** Nobody answered for longer than the prober's limit, or requests in between were never answered. */
export interface Gap {
  readonly type: "gap";
  /** The last answer before, or the first request ever. */
  readonly startMs: number;
  /** The first answer after; null when the prober was stopped first. */
  readonly endMs: number | null;
  readonly lengthMs: number;
  /** Requests that left before the end of the gap and were never answered. */
  readonly lost: number;
  /** How late the prober itself sent at worst during the gap: a machine too busy to measure, not a network's fault. */
  readonly proberLateMs: number;
  readonly before: string | null;
  readonly after: string | null;
}

/** An alarm: several answered one request. */
export interface Rivals {
  readonly type: "rivals";
  readonly atMs: number;
  readonly answerers: readonly string[];
}

/** The counts so far, ten times a second, and at the end. */
export interface Tally {
  readonly type: "tally" | "end";
  readonly atMs: number;
  readonly sent: number;
  readonly received: number;
  readonly answers: Readonly<Record<string, number>>;
}

/** One HTTP request; `client` is the source address the backend saw. */
export interface HttpRequest {
  readonly type: "request";
  readonly atMs: number;
  readonly tookMs: number;
  readonly answerer: string | null;
  readonly client: string | null;
  /** An errno's name, or null. */
  readonly error: string | null;
}

export type ProbeEvent =
  | { readonly type: "ready"; readonly atMs: number }
  | AnswererEvent
  | Gap
  | Rivals
  | Tally
  | HttpRequest;

/** What a prober asks and how often. */
export interface UdpProbe {
  readonly address: string;
  readonly port: number;
  readonly intervalMs?: number;
  /** Silence up to this long is no gap while nothing was lost. */
  readonly gapMs?: number;
  /** The client when absent. */
  readonly from?: Host;
}

/** See {@linkcode UdpProbe}. Each request has a connection of its own. */
export interface HttpProbe {
  readonly address: string;
  readonly port: number;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly from?: Host;
}

/** See {@linkcode UdpProbe}. */
export interface ResolveProbe {
  readonly address: string;
  readonly intervalMs?: number;
  readonly gapMs?: number;
  readonly from?: Host;
  readonly lan?: LanName;
}

/** A running prober. Disposing it kills it; {@linkcode stop} ends it in order. */
export class Prober implements AsyncDisposable {
  readonly events: Recording<ProbeEvent> = new Recording();
  readonly #program: Program;

  private constructor(host: Host, argv: readonly string[]) {
    this.#program = host.namespace.spawn(argv, {
      onLine: (line) => this.events.push(JSON.parse(line) as ProbeEvent),
    });
    this.#program.ending.then(({ stderr }) =>
      this.events.close(`The prober ended${stderr && `: ${stderr}`}`)
    );
  }

  /** Sends a datagram a millisecond to a Service. */
  static udp(lab: Lab, probe: UdpProbe): Promise<Prober> {
    const { address, port, intervalMs = 1, gapMs = 5, from = lab.client } = probe;
    return Prober.#start(from, "udp", address, port, intervalMs, gapMs);
  }

  /** Sends ten requests a second to a Service. */
  static http(lab: Lab, probe: HttpProbe): Promise<Prober> {
    const { address, port, intervalMs = 100, timeoutMs = 1_000, from = lab.client } = probe;
    return Prober.#start(from, "http", address, port, intervalMs, timeoutMs);
  }

  /** Asks a hundred times a second who has an address, by ARP or Neighbor Solicitation. */
  static resolve(lab: Lab, probe: ResolveProbe): Promise<Prober> {
    const { address, intervalMs = 10, gapMs = 3 * intervalMs, from = lab.client, lan = "lan" } = probe;
    const identity = lab.takeProberIdentity(lan);
    const source = address.includes(":") ? identity.ipv6 : identity.ipv4;
    return Prober.#start(from, "resolve", interfaceOn(lan), address, source, identity.mac, intervalMs, gapMs);
  }

  static async #start(host: Host, ...argv: readonly (string | number)[]): Promise<Prober> {
    const prober = new Prober(host, [await nativeExecutable(), ...argv.map(String)]);
    await prober.events.waitFor("the prober to start", ({ type }) => type === "ready");
    return prober;
  }

  /** Who answered last; null before the first answer. */
  get answerer(): string | null {
    return this.#last("answerer")?.answerer ?? null;
  }

  /** The counts as they stood a tenth of a second ago at most; null at the very start. */
  get tally(): Tally | null {
    return this.#last("end") ?? this.#last("tally");
  }

  /** Every gap that ended after this instant, or is open. */
  gaps(sinceMs = 0): Gap[] {
    return this.#every("gap").filter(({ endMs }) => endMs === null || endMs > sinceMs);
  }

  /**
   * The first gap that matches, now or within the time. A gap is known a moment after its end: once a request that left
   * after it is answered.
   */
  waitForGap(what: string, match: (gap: Gap) => boolean, withinMs = 30_000): Promise<Gap> {
    return this.events.waitFor(
      `the gap ${what}`,
      (event): event is Gap => event.type === "gap" && match(event),
      { withinMs },
    );
  }

  /** Every alarm about several answerers. */
  rivals(): Rivals[] {
    return this.#every("rivals");
  }

  /** Waits until this one (or, without a name, anyone) answers: the instant since which it does. */
  async waitForAnswerer(answerer?: string, withinMs = 30_000): Promise<AnswererEvent> {
    const now = this.#last("answerer");
    if (now !== null && (answerer === undefined || now.answerer === answerer)) return now;
    return await this.events.waitFor(
      `an answer from ${answerer ?? "anyone"}`,
      (event): event is AnswererEvent =>
        event.type === "answerer" && (answerer === undefined || event.answerer === answerer),
      { withinMs, from: this.events.all.length },
    );
  }

  /** Ends the prober and returns its last counts. */
  async stop(): Promise<Tally> {
    const { code, stderr } = await this.#program.stop();
    const end = this.#last("end");
    if (code !== 0 || end === null) throw new Error(`The prober ended with exit code ${code}: ${stderr}`);
    return end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.kill();
  }

  #last<T extends ProbeEvent["type"]>(type: T): Extract<ProbeEvent, { type: T }> | null {
    const last = this.events.all.findLast((event) => event.type === type);
    return (last ?? null) as Extract<ProbeEvent, { type: T }> | null;
  }

  #every<T extends ProbeEvent["type"]>(type: T): Extract<ProbeEvent, { type: T }>[] {
    return this.events.all.filter((event) => event.type === type) as Extract<ProbeEvent, { type: T }>[];
  }
}

/** Now, on the clock of the probers' instants. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}

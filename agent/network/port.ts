/**
 * The main thread's side of the network thread: starts it, tells it what to answer for and announce, starts it again when it crashes.
 *
 * Shape: commands out over a MessagePort, each followed by a write to an eventfd that wakes the blocked poll(2); reports
 * in as messages of the Worker. What is wanted is kept here, so a new thread is told all of it at once.
 * Not here: the thread itself (thread.ts).
 *
 * @module
 */
import { type EventDescriptor, openEventDescriptor } from "../../ffi/event_descriptor.ts";
import { type BgpChanges, diffBgp } from "../plan/bgp/diff.ts";
import type { Desired } from "../plan/desired.ts";
import { diffDesired } from "../plan/diff.ts";
import { bgpCommands } from "./bgp_commands.ts";
import type { Command, NetworkOptions, Report } from "./messages.ts";

/** Beside this file in the source tree; in a bundle, beside the bundle (deploy/bundle.ts). */
const THREAD = new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js", import.meta.url);

const RESTART_LEAST_MS = 100;
const RESTART_MOST_MS = 5000;
/** A thread that lived this long starts afresh at the least pause. */
const HEALTHY_MS = 60_000;
const STOP_WAIT_MS = 2000;
const WATCH_EVERY_MS = 5000;
/** So many questions without an answer: one may be this thread's own doing, when it was too busy to hear. */
const MISSES_MOST = 3;

/** What the owner of the thread provides. */
export interface NetworkThreadOptions {
  readonly network: NetworkOptions;
  readonly onReport: (report: Report) => void;
  /** The thread ended by an exception and will be started again after `pauseMs`. */
  readonly onCrash: (message: string, pauseMs: number) => void;
  /** The thread has not answered for a quarter of a minute: it cannot be mended from here. */
  readonly onStuck: () => void;
  /** The Worker's module; another one only to prove what a crash does. */
  readonly module?: URL;
  /** WATCH_EVERY_MS when absent. */
  readonly watchEveryMs?: number;
}

/** See the module comment. */
export class NetworkThread implements AsyncDisposable {
  readonly #options: NetworkThreadOptions;
  readonly #wake: EventDescriptor = openEventDescriptor();
  #desired: Desired = { layer2: new Map(), bgp: new Map() };
  #worker: Worker | null = null;
  #commands: MessagePort | null = null;
  #startedAt = 0;
  #pauseMs = RESTART_LEAST_MS;
  #restart: ReturnType<typeof setTimeout> | null = null;
  #stopped: (() => void) | null = null;
  #misses = 0;
  readonly #watch: ReturnType<typeof setInterval>;

  constructor(options: NetworkThreadOptions) {
    this.#options = options;
    this.#start();
    this.#watch = setInterval(() => this.#lookForLife(), options.watchEveryMs ?? WATCH_EVERY_MS);
  }

  /** Makes this what the node answers for and announces; only the differences travel. */
  announce(desired: Desired): void {
    const changes = diffDesired(this.#desired, desired);
    const bgpChanges = diffBgp(this.#desired.bgp, desired.bgp);
    this.#desired = desired;
    if (changes.set.length > 0 || changes.remove.length > 0) this.#send({ type: "Layer2", ...changes });
    this.#sendBgp(bgpChanges);
  }

  /** False once questions to the thread have gone unanswered for a quarter of a minute. */
  get isAnswering(): boolean {
    return this.#misses < MISSES_MOST;
  }

  /** Asks for a Counters report. */
  count(): void {
    this.#send({ type: "Count" });
  }

  /** Withdraws everything, then ends the thread. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watch);
    if (this.#restart !== null) clearTimeout(this.#restart);
    if (this.#worker !== null) {
      const stopped = new Promise<void>((resolve) => this.#stopped = resolve);
      this.#send({ type: "Stop" });
      let bound: ReturnType<typeof setTimeout> | undefined;
      const waitMs = STOP_WAIT_MS + this.#options.network.shutdownWaitMs;
      const tooLong = new Promise<void>((resolve) => bound = setTimeout(resolve, waitMs));
      await Promise.race([stopped, tooLong]);
      clearTimeout(bound);
      // It may have crashed on its way out.
      if (this.#restart !== null) clearTimeout(this.#restart);
      this.#end();
    }
    this.#wake[Symbol.dispose]();
  }

  #start(): void {
    this.#restart = null;
    this.#startedAt = performance.now();
    this.#misses = 0;
    const worker = new Worker(this.#options.module ?? THREAD, { type: "module" });
    const channel = new MessageChannel();
    worker.onmessage = (event: MessageEvent<Report>) => this.#take(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#crashed(event.message);
    };
    this.#worker = worker;
    this.#commands = channel.port1;
    const open: Command = {
      type: "Open",
      options: this.#options.network,
      wakeFd: this.#wake.fd,
      commands: channel.port2,
    };
    worker.postMessage(open, [channel.port2]);
    const set = [...this.#desired.layer2.values()];
    if (set.length > 0) this.#send({ type: "Layer2", set, remove: [] });
    this.#sendBgp(diffBgp(new Map(), this.#desired.bgp));
  }

  #sendBgp(changes: BgpChanges): void {
    for (const command of bgpCommands(changes)) this.#send(command);
  }

  #send(command: Command): void {
    if (this.#commands === null) return;
    this.#commands.postMessage(command);
    this.#wake.signal();
  }

  #take(report: Report): void {
    this.#misses = 0;
    if (report.type === "Stopped") this.#stopped?.();
    this.#options.onReport(report);
  }

  #crashed(message: string): void {
    this.#end();
    if (performance.now() - this.#startedAt > HEALTHY_MS) this.#pauseMs = RESTART_LEAST_MS;
    this.#options.onCrash(message, this.#pauseMs);
    this.#restart = setTimeout(() => this.#start(), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, RESTART_MOST_MS);
    this.#stopped?.();
  }

  #end(): void {
    this.#worker?.terminate();
    this.#commands?.close();
    this.#worker = null;
    this.#commands = null;
  }

  #lookForLife(): void {
    if (this.#worker === null) return;
    if (this.#misses === MISSES_MOST) return this.#options.onStuck();
    this.#misses++;
    this.#send({ type: "Ping" });
  }
}

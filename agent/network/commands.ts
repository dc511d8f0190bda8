/**
 * Takes the main thread's commands without ever returning to the event loop.
 *
 * Shape: the eventfd wakes the loop, the MessagePort is then read synchronously, turn by turn until it is empty: about 0.15 ms for a
 * command and its report, where a trip through the event loop takes 2 ms and stops everything else meanwhile.
 * Not here: what the commands do (thread.ts).
 *
 * @module
 */
import { receiveMessageOnPort } from "node:worker_threads";
import { drainEvent, signalEvent } from "../../ffi/event_descriptor.ts";
import type { Instant } from "../../protocols/machine.ts";
import type { Reader } from "./loop.ts";
import type { Command } from "./messages.ts";

/** Reads commands when the eventfd says there are some. */
export class CommandReader implements Reader {
  readonly #wakeFd: number;
  readonly #commands: MessagePort;
  readonly #carryOut: (command: Command, now: Instant) => void;

  constructor(wakeFd: number, commands: MessagePort, carryOut: (command: Command, now: Instant) => void) {
    this.#wakeFd = wakeFd;
    this.#commands = commands;
    this.#carryOut = carryOut;
  }

  /** One command a turn: the descriptor stays ready for the rest, and deadlines come between. */
  onReadable(now: Instant): void {
    if (this.#carryOutNext(now)) return;
    // Drained once nothing is left, then looked again: a command posted in between has signalled and may be lost else.
    drainEvent(this.#wakeFd);
    if (this.#carryOutNext(now)) signalEvent(this.#wakeFd);
  }

  #carryOutNext(now: Instant): boolean {
    const received = receiveMessageOnPort(this.#commands as never) as { message: Command } | undefined;
    if (received === undefined) return false;
    this.#carryOut(received.message, now);
    return true;
  }
}

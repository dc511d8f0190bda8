/**
 * One protocol on one interface: the capture that hears, the voice that answers, the addresses spoken for.
 *
 * Shape: a {@linkcode Reader} that drains a bounded number of frames a turn. The capture is open only while there is an
 * address to answer for, so a node that announces nothing here pays nothing for its traffic.
 * Not here: which addresses (layer2.ts), what a frame deserves (voice.ts).
 *
 * @module
 */
import { SystemError } from "../../../ffi/errno.ts";
import { type Capture, openCapture } from "../../../ffi/pcap.ts";
import type { Instant } from "../../../protocols/machine.ts";
import type { Ip } from "../../../protocols/net/ip.ts";
import type { Mac } from "../../../protocols/net/mac.ts";
import type { Counters } from "../counters.ts";
import type { Interface } from "../interface_table.ts";
import type { Loop, Reader } from "../loop.ts";
import { type Protocol, TAP, type Voice } from "./voice.ts";

/** LIMIT: frames read in one turn before the other descriptors and the deadlines have theirs. */
const FRAMES_PER_TURN = 64;
/** An NS with its options and a tag fits many times over. */
const SNAPSHOT_OCTETS = 256;
/** Room for about 500 frames while the thread is busy elsewhere. */
const BUFFER_OCTETS = 256 * 1024;

/** What a tap tells its owner. */
export interface TapListener {
  conflict(tap: Tap, ip: Ip, mac: Mac, now: Instant): void;
  /** The capture could not be read; the owner closes it. */
  failed(tap: Tap, error: Error, now: Instant): void;
}

/** See the module comment. */
export class Tap implements Reader, Disposable {
  /** "eth0/arp": what the announcer and the conflict detector know it by. */
  readonly name: string;
  readonly protocol: Protocol;
  interface: Interface;
  voice: Voice;
  /** The addresses to answer for; kept by the owner. */
  readonly addresses: Set<Ip> = new Set();
  readonly #loop: Loop;
  readonly #counters: Counters;
  readonly #listener: TapListener;
  #capture: Capture | null = null;

  constructor(
    protocol: Protocol,
    iface: Interface,
    voice: Voice,
    around: { readonly loop: Loop; readonly counters: Counters; readonly listener: TapListener },
  ) {
    this.name = tapName(iface.name, protocol);
    this.protocol = protocol;
    this.interface = iface;
    this.voice = voice;
    this.#loop = around.loop;
    this.#counters = around.counters;
    this.#listener = around.listener;
  }

  get isOpen(): boolean {
    return this.#capture !== null;
  }

  /** Starts to hear; throws a SystemError when the capture cannot be opened. */
  open(): void {
    const { etherType, filter } = TAP[this.protocol];
    this.#capture = openCapture({
      interface: this.interface.name,
      filter,
      protocol: etherType,
      snapshotOctets: SNAPSHOT_OCTETS,
      bufferOctets: BUFFER_OCTETS,
    });
    this.#loop.watch(this.#capture.fd, this);
  }

  /** Stops hearing and answering, at once; the capture, which takes the kernel a while, may be closed later. */
  mute(): void {
    if (this.#capture !== null) this.#loop.unwatch(this.#capture.fd);
  }

  /** Stops hearing and answering, and gives the capture back. */
  close(): void {
    if (this.#capture === null) return;
    this.mute();
    this.#capture.close();
    this.#capture = null;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  onReadable(now: Instant): void {
    try {
      for (let i = 0; i < FRAMES_PER_TURN && this.#capture !== null; i++) {
        const frame = this.#capture.next();
        if (frame === null) return;
        this.#hear(frame, now);
      }
    } catch (error) {
      this.#listener.failed(this, error instanceof Error ? error : new Error(String(error)), now);
    }
  }

  /** Sends one frame; false, and counted, when it could not leave. */
  send(frame: Uint8Array): boolean {
    if (this.#capture === null) return false;
    try {
      this.#capture.inject(frame as Uint8Array<ArrayBuffer>);
      return true;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#counters.dropped(`send/${error.code}`);
      return false;
    }
  }

  #hear(frame: Uint8Array, now: Instant): void {
    const verdict = this.voice.judge(frame);
    switch (verdict.type) {
      case "Reply":
        this.#counters.requestReceived(verdict.ip);
        if (this.send(verdict.frame)) this.#counters.responseSent(verdict.ip);
        return;
      case "Conflict":
        return this.#listener.conflict(this, verdict.ip, verdict.mac, now);
      case "Drop":
        return this.#counters.dropped(`${this.protocol}/${verdict.reason}`);
      default:
        verdict satisfies never;
    }
  }
}

/** The name of that protocol's tap on that interface. */
export function tapName(interfaceName: string, protocol: Protocol): string {
  return `${interfaceName}/${protocol}`;
}

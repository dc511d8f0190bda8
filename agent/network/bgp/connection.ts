/**
 * One TCP connection with a peer: octets to messages on the way in, whole messages to octets on the way out.
 *
 * Shape: nothing blocks. What the kernel does not take waits here, and nobody should add to it before `hasBacklog` is
 * false. Closing lets what waits leave first, then tells the peer and listens until it closes too: a socket closed over
 * unread octets would be reset, and the NOTIFICATION lost with it.
 * Not here: what a message means (peer_driver.ts).
 *
 * @module
 */
import { SystemError } from "../../../ffi/errno.ts";
import type { TcpSocket } from "../../../ffi/tcp_socket.ts";
import { Framer } from "../../../protocols/bgp/wire/framer.ts";
import type { BgpError } from "../../../protocols/bgp/wire/error.ts";
import { MAX_EXTENDED_MESSAGE_OCTETS, MAX_MESSAGE_OCTETS } from "../../../protocols/bgp/wire/registry.ts";
import type { WireOptions } from "../../../protocols/bgp/wire/update.ts";
import { after, type Instant } from "../../../protocols/machine.ts";
import type { Ip } from "../../../protocols/net/ip.ts";
import type { Duplex, Loop } from "../loop.ts";

/** Who has the connection. */
export interface ConnectionOwner {
  opened(connection: Connection, now: Instant): void;
  /** Refused, reset or ended by the peer; the connection is closed. */
  failed(connection: Connection, reason: string, now: Instant): void;
  /** One message, or what is wrong with the octets; both only valid during the call. */
  received(connection: Connection, message: Uint8Array, now: Instant): void;
  refused(connection: Connection, error: BgpError, now: Instant): void;
  /** The kernel took octets that had been waiting, or has room for more. */
  progressed(connection: Connection, now: Instant): void;
}

/** How far a connection is. */
type Phase = "connecting" | "open" | "closing" | "closed";

/** LIMIT: octets read in one turn, so that a peer that never stops does not starve the others. */
const READ_OCTETS = 65_536;
const READS_PER_TURN = 4;
/** How long a peer may take to answer our end of the connection with its own. */
const LINGER_MS = 1000;

/** One for all: what is read is decoded before anything else is. */
const input = new Uint8Array(READ_OCTETS);

const BEFORE_OPEN: WireOptions = {
  peerType: "external",
  fourOctetAsn: false,
  families: ["ipv4-unicast"],
  extendedNextHop: false,
  maxMessageOctets: MAX_MESSAGE_OCTETS,
};

/** See the module comment. */
export class Connection implements Duplex {
  readonly number: number;
  /** How UPDATEs are read, once agreed. */
  wire: WireOptions = BEFORE_OPEN;
  readonly #socket: TcpSocket;
  readonly #loop: Loop;
  readonly #owner: ConnectionOwner;
  readonly #framer = new Framer(MAX_EXTENDED_MESSAGE_OCTETS);
  #phase: Phase;
  #waiting: Uint8Array[] = [];
  #wantsToWrite = false;
  #closeAt: Instant | null = null;

  constructor(number: number, socket: TcpSocket, isOpen: boolean, loop: Loop, owner: ConnectionOwner) {
    this.number = number;
    this.#socket = socket;
    this.#loop = loop;
    this.#owner = owner;
    this.#phase = isOpen ? "open" : "connecting";
    this.#watch();
  }

  get socket(): TcpSocket {
    return this.#socket;
  }

  get isConnecting(): boolean {
    return this.#phase === "connecting";
  }

  get isClosed(): boolean {
    return this.#phase === "closed";
  }

  /** Octets wait for the kernel. */
  get hasBacklog(): boolean {
    return this.#waiting.length > 0;
  }

  /** The owner has more to say and is to be told when there is room. */
  set wantsToWrite(wanted: boolean) {
    if (wanted === this.#wantsToWrite) return;
    this.#wantsToWrite = wanted;
    if (this.#phase === "open") this.#watch();
  }

  /** When to call {@linkcode Connection.closeNow}: a peer does not answer our end of the connection. */
  get closeAt(): Instant | null {
    return this.#closeAt;
  }

  /** Our address; null when the kernel knows none. */
  localAddress(): Ip | null {
    return this.#socket.localAddress()?.ip ?? null;
  }

  /** Sends whole messages; true when the kernel took octets. A failure is told to the owner by the next reading. */
  send(octets: Uint8Array): boolean {
    if (this.#phase !== "open") return false;
    this.#waiting.push(octets);
    return this.#waiting.length === 1 && this.#flush();
  }

  /** Lets what waits leave, then ends the connection. */
  close(now: Instant): void {
    if (this.#phase === "connecting") this.closeNow();
    if (this.#phase !== "open") return;
    this.#phase = "closing";
    this.#wantsToWrite = false;
    this.#closeAt = after(now, LINGER_MS);
    if (!this.hasBacklog) this.#finish();
  }

  /** Ends the connection whatever waits. */
  closeNow(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#closeAt = null;
    this.#loop.unwatch(this.#socket.fd);
    this.#socket.close();
  }

  onReadable(now: Instant): void {
    // Writing tells how the connecting ended.
    if (this.#phase === "connecting") return;
    try {
      for (let i = 0; i < READS_PER_TURN && !this.isClosed; i++) {
        const octets = this.#socket.receive(input);
        if (octets === null) return;
        if (octets === 0) return this.#fail("the peer closed the connection", now);
        if (this.#phase === "open") this.#take(input.subarray(0, octets), now);
        if (octets < READ_OCTETS) return;
      }
    } catch (error) {
      this.#fail(reasonOf(error), now);
    }
  }

  onWritable(now: Instant): void {
    if (this.#phase === "connecting") return this.#connected(now);
    const progressed = this.hasBacklog ? this.#flush() : this.#wantsToWrite;
    if (this.#phase === "open" && progressed) this.#owner.progressed(this, now);
    if (this.#phase === "closing" && !this.hasBacklog) this.#finish();
  }

  #connected(now: Instant): void {
    const error = this.#socket.connectError();
    if (error !== null) return this.#fail(error.code, now);
    this.#phase = "open";
    this.#watch();
    this.#owner.opened(this, now);
  }

  #take(chunk: Uint8Array, now: Instant): void {
    const { messages, error } = this.#framer.write(chunk);
    for (const message of messages) {
      if (this.#phase !== "open") return;
      this.#owner.received(this, message, now);
    }
    if (error !== null && this.#phase === "open") this.#owner.refused(this, error, now);
  }

  /** Writes what waits, as far as the kernel takes it; true when it took anything. */
  #flush(): boolean {
    let taken = false;
    try {
      for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
        const octets = this.#socket.send(first);
        if (octets === null) break;
        taken = true;
        if (octets < first.length) this.#waiting[0] = first.subarray(octets);
        else this.#waiting.shift();
      }
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      // The connection is gone; reading says so, in its own turn.
      this.#waiting = [];
    }
    this.#watch();
    return taken;
  }

  #finish(): void {
    try {
      this.#socket.shutdown();
      this.#watch();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.closeNow();
    }
  }

  #fail(reason: string, now: Instant): void {
    const wasWanted = this.#phase !== "closing";
    this.closeNow();
    if (wasWanted) this.#owner.failed(this, reason, now);
  }

  #watch(): void {
    this.#loop.watchDuplex(this.#socket.fd, this, this.#wantsOutput());
  }

  #wantsOutput(): boolean {
    return this.#phase === "connecting" || this.hasBacklog || (this.#wantsToWrite && this.#phase === "open");
  }
}

/** "ECONNRESET", without what was tried. */
function reasonOf(error: unknown): string {
  if (!(error instanceof SystemError)) throw error;
  return error.code;
}

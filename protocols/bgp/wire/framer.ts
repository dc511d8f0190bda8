/**
 * Cuts the octets of a connection into messages, and checks the header each one starts with.
 *
 * Source: RFC 4271 sections 4.1 and 6.1; RFC 8654 section 4 for messages above 4096 octets.
 * Shape: chunks of any size in, whole messages out, of known type and possible length. Holds less than one message.
 * Not here: what a message says (message.ts).
 *
 * @module
 */
import { writeUint16 } from "../../net/bytes.ts";
import { type BgpError, HEADER_ERROR, headerError } from "./error.ts";
import { HEADER_OCTETS, MAX_MESSAGE_OCTETS, MESSAGE_TYPE, type MessageType } from "./registry.ts";

/** What a chunk completed. After an error nothing more comes: the stream has lost its borders. */
export interface Framed {
  /** Whole messages, header included; views on the chunk, to be decoded before its memory is used again. */
  readonly messages: readonly Uint8Array[];
  readonly error: BgpError | null;
}

const MARKER_OCTETS = 16;
const LENGTH = 16;
const TYPE = 18;

/** Shortest length by type, RFC 4271 4.2 to 4.5. Only a KEEPALIVE has a longest one too: the same. */
const MIN_OCTETS: Readonly<Record<MessageType, number>> = {
  [MESSAGE_TYPE.open]: 29,
  [MESSAGE_TYPE.update]: 23,
  [MESSAGE_TYPE.notification]: 21,
  [MESSAGE_TYPE.keepalive]: HEADER_OCTETS,
  // RFC 7313 5 answers a wrong length with an error of its own (route_refresh.ts).
  [MESSAGE_TYPE.routeRefresh]: HEADER_OCTETS,
};

/** The type of a message whose header was checked. */
export function messageTypeOf(message: Uint8Array): MessageType {
  return message[TYPE] as MessageType;
}

/**
 * A message with its header and `bodyOctets` of room behind it.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     ~                     Marker, 16 octets of ones                 ~
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |          Length               |      Type     |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export function blankMessage(type: MessageType, bodyOctets: number): Uint8Array {
  const message = new Uint8Array(HEADER_OCTETS + bodyOctets);
  message.fill(0xff, 0, MARKER_OCTETS);
  setMessageLength(message);
  message[TYPE] = type;
  return message;
}

/** Has the header of a message that was cut to its length say so. */
export function setMessageLength(message: Uint8Array): void {
  writeUint16(message, LENGTH, message.length);
}

/** A message with that body. */
export function messageOf(type: MessageType, body: ArrayLike<number>): Uint8Array {
  const message = blankMessage(type, body.length);
  message.set(body, HEADER_OCTETS);
  return message;
}

/** The checks of RFC 4271 6.1 on the header at `at`, in that order. */
function headerFault(bytes: Uint8Array, at: number, maxOctets: number): BgpError | null {
  for (let i = 0; i < MARKER_OCTETS; i++) {
    if (bytes[at + i] !== 0xff) return headerError(HEADER_ERROR.notSynchronized, "marker");
  }
  const length = lengthAt(bytes, at);
  const lengthOctets = bytes.slice(at + LENGTH, at + TYPE);
  const type = bytes[at + TYPE]!;
  if (length < HEADER_OCTETS || length > maxOctets) {
    return headerError(HEADER_ERROR.badLength, "message-length", lengthOctets);
  }
  if (!(type in MIN_OCTETS)) {
    return headerError(HEADER_ERROR.badType, "message-type", bytes.slice(at + TYPE, at + HEADER_OCTETS));
  }
  // RFC 8654 4: OPEN and KEEPALIVE are never extended.
  const tooLong = type === MESSAGE_TYPE.keepalive
    ? length > HEADER_OCTETS
    : type === MESSAGE_TYPE.open && length > MAX_MESSAGE_OCTETS;
  if (length < MIN_OCTETS[type as MessageType] || tooLong) {
    return headerError(HEADER_ERROR.badLength, "message-length", lengthOctets);
  }
  return null;
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return bytes[at + LENGTH]! << 8 | bytes[at + LENGTH + 1]!;
}

/** One connection's receiving side. */
export class Framer {
  readonly #maxOctets: number;
  /** The first octets of a message still to be completed. */
  #pending: Uint8Array = new Uint8Array();
  /** How many of `#pending` have arrived. */
  #pendingOctets = 0;
  #error: BgpError | null = null;

  /**
   * `maxOctets` is what we offered to receive: 4096, or 65535 when our OPEN says so, whatever the peer's says (RFC 8654 5).
   */
  constructor(maxOctets: number = MAX_MESSAGE_OCTETS) {
    this.#maxOctets = maxOctets;
  }

  /** Takes the next octets of the stream. */
  write(chunk: Uint8Array): Framed {
    const messages: Uint8Array[] = [];
    let at = 0;
    if (this.#pendingOctets > 0) at = this.#complete(chunk, messages);
    while (this.#error === null && chunk.length - at >= HEADER_OCTETS) {
      this.#error = headerFault(chunk, at, this.#maxOctets);
      const end = at + lengthAt(chunk, at);
      if (this.#error !== null || end > chunk.length) break;
      messages.push(chunk.subarray(at, end));
      at = end;
    }
    if (this.#error === null && at < chunk.length) this.#keep(chunk, at);
    return { messages, error: this.#error };
  }

  /** Keeps the beginning of a message, with room for the rest of it when that is known. */
  #keep(chunk: Uint8Array, at: number): void {
    const rest = chunk.length - at;
    this.#pending = new Uint8Array(rest >= HEADER_OCTETS ? lengthAt(chunk, at) : HEADER_OCTETS);
    this.#pending.set(chunk.subarray(at));
    this.#pendingOctets = rest;
  }

  /** Adds to the kept beginning what belongs to it: first the header, which tells the length. Returns what was taken. */
  #complete(chunk: Uint8Array, messages: Uint8Array[]): number {
    let taken = 0;
    while (this.#error === null) {
      const part = chunk.subarray(taken, taken + this.#pending.length - this.#pendingOctets);
      this.#pending.set(part, this.#pendingOctets);
      this.#pendingOctets += part.length;
      taken += part.length;
      if (this.#pendingOctets < this.#pending.length) return taken;
      this.#error = headerFault(this.#pending, 0, this.#maxOctets);
      const length = lengthAt(this.#pending, 0);
      if (this.#error !== null || length === this.#pending.length) break;
      const header = this.#pending;
      this.#pending = new Uint8Array(length);
      this.#pending.set(header);
    }
    if (this.#error === null) messages.push(this.#pending);
    this.#pendingOctets = 0;
    return taken;
  }
}

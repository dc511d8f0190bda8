/**
 * BFD echo packets: our own format, and whose packet one is that arrives.
 *
 * Source: RFC 5880 sections 5 (the payload is a local matter), 6.4 and 6.8.8; RFC 5881 sections 4 and 5.
 * Shape: UDP payloads of port 3785 to values and back. A packet that comes back has been through one forwarder, so its
 * TTL or hop limit is 254; one with 255 is the neighbor's own and goes back to where it came from.
 * Not here: when echo packets are sent and missed (session.ts), sockets (agent/network).
 *
 * @module
 */
import { readUint32, writeUint32 } from "../net/bytes.ts";

/**
 * One packet of ours. The first eight octets are laid out as FRR's, which reads them in what it loops back.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |  Version (1)  |  Length (24)  |           Reserved            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                       My Discriminator                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                              Key                              |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                           Sequence                            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                           Reserved                            |
 *     |                                                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface EchoPacket {
  /** The session it tests: 32 bits, not zero. */
  readonly myDiscriminator: number;
  /** 32 random bits of the session, so that nobody off the path can make one up. */
  readonly key: number;
  /** 32 bits, counted from 1. */
  readonly sequence: number;
}

/** What to do with one payload that came to the echo port. */
export type EchoVerdict =
  /** Ours, come back: step the session of that discriminator with EchoReceived. */
  | { readonly type: "Own"; readonly packet: EchoPacket }
  /** The neighbor's: send the payload back to its source with {@linkcode LOOPED_TTL}, if we promised to. */
  | { readonly type: "LoopBack" }
  | { readonly type: "Drop"; readonly reason: EchoDropReason };

/** Why an echo packet is nobody's. */
export type EchoDropReason =
  | "echo-ttl"
  | "echo-short"
  | "echo-version"
  | "echo-length"
  | "echo-discriminator-zero";

/** The TTL or hop limit an echo packet starts with, and the one it comes back with. */
export const ECHO_TTL = 255;
export const LOOPED_TTL = 254;

/** The length of every echo packet of ours. */
const ECHO_OCTETS = 24;

const VERSION = 1;

const LOOP_BACK: EchoVerdict = { type: "LoopBack" };

/** Judges one payload; the owner looks the session up and drops what belongs to none. */
export function judgeEcho(payload: Uint8Array, ttl: number): EchoVerdict {
  if (ttl === ECHO_TTL) return LOOP_BACK;
  if (ttl !== LOOPED_TTL) return drop("echo-ttl");
  if (payload.length < ECHO_OCTETS) return drop("echo-short");
  if (payload[0] !== VERSION) return drop("echo-version");
  if (payload[1] !== ECHO_OCTETS) return drop("echo-length");
  const myDiscriminator = readUint32(payload, 4);
  if (myDiscriminator === 0) return drop("echo-discriminator-zero");
  const [key, sequence] = [readUint32(payload, 8), readUint32(payload, 12)];
  return { type: "Own", packet: { myDiscriminator, key, sequence } };
}

function drop(reason: EchoDropReason): EchoVerdict {
  return { type: "Drop", reason };
}

/** Encodes into the first 24 octets of `into` and returns just those. */
export function encodeEcho(packet: EchoPacket, into: Uint8Array = new Uint8Array(ECHO_OCTETS)): Uint8Array {
  into.fill(0, 0, ECHO_OCTETS);
  into[0] = VERSION;
  into[1] = ECHO_OCTETS;
  writeUint32(into, 4, packet.myDiscriminator);
  writeUint32(into, 8, packet.key);
  writeUint32(into, 12, packet.sequence);
  return into.subarray(0, ECHO_OCTETS);
}

/**
 * BFD control packets: UDP payloads to values and back.
 *
 * Source: RFC 5880 sections 4.1 (format) and 6.8.6 (order of the checks on reception).
 * Shape: octets in, a plain value or the first check they fail out. Intervals are microseconds, as on the wire.
 * Not here: the session a packet is for (demux.ts), echo packets (echo.ts), the authentication section, which is told
 * of and skipped.
 *
 * @module
 */
import { readUint32, writeUint32 } from "../net/bytes.ts";

/** bfd.SessionState; the wire's numbers are the places in {@linkcode SESSION_STATES}. */
export type BfdState = "AdminDown" | "Down" | "Init" | "Up";

/** All states in the order of their numbers (RFC 5880 4.1). */
export const SESSION_STATES: readonly BfdState[] = ["AdminDown", "Down", "Init", "Up"];

/** Diagnostics this implementation sets or looks for (RFC 5880 4.1). */
export const NO_DIAGNOSTIC = 0;
export const CONTROL_DETECTION_TIME_EXPIRED = 1;
export const ECHO_FUNCTION_FAILED = 2;
export const NEIGHBOR_SIGNALED_SESSION_DOWN = 3;
export const ADMINISTRATIVELY_DOWN = 7;

/** IANA "BFD Diagnostic Codes"; others stay numbers. */
const DIAGNOSTIC_NAMES: readonly string[] = [
  "No Diagnostic",
  "Control Detection Time Expired",
  "Echo Function Failed",
  "Neighbor Signaled Session Down",
  "Forwarding Plane Reset",
  "Path Down",
  "Concatenated Path Down",
  "Administratively Down",
  "Reverse Concatenated Path Down",
  "Mis-connectivity Defect",
];

/**
 * The mandatory section (RFC 5880 4.1). Version 1 and a zero Multipoint bit are implied; the Authentication Present bit
 * belongs to a section we never send.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |Vers |  Diag   |Sta|P|F|C|A|D|M|  Detect Mult  |    Length     |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                       My Discriminator                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                      Your Discriminator                       |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                    Desired Min TX Interval                    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                   Required Min RX Interval                    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                 Required Min Echo RX Interval                 |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface ControlPacket {
  /** 5 bits; {@linkcode formatDiagnostic} has the names. */
  readonly diag: number;
  readonly state: BfdState;
  readonly poll: boolean;
  readonly final: boolean;
  /** The C bit: the sender's BFD lives on when its control plane does not. */
  readonly controlPlaneIndependent: boolean;
  readonly demand: boolean;
  /** 1 to 255. */
  readonly detectMult: number;
  /** 32 bits, not zero. */
  readonly myDiscriminator: number;
  /** 32 bits; zero while the sender does not know it. */
  readonly yourDiscriminator: number;
  /** 32 bits each. */
  readonly desiredMinTxUs: number;
  readonly requiredMinRxUs: number;
  /** Zero: the sender does not loop echo packets back. */
  readonly requiredMinEchoRxUs: number;
}

/** A packet, or why the payload carries none. */
export type DecodedControl =
  | {
    readonly ok: true;
    readonly value: ControlPacket;
    /** The A bit: an authentication section follows, unread. */
    readonly authenticationPresent: boolean;
  }
  | { readonly ok: false; readonly error: ControlFormatReason };

/** Why a payload is discarded before any session is looked for, in the order of RFC 5880 6.8.6. */
export type ControlFormatReason =
  | "packet-short"
  | "version"
  | "length-short"
  | "length-beyond-payload"
  | "detect-mult-zero"
  | "multipoint"
  | "my-discriminator-zero"
  | "your-discriminator-zero";

/** The length of every packet we send. */
export const CONTROL_OCTETS = 24;

const AUTHENTICATED_OCTETS = 26;
const VERSION = 1;
const DIAG_MASK = 0x1f;
const POLL = 0x20;
const FINAL = 0x10;
const CONTROL_PLANE_INDEPENDENT = 0x08;
const AUTHENTICATION_PRESENT = 0x04;
const DEMAND = 0x02;
const MULTIPOINT = 0x01;

/** Decodes a UDP payload; octets after the packet's own Length are ignored. */
export function decodeControl(payload: Uint8Array): DecodedControl {
  if (payload.length < CONTROL_OCTETS) return reject("packet-short");
  if (payload[0]! >> 5 !== VERSION) return reject("version");
  const flags = payload[1]!;
  const authenticationPresent = (flags & AUTHENTICATION_PRESENT) !== 0;
  const length = payload[3]!;
  if (length < (authenticationPresent ? AUTHENTICATED_OCTETS : CONTROL_OCTETS)) return reject("length-short");
  if (length > payload.length) return reject("length-beyond-payload");
  const detectMult = payload[2]!;
  if (detectMult === 0) return reject("detect-mult-zero");
  if ((flags & MULTIPOINT) !== 0) return reject("multipoint");
  const myDiscriminator = readUint32(payload, 4);
  if (myDiscriminator === 0) return reject("my-discriminator-zero");
  const yourDiscriminator = readUint32(payload, 8);
  const state = SESSION_STATES[flags >> 6]!;
  // A zero Your Discriminator is legal only while the sender cannot know it: Down or AdminDown.
  if (yourDiscriminator === 0 && (state === "Init" || state === "Up")) {
    return reject("your-discriminator-zero");
  }
  return {
    ok: true,
    value: {
      diag: payload[0]! & DIAG_MASK,
      state,
      poll: (flags & POLL) !== 0,
      final: (flags & FINAL) !== 0,
      controlPlaneIndependent: (flags & CONTROL_PLANE_INDEPENDENT) !== 0,
      demand: (flags & DEMAND) !== 0,
      detectMult,
      myDiscriminator,
      yourDiscriminator,
      desiredMinTxUs: readUint32(payload, 12),
      requiredMinRxUs: readUint32(payload, 16),
      requiredMinEchoRxUs: readUint32(payload, 20),
    },
    authenticationPresent,
  };
}

function reject(error: ControlFormatReason): DecodedControl {
  return { ok: false, error };
}

/** Encodes into the first 24 octets of `into` and returns just those. */
export function encodeControl(
  packet: ControlPacket,
  into: Uint8Array = new Uint8Array(CONTROL_OCTETS),
): Uint8Array {
  into[0] = VERSION << 5 | packet.diag & DIAG_MASK;
  into[1] = SESSION_STATES.indexOf(packet.state) << 6 |
    (packet.poll ? POLL : 0) |
    (packet.final ? FINAL : 0) |
    (packet.controlPlaneIndependent ? CONTROL_PLANE_INDEPENDENT : 0) |
    (packet.demand ? DEMAND : 0);
  into[2] = packet.detectMult;
  into[3] = CONTROL_OCTETS;
  writeUint32(into, 4, packet.myDiscriminator);
  writeUint32(into, 8, packet.yourDiscriminator);
  writeUint32(into, 12, packet.desiredMinTxUs);
  writeUint32(into, 16, packet.requiredMinRxUs);
  writeUint32(into, 20, packet.requiredMinEchoRxUs);
  return into.subarray(0, CONTROL_OCTETS);
}

/** A diagnostic as a person reads it: its IANA name, or the number. */
export function formatDiagnostic(diag: number): string {
  return DIAGNOSTIC_NAMES[diag] ?? `Diagnostic ${diag}`;
}

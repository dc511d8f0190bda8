/**
 * OPEN messages.
 *
 * Source: RFC 4271 sections 4.2 and 6.2; RFC 5492 (capabilities), RFC 6286 (identifiers), RFC 6793 (four-octet AS
 * numbers), RFC 7607 (AS 0), RFC 9072 (extended parameters).
 * Shape: a framed message in, a value out, or the NOTIFICATION it deserves. All checks that need no configuration.
 * Not here: whether AS, identifier, capabilities and role suit us (the session's matter), capabilities (capability.ts).
 *
 * @module
 */
import { readUint16 } from "../../net/bytes.ts";
import { type Ip, ipToBytes, ipv4At } from "../../net/ip.ts";
import { type Capability, decodeCapabilities, encodeCapabilities } from "./capability.ts";
import { type Decoded, OPEN_ERROR, openError } from "./error.ts";
import { messageOf } from "./framer.ts";
import { readUint32, uint16Octets } from "./octets.ts";
import { AS_TRANS, HEADER_OCTETS, MESSAGE_TYPE, PARAMETER } from "./registry.ts";

/**
 * The first message of a session, RFC 4271 4.2.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+
 *     |  Version (4)  |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |     My Autonomous System      |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |           Hold Time           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                         BGP Identifier                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     | Opt Parm Len  |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |             Optional Parameters (variable)                    |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface OpenMessage {
  readonly type: "Open";
  /** The four-octet number when the speaker has one (RFC 6793); otherwise the two-octet field. */
  readonly asn: number;
  /** 0, or 3 and more. */
  readonly holdTimeSeconds: number;
  /** Any but 0.0.0.0, RFC 6286. */
  readonly bgpIdentifier: Ip;
  /** In the order given, duplicates included. Encoded they leave room for the rest of 4096 octets. */
  readonly capabilities: readonly Capability[];
}

const VERSION = 4;
const MAX_PLAIN_PARAMETERS_OCTETS = 255;

const MY_AUTONOMOUS_SYSTEM = HEADER_OCTETS + 1;
const HOLD_TIME = HEADER_OCTETS + 3;
const BGP_IDENTIFIER = HEADER_OCTETS + 5;
const PARAMETERS_LENGTH = HEADER_OCTETS + 9;
const PARAMETERS = HEADER_OCTETS + 10;

/** Decodes a framed OPEN. What follows the optional parameters is ignored, as every implementation does. */
export function decodeOpen(message: Uint8Array): Decoded<OpenMessage> {
  if (message[HEADER_OCTETS] !== VERSION) {
    const data = Uint8Array.from(uint16Octets(VERSION));
    return { ok: false, error: openError(OPEN_ERROR.unsupportedVersion, "version", data) };
  }
  const parameters = decodeParameters(message);
  if (!parameters.ok) return parameters;
  const capabilities = parameters.value;
  const asField = readUint16(message, MY_AUTONOMOUS_SYSTEM);
  const asn = capabilities.find((capability) => capability.type === "FourOctetAsn")?.asn ?? asField;
  if (asn === 0 || asField === 0) {
    return { ok: false, error: openError(OPEN_ERROR.badPeerAs, "as-zero") };
  }
  // RFC 6793 4.1: the field holds the number itself, or AS_TRANS for it.
  if (asField !== asn && asField !== AS_TRANS) {
    return { ok: false, error: openError(OPEN_ERROR.badPeerAs, "as-contradiction") };
  }
  const holdTimeSeconds = readUint16(message, HOLD_TIME);
  if (holdTimeSeconds === 1 || holdTimeSeconds === 2) {
    return { ok: false, error: openError(OPEN_ERROR.unacceptableHoldTime, "hold-time") };
  }
  if (readUint32(message, BGP_IDENTIFIER) === 0) {
    return { ok: false, error: openError(OPEN_ERROR.badBgpIdentifier, "bgp-identifier-zero") };
  }
  const bgpIdentifier = ipv4At(message, BGP_IDENTIFIER);
  return { ok: true, value: { type: "Open", asn, holdTimeSeconds, bgpIdentifier, capabilities } };
}

/** All capabilities of all parameters; any other kind of parameter is refused. */
function decodeParameters(message: Uint8Array): Decoded<readonly Capability[]> {
  const malformed = { ok: false, error: openError(OPEN_ERROR.unspecific, "optional-parameters") } as const;
  let at = PARAMETERS;
  let end = PARAMETERS + message[PARAMETERS_LENGTH]!;
  let lengthOctets = 1;
  // RFC 9072 2: a first parameter of type 255 means that the real length follows it, and takes two octets everywhere.
  if (end > at && message[at] === PARAMETER.extendedLength) {
    if (message.length < at + 3) return malformed;
    end = at + 3 + readUint16(message, at + 1);
    at += 3;
    lengthOctets = 2;
  }
  if (end > message.length) return malformed;
  const capabilities: Capability[] = [];
  while (at < end) {
    const valueAt = at + 1 + lengthOctets;
    if (valueAt > end) return malformed;
    const next = valueAt + (lengthOctets === 1 ? message[at + 1]! : readUint16(message, at + 1));
    if (next > end) return malformed;
    if (message[at] !== PARAMETER.capabilities) {
      return { ok: false, error: openError(OPEN_ERROR.unsupportedOptionalParameter, "optional-parameter") };
    }
    const decoded = decodeCapabilities(message.subarray(valueAt, next));
    if (decoded === null) return malformed;
    capabilities.push(...decoded);
    at = next;
  }
  return { ok: true, value: capabilities };
}

/** Encodes with all capabilities in one parameter, extended only when it must be: some peers do not know RFC 9072. */
export function encodeOpen(open: OpenMessage): Uint8Array {
  return messageOf(MESSAGE_TYPE.open, [
    VERSION,
    ...uint16Octets(open.asn > 0xffff ? AS_TRANS : open.asn),
    ...uint16Octets(open.holdTimeSeconds),
    ...ipToBytes(open.bgpIdentifier),
    ...encodeParameters(encodeCapabilities(open.capabilities)),
  ]);
}

function encodeParameters(capabilities: readonly number[]): readonly number[] {
  const length = capabilities.length;
  if (length === 0) return [0];
  if (length + 2 <= MAX_PLAIN_PARAMETERS_OCTETS) {
    return [length + 2, PARAMETER.capabilities, length, ...capabilities];
  }
  return [
    ...[MAX_PLAIN_PARAMETERS_OCTETS, PARAMETER.extendedLength, ...uint16Octets(length + 3)],
    ...[PARAMETER.capabilities, ...uint16Octets(length), ...capabilities],
  ];
}

/**
 * NOTIFICATION messages: the reason a session ends, and what may be said with it.
 *
 * Source: RFC 4271 section 4.5, RFC 4486 (Cease), RFC 9003 (shutdown communication), RFC 8538 section 3 (hard reset).
 * Shape: a framed message in, a value out: any data octets are legal. Text read from them is safe to print.
 * Not here: names of codes (error.ts), when to send which (the session's matter).
 *
 * @module
 */
import { type BgpError, CEASE, ERROR } from "./error.ts";
import { messageOf } from "./framer.ts";
import { HEADER_OCTETS, MAX_MESSAGE_OCTETS, MESSAGE_TYPE } from "./registry.ts";

/**
 * Why a session ends, RFC 4271 4.5.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     | Error code    | Error subcode |   Data (variable)             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface NotificationMessage {
  readonly type: "Notification";
  readonly code: number;
  readonly subcode: number;
  /** Of what we send no more than 4075 octets leave. */
  readonly data: Uint8Array;
}

/** What fits behind the header and the two codes of a message every peer can read. */
const MAX_DATA_OCTETS = MAX_MESSAGE_OCTETS - HEADER_OCTETS - 2;
/** RFC 9003 2: one length octet. */
const MAX_TEXT_OCTETS = 255;

/** The NOTIFICATION a decoder's error asks for. */
export function notificationOf({ code, subcode, data }: BgpError): NotificationMessage {
  return { type: "Notification", code, subcode, data };
}

/** A Cease; the text goes with the two subcodes RFC 9003 gives it to, and is cut between characters. */
export function ceaseNotification(subcode: number, text: string = ""): NotificationMessage {
  const data = carriesText(subcode) && text !== "" ? textOctets(text) : new Uint8Array();
  return { type: "Notification", code: ERROR.cease, subcode, data };
}

/** Wraps a NOTIFICATION so that a peer with the N bit drops our routes all the same, RFC 8538 3.1. */
export function hardReset(cause: NotificationMessage): NotificationMessage {
  const data = Uint8Array.from([cause.code, cause.subcode, ...cause.data]);
  return { type: "Notification", code: ERROR.cease, subcode: CEASE.hardReset, data };
}

/** What a hard reset wraps; null when it is none, or wraps nothing. */
export function hardResetCause({ code, subcode, data }: NotificationMessage): NotificationMessage | null {
  if (code !== ERROR.cease || subcode !== CEASE.hardReset || data.length < 2) return null;
  return { type: "Notification", code: data[0]!, subcode: data[1]!, data: data.slice(2) };
}

/** What the peer's administrator had to say, safe to print; null when nothing, or nothing that RFC 9003 allows. */
export function shutdownCommunication({ code, subcode, data }: NotificationMessage): string | null {
  if (code !== ERROR.cease || !carriesText(subcode)) return null;
  const length = data[0] ?? 0;
  if (length === 0 || data.length < 1 + length) return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(data.subarray(1, 1 + length));
    // RFC 9003 5: the text may try to forge log lines or steer a terminal. Format characters reorder what is read.
    return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
  } catch {
    return null;
  }
}

function carriesText(subcode: number): boolean {
  return subcode === CEASE.administrativeShutdown || subcode === CEASE.administrativeReset;
}

function textOctets(text: string): Uint8Array {
  const octets = new Uint8Array(1 + MAX_TEXT_OCTETS);
  // encodeInto() stops before the first character that does not fit.
  const { written } = new TextEncoder().encodeInto(text, octets.subarray(1));
  octets[0] = written;
  return octets.slice(0, 1 + written);
}

/** Decodes a framed NOTIFICATION. */
export function decodeNotification(message: Uint8Array): NotificationMessage {
  return {
    type: "Notification",
    code: message[HEADER_OCTETS]!,
    subcode: message[HEADER_OCTETS + 1]!,
    data: message.slice(HEADER_OCTETS + 2),
  };
}

/** Encodes a NOTIFICATION; data that does not fit is cut, since it only illustrates. */
export function encodeNotification({ code, subcode, data }: NotificationMessage): Uint8Array {
  return messageOf(MESSAGE_TYPE.notification, [code, subcode, ...data.subarray(0, MAX_DATA_OCTETS)]);
}

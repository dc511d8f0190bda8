import assert from "node:assert/strict";
import { CEASE, formatErrorCode, headerError } from "./error.ts";
import { messageOf } from "./framer.ts";
import {
  ceaseNotification,
  decodeNotification,
  encodeNotification,
  hardReset,
  hardResetCause,
  type NotificationMessage,
  notificationOf,
  shutdownCommunication,
} from "./notification.ts";
import { MESSAGE_TYPE } from "./registry.ts";

const badLength: NotificationMessage = {
  type: "Notification",
  code: 1,
  subcode: 2,
  data: Uint8Array.of(0x00, 0x12),
};
const badLengthMessage = messageOf(MESSAGE_TYPE.notification, [1, 2, 0x00, 0x12]);

/** A shutdown whose data are those octets. */
function shutdown(...data: readonly number[]): NotificationMessage {
  return { type: "Notification", code: 6, subcode: 2, data: Uint8Array.from(data) };
}

Deno.test("decodeNotification() and encodeNotification() know code, subcode and data", () => {
  assert.deepEqual(decodeNotification(badLengthMessage), badLength);
  assert.deepEqual(encodeNotification(badLength), badLengthMessage);
  assert.deepEqual(notificationOf(headerError(2, "message-length", Uint8Array.of(0, 0x12))), badLength);
});

Deno.test("encodeNotification() cuts data so that every peer can read the message", () => {
  const message = encodeNotification({ ...badLength, data: new Uint8Array(5000).fill(7) });
  assert.equal(message.length, 4096);
  assert.equal(message[4095], 7);
});

Deno.test("ceaseNotification() carries a text where RFC 9003 allows one, and nowhere else", () => {
  const text = [5, 0x68, 0x65, 0x6c, 0x6c, 0x6f];
  assert.deepEqual(ceaseNotification(CEASE.administrativeShutdown, "hello"), shutdown(...text));
  assert.deepEqual(ceaseNotification(CEASE.administrativeReset, "hello").data, Uint8Array.from(text));
  assert.deepEqual(ceaseNotification(CEASE.peerDeconfigured, "hello").data, new Uint8Array());
  assert.deepEqual(ceaseNotification(CEASE.administrativeShutdown).data, new Uint8Array());
});

Deno.test("ceaseNotification() cuts a long text between characters", () => {
  const { data } = ceaseNotification(CEASE.administrativeShutdown, `${"x".repeat(253)}€`);
  assert.deepEqual([data[0], data.length], [253, 254]);
  const whole = ceaseNotification(CEASE.administrativeShutdown, `${"x".repeat(252)}€`);
  assert.equal(shutdownCommunication(whole), `${"x".repeat(252)}€`);
});

const texts: readonly [what: string, notification: NotificationMessage, text: string | null][] = [
  ["a text", shutdown(2, 0x68, 0x69), "hi"],
  ["a text with octets behind it", shutdown(2, 0x68, 0x69, 0xff), "hi"],
  ["a text beyond ASCII", shutdown(2, 0xc3, 0xb6), "ö"],
  ["control characters replaced", shutdown(4, 0x61, 0x0a, 0x1b, 0x62), "a\ufffd\ufffdb"],
  ["a change of writing direction replaced", shutdown(4, 0x61, 0xe2, 0x80, 0xae), "a\ufffd"],
  ["nothing", shutdown(), null],
  ["an empty text", shutdown(0), null],
  ["a text past the end", shutdown(3, 0x68, 0x69), null],
  ["a text that is not UTF-8", shutdown(2, 0xc3, 0x28), null],
  ["another subcode", { ...shutdown(2, 0x68, 0x69), subcode: 3 }, null],
  ["another code", { ...shutdown(2, 0x68, 0x69), code: 3 }, null],
];
for (const [what, notification, text] of texts) {
  Deno.test(`shutdownCommunication() of ${what}`, () => {
    assert.equal(shutdownCommunication(notification), text);
  });
}

Deno.test("hardReset() wraps a NOTIFICATION, hardResetCause() unwraps it", () => {
  const inner = ceaseNotification(CEASE.administrativeShutdown, "bye");
  const outer = hardReset(inner);
  assert.deepEqual([outer.code, outer.subcode], [6, 9]);
  assert.deepEqual(outer.data, Uint8Array.of(6, 2, 3, 0x62, 0x79, 0x65));
  assert.deepEqual(hardResetCause(outer), inner);
  assert.equal(hardResetCause(inner), null);
  assert.equal(hardResetCause({ ...outer, data: Uint8Array.of(6) }), null);
});

Deno.test("formatErrorCode() names what IANA names and keeps the numbers of the rest", () => {
  assert.equal(formatErrorCode(6, 2), "Cease/Administrative Shutdown");
  assert.equal(formatErrorCode(4, 0), "Hold Timer Expired");
  assert.equal(formatErrorCode(2, 0), "OPEN Message Error");
  assert.equal(formatErrorCode(6, 77), "Cease/77");
  assert.equal(formatErrorCode(99, 1), "Code 99/1");
});

import assert from "node:assert/strict";
import { blankMessage, Framer, messageOf, messageTypeOf } from "./framer.ts";
import { MAX_EXTENDED_MESSAGE_OCTETS, MESSAGE_TYPE, type MessageType } from "./registry.ts";

const MARKER = Array<number>(16).fill(0xff);
const keepalive = Uint8Array.from([...MARKER, 0x00, 0x13, 4]);
const notification = Uint8Array.from([...MARKER, 0x00, 0x15, 3, 6, 2]);

/** A header that claims that length and type, and so many octets behind it. */
function claiming(length: number, type: number, octets = 0): Uint8Array {
  return Uint8Array.from([...MARKER, length >>> 8, length & 0xff, type, ...Array<number>(octets).fill(0)]);
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("messageOf() writes marker, length, type and body", () => {
  assert.deepEqual(messageOf(MESSAGE_TYPE.notification, [6, 2]), notification);
  assert.deepEqual(blankMessage(MESSAGE_TYPE.keepalive, 0), keepalive);
  assert.equal(messageTypeOf(notification), MESSAGE_TYPE.notification);
});

Deno.test("Framer.write() yields all messages of a chunk, and no copy of them", () => {
  const chunk = joined(keepalive, notification, keepalive);
  const { messages, error } = new Framer().write(chunk);
  assert.equal(error, null);
  assert.deepEqual(messages, [keepalive, notification, keepalive]);
  assert.ok(messages.every((message) => message.buffer === chunk.buffer));
});

Deno.test("Framer.write() finds the same messages however the stream is cut", () => {
  const long = messageOf(MESSAGE_TYPE.update, Array<number>(100).fill(7));
  const expected = [keepalive, long, notification, keepalive, long];
  const stream = joined(...expected);
  for (let size = 1; size <= stream.length; size++) {
    const framer = new Framer();
    const messages: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) {
      const framed = framer.write(stream.slice(at, at + size));
      assert.equal(framed.error, null);
      messages.push(...framed.messages);
    }
    assert.deepEqual(messages, expected, `chunks of ${size} octets`);
  }
});

const refused: readonly [what: string, octets: Uint8Array, subcode: number, data: readonly number[]][] = [
  ["a marker that is not all ones", Uint8Array.from([...keepalive].fill(0xfe, 15, 16)), 1, []],
  ["length 18", claiming(18, 4), 2, [0x00, 0x12]],
  ["length 0", claiming(0, 4), 2, [0x00, 0x00]],
  ["length 4097", claiming(4097, 2), 2, [0x10, 0x01]],
  ["length 65535", claiming(65535, 2), 2, [0xff, 0xff]],
  ["a KEEPALIVE of 20", claiming(20, 4, 1), 2, [0x00, 0x14]],
  ["an OPEN of 28", claiming(28, 1, 9), 2, [0x00, 0x1c]],
  ["an UPDATE of 22", claiming(22, 2, 3), 2, [0x00, 0x16]],
  ["a NOTIFICATION of 20", claiming(20, 3, 1), 2, [0x00, 0x14]],
  ["type 0", claiming(19, 0), 3, [0]],
  ["type 6", claiming(19, 6), 3, [6]],
  ["type 9", claiming(19, 9), 3, [9]],
];
for (const [what, octets, subcode, data] of refused) {
  Deno.test(`Framer.write() refuses ${what}, whole and octet by octet, and stays refusing`, () => {
    const whole = new Framer();
    const { messages, error } = whole.write(joined(keepalive, octets));
    assert.deepEqual(messages, [keepalive]);
    assert.deepEqual([error?.code, error?.subcode], [1, subcode]);
    assert.deepEqual(error?.data, Uint8Array.from(data));
    assert.deepEqual(whole.write(keepalive), { messages: [], error });
    const piecewise = new Framer();
    const errors = Array.from(octets, (octet) => piecewise.write(Uint8Array.of(octet)).error);
    assert.deepEqual(errors.find((found) => found !== null), error);
    assert.equal(errors[17], null, "a header is judged when it is whole");
  });
}

Deno.test("Framer.write() takes 65535 octets when we offered to, but never in an OPEN", () => {
  const framer = new Framer(MAX_EXTENDED_MESSAGE_OCTETS);
  for (const type of [MESSAGE_TYPE.update, MESSAGE_TYPE.notification, MESSAGE_TYPE.routeRefresh]) {
    const message = messageOf(type as MessageType, new Uint8Array(65535 - 19));
    assert.deepEqual(framer.write(message.subarray(0, 40000)), { messages: [], error: null });
    assert.deepEqual(framer.write(message.subarray(40000)).messages, [message]);
  }
  assert.equal(framer.write(claiming(4096, 1, 4077)).messages.length, 1);
  assert.deepEqual(framer.write(claiming(4097, 1)).error?.data, Uint8Array.of(0x10, 0x01));
});

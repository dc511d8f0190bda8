/**
 * BGP messages in three forms that anyone can compare by eye: a sentence, the octets, the value; and the differential
 * matrix: inputs that real routers answer in different ways, each with the answer we owe.
 *
 * Source: bgp/messages.json, bgp/verdicts.json. Octets are hexadecimal, one piece a field or attribute; in values they
 * are hexadecimal too.
 * Shape: verdicts as text: "N code/subcode [data]" resets the session; "up" leaves it up; an UPDATE that
 * names 203.0.113.0/24 is "keep" when it announces the prefix and "gone" when it withdraws it; ", attr dropped" says that an
 * attribute was discarded.
 * Not here: verdicts that need the session or its configuration.
 *
 * @module
 */
import assert from "node:assert/strict";
import { formatHex, parseHex } from "../../protocols/net/bytes.ts";
import type { BgpError } from "../../protocols/bgp/wire/error.ts";
import { Framer } from "../../protocols/bgp/wire/framer.ts";
import { type BgpMessage, decodeMessage, encodeMessage } from "../../protocols/bgp/wire/message.ts";
import type { UpdateMessage, WireOptions, WithdrawnRoutes } from "../../protocols/bgp/wire/update.ts";
import { encodeEndOfRib } from "../../protocols/bgp/wire/update_packing.ts";
import { encodeAnnouncements, encodeWithdrawals } from "../../protocols/bgp/wire/update_packing_fixture.ts";
import messages from "./bgp/messages.json" with { type: "json" };
import verdicts from "./bgp/verdicts.json" with { type: "json" };

const OPTIONS: WireOptions = {
  peerType: "external",
  fourOctetAsn: true,
  families: ["ipv4-unicast", "ipv6-unicast"],
  extendedNextHop: true,
  maxMessageOctets: 4096,
};
const TEST_PREFIX = "203.0.113.0/24";

function octetsOf(pieces: readonly string[]): Uint8Array {
  const octets = parseHex(pieces.join(""));
  assert.ok(octets !== null, "the octets are hexadecimal");
  return octets;
}

/** A value as it stands in the file. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, part) => part instanceof Uint8Array ? formatHex(part) : part),
  );
}

function encodeAny(message: BgpMessage, options: WireOptions): readonly Uint8Array[] {
  return message.type === "Update" ? encodeUpdate(message, options) : [encodeMessage(message)];
}

function encodeUpdate(update: UpdateMessage, options: WireOptions): readonly Uint8Array[] {
  if (update.endOfRib !== null) return [encodeEndOfRib(update.endOfRib)];
  return [
    ...update.withdrawn.flatMap(({ family, prefixes }) => encodeWithdrawals(family, prefixes, options)),
    ...update.announced.flatMap(({ family, nextHop, prefixes }) =>
      encodeAnnouncements({ family, nextHop, attributes: update.attributes }, prefixes, options) ?? []
    ),
  ];
}

for (const { text, options, octets, value } of messages) {
  const session: WireOptions = { ...OPTIONS, ...options as Partial<WireOptions> };
  const message = octetsOf(octets);

  Deno.test(`vector decodes: ${text}`, () => {
    assert.deepEqual(new Framer().write(message), { messages: [message], error: null });
    const decoded = decodeMessage(message, session);
    assert.ok(decoded.ok, decoded.ok ? "" : decoded.error.reason);
    assert.deepEqual(plain(decoded.value), value);
  });

  Deno.test(`vector encodes: ${text}`, () => {
    const decoded = decodeMessage(message, session);
    assert.ok(decoded.ok);
    assert.deepEqual(encodeAny(decoded.value, session).map(formatHex), [formatHex(message)]);
  });
}

function formatError({ code, subcode, data }: BgpError): string {
  return `N ${code}/${subcode} [${formatHex(data)}]`;
}

function hasTestPrefix({ prefixes }: WithdrawnRoutes): boolean {
  return prefixes.some((prefix) => prefix === TEST_PREFIX);
}

/** What becomes of the session, and of the test prefix. */
function verdictOn(octets: Uint8Array, options: WireOptions): string {
  const framed = new Framer().write(octets);
  if (framed.error !== null) return formatError(framed.error);
  assert.equal(framed.messages.length, 1, "the octets are one message");
  const decoded = decodeMessage(framed.messages[0]!, options);
  if (!decoded.ok) return formatError(decoded.error);
  if (decoded.value.type !== "Update") return "up";
  const { announced, withdrawn, faults } = decoded.value;
  if (withdrawn.some(hasTestPrefix)) return "gone";
  if (!announced.some(hasTestPrefix)) return "up";
  return faults.some((fault) => fault.class === "attribute-discard") ? "keep, attr dropped" : "keep";
}

for (const { input, rfc, options, octets, required } of verdicts) {
  Deno.test(`verdict on ${input} (RFC ${rfc}): ${required}`, () => {
    assert.equal(verdictOn(octetsOf(octets), { ...OPTIONS, ...options as Partial<WireOptions> }), required);
  });
}

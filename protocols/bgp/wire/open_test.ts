import assert from "node:assert/strict";
import type { Ip } from "../../net/ip.ts";
import { messageOf } from "./framer.ts";
import { decodeOpen, encodeOpen, type OpenMessage } from "./open.ts";
import { MESSAGE_TYPE } from "./registry.ts";

const open: OpenMessage = {
  type: "Open",
  asn: 4200000001,
  holdTimeSeconds: 90,
  bgpIdentifier: "192.0.2.1" as Ip,
  capabilities: [
    { type: "Multiprotocol", afi: 1, safi: 1 },
    { type: "FourOctetAsn", asn: 4200000001 },
  ],
};

/** Field by field, as in the figure above the type. */
const openBody = [
  4, // version
  ...[0x5b, 0xa0], // my autonomous system: AS_TRANS
  ...[0x00, 0x5a], // hold time
  ...[192, 0, 2, 1], // BGP identifier
  14, // optional parameters length
  ...[2, 12], // capabilities
  ...[1, 4, 0x00, 0x01, 0, 1], // multiprotocol
  ...[65, 4, 0xfa, 0x56, 0xea, 0x01], // four-octet AS number
];

function openOf(...body: readonly number[]): Uint8Array {
  return messageOf(MESSAGE_TYPE.open, body);
}

/** The fixed part with an AS of two octets, and parameters. */
function withParameters(...parameters: readonly number[]): Uint8Array {
  return openOf(4, 0xfd, 0xe9, 0, 90, 192, 0, 2, 1, ...parameters);
}

Deno.test("decodeOpen() reads every field", () => {
  assert.deepEqual(decodeOpen(openOf(...openBody)), { ok: true, value: open });
});

Deno.test("encodeOpen() writes every field", () => {
  assert.deepEqual(encodeOpen(open), openOf(...openBody));
});

Deno.test("decodeOpen() takes the field for the AS number when there is no capability", () => {
  const decoded = decodeOpen(withParameters(0));
  assert.deepEqual(decoded.ok && decoded.value, {
    ...open,
    asn: 65001,
    capabilities: [],
  });
});

Deno.test("decodeOpen() takes one parameter per capability, duplicates, unknown codes, and octets after the end", () => {
  const decoded = decodeOpen(withParameters(12, 2, 2, 2, 0, 2, 2, 2, 0, 2, 2, 200, 0, 0xaa, 0xbb));
  assert.deepEqual(decoded.ok && decoded.value.capabilities, [
    { type: "RouteRefresh" },
    { type: "RouteRefresh" },
    { type: "Unknown", code: 200, octets: new Uint8Array() },
  ]);
});

Deno.test("decodeOpen() reads extended parameters", () => {
  const extended = withParameters(255, 255, 0, 5, 2, 0, 2, 2, 0);
  const decoded = decodeOpen(extended);
  assert.deepEqual(decoded.ok && decoded.value.capabilities, [{ type: "RouteRefresh" }]);
  // RFC 9072 2: the plain length need not be 255, but not 0.
  assert.deepEqual(decodeOpen(withParameters(8, 255, 0, 5, 2, 0, 2, 2, 0)), decoded);
});

const sizes: readonly [octets: readonly number[], lengthOctet: number, parameter: number][] = [
  [[251], 255, 2],
  [[252], 255, 255],
  [[198, 198, 198], 255, 255],
];
for (const [octets, lengthOctet, parameter] of sizes) {
  Deno.test(`encodeOpen() of ${octets.join(" + ")} octets of capabilities starts with parameter ${parameter}`, () => {
    const capabilities = octets.map((length) => (
      { type: "Unknown", code: 222, octets: new Uint8Array(length) } as const
    ));
    const message = encodeOpen({ ...open, asn: 65001, capabilities });
    assert.deepEqual([message[28], message[29]], [lengthOctet, parameter]);
    const again = decodeOpen(message);
    assert.deepEqual(again.ok && again.value.capabilities, capabilities);
  });
}

const refused: readonly [what: string, message: Uint8Array, subcode: number, data?: readonly number[]][] = [
  ["version 3", openOf(3, ...openBody.slice(1)), 1, [0x00, 0x04]],
  ["version 5", openOf(5, ...openBody.slice(1)), 1, [0x00, 0x04]],
  ["AS 0", openOf(4, 0, 0, ...openBody.slice(3, 9), 0), 2],
  ["AS 0 in the capability", withParameters(8, 2, 6, 65, 4, 0, 0, 0, 0), 2],
  ["an AS field that contradicts the capability", withParameters(8, 2, 6, 65, 4, 0, 0, 0xfd, 0xe8), 2],
  ["BGP identifier 0.0.0.0", openOf(4, 0xfd, 0xe9, 0, 90, 0, 0, 0, 0, 0), 3],
  ["parameter 99", withParameters(4, 99, 2, 0, 0), 4],
  ["the authentication parameter", withParameters(3, 1, 1, 0), 4],
  ["hold time 1", openOf(4, 0xfd, 0xe9, 0, 1, 192, 0, 2, 1, 0), 6],
  ["hold time 2", openOf(4, 0xfd, 0xe9, 0, 2, 192, 0, 2, 1, 0), 6],
  ["parameters past the end", withParameters(5, 2, 2, 2, 0), 0],
  ["half a parameter", withParameters(1, 2), 0],
  ["a parameter past the parameters", withParameters(3, 2, 2, 2, 0), 0],
  ["a capability past its parameter", withParameters(4, 2, 2, 200, 1), 0],
  ["half a capability", withParameters(3, 2, 1, 2), 0],
  ["extended parameters past the end", withParameters(255, 255, 0, 6, 2, 0, 2, 2, 0), 0],
  ["extended parameters without a length", withParameters(255, 255), 0],
  ["half an extended parameter", withParameters(255, 255, 0, 2, 2, 0), 0],
];
for (const [what, message, subcode, data = []] of refused) {
  Deno.test(`decodeOpen() refuses ${what}`, () => {
    const decoded = decodeOpen(message);
    assert.ok(!decoded.ok);
    assert.deepEqual([decoded.error.code, decoded.error.subcode], [2, subcode]);
    assert.deepEqual(decoded.error.data, Uint8Array.from(data));
  });
}

Deno.test("decodeOpen() takes hold time 0 and 3, and identifiers that are no host's", () => {
  for (const holdTime of [0, 3]) {
    const decoded = decodeOpen(openOf(4, 0xfd, 0xe9, 0, holdTime, 224, 0, 0, 1, 0));
    assert.ok(decoded.ok);
    assert.deepEqual([decoded.value.holdTimeSeconds, decoded.value.bgpIdentifier], [holdTime, "224.0.0.1"]);
  }
});

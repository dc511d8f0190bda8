import assert from "node:assert/strict";
import { messageOf } from "./framer.ts";
import { MESSAGE_TYPE } from "./registry.ts";
import { decodeRouteRefresh, encodeRouteRefresh, type RouteRefreshMessage } from "./route_refresh.ts";

const end: RouteRefreshMessage = { type: "RouteRefresh", afi: 2, safi: 1, subtype: 2 };
const endMessage = messageOf(MESSAGE_TYPE.routeRefresh, [0x00, 0x02, 2, 1]);

Deno.test("decodeRouteRefresh() and encodeRouteRefresh() know family and subtype", () => {
  assert.deepEqual(decodeRouteRefresh(endMessage), { ok: true, value: end });
  assert.deepEqual(encodeRouteRefresh(end), endMessage);
});

Deno.test("decodeRouteRefresh() takes unknown families and subtypes", () => {
  const decoded = decodeRouteRefresh(messageOf(MESSAGE_TYPE.routeRefresh, [0, 99, 77, 3]));
  assert.deepEqual(decoded, { ok: true, value: { type: "RouteRefresh", afi: 99, safi: 3, subtype: 77 } });
});

for (const octets of [0, 3, 5]) {
  Deno.test(`decodeRouteRefresh() refuses a body of ${octets} octets and returns the message`, () => {
    const message = messageOf(MESSAGE_TYPE.routeRefresh, new Uint8Array(octets));
    const decoded = decodeRouteRefresh(message);
    assert.ok(!decoded.ok);
    assert.deepEqual([decoded.error.code, decoded.error.subcode], [7, 1]);
    assert.deepEqual(decoded.error.data, message);
  });
}

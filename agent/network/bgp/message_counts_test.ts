import assert from "node:assert/strict";
import { encodeMessage } from "../../../protocols/bgp/wire/message.ts";
import { ceaseNotification } from "../../../protocols/bgp/wire/notification.ts";
import { MessageCounts } from "./message_counts.ts";

const KEEPALIVE = encodeMessage({ type: "Keepalive" });
const REFRESH = encodeMessage({ type: "RouteRefresh", afi: 1, safi: 1, subtype: 0 });

Deno.test("MessageCounts counts each of several messages that leave in one piece", () => {
  const counts = new MessageCounts();
  const notification = encodeMessage(ceaseNotification(2, "going down"));
  counts.sent(Uint8Array.from([...KEEPALIVE, ...notification, ...KEEPALIVE]));
  counts.received(REFRESH);
  assert.deepEqual(counts.read(), {
    opens: { sent: 0, received: 0 },
    updates: { sent: 0, received: 0 },
    notifications: { sent: 1, received: 0 },
    keepalives: { sent: 2, received: 0 },
    routeRefreshes: { sent: 0, received: 1 },
  });
});

import assert from "node:assert/strict";
import { CEASE, ERROR } from "../../../protocols/bgp/wire/error.ts";
import { ceaseNotification, hardReset } from "../../../protocols/bgp/wire/notification.ts";
import { detailOfEnd, detailOfNotification } from "./session_end.ts";

Deno.test("detailOfNotification names code and subcode, and adds what the administrator wrote", () => {
  const bare = ceaseNotification(CEASE.administrativeShutdown);
  assert.equal(detailOfNotification(bare), "Cease/Administrative Shutdown");
  const worded = ceaseNotification(CEASE.administrativeShutdown, "going down");
  assert.equal(detailOfNotification(worded), "Cease/Administrative Shutdown: going down");
  const expired = {
    type: "Notification",
    code: ERROR.holdTimerExpired,
    subcode: 0,
    data: new Uint8Array(),
  } as const;
  assert.equal(detailOfNotification(expired), "Hold Timer Expired");
});

Deno.test("detailOfNotification says what a hard reset wraps", () => {
  const wrapped = hardReset(ceaseNotification(CEASE.bfdDown));
  assert.equal(detailOfNotification(wrapped), "Cease/Hard Reset: Cease/BFD Down");
});

Deno.test("detailOfEnd tells who ended it, what became of the connection, and that routes are kept", () => {
  const down = { type: "SessionDown", reason: "", routesKeptMs: null } as const;
  const notification = ceaseNotification(CEASE.administrativeReset);
  const rows = [
    [{ ...down, end: { type: "ConnectionLost" } }, "ECONNRESET", "ECONNRESET"],
    [{ ...down, end: { type: "ConnectionLost" } }, "", "connection closed"],
    [
      { ...down, end: { type: "ConnectionLost" }, routesKeptMs: 120_000 },
      "ECONNRESET",
      "ECONNRESET; the peer keeps our routes for 120 s",
    ],
    [
      { ...down, end: { type: "HoldTimerExpired" } },
      "ECONNRESET",
      "nothing was heard from the peer for the hold time",
    ],
    [{ ...down, end: { type: "NotificationSent", notification } }, "", "sent Cease/Administrative Reset"],
    [
      { ...down, end: { type: "NotificationReceived", notification } },
      "",
      "received Cease/Administrative Reset",
    ],
  ] as const;
  for (const [end, failure, detail] of rows) assert.equal(detailOfEnd(end, failure), detail);
});

import assert from "node:assert/strict";
import {
  agreedGracefulRestart,
  isHardReset,
  offeredGracefulRestart,
  peerKeepsRoutes,
  type PeerRestart,
  type SessionEnd,
} from "./graceful_restart.ts";
import type { GracefulRestartCapability } from "./wire/capability.ts";
import { ceaseNotification, hardReset } from "./wire/notification.ts";

const BOTH = ["ipv4-unicast", "ipv6-unicast"] as const;
const ours = offeredGracefulRestart(BOTH, 120, true);
const theirs: GracefulRestartCapability = {
  type: "GracefulRestart",
  restarting: false,
  notification: true,
  restartTimeSeconds: 60,
  families: [{ afi: 2, safi: 1, forwardingPreserved: false }, {
    afi: 25,
    safi: 70,
    forwardingPreserved: true,
  }],
};

Deno.test("offeredGracefulRestart() preserves forwarding of every family and keeps through notifications", () => {
  assert.deepEqual(ours, {
    type: "GracefulRestart",
    restarting: true,
    notification: true,
    restartTimeSeconds: 120,
    families: [
      { afi: 1, safi: 1, forwardingPreserved: true },
      { afi: 2, safi: 1, forwardingPreserved: true },
    ],
  });
});

Deno.test("agreedGracefulRestart() names the agreed families of the peer's capability", () => {
  assert.deepEqual(agreedGracefulRestart([ours], [theirs], BOTH), {
    restarting: false,
    notification: true,
    restartTimeSeconds: 60,
    families: ["ipv6-unicast"],
  });
  assert.deepEqual(agreedGracefulRestart([ours], [theirs], ["ipv4-unicast"])?.families, []);
});

Deno.test("agreedGracefulRestart() needs both sides, and of several capabilities takes the last", () => {
  assert.equal(agreedGracefulRestart([], [theirs], BOTH), null);
  assert.equal(agreedGracefulRestart([ours], [], BOTH), null);
  const last = { ...theirs, restartTimeSeconds: 7, notification: false };
  const agreed = agreedGracefulRestart([ours], [theirs, last], BOTH);
  assert.equal(agreed?.restartTimeSeconds, 7);
  assert.equal(agreed?.notification, false);
});

Deno.test("peerKeepsRoutes() by the way a session ends, RFC 4724 4.2 and RFC 8538 4", () => {
  const agreed: PeerRestart = {
    restarting: false,
    notification: true,
    restartTimeSeconds: 60,
    families: ["ipv4-unicast"],
  };
  const cease = ceaseNotification(4);
  const hard = hardReset(ceaseNotification(2));
  const rows: readonly (readonly [SessionEnd, withN: boolean, withoutN: boolean])[] = [
    [{ type: "ConnectionLost" }, true, true],
    [{ type: "HoldTimerExpired" }, true, false],
    [{ type: "NotificationSent", notification: cease }, true, false],
    [{ type: "NotificationReceived", notification: cease }, true, false],
    [{ type: "NotificationSent", notification: hard }, false, false],
    [{ type: "NotificationReceived", notification: hard }, false, false],
  ];
  for (const [end, withN, withoutN] of rows) {
    assert.equal(peerKeepsRoutes(agreed, end), withN, end.type);
    assert.equal(peerKeepsRoutes({ ...agreed, notification: false }, end), withoutN, end.type);
    assert.equal(peerKeepsRoutes({ ...agreed, families: [] }, end), false);
    assert.equal(peerKeepsRoutes(null, end), false);
  }
  assert.ok(isHardReset(hard) && !isHardReset(cease));
});

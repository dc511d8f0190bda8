import assert from "node:assert/strict";
import type { BfdCounters, BgpPeerCounters } from "../network/messages.ts";
import { formatMetrics } from "./exposition.ts";
import { sessionMetrics } from "./session_metrics.ts";

const NOTHING = { sent: 0, received: 0 };

const PEER: BgpPeerCounters = {
  name: "tor",
  peer: "192.0.2.1:179",
  vrf: "default",
  state: "Established",
  opens: { sent: 1, received: 1 },
  updates: { sent: 7, received: 2 },
  notifications: NOTHING,
  keepalives: { sent: 30, received: 31 },
  routeRefreshes: NOTHING,
  announcedPrefixes: 12,
  pendingPrefixes: 3,
  receivedPrefixes: 5,
};

const PATH: BfdCounters = {
  name: "tor",
  peer: "192.0.2.1",
  vrf: "default",
  state: "Up",
  controlPackets: { sent: 40, received: 41 },
  echoPackets: NOTHING,
  upEvents: 2,
  downEvents: 1,
};

function linesOf(bgp: readonly BgpPeerCounters[], bfd: readonly BfdCounters[]): string[] {
  return formatMetrics(sessionMetrics({ bgp, bfd })).split("\n").filter((line) => !line.startsWith("#"));
}

Deno.test("a session's metrics bear MetalLB's names and labels", () => {
  const lines = linesOf([PEER], [PATH]);
  for (
    const line of [
      'metallb_bgp_session_up{peer="192.0.2.1:179",vrf="default"} 1',
      'metallb_bgp_announced_prefixes_total{peer="192.0.2.1:179",vrf="default"} 12',
      'metallb_bgp_updates_total{peer="192.0.2.1:179",vrf="default"} 7',
      'metallb_bgp_updates_total_received{peer="192.0.2.1:179",vrf="default"} 2',
      'metallb_bgp_keepalives_sent{peer="192.0.2.1:179",vrf="default"} 30',
      'metallb_bgp_total_sent{peer="192.0.2.1:179",vrf="default"} 38',
      'metallb_bgp_total_received{peer="192.0.2.1:179",vrf="default"} 34',
      'metallb_bfd_session_up{peer="192.0.2.1",vrf="default"} 1',
      'metallb_bfd_control_packet_input{peer="192.0.2.1",vrf="default"} 41',
      'metallb_bfd_session_down_events{peer="192.0.2.1",vrf="default"} 1',
    ]
  ) assert.ok(lines.includes(line), line);
});

Deno.test("a session that is not established is down, and what was not counted is absent", () => {
  const lines = linesOf([{ ...PEER, state: "Active" }], []);
  assert.ok(lines.includes('metallb_bgp_session_up{peer="192.0.2.1:179",vrf="default"} 0'));
  assert.ok(!lines.some((line) => line.startsWith("metallb_bgp_notifications_sent")));
  assert.ok(!lines.some((line) => line.startsWith("metallb_bfd_session_up")));
});

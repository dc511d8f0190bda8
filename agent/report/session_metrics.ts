/**
 * The metrics of BGP and BFD sessions.
 *
 * Source: MetalLB's names, types and labels: those of its native speaker and of the sidecar beside FRR, which agree on
 * what both have. There `updates_total` counts what was sent.
 * Shape: counters of the network thread in, metrics out.
 * Not here: all other metrics (metrics.ts).
 *
 * @module
 */
import type { BfdCounters, BgpPeerCounters, NetworkCounters, SessionLabels } from "../network/messages.ts";
import type { Metric } from "./exposition.ts";

/** A metric of each session: its name after the prefix, what it says, and its value. */
type Row<Session> = readonly [name: string, help: string, value: (session: Session) => number];

const BGP_GAUGES: readonly Row<BgpPeerCounters>[] = [
  ["session_up", "BGP session is established", ({ state }) => state === "Established" ? 1 : 0],
  ["announced_prefixes_total", "Prefixes the peer has been told", (peer) => peer.announcedPrefixes],
  [
    "pending_prefixes_total",
    "Prefixes whose change the peer is still to be told",
    (peer) => peer.pendingPrefixes,
  ],
  [
    "received_prefixes_total",
    "Prefixes the peer announces, none of which is used",
    (peer) => peer.receivedPrefixes,
  ],
];

const BGP_COUNTERS: readonly Row<BgpPeerCounters>[] = [
  ["updates_total", "BGP UPDATE messages sent", ({ updates }) => updates.sent],
  ["updates_total_received", "BGP UPDATE messages received", ({ updates }) => updates.received],
  ["opens_sent", "BGP OPEN messages sent", ({ opens }) => opens.sent],
  ["opens_received", "BGP OPEN messages received", ({ opens }) => opens.received],
  ["notifications_sent", "BGP NOTIFICATION messages sent", ({ notifications }) => notifications.sent],
  [
    "notifications_received",
    "BGP NOTIFICATION messages received",
    ({ notifications }) => notifications.received,
  ],
  ["keepalives_sent", "BGP KEEPALIVE messages sent", ({ keepalives }) => keepalives.sent],
  ["keepalives_received", "BGP KEEPALIVE messages received", ({ keepalives }) => keepalives.received],
  ["route_refresh_sent", "BGP ROUTE-REFRESH messages sent", ({ routeRefreshes }) => routeRefreshes.sent],
  [
    "route_refresh_received",
    "BGP ROUTE-REFRESH messages received",
    ({ routeRefreshes }) => routeRefreshes.received,
  ],
  ["total_sent", "BGP messages sent", (peer) => total(peer, "sent")],
  ["total_received", "BGP messages received", (peer) => total(peer, "received")],
];

const BFD_GAUGES: readonly Row<BfdCounters>[] = [
  ["session_up", "BFD session is up", ({ state }) => state === "Up" ? 1 : 0],
];

const BFD_COUNTERS: readonly Row<BfdCounters>[] = [
  ["control_packet_input", "BFD control packets received", ({ controlPackets }) => controlPackets.received],
  ["control_packet_output", "BFD control packets sent", ({ controlPackets }) => controlPackets.sent],
  ["echo_packet_input", "BFD echo packets received", ({ echoPackets }) => echoPackets.received],
  ["echo_packet_output", "BFD echo packets sent", ({ echoPackets }) => echoPackets.sent],
  ["session_up_events", "Times a BFD session came up", ({ upEvents }) => upEvents],
  ["session_down_events", "Times a BFD session went down", ({ downEvents }) => downEvents],
];

/** The metrics of all sessions. */
export function sessionMetrics({ bgp, bfd }: Pick<NetworkCounters, "bgp" | "bfd">): readonly Metric[] {
  return [
    ...gauges("metallb_bgp_", BGP_GAUGES, bgp),
    ...counters("metallb_bgp_", BGP_COUNTERS, bgp),
    ...gauges("metallb_bfd_", BFD_GAUGES, bfd),
    ...counters("metallb_bfd_", BFD_COUNTERS, bfd),
  ];
}

function gauges<Session extends SessionLabels>(
  prefix: string,
  rows: readonly Row<Session>[],
  sessions: readonly Session[],
): Metric[] {
  return rows.map(([name, help, value]) => ({
    name: prefix + name,
    type: "gauge",
    help,
    samples: sessions.map((one) => [{ peer: one.peer, vrf: one.vrf }, value(one)]),
  }));
}

/** A counter without traffic is absent, as in MetalLB. */
function counters<Session extends SessionLabels>(
  prefix: string,
  rows: readonly Row<Session>[],
  sessions: readonly Session[],
): Metric[] {
  return gauges(prefix, rows, sessions).map((metric) => ({
    ...metric,
    type: "counter",
    samples: metric.samples.filter(([, value]) => value > 0),
  }));
}

function total(peer: BgpPeerCounters, way: "sent" | "received"): number {
  const { opens, updates, notifications, keepalives, routeRefreshes } = peer;
  return [opens, updates, notifications, keepalives, routeRefreshes].reduce(
    (sum, count) => sum + count[way],
    0,
  );
}

/**
 * A router's configuration in GoBGP's words.
 *
 * Source: GoBGP 3.10's docs/sources/configuration.md.
 * Shape: a configuration in, TOML out. BFD is none of GoBGP's; what asks for it is refused.
 *
 * @module
 */
import type { Neighbour, RouterConfig } from "./router.ts";

/** gobgpd.toml. */
export function formatGobgp(config: RouterConfig, routerId: string): string {
  const { neighbours } = config;
  const ranges = neighbours.flatMap((neighbour, index) => formatRange(neighbour, index));
  return [
    "[global.config]",
    `as = ${config.asn}`,
    `router-id = "${routerId}"`,
    ...neighbours.flatMap((neighbour, index) =>
      "range" in neighbour.peer
        ? ["[[peer-groups]]", ...formatNeighbour(neighbour, "peer-groups", index)]
        : ["[[neighbors]]", ...formatNeighbour(neighbour, "neighbors", index)]
    ),
    ...ranges,
    "",
  ].join("\n");
}

function formatRange({ peer }: Neighbour, index: number): string[] {
  if (!("range" in peer)) return [];
  return [
    "[[dynamic-neighbors]]",
    "[dynamic-neighbors.config]",
    `prefix = "${peer.range}"`,
    `peer-group = "range-${index}"`,
  ];
}

function formatNeighbour(neighbour: Neighbour, table: string, index: number): string[] {
  const { peer, asn, password, holdTimeSeconds = 9, families = ["ipv4", "ipv6"] } = neighbour;
  if (neighbour.bfd !== undefined) throw new Error("GoBGP has no BFD");
  if (typeof asn !== "number") throw new Error(`GoBGP wants the neighbour's AS number, not "${asn}"`);
  const lines = [
    `[${table}.config]`,
    formatPeer(peer, index),
    `peer-as = ${asn}`,
    password === undefined ? null : `auth-password = "${password}"`,
    `[${table}.timers.config]`,
    `hold-time = ${holdTimeSeconds}`,
    `keepalive-interval = ${Math.floor(holdTimeSeconds / 3)}`,
    "connect-retry = 1",
    "idle-hold-time-after-reset = 1",
    `[${table}.graceful-restart.config]`,
    "enabled = true",
    "notification-enabled = true",
    "restart-time = 20",
    ...formatTransport(neighbour, table),
    neighbour.multihop === true
      ? `[${table}.ebgp-multihop.config]\nenabled = true\nmultihop-ttl = 255`
      : null,
    neighbour.ttlSecurity === true ? `[${table}.ttl-security.config]\nenabled = true\nttl-min = 255` : null,
    ...families.flatMap((family) => [
      `[[${table}.afi-safis]]`,
      `[${table}.afi-safis.config]`,
      `afi-safi-name = "${family}-unicast"`,
      `[${table}.afi-safis.mp-graceful-restart.config]`,
      "enabled = true",
    ]),
  ];
  return lines.filter((line) => line !== null);
}

function formatTransport({ passive, localAddress }: Neighbour, table: string): string[] {
  const settings = [
    ...passive === true ? ["passive-mode = true"] : [],
    ...localAddress === undefined ? [] : [`local-address = "${localAddress}"`],
  ];
  return settings.length === 0 ? [] : [`[${table}.transport.config]`, ...settings];
}

function formatPeer(peer: Neighbour["peer"], index: number): string {
  if ("address" in peer) return `neighbor-address = "${peer.address}"`;
  return "interface" in peer
    ? `neighbor-interface = "${peer.interface}"`
    : `peer-group-name = "range-${index}"`;
}

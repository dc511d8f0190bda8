/**
 * A router's configuration in BIRD's words.
 *
 * Source: BIRD 2.0's user guide.
 * Shape: a configuration in, bird.conf out; the session with neighbour number i is the protocol `p<i>`.
 *
 * @module
 */
import type { Family, Neighbour, RouterConfig } from "./router.ts";

/** bird.conf. */
export function formatBird(config: RouterConfig, routerId: string): string {
  const { neighbours } = config;
  return [
    `router id ${routerId};`,
    "log stderr { info, remote, warning, error, auth, fatal, bug };",
    "protocol device { scan time 10; }",
    ...(["ipv4", "ipv6"] as const).flatMap((family) => formatTables(config, family)),
    ...formatBfd(neighbours),
    ...neighbours.flatMap(({ peer }) =>
      "interface" in peer && peer.silent !== true ? [formatRadv(peer.interface)] : []
    ),
    ...neighbours.flatMap((neighbour, index) => formatNeighbour(neighbour, index, config.asn)),
    "",
  ].join("\n");
}

/** A bird.conf that only sends Router Advertisements, for routers that send none. */
export function formatAdvertiser(interfaces: readonly string[], routerId: string): string {
  return [`router id ${routerId};`, "protocol device {}", ...interfaces.map(formatRadv), ""].join("\n");
}

/** How a neighbour at the other end learns where we are. */
function formatRadv(interfaceName: string): string {
  return `protocol radv { interface "${interfaceName}" { max ra interval 4; }; }`;
}

/** What goes to the kernel, and what is announced. */
function formatTables({ networks = [] }: RouterConfig, family: Family): string[] {
  const own = networks.filter((prefix) => prefix.includes(":") === (family === "ipv6"));
  return [
    `protocol kernel kernel_${family} { ${family} { import none; export all; }; merge paths on; }`,
    `protocol static own_${family} { ${family}; ${
      own.map((prefix) => `route ${prefix} blackhole;`).join(" ")
    } }`,
  ];
}

/** BIRD sets BFD by interface, so that neighbours on the same one share their figures: the last's. */
function formatBfd(neighbours: readonly Neighbour[]): string[] {
  const intervals = neighbours.flatMap(({ bfd }) => bfd ?? []).at(-1);
  if (intervals === undefined) return [];
  const figures = `{ interval ${intervals.intervalMs} ms; multiplier ${intervals.multiplier}; }`;
  return [`protocol bfd { interface "*" ${figures}; multihop ${figures}; }`];
}

function formatNeighbour(neighbour: Neighbour, index: number, asn: number): string[] {
  const { peer, holdTimeSeconds = 9, families = ["ipv4", "ipv6"], password } = neighbour;
  const settings = [
    `local as ${asn}`,
    // Within one AS BIRD takes a neighbour for a distant one.
    neighbour.multihop === true ? "multihop" : "direct",
    neighbour.localAddress === undefined ? null : `source address ${neighbour.localAddress}`,
    ...formatPeer(peer, neighbour.asn),
    "range" in peer || neighbour.passive === true ? "passive on" : null,
    `hold time ${holdTimeSeconds}`,
    `keepalive time ${Math.max(1, Math.floor(holdTimeSeconds / 3))}`,
    "connect delay time 1",
    "connect retry time 1",
    "error wait time 1, 2",
    "error forget time 1",
    `enable extended messages ${neighbour.extendedMessages === false ? "off" : "on"}`,
    password === undefined ? null : `password "${password}"`,
    neighbour.ttlSecurity === true ? "ttl security on" : null,
    neighbour.bfd === undefined ? null : neighbour.gracefulRestart === undefined ? "bfd on" : "bfd graceful",
    `graceful restart ${neighbour.gracefulRestart === "restarter" ? "on" : "aware"}`,
    ...families.map((family) => formatChannel(neighbour, family)),
  ];
  const body = settings.filter((one) => one !== null).map((one) => `  ${one};`);
  return [`protocol bgp p${index} {`, ...body, "}"];
}

function formatPeer(peer: Neighbour["peer"], asn: Neighbour["asn"]): string[] {
  const as = typeof asn === "number" ? `as ${asn}` : asn;
  if ("address" in peer) return [`neighbor ${peer.address} ${as}`];
  if ("range" in peer) return [`neighbor range ${peer.range} ${as}`, 'dynamic name "d"'];
  return [
    `neighbor range fe80::/10 ${as}`,
    `interface "${peer.interface}"`,
    'dynamic name "d"',
    "passive on",
  ];
}

function formatChannel({ extendedNextHop, peer }: Neighbour, family: Family): string {
  const extended = family === "ipv4" && (extendedNextHop === true || "interface" in peer);
  const own = `export where source = RTS_STATIC;`;
  return `${family} { import all; ${own}${extended ? " extended next hop on;" : ""} }`;
}

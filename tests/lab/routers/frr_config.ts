/**
 * A router's configuration in FRR's words.
 *
 * Source: FRR 8.4's user guide, BGP and BFD.
 * Shape: a configuration in, one text a daemon out.
 *
 * @module
 */
import { type Family, nameOf, type Neighbour, type RouterConfig } from "./router.ts";

/** From a failure to the next attempt; FRR's own default is 120. */
const CONNECT_RETRY_SECONDS = 1;

/** bgpd.conf. */
export function formatBgpd(config: RouterConfig, routerId: string): string {
  const { neighbours } = config;
  return lines([
    "frr defaults traditional",
    `router bgp ${config.asn}`,
    ` bgp router-id ${routerId}`,
    // RFC 8212 would have FRR take and give nothing.
    " no bgp ebgp-requires-policy",
    " no bgp network import-check",
    " no bgp default ipv4-unicast",
    " bgp bestpath as-path multipath-relax",
    neighbours.some(({ gracefulRestart }) => gracefulRestart === "restarter") && " bgp graceful-restart",
    ...neighbours.flatMap(formatNeighbour),
    ...formatFamily(config, "ipv4"),
    ...formatFamily(config, "ipv6"),
  ]);
}

/** bfdd.conf: a profile for each neighbour that has BFD. */
export function formatBfdd({ neighbours }: RouterConfig): string {
  const profiles = neighbours.flatMap(({ bfd }, index) =>
    bfd === undefined ? [] : [
      ` profile ${profileOf(index)}`,
      `  detect-multiplier ${bfd.multiplier}`,
      `  receive-interval ${bfd.intervalMs}`,
      `  transmit-interval ${bfd.intervalMs}`,
      ...bfd.echoIntervalMs === undefined ? [] : [
        "  echo-mode",
        `  echo transmit-interval ${bfd.echoIntervalMs}`,
        `  echo receive-interval ${bfd.echoIntervalMs}`,
      ],
      " exit",
    ]
  );
  return lines(["bfd", ...profiles, "exit"]);
}

function formatNeighbour(neighbour: Neighbour, index: number): (string | false)[] {
  const { peer, asn, holdTimeSeconds = 9, password, bfd } = neighbour;
  const name = groupOf(neighbour, index);
  const about = ` neighbor ${name}`;
  return [
    "range" in peer && `${about} peer-group`,
    "interface" in peer ? `${about} interface remote-as ${asn}` : `${about} remote-as ${asn}`,
    `${about} timers ${Math.floor(holdTimeSeconds / 3)} ${holdTimeSeconds}`,
    `${about} timers connect ${CONNECT_RETRY_SECONDS}`,
    `${about} advertisement-interval 0`,
    neighbour.passive === true && `${about} passive`,
    password !== undefined && `${about} password ${password}`,
    neighbour.ttlSecurity === true && `${about} ttl-security hops 1`,
    neighbour.multihop === true && `${about} ebgp-multihop`,
    neighbour.localAddress !== undefined && `${about} update-source ${neighbour.localAddress}`,
    neighbour.extendedNextHop === true && `${about} capability extended-nexthop`,
    bfd !== undefined && `${about} bfd`,
    bfd !== undefined && `${about} bfd profile ${profileOf(index)}`,
    "range" in peer && ` bgp listen range ${peer.range} peer-group ${name}`,
  ];
}

function formatFamily({ neighbours, networks = [] }: RouterConfig, family: Family): string[] {
  const active = neighbours.flatMap((neighbour, index) =>
    (neighbour.families ?? ["ipv4", "ipv6"]).includes(family) ? [groupOf(neighbour, index)] : []
  );
  return [
    ` address-family ${family} unicast`,
    ...active.map((name) => `  neighbor ${name} activate`),
    "  maximum-paths 8",
    "  maximum-paths ibgp 8",
    ...networks.filter((prefix) => prefix.includes(":") === (family === "ipv6")).map((prefix) =>
      `  network ${prefix}`
    ),
    " exit-address-family",
  ];
}

/** A range is a peer-group to FRR. */
function groupOf(neighbour: Neighbour, index: number): string {
  return "range" in neighbour.peer ? `range-${index}` : nameOf(neighbour);
}

function profileOf(index: number): string {
  return `neighbour-${index}`;
}

function lines(texts: readonly (string | false)[]): string {
  return texts.filter((text) => text !== false).join("\n") + "\n";
}

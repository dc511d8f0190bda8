/**
 * A machine on the lab's LAN: its namespace, addresses and cables.
 *
 * Shape: built by lab.ts; the functions here return the `ip` commands and settings that make one.
 *
 * @module
 */
import type { Namespace, Sysctls } from "../namespace.ts";
import {
  type Addresses,
  lanAddresses,
  lanMac,
  type LanName,
  podAddresses,
  podPrefixes,
  PREFIX_LENGTHS,
} from "./addressing.ts";
import type { Program } from "../program/program.ts";

/** Any machine on the LAN. */
export interface Host {
  readonly name: string;
  readonly namespace: Namespace;
  /** Its number on every LAN; see addressing.ts. */
  readonly number: number;
  /** On eth0. `ipv6` is null in a lab without IPv6. */
  readonly ipv4: string;
  readonly ipv6: string | null;
  /** The MAC eth0 was made with. */
  readonly mac: string;
  readonly lans: readonly LanName[];
}

/** A host that stands for a Kubernetes node: it forwards, translates, and has a backend behind it. */
export interface LabNode extends Host {
  /** From 1. */
  readonly index: number;
  readonly pod: Namespace;
  readonly backend: Program;
}

/** The interface of a host on a LAN. */
export function interfaceOn(lan: LanName): "eth0" | "eth1" {
  return lan === "lan" ? "eth0" : "eth1";
}

/** The name of the switch port a host is plugged into. */
export function portOf(host: Pick<Host, "name">, lan: LanName): string {
  return lan === "lan" ? host.name : `${host.name}-2`;
}

/** Settings that must stand before a host's first link exists: addresses count at once, nothing comes uninvited. */
export function hostSysctls(ipv6: boolean): Sysctls {
  if (!ipv6) return { "net/ipv6/conf/all/disable_ipv6": 1, "net/ipv6/conf/default/disable_ipv6": 1 };
  return {
    "net/ipv6/conf/default/accept_dad": 0,
    "net/ipv6/conf/default/dad_transmits": 0,
    "net/ipv6/conf/default/accept_ra": 0,
    "net/ipv6/conf/default/router_solicitations": 0,
    // As with IPv4, an interface that is set down and up again has its addresses back.
    "net/ipv6/conf/all/keep_addr_on_down": 1,
    "net/ipv6/conf/default/keep_addr_on_down": 1,
  };
}

/** What kube-proxy and a CNI plugin would set on a node. */
export function nodeSysctls(ipv6: boolean): Sysctls {
  const ipv4 = {
    "net/ipv4/ip_forward": 1,
    "net/ipv4/conf/all/send_redirects": 0,
    "net/ipv4/conf/default/send_redirects": 0,
  };
  return ipv6 ? { ...ipv4, "net/ipv6/conf/all/forwarding": 1 } : ipv4;
}

/**
 * What a backend adds: it forgets a connection once it has ended. The node hides clients behind ports of its own, which come
 * again sooner than TIME-WAIT ends; to a backend that remembers, the new connection's SYN is an old one (RFC 9293 3.6.1).
 */
export const POD_SYSCTLS: Sysctls = { "net/ipv4/tcp_max_tw_buckets": 0 };

/** Commands in the switch's namespace that plug a host into its LANs. */
export function plugCommands(host: Pick<Host, "name" | "namespace" | "number" | "lans">): string[] {
  return host.lans.flatMap((lan) => [
    `link add ${portOf(host, lan)} type veth peer name ${interfaceOn(lan)} address ${
      lanMac(lan, host.number)
    } ` +
    `netns ${host.namespace.name}`,
    `link set ${portOf(host, lan)} master ${lan} up`,
  ]);
}

/** Commands in a host's namespace that bring its interfaces up with their addresses. */
export function addressCommands(host: Pick<Host, "number" | "lans">, ipv6: boolean): string[] {
  return host.lans.flatMap((lan) => {
    const device = interfaceOn(lan);
    return [`link set ${device} up`, ...assign(lanAddresses(lan, host.number), device, ipv6)];
  });
}

/** Commands in a node's namespace that reach its own backend. */
export function podLinkCommands(index: number, ipv6: boolean): string[] {
  return ["link set vethpod up", ...assign(podAddresses(index, 1), "vethpod", ipv6)];
}

/** Commands in the backend's namespace. */
export function podCommands(index: number, ipv6: boolean): string[] {
  const gateway = podAddresses(index, 1);
  return [
    "link set eth0 up",
    ...assign(podAddresses(index, 2), "eth0", ipv6),
    `route add default via ${gateway.ipv4}`,
    ...(ipv6 ? [`route add default via ${gateway.ipv6}`] : []),
  ];
}

/** Commands in a node's namespace that reach the backends of the others; lost with the link, hence "replace". */
export function podRouteCommands(
  node: number,
  others: readonly Pick<LabNode, "index" | "number">[],
  ipv6: boolean,
): string[] {
  return others.filter(({ index }) => index !== node).flatMap(({ index, number }) => {
    const [prefixes, via] = [podPrefixes(index), lanAddresses("lan", number)];
    return [
      `route replace ${prefixes.ipv4} via ${via.ipv4} dev eth0`,
      ...(ipv6 ? [`route replace ${prefixes.ipv6} via ${via.ipv6} dev eth0`] : []),
    ];
  });
}

function assign(addresses: Addresses, device: string, ipv6: boolean): string[] {
  return [
    `addr add ${addresses.ipv4}/${PREFIX_LENGTHS.ipv4} dev ${device}`,
    ...(ipv6 ? [`addr add ${addresses.ipv6}/${PREFIX_LENGTHS.ipv6} dev ${device} nodad`] : []),
  ];
}

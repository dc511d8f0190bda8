/**
 * The lab's address plan.
 *
 *   LAN          10.77.0.0/24    fd00:77::/64       nodes .11 up, clients .100 up, probers .120 up, Services .200 up
 *   second LAN   10.78.0.0/24    fd00:78::/64       the same hosts on their eth1
 *   Pods         10.244.I.0/24   fd00:244:I::/64    one prefix a node, the node at 1, its backend at 2
 *
 * Shape: numbers in, text out. The digits of an IPv6 address are those of the IPv4 one, to be read at a glance.
 *
 * @module
 */

/** The two bridges. */
export type LanName = "lan" | "lan2";

/** An address of each family. */
export interface Addresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** Host numbers by purpose; see the table above. */
export const FIRST_NODE = 11;
export const FIRST_CLIENT = 100;
export const FIRST_PROBER = 120;

/** The port every backend listens on. */
export const BACKEND_PORT = 8080;

/** The addresses of a host number on a LAN. */
export function lanAddresses(lan: LanName, host: number): Addresses {
  const net = lan === "lan" ? 77 : 78;
  return { ipv4: `10.${net}.0.${host}`, ipv6: `fd00:${net}::${host}` };
}

/** The address pools for Services: 51 addresses of each family on the LAN. */
export const SERVICE_RANGES: Addresses = {
  ipv4: "10.77.0.200-10.77.0.250",
  ipv6: "fd00:77::200-fd00:77::250",
};

/** The prefix lengths of every network above. */
export const PREFIX_LENGTHS: Readonly<Record<keyof Addresses, number>> = { ipv4: 24, ipv6: 64 };

/** The addresses on the Pod network of the node with this index from 1: the node's own (1) or its backend's (2). */
export function podAddresses(node: number, host: 1 | 2): Addresses {
  return { ipv4: `10.244.${node}.${host}`, ipv6: `fd00:244:${node}::${host}` };
}

/** The Pod prefixes of a node. */
export function podPrefixes(node: number): Addresses {
  return { ipv4: `10.244.${node}.0/24`, ipv6: `fd00:244:${node}::/64` };
}

/** The MAC of a host number on a LAN: locally administered, its last octet the host number in decimal digits. */
export function lanMac(lan: LanName, host: number): string {
  const digits = String(host).padStart(4, "0");
  return `02:00:5e:${lan === "lan" ? "77" : "78"}:${digits.slice(0, 2)}:${digits.slice(2)}`;
}

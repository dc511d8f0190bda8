/**
 * The node's own interfaces and addresses, as sessions with routers ask about them.
 *
 * Shape: link and address messages of rtnetlink in, answers out; no clock, no I/O. Every interface counts: which ones
 * layer 2 leaves alone does not matter here.
 * Not here: which interfaces ARP and NDP use (interface_table.ts).
 *
 * @module
 */
import type { Link, LinkAddress } from "../../ffi/netlink_message.ts";
import { ADDRESS_BITS, type Family, familyOf, type Ip } from "../../protocols/net/ip.ts";
import { type Prefix, prefixContains, prefixOf } from "../../protocols/net/prefix.ts";

/** The kernel counts from 1. */
const NO_INDEX = 0;

interface Held {
  readonly address: LinkAddress;
  readonly network: Prefix;
}

/** See the module comment. */
export class HostAddresses {
  readonly #links = new Map<number, Link>();
  readonly #indexes = new Map<string, number>();
  /** By interface index, in the order they came. */
  readonly #addresses = new Map<number, Map<Ip, Held>>();

  /** Forgets everything, before a fresh dump. */
  clear(): void {
    this.#links.clear();
    this.#indexes.clear();
    this.#addresses.clear();
  }

  setLink(link: Link): void {
    const before = this.#links.get(link.index);
    if (before !== undefined) this.#indexes.delete(before.name);
    this.#links.set(link.index, link);
    this.#indexes.set(link.name, link.index);
  }

  removeLink(index: number): void {
    const link = this.#links.get(index);
    if (link !== undefined) this.#indexes.delete(link.name);
    this.#links.delete(index);
    this.#addresses.delete(index);
  }

  setAddress(address: LinkAddress): void {
    // RFC 4862 5.4: a tentative address is nobody's yet.
    if (address.tentative) return this.removeAddress(address);
    let held = this.#addresses.get(address.index);
    if (held === undefined) this.#addresses.set(address.index, held = new Map());
    held.set(address.ip, { address, network: prefixOf(address.ip, address.prefixLength) });
  }

  removeAddress(address: LinkAddress): void {
    this.#addresses.get(address.index)?.delete(address.ip);
  }

  indexOf(name: string): number | null {
    return this.#indexes.get(name) ?? null;
  }

  nameOf(index: number): string | null {
    return this.#links.get(index)?.name ?? null;
  }

  /** The link of that name when it is set up and has a carrier, null otherwise. */
  runningLink(name: string): Link | null {
    const link = this.#links.get(this.indexOf(name) ?? -1);
    return link !== undefined && link.up && link.running ? link : null;
  }

  /** The interface that holds the address: of several, one in the VRF; where none is named, one in none. */
  interfaceHolding(ip: Ip, vrf: string | null): string | null {
    const device = vrf === null ? null : this.indexOf(vrf);
    const holding = [...this.#addresses].flatMap(([index, held]) => held.has(ip) ? [index] : []);
    const inside = holding.find((index) => index === device || this.#links.get(index)?.master === device);
    return this.nameOf(inside ?? holding[0] ?? NO_INDEX);
  }

  /** The first address of the family on an interface that is valid beyond the link. */
  globalOn(name: string, family: Family): Ip | null {
    return this.#firstOn(
      this.indexOf(name) ?? -1,
      (address) => familyOf(address.ip) === family && !address.scopeLink && !isLoopback(address.ip),
    );
  }

  linkLocalOn(name: string): Ip | null {
    return this.#firstOn(this.indexOf(name) ?? -1, ({ ip }) => isLinkLocal(ip));
  }

  /** Whether the address lies in a network of one of our interfaces. */
  isOnLink(ip: Ip): boolean {
    if (isLinkLocal(ip)) return true;
    for (const held of this.#addresses.values()) {
      for (const { network } of held.values()) if (prefixContains(network, ip)) return true;
    }
    return false;
  }

  /**
   * The IPv4 address that stands for the node: the first one on the interface with the lowest index. Addresses with a
   * network around them come before host addresses, which come and go with Services and tunnels.
   */
  firstIpv4(): Ip | null {
    const indexes = [...this.#addresses.keys()].sort((a, b) => a - b);
    const isUsable = ({ ip, scopeLink }: LinkAddress) =>
      familyOf(ip) === "ipv4" && !scopeLink && !isLoopback(ip);
    for (const isWanted of [(a: LinkAddress) => a.prefixLength < ADDRESS_BITS.ipv4, () => true]) {
      for (const index of indexes) {
        const found = this.#firstOn(index, (address) => isUsable(address) && isWanted(address));
        if (found !== null) return found;
      }
    }
    return null;
  }

  #firstOn(index: number, isWanted: (address: LinkAddress) => boolean): Ip | null {
    for (const { address } of this.#addresses.get(index)?.values() ?? []) {
      if (isWanted(address)) return address.ip;
    }
    return null;
  }
}

/** RFC 4291 2.5.6: fe80::/10. */
export function isLinkLocal(ip: Ip): boolean {
  return /^fe[89ab]/.test(ip);
}

function isLoopback(ip: Ip): boolean {
  return ip === "::1" || ip.startsWith("127.");
}

/**
 * The node's network interfaces as layer 2 sees them, kept up by rtnetlink messages.
 *
 * Source: which interfaces take part follows MetalLB's scan: up, not excluded by name, no master (a bridge or bond speaks
 * for its members), ARP not disabled; broadcast for ARP, an IPv6 link-local address for NDP. METALLB: it looks every
 * 10 s, we follow each change as the kernel tells it.
 * Shape: link and address messages in, one {@linkcode Interface} by index out; no clock, no I/O.
 * Not here: reading netlink (ffi/netlink.ts), what happens on an interface (layer2/).
 *
 * @module
 */
import type { Link, LinkAddress } from "../../ffi/netlink_message.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Mac } from "../../protocols/net/mac.ts";

/** One interface that is not excluded. */
export interface Interface {
  readonly index: number;
  readonly name: string;
  readonly mac: Mac | null;
  /** Set up by the administrator. */
  readonly up: boolean;
  /** Able to carry packets; the kernel may say so up to a second late, so nothing waits for it. */
  readonly carrier: boolean;
  readonly arp: boolean;
  readonly ndp: boolean;
}

/** See the module comment. */
export class InterfaceTable {
  readonly #excluded: RegExp | null;
  readonly #links = new Map<number, Link>();
  /** Usable link-local addresses by interface index, in the order they came. */
  readonly #linkLocals = new Map<number, Set<Ip>>();

  constructor(excludeInterfaces: string | null) {
    this.#excluded = excludeInterfaces === null ? null : new RegExp(excludeInterfaces);
  }

  /** Forgets everything, before a fresh dump. */
  clear(): void {
    this.#links.clear();
    this.#linkLocals.clear();
  }

  setLink(link: Link): void {
    this.#links.set(link.index, link);
  }

  removeLink(index: number): void {
    this.#links.delete(index);
    this.#linkLocals.delete(index);
  }

  setAddress(address: LinkAddress): void {
    if (!isLinkLocal(address)) return;
    // RFC 4862 5.4: a tentative address must not be a source of Neighbor Advertisements.
    if (address.tentative) return this.removeAddress(address);
    const known = this.#linkLocals.get(address.index);
    if (known === undefined) this.#linkLocals.set(address.index, new Set([address.ip]));
    else known.add(address.ip);
  }

  removeAddress(address: LinkAddress): void {
    this.#linkLocals.get(address.index)?.delete(address.ip);
  }

  /** Every interface that is not excluded, by index. */
  interfaces(): Map<number, Interface> {
    const interfaces = new Map<number, Interface>();
    for (const link of this.#links.values()) {
      if (this.#excluded?.test(link.name)) continue;
      interfaces.set(link.index, this.#interfaceOf(link));
    }
    return interfaces;
  }

  #interfaceOf(link: Link): Interface {
    const speaks = link.up && link.master === null && !link.noArp && link.mac !== null;
    return {
      index: link.index,
      name: link.name,
      mac: link.mac,
      up: link.up,
      carrier: link.running,
      arp: speaks && link.broadcast,
      ndp: speaks && (this.#linkLocals.get(link.index)?.size ?? 0) > 0,
    };
  }
}

/** RFC 4291 2.5.6: fe80::/10. */
function isLinkLocal(address: LinkAddress): boolean {
  return /^fe[89ab]/.test(address.ip);
}

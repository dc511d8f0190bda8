/**
 * Follows the node's interfaces: a dump at the start and after every loss, each notification as it comes.
 *
 * Source: rtnetlink(7).
 * Shape: a {@linkcode Reader}; keeps up the host's addresses and the table of interfaces, and tells the owner the whole
 * table after each batch that may have changed it.
 * Not here: what a change means (interface_table.ts, host_addresses.ts, layer2/).
 *
 * @module
 */
import { dumpRoutes, openRouteMonitor, type RouteSocket } from "../../ffi/netlink.ts";
import type { RouteEvent } from "../../ffi/netlink_message.ts";
import type { Instant } from "../../protocols/machine.ts";
import type { HostAddresses } from "./host_addresses.ts";
import { type Interface, InterfaceTable } from "./interface_table.ts";
import type { Reader } from "./loop.ts";

/** LIMIT: notifications read in one turn; a storm of them waits for the next, after the frames. */
const NOTIFICATIONS_PER_TURN = 256;

/** See the module comment. */
export class InterfaceWatch implements Reader, Disposable {
  readonly #monitor: RouteSocket = openRouteMonitor();
  readonly #table: InterfaceTable;
  readonly #host: HostAddresses;
  readonly #onChange: (interfaces: Map<number, Interface>, now: Instant) => void;

  constructor(
    excludeInterfaces: string | null,
    host: HostAddresses,
    onChange: (interfaces: Map<number, Interface>, now: Instant) => void,
  ) {
    this.#table = new InterfaceTable(excludeInterfaces);
    this.#host = host;
    this.#onChange = onChange;
  }

  get fd(): number {
    return this.#monitor.fd;
  }

  /** Reads everything anew. */
  dump(now: Instant): void {
    this.#fill();
    this.#onChange(this.#table.interfaces(), now);
  }

  onReadable(now: Instant): void {
    for (let i = 0; i < NOTIFICATIONS_PER_TURN; i++) {
      const events = this.#monitor.next();
      if (events === null) break;
      for (const event of events) this.#apply(event);
    }
    this.#onChange(this.#table.interfaces(), now);
  }

  [Symbol.dispose](): void {
    this.#monitor.close();
  }

  #fill(): void {
    const { links, addresses } = dumpRoutes();
    for (const table of this.#tables()) {
      table.clear();
      for (const link of links) table.setLink(link);
      for (const address of addresses) table.setAddress(address);
    }
  }

  #tables(): readonly (InterfaceTable | HostAddresses)[] {
    return [this.#table, this.#host];
  }

  #apply(event: RouteEvent): void {
    switch (event.type) {
      case "LinkSet":
        for (const table of this.#tables()) table.setLink(event.link);
        return;
      case "LinkGone":
        for (const table of this.#tables()) table.removeLink(event.index);
        return;
      case "AddressSet":
        for (const table of this.#tables()) table.setAddress(event.address);
        return;
      case "AddressGone":
        for (const table of this.#tables()) table.removeAddress(event.address);
        return;
      case "Overrun":
        return this.#fill();
      default:
        event satisfies never;
    }
  }
}

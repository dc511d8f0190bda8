/**
 * Follows the node's interfaces: a dump at the start and after every loss, each notification as it comes.
 *
 * Source: rtnetlink(7).
 * Shape: a {@linkcode Reader}; the owner is told the whole table after each batch that may have changed it.
 * Not here: what a change means (interface_table.ts, layer2.ts).
 *
 * @module
 */
import { dumpRoutes, openRouteMonitor, type RouteSocket } from "../../ffi/netlink.ts";
import type { RouteEvent } from "../../ffi/netlink_message.ts";
import type { Instant } from "../../protocols/machine.ts";
import { type Interface, InterfaceTable } from "./interface_table.ts";
import type { Reader } from "./loop.ts";

/** LIMIT: notifications read in one turn; a storm of them waits for the next, after the frames. */
const NOTIFICATIONS_PER_TURN = 256;

/** See the module comment. */
export class InterfaceWatch implements Reader, Disposable {
  readonly #monitor: RouteSocket = openRouteMonitor();
  readonly #table: InterfaceTable;
  readonly #onChange: (interfaces: Map<number, Interface>, now: Instant) => void;

  constructor(
    excludeInterfaces: string | null,
    onChange: (interfaces: Map<number, Interface>, now: Instant) => void,
  ) {
    this.#table = new InterfaceTable(excludeInterfaces);
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
    this.#table.clear();
    const { links, addresses } = dumpRoutes();
    for (const link of links) this.#table.setLink(link);
    for (const address of addresses) this.#table.setAddress(address);
  }

  #apply(event: RouteEvent): void {
    switch (event.type) {
      case "LinkSet":
        return this.#table.setLink(event.link);
      case "LinkGone":
        return this.#table.removeLink(event.index);
      case "AddressSet":
        return this.#table.setAddress(event.address);
      case "AddressGone":
        return this.#table.removeAddress(event.address);
      case "Overrun":
        return this.#fill();
      default:
        event satisfies never;
    }
  }
}

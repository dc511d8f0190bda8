/**
 * How many BGP messages of each kind have gone and come with one peer.
 *
 * Shape (S): counted as they pass; octets of several messages are counted by their headers.
 *
 * @module
 */
import { messageTypeOf } from "../../../protocols/bgp/wire/framer.ts";
import { MESSAGE_TYPE } from "../../../protocols/bgp/wire/registry.ts";
import type { BgpPeerCounters, MessageCount } from "../messages.ts";

/** Octets of the header up to the length. */
const LENGTH = 16;

/** See the module comment. */
export class MessageCounts {
  readonly #sent = new Map<number, number>();
  readonly #received = new Map<number, number>();

  /** Counts whole messages that leave. */
  sent(octets: Uint8Array): void {
    for (let at = 0; at < octets.length;) {
      const message = octets.subarray(at);
      add(this.#sent, messageTypeOf(message));
      at += message[LENGTH]! << 8 | message[LENGTH + 1]!;
    }
  }

  /** Counts one message that arrived. */
  received(message: Uint8Array): void {
    add(this.#received, messageTypeOf(message));
  }

  /** All as plain values. */
  read(): Pick<
    BgpPeerCounters,
    "opens" | "updates" | "notifications" | "keepalives" | "routeRefreshes"
  > {
    return {
      opens: this.#count(MESSAGE_TYPE.open),
      updates: this.#count(MESSAGE_TYPE.update),
      notifications: this.#count(MESSAGE_TYPE.notification),
      keepalives: this.#count(MESSAGE_TYPE.keepalive),
      routeRefreshes: this.#count(MESSAGE_TYPE.routeRefresh),
    };
  }

  #count(type: number): MessageCount {
    return { sent: this.#sent.get(type) ?? 0, received: this.#received.get(type) ?? 0 };
  }
}

function add(counts: Map<number, number>, type: number): void {
  counts.set(type, (counts.get(type) ?? 0) + 1);
}

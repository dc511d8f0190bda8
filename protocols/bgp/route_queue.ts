/**
 * Routes towards one peer, and the queues in which those wait whose change the peer has not been told.
 *
 * Shape (S): a doubly linked list through the routes themselves. A route is in one queue at most, comes and goes in
 * constant time and costs no memory for it, which counts when a hundred thousand of them change at once.
 * Not here: which queue a route belongs in (adj_rib_out.ts).
 *
 * @module
 */
import type { Prefix } from "../net/prefix.ts";
import type { AttributeSet } from "./attribute_set.ts";
import type { BgpFamily } from "./wire/registry.ts";
import type { Envelope } from "./wire/update_packing.ts";

/** One prefix: wished, told, or both. */
export interface Route {
  readonly prefix: Prefix;
  readonly family: BgpFamily;
  desired: AttributeSet | null;
  sent: AttributeSet | null;
  /** To be told again though the peer has it: it asked for a refresh. */
  isStale: boolean;
  queue: RouteQueue | null;
  previous: Route | null;
  next: Route | null;
}

/** A route nobody wishes yet and nobody was told of. */
export function unknownRoute(prefix: Prefix, family: BgpFamily): Route {
  return {
    prefix,
    family,
    desired: null,
    sent: null,
    isStale: false,
    queue: null,
    previous: null,
    next: null,
  };
}

/** Routes that go out together, in the order they came. */
export class RouteQueue {
  /** Of the attribute set the routes share; null for the routes to be withdrawn. */
  readonly key: string | null;
  /** What stands around their prefixes in a message. */
  readonly envelope: Envelope;
  #first: Route | null = null;
  #last: Route | null = null;
  #size = 0;

  constructor(key: string | null, envelope: Envelope) {
    this.key = key;
    this.envelope = envelope;
  }

  get size(): number {
    return this.#size;
  }

  get first(): Route | null {
    return this.#first;
  }

  /** Adds a route that is in no queue. */
  push(route: Route): void {
    route.queue = this;
    route.previous = this.#last;
    if (this.#last === null) this.#first = route;
    else this.#last.next = route;
    this.#last = route;
    this.#size++;
  }

  /** Removes a route that is in this queue. */
  remove(route: Route): void {
    if (route.previous === null) this.#first = route.next;
    else route.previous.next = route.next;
    if (route.next === null) this.#last = route.previous;
    else route.next.previous = route.previous;
    route.queue = route.previous = route.next = null;
    this.#size--;
  }
}

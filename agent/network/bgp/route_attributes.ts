/**
 * The attributes the plan gives a route, as the Adj-RIB-Out wants them.
 *
 * Source: RFC 4271 section 5.1.5 (LOCAL_PREF), RFC 8326 (GRACEFUL_SHUTDOWN).
 * Shape: equal attributes give the identical set, for all peers: a hundred thousand routes hold a handful of them.
 *
 * @module
 */
import { type AttributeSet, attributeSet } from "../../../protocols/bgp/attribute_set.ts";
import {
  type Community,
  GRACEFUL_SHUTDOWN,
  type LargeCommunity,
} from "../../../protocols/bgp/wire/communities.ts";
import type { RouteBatch } from "../messages.ts";

type RouteAttributes = RouteBatch["attributes"];

/** What FRR says where nothing is configured, and everybody assumes. */
const DEFAULT_LOCAL_PREF = 100;

/** See the module comment. */
export class AttributeSets {
  readonly #sets = new Map<string, AttributeSet>();

  /** The set that stands for these attributes. */
  of({ localPref, communities }: RouteAttributes): AttributeSet {
    const standard = communities.filter((one) => one.split(":").length === 2);
    const large = communities.filter((one) => one.split(":").length === 3);
    return this.#only(
      attributeSet(localPref ?? DEFAULT_LOCAL_PREF, standard as Community[], large as LargeCommunity[]),
    );
  }

  /** The same routes on their way out: the least preferred there are (RFC 8326 section 4). */
  leaving({ communities, largeCommunities, extendedCommunities }: AttributeSet): AttributeSet {
    const marked = [...communities, GRACEFUL_SHUTDOWN];
    return this.#only(attributeSet(0, marked, largeCommunities, extendedCommunities));
  }

  #only(set: AttributeSet): AttributeSet {
    const known = this.#sets.get(set.key);
    if (known === undefined) this.#sets.set(set.key, set);
    return known ?? set;
  }
}

/**
 * Path attributes as values: what every route of an UPDATE shares, and how bad a malformed one is.
 *
 * Source: RFC 4271 section 5, RFC 7606 section 2 (classes); each attribute's own RFC stands in registry.ts.
 * Not here: their octets (attribute_table.ts one by one, attribute_list.ts all of them), next hops and the MP attributes,
 * which stand with the prefixes (update.ts, mp_nlri.ts).
 *
 * @module
 */
import type { Ip } from "../../net/ip.ts";
import type { Community, ExtendedCommunity, LargeCommunity } from "./communities.ts";
import type { BgpError } from "./error.ts";

/** How a route came into BGP, RFC 4271 5.1.1. */
export type Origin = "igp" | "egp" | "incomplete";

/** Who formed an aggregate, RFC 4271 5.1.7. */
export interface Aggregator {
  readonly asn: number;
  /** An IPv4 address or identifier. */
  readonly address: Ip;
}

/** An attribute we do not know, carried as it is. */
export interface UnknownAttribute {
  readonly code: number;
  /** Optional, transitive and partial; the other bits are zero. */
  readonly flags: number;
  readonly octets: Uint8Array;
}

/** The attributes of a route; what is absent was not there, or is not to be sent. An empty list is not sent either. */
export interface PathAttributes {
  readonly origin?: Origin;
  /** Nearest first. Of AS_SEQUENCE segments alone (as_path.ts); empty towards and from internal peers. */
  readonly asPath?: readonly number[];
  readonly multiExitDisc?: number;
  readonly localPref?: number;
  readonly atomicAggregate?: true;
  readonly aggregator?: Aggregator;
  readonly communities?: readonly Community[];
  readonly originatorId?: Ip;
  readonly clusterList?: readonly Ip[];
  readonly extendedCommunities?: readonly ExtendedCommunity[];
  readonly largeCommunities?: readonly LargeCommunity[];
  /** Ascending by code: on the wire the order means nothing. */
  readonly unknown?: readonly UnknownAttribute[];
}

/** The classes of RFC 7606 2 that leave the session up. The third is a {@linkcode BgpError}. */
export type FaultClass = "attribute-discard" | "treat-as-withdraw";

/** One attribute that is malformed, doubled, missing, or not ours to read. */
export interface AttributeFault {
  readonly class: FaultClass;
  readonly attributeCode: number;
  /** What RFC 4271 6.3 would have said: for logs, and for the cases where RFC 7606 still ends the session. */
  readonly error: BgpError;
}

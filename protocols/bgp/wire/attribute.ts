/**
 * Path attributes: what every route of an UPDATE shares.
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
  readonly address: Ip;
}

/** An attribute we do not know, carried as it is; of its flags optional, transitive and partial survive. */
export interface UnknownAttribute {
  readonly code: number;
  readonly flags: number;
  readonly octets: Uint8Array;
}

/**
 * The attributes of a route; what is absent was not there. NEXT_HOP and the MP attributes stand with the prefixes
 * (update.ts), and AS4_PATH and AS4_AGGREGATOR are merged into what they complete (RFC 6793 4.2.3).
 */
export interface PathAttributes {
  readonly origin?: Origin;
  /**
   * Nearest first, of AS_SEQUENCE segments alone: sets are refused (RFC 9774) as are confederations (RFC 5065 5).
   */
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
  readonly unknown?: readonly UnknownAttribute[];
}

/** The classes of RFC 7606 2 that leave the session up; the third is a {@linkcode BgpError}. */
export type FaultClass = "attribute-discard" | "treat-as-withdraw";

/** One malformed attribute. */
export interface AttributeFault {
  readonly class: FaultClass;
  readonly attributeCode: number;
  /** What RFC 4271 6.3 would have said, for logs, and for the cases where RFC 7606 still resets the session. */
  readonly error: BgpError;
}

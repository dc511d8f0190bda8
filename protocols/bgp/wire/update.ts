/**
 * UPDATE messages.
 *
 * @module
 */
import type { Ip } from "../../net/ip.ts";
import type { Prefix } from "../../net/prefix.ts";
import type { AttributeFault, FaultClass, PathAttributes } from "./attribute.ts";
import type { AfiSafi, BgpFamily } from "./registry.ts";

/** What both sides agreed on, as far as the octets of messages depend on it. */
export interface WireOptions {
  readonly peerType: "internal" | "external";
  /** AS numbers take four octets in AS_PATH and AGGREGATOR, RFC 6793. */
  readonly fourOctetAsn: boolean;
  /** What is not listed is ignored on receipt, RFC 4760 7. */
  readonly families: readonly BgpFamily[];
  /** IPv4 routes may have IPv6 next hops, RFC 8950. */
  readonly extendedNextHop: boolean;
  /** 4096, or 65535 once both sides offered it; for what is sent, RFC 8654. */
  readonly maxMessageOctets: number;
}

/** Where to send packets for a route. */
export interface NextHop {
  /** IPv4, or IPv6 of any scope. */
  readonly address: Ip;
  /** The link-local address beside a global one (RFC 2545 3); null when none was or is to be given. */
  readonly linkLocal: Ip | null;
}

/** Prefixes with the same next hop. */
export interface AnnouncedRoutes {
  readonly family: BgpFamily;
  readonly nextHop: NextHop;
  readonly prefixes: readonly Prefix[];
}

/** Prefixes that are no longer reachable. */
export interface WithdrawnRoutes {
  readonly family: BgpFamily;
  readonly prefixes: readonly Prefix[];
}

/** A received UPDATE after RFC 7606 has been applied. */
export interface UpdateMessage {
  readonly type: "Update";
  /** No prefix stands here that is also announced; with "treat-as-withdraw" all announced ones stand here. */
  readonly withdrawn: readonly WithdrawnRoutes[];
  readonly announced: readonly AnnouncedRoutes[];
  readonly attributes: PathAttributes;
  /** The family whose initial dump is complete, RFC 4724 2. */
  readonly endOfRib: BgpFamily | null;
  /** The worst class met, null when nothing was wrong. */
  readonly verdict: FaultClass | null;
  readonly faults: readonly AttributeFault[];
  /** Families of MP attributes that were not agreed on. */
  readonly ignoredFamilies: readonly AfiSafi[];
  /** Well-formed prefixes nobody can route to: multicast and the like, RFC 4271 6.3. */
  readonly ignoredPrefixes: readonly string[];
}

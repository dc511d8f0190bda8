/**
 * Capabilities: what a speaker says in its OPEN that it can do.
 *
 * Source: RFC 5492 section 4 (format); each capability's own RFC stands in registry.ts.
 * Shape: the value of one capabilities parameter in, values out; unknown codes are carried as they are.
 * Not here: which to offer and what both sides agree on (the session's matter), the OPEN around them (open.ts).
 *
 * @module
 */
import type { AfiSafi } from "./registry.ts";

/** IPv4 or other reachability by a next hop of another family, RFC 8950 4. */
export interface ExtendedNextHopTuple extends AfiSafi {
  readonly nextHopAfi: number;
}

/** Whether the forwarding state of a family outlived the restart, RFC 4724 3. */
export interface RestartedFamily extends AfiSafi {
  readonly forwardingPreserved: boolean;
}

/** One capability. */
export type Capability =
  | ({ readonly type: "Multiprotocol" } & AfiSafi)
  | { readonly type: "RouteRefresh" }
  | { readonly type: "ExtendedNextHop"; readonly tuples: readonly ExtendedNextHopTuple[] }
  | { readonly type: "ExtendedMessage" }
  /** A value of ROLE, or one assigned later. */
  | { readonly type: "Role"; readonly role: number }
  | GracefulRestartCapability
  | { readonly type: "FourOctetAsn"; readonly asn: number }
  | { readonly type: "EnhancedRouteRefresh" }
  /** Two names of at most 255 octets in UTF-8. */
  | { readonly type: "Fqdn"; readonly hostName: string; readonly domainName: string }
  | { readonly type: "Unknown"; readonly code: number; readonly octets: Uint8Array };

/** RFC 4724 3, RFC 8538 2. */
export interface GracefulRestartCapability {
  readonly type: "GracefulRestart";
  /** R: the speaker has just restarted. */
  readonly restarting: boolean;
  /** N: routes are kept through a NOTIFICATION too. */
  readonly notification: boolean;
  /** 0 to 4095. */
  readonly restartTimeSeconds: number;
  readonly families: readonly RestartedFamily[];
}

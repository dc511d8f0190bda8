/**
 * ROUTE-REFRESH messages.
 *
 * @module
 */
import type { AfiSafi } from "./registry.ts";

/** A request to send all routes of a family again, or the border of an answer (RFC 2918 3, RFC 7313 3.2). */
export interface RouteRefreshMessage extends AfiSafi {
  readonly type: "RouteRefresh";
  /** A value of ROUTE_REFRESH_SUBTYPE, or one assigned later. */
  readonly subtype: number;
}

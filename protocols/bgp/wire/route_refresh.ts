/**
 * ROUTE-REFRESH messages.
 *
 * Source: RFC 2918 section 3, RFC 7313 sections 3.2 and 5.
 * Shape: a framed message in, a value out, or the NOTIFICATION it deserves. Unknown families and subtypes are values:
 * they are ignored, not wrong.
 *
 * @module
 */
import { readUint16 } from "../../net/bytes.ts";
import { type Decoded, ERROR, ROUTE_REFRESH_ERROR } from "./error.ts";
import { messageOf } from "./framer.ts";
import { uint16Octets } from "./octets.ts";
import { type AfiSafi, HEADER_OCTETS, MESSAGE_TYPE } from "./registry.ts";

/**
 * A request to send all routes of a family again, or the border of an answer.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |             AFI               |    Subtype    |     SAFI      |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface RouteRefreshMessage extends AfiSafi {
  readonly type: "RouteRefresh";
  /** A value of ROUTE_REFRESH_SUBTYPE, or one assigned later. */
  readonly subtype: number;
}

/** RFC 7313 5: the erroneous message is returned whole, as far as a NOTIFICATION of 4096 octets can hold it. */
export function decodeRouteRefresh(message: Uint8Array): Decoded<RouteRefreshMessage> {
  if (message.length !== HEADER_OCTETS + 4) {
    const code = ERROR.routeRefreshMessage;
    const subcode = ROUTE_REFRESH_ERROR.invalidLength;
    return { ok: false, error: { code, subcode, data: message.slice(), reason: "route-refresh-length" } };
  }
  const afi = readUint16(message, HEADER_OCTETS);
  const subtype = message[HEADER_OCTETS + 2]!;
  return { ok: true, value: { type: "RouteRefresh", afi, safi: message[HEADER_OCTETS + 3]!, subtype } };
}

/** Encodes a ROUTE-REFRESH. */
export function encodeRouteRefresh({ afi, safi, subtype }: RouteRefreshMessage): Uint8Array {
  return messageOf(MESSAGE_TYPE.routeRefresh, [...uint16Octets(afi), subtype, safi]);
}

/**
 * What is wrong with a peer's octets, as the NOTIFICATION it becomes, and the names of all codes and subcodes.
 *
 * Source: RFC 4271 sections 4.5 and 6; subcodes added by RFC 4486, 5492, 6608, 7313, 8538, 9234, 9384 and 9687.
 * Shape: decoders return a {@linkcode BgpError}; it already holds code, subcode and data octets.
 * Not here: the message that carries it (notification.ts), the milder classes of RFC 7606 (attribute.ts).
 *
 * @module
 */

/** A fault that ends the session with a NOTIFICATION of that code, subcode and data. */
export interface BgpError {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
  /** Short stable name of what was found, for logs and metrics. */
  readonly reason: string;
}

/** A value, or the error that ends the session. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: BgpError };

/** NOTIFICATION error codes. */
export const ERROR = {
  messageHeader: 1,
  openMessage: 2,
  updateMessage: 3,
  holdTimerExpired: 4,
  finiteStateMachine: 5,
  cease: 6,
  routeRefreshMessage: 7,
  sendHoldTimerExpired: 8,
} as const;

/** Subcodes of a message header error, RFC 4271 6.1. */
export const HEADER_ERROR = { notSynchronized: 1, badLength: 2, badType: 3 } as const;

/** Subcodes of an OPEN message error, RFC 4271 6.2, RFC 5492 5, RFC 9234 5. */
export const OPEN_ERROR = {
  unspecific: 0,
  unsupportedVersion: 1,
  badPeerAs: 2,
  badBgpIdentifier: 3,
  unsupportedOptionalParameter: 4,
  unacceptableHoldTime: 6,
  unsupportedCapability: 7,
  roleMismatch: 11,
} as const;

/** Subcodes of an UPDATE message error, RFC 4271 6.3. */
export const UPDATE_ERROR = {
  malformedAttributeList: 1,
  unrecognizedWellKnownAttribute: 2,
  missingWellKnownAttribute: 3,
  attributeFlags: 4,
  attributeLength: 5,
  invalidOrigin: 6,
  invalidNextHop: 8,
  optionalAttribute: 9,
  invalidNetworkField: 10,
  malformedAsPath: 11,
} as const;

/** Subcodes of a finite state machine error, RFC 6608 3. */
export const FSM_ERROR = { unspecific: 0, inOpenSent: 1, inOpenConfirm: 2, inEstablished: 3 } as const;

/** Subcodes of a Cease, RFC 4486 3, RFC 8538 3.1, RFC 9384 3. */
export const CEASE = {
  maximumPrefixesReached: 1,
  administrativeShutdown: 2,
  peerDeconfigured: 3,
  administrativeReset: 4,
  connectionRejected: 5,
  otherConfigurationChange: 6,
  connectionCollisionResolution: 7,
  outOfResources: 8,
  hardReset: 9,
  bfdDown: 10,
} as const;

/** The subcode of a ROUTE-REFRESH message error, RFC 7313 5. */
export const ROUTE_REFRESH_ERROR = { invalidLength: 1 } as const;

const CODE_NAMES: readonly string[] = [
  "Reserved",
  "Message Header Error",
  "OPEN Message Error",
  "UPDATE Message Error",
  "Hold Timer Expired",
  "Finite State Machine Error",
  "Cease",
  "ROUTE-REFRESH Message Error",
  "Send Hold Timer Expired",
];

/** IANA's names by code; a hole is an unassigned or deprecated subcode. */
const SUBCODE_NAMES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  1: { 1: "Connection Not Synchronized", 2: "Bad Message Length", 3: "Bad Message Type" },
  2: {
    1: "Unsupported Version Number",
    2: "Bad Peer AS",
    3: "Bad BGP Identifier",
    4: "Unsupported Optional Parameter",
    6: "Unacceptable Hold Time",
    7: "Unsupported Capability",
    11: "Role Mismatch",
  },
  3: {
    1: "Malformed Attribute List",
    2: "Unrecognized Well-known Attribute",
    3: "Missing Well-known Attribute",
    4: "Attribute Flags Error",
    5: "Attribute Length Error",
    6: "Invalid ORIGIN Attribute",
    8: "Invalid NEXT_HOP Attribute",
    9: "Optional Attribute Error",
    10: "Invalid Network Field",
    11: "Malformed AS_PATH",
  },
  5: {
    1: "Receive Unexpected Message in OpenSent State",
    2: "Receive Unexpected Message in OpenConfirm State",
    3: "Receive Unexpected Message in Established State",
  },
  6: {
    1: "Maximum Number of Prefixes Reached",
    2: "Administrative Shutdown",
    3: "Peer De-configured",
    4: "Administrative Reset",
    5: "Connection Rejected",
    6: "Other Configuration Change",
    7: "Connection Collision Resolution",
    8: "Out of Resources",
    9: "Hard Reset",
    10: "BFD Down",
  },
  7: { 1: "Invalid Message Length" },
};

/** "Cease/Administrative Shutdown"; numbers stand for what IANA has not named. */
export function formatErrorCode(code: number, subcode: number): string {
  const name = CODE_NAMES[code] ?? `Code ${code}`;
  const subname = SUBCODE_NAMES[code]?.[subcode];
  if (subname !== undefined) return `${name}/${subname}`;
  return subcode === 0 ? name : `${name}/${subcode}`;
}

const NO_OCTETS = new Uint8Array();

export function headerError(subcode: number, reason: string, data: Uint8Array = NO_OCTETS): BgpError {
  return { code: ERROR.messageHeader, subcode, data, reason };
}

export function openError(subcode: number, reason: string, data: Uint8Array = NO_OCTETS): BgpError {
  return { code: ERROR.openMessage, subcode, data, reason };
}

export function updateError(subcode: number, reason: string, data: Uint8Array = NO_OCTETS): BgpError {
  return { code: ERROR.updateMessage, subcode, data, reason };
}

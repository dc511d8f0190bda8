/**
 * Capabilities: what a speaker says in its OPEN that it can do.
 *
 * Source: RFC 5492 section 4 (format); each capability's own RFC stands in registry.ts.
 * Shape: the value of one capabilities parameter in, values out; unknown codes are carried as they are. A capability we
 * know whose length is wrong makes the parameter malformed (RFC 4271 6.2).
 * Not here: which to offer and what both sides agree on (the session's matter), the OPEN around them (open.ts).
 *
 * @module
 */
import { readUint16 } from "../../net/bytes.ts";
import { readUint32, uint16Octets, uint32Octets } from "./octets.ts";
import { type AfiSafi, CAPABILITY } from "./registry.ts";

/** Reachability by a next hop of another family, RFC 8950 4. */
export interface ExtendedNextHopTuple extends AfiSafi {
  readonly nextHopAfi: number;
}

/** Whether the forwarding state of a family outlived the restart, RFC 4724 3. */
export interface RestartedFamily extends AfiSafi {
  readonly forwardingPreserved: boolean;
}

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

/** One capability. Its value takes at most 255 octets. */
export type Capability =
  | ({ readonly type: "Multiprotocol" } & AfiSafi)
  | { readonly type: "RouteRefresh" }
  | { readonly type: "ExtendedNextHop"; readonly tuples: readonly ExtendedNextHopTuple[] }
  | { readonly type: "ExtendedMessage" }
  /** RFC 9234 4.1: provider 0, route server 1, its client 2, customer 3, peer 4. */
  | { readonly type: "Role"; readonly role: number }
  | GracefulRestartCapability
  | { readonly type: "FourOctetAsn"; readonly asn: number }
  | { readonly type: "EnhancedRouteRefresh" }
  | { readonly type: "Fqdn"; readonly hostName: string; readonly domainName: string }
  | { readonly type: "Unknown"; readonly code: number; readonly octets: Uint8Array };

const RESTARTING = 0x8000;
const NOTIFICATION = 0x4000;
const RESTART_TIME = 0x0fff;
const FORWARDING_PRESERVED = 0x80;

/**
 * Decodes the value of a capabilities parameter, or null when it is malformed.
 *
 *     +------------------------------+
 *     | Capability Code (1 octet)    |
 *     +------------------------------+
 *     | Capability Length (1 octet)  |
 *     +------------------------------+
 *     | Capability Value (variable)  |
 *     ~                              ~
 *     +------------------------------+
 */
export function decodeCapabilities(octets: Uint8Array): readonly Capability[] | null {
  const capabilities: Capability[] = [];
  for (let at = 0; at < octets.length;) {
    if (at + 2 > octets.length) return null;
    const end = at + 2 + octets[at + 1]!;
    if (end > octets.length) return null;
    const capability = decodeCapability(octets[at]!, octets.slice(at + 2, end));
    if (capability === null) return null;
    capabilities.push(capability);
    at = end;
  }
  return capabilities;
}

function decodeCapability(code: number, octets: Uint8Array): Capability | null {
  const length = octets.length;
  switch (code) {
    case CAPABILITY.multiprotocol:
      return length === 4 ? { type: "Multiprotocol", afi: readUint16(octets, 0), safi: octets[3]! } : null;
    case CAPABILITY.routeRefresh:
      return length === 0 ? { type: "RouteRefresh" } : null;
    case CAPABILITY.extendedNextHop:
      return decodeExtendedNextHop(octets);
    case CAPABILITY.extendedMessage:
      return length === 0 ? { type: "ExtendedMessage" } : null;
    case CAPABILITY.role:
      return length === 1 ? { type: "Role", role: octets[0]! } : null;
    case CAPABILITY.gracefulRestart:
      return decodeGracefulRestart(octets);
    case CAPABILITY.fourOctetAsn:
      return length === 4 ? { type: "FourOctetAsn", asn: readUint32(octets, 0) } : null;
    case CAPABILITY.enhancedRouteRefresh:
      return length === 0 ? { type: "EnhancedRouteRefresh" } : null;
    case CAPABILITY.fqdn:
      return decodeFqdn(octets) ?? { type: "Unknown", code, octets };
    default:
      return { type: "Unknown", code, octets };
  }
}

function decodeExtendedNextHop(octets: Uint8Array): Capability | null {
  if (octets.length % 6 !== 0) return null;
  const tuples: ExtendedNextHopTuple[] = [];
  for (let at = 0; at < octets.length; at += 6) {
    tuples.push({
      afi: readUint16(octets, at),
      safi: readUint16(octets, at + 2),
      nextHopAfi: readUint16(octets, at + 4),
    });
  }
  return { type: "ExtendedNextHop", tuples };
}

function decodeGracefulRestart(octets: Uint8Array): Capability | null {
  if (octets.length % 4 !== 2) return null;
  const word = readUint16(octets, 0);
  const families: RestartedFamily[] = [];
  for (let at = 2; at < octets.length; at += 4) {
    families.push({
      afi: readUint16(octets, at),
      safi: octets[at + 2]!,
      forwardingPreserved: (octets[at + 3]! & FORWARDING_PRESERVED) !== 0,
    });
  }
  return {
    type: "GracefulRestart",
    restarting: (word & RESTARTING) !== 0,
    notification: (word & NOTIFICATION) !== 0,
    restartTimeSeconds: word & RESTART_TIME,
    families,
  };
}

/** Two texts, each behind its length; null when they are not, which in a draft's capability harms nobody. */
function decodeFqdn(octets: Uint8Array): Capability | null {
  const hostEnd = 1 + (octets[0] ?? 0);
  const domainEnd = hostEnd + 1 + (octets[hostEnd] ?? 0);
  if (octets.length !== domainEnd) return null;
  try {
    const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const hostName = utf8.decode(octets.subarray(1, hostEnd));
    const domainName = utf8.decode(octets.subarray(hostEnd + 1, domainEnd));
    return { type: "Fqdn", hostName, domainName };
  } catch {
    return null;
  }
}

/** Encodes capabilities one after the other, as they stand in a parameter. */
export function encodeCapabilities(capabilities: readonly Capability[]): readonly number[] {
  return capabilities.flatMap((capability) => {
    const value = capabilityValue(capability);
    return [capabilityCode(capability), value.length, ...value];
  });
}

function capabilityCode(capability: Capability): number {
  switch (capability.type) {
    case "Multiprotocol":
      return CAPABILITY.multiprotocol;
    case "RouteRefresh":
      return CAPABILITY.routeRefresh;
    case "ExtendedNextHop":
      return CAPABILITY.extendedNextHop;
    case "ExtendedMessage":
      return CAPABILITY.extendedMessage;
    case "Role":
      return CAPABILITY.role;
    case "GracefulRestart":
      return CAPABILITY.gracefulRestart;
    case "FourOctetAsn":
      return CAPABILITY.fourOctetAsn;
    case "EnhancedRouteRefresh":
      return CAPABILITY.enhancedRouteRefresh;
    case "Fqdn":
      return CAPABILITY.fqdn;
    case "Unknown":
      return capability.code;
  }
}

function capabilityValue(capability: Capability): readonly number[] {
  switch (capability.type) {
    case "Multiprotocol":
      return [...uint16Octets(capability.afi), 0, capability.safi];
    case "RouteRefresh":
    case "ExtendedMessage":
    case "EnhancedRouteRefresh":
      return [];
    case "ExtendedNextHop":
      return capability.tuples.flatMap(({ afi, safi, nextHopAfi }) => [
        ...uint16Octets(afi),
        ...uint16Octets(safi),
        ...uint16Octets(nextHopAfi),
      ]);
    case "Role":
      return [capability.role];
    case "GracefulRestart":
      return gracefulRestartValue(capability);
    case "FourOctetAsn":
      return uint32Octets(capability.asn);
    case "Fqdn":
      return [...textOctets(capability.hostName), ...textOctets(capability.domainName)];
    case "Unknown":
      return [...capability.octets];
  }
}

function gracefulRestartValue(capability: GracefulRestartCapability): readonly number[] {
  const word = (capability.restarting ? RESTARTING : 0) | (capability.notification ? NOTIFICATION : 0) |
    capability.restartTimeSeconds & RESTART_TIME;
  const families = capability.families.flatMap(({ afi, safi, forwardingPreserved }) => [
    ...uint16Octets(afi),
    safi,
    forwardingPreserved ? FORWARDING_PRESERVED : 0,
  ]);
  return [...uint16Octets(word), ...families];
}

function textOctets(text: string): readonly number[] {
  const octets = new TextEncoder().encode(text);
  return [octets.length, ...octets];
}

/**
 * What two speakers agree on: the OPEN we send, the check of the OPEN we get, and what to leave out after a refusal.
 *
 * Source: RFC 4271 sections 4.2 and 6.2, RFC 5492 sections 3 and 5; each capability's own RFC (wire/registry.ts).
 * Shape: pure functions of configuration and messages. The codec has already refused what no speaker may send: other
 * versions, hold times 1 and 2, identifier 0.0.0.0, AS 0, an AS number that contradicts its capability.
 * Not here: when OPENs are sent (fsm.ts), octets (wire/open.ts).
 *
 * @module
 */
import { agreedGracefulRestart, offeredGracefulRestart, type PeerRestart } from "./graceful_restart.ts";
import type { PeerConfig } from "./peer_config.ts";
import type { Capability } from "./wire/capability.ts";
import { type Decoded, ERROR, OPEN_ERROR, openError } from "./wire/error.ts";
import type { NotificationMessage } from "./wire/notification.ts";
import type { OpenMessage } from "./wire/open.ts";
import {
  AFI_IPV4,
  AFI_IPV6,
  AFI_SAFI,
  type BgpFamily,
  CAPABILITY,
  familyOfAfiSafi,
  MAX_EXTENDED_MESSAGE_OCTETS,
  MAX_MESSAGE_OCTETS,
  SAFI_UNICAST,
} from "./wire/registry.ts";
import type { WireOptions } from "./wire/update.ts";

/** Everything both sides agreed on. */
export interface Negotiated {
  readonly peerAsn: number;
  readonly peerBgpIdentifier: OpenMessage["bgpIdentifier"];
  /** 0 switches keepalives and the hold timer off. */
  readonly holdTimeMs: number;
  /** Before jitter. */
  readonly keepaliveMs: number;
  readonly wire: WireOptions;
  readonly routeRefresh: boolean;
  readonly enhancedRouteRefresh: boolean;
  /** Null when one side did not offer graceful restart. */
  readonly gracefulRestart: PeerRestart | null;
}

/** Capability codes not to offer, or all of them with the optional parameters; what refusals have taught. */
export type Withheld = readonly number[] | "all";

/** The OPEN for this peer. */
export function openMessage(config: PeerConfig, withheld: Withheld, restarting: boolean): OpenMessage {
  return {
    type: "Open",
    asn: config.localAsn,
    holdTimeSeconds: config.holdTimeSeconds,
    bgpIdentifier: config.bgpIdentifier,
    capabilities: offeredCapabilities(config, restarting).filter((capability) =>
      withheld !== "all" && !withheld.includes(codeOf(capability))
    ),
  };
}

/** In ascending order of code. */
function offeredCapabilities(config: PeerConfig, restarting: boolean): readonly Capability[] {
  const { families, restartTimeSeconds } = config;
  const capabilities: Capability[] = families.map((family) => ({
    type: "Multiprotocol",
    ...AFI_SAFI[family],
  }));
  capabilities.push({ type: "RouteRefresh" });
  if (config.extendedNextHop && families.includes("ipv4-unicast")) {
    const tuple = { afi: AFI_IPV4, safi: SAFI_UNICAST, nextHopAfi: AFI_IPV6 };
    capabilities.push({ type: "ExtendedNextHop", tuples: [tuple] });
  }
  capabilities.push({ type: "ExtendedMessage" });
  if (restartTimeSeconds !== null) {
    capabilities.push(offeredGracefulRestart(families, restartTimeSeconds, restarting));
  }
  capabilities.push({ type: "FourOctetAsn", asn: config.localAsn }, { type: "EnhancedRouteRefresh" });
  return capabilities;
}

const CODES: Readonly<Record<Exclude<Capability["type"], "Unknown">, number>> = {
  Multiprotocol: CAPABILITY.multiprotocol,
  RouteRefresh: CAPABILITY.routeRefresh,
  ExtendedNextHop: CAPABILITY.extendedNextHop,
  ExtendedMessage: CAPABILITY.extendedMessage,
  Role: CAPABILITY.role,
  GracefulRestart: CAPABILITY.gracefulRestart,
  FourOctetAsn: CAPABILITY.fourOctetAsn,
  EnhancedRouteRefresh: CAPABILITY.enhancedRouteRefresh,
  Fqdn: CAPABILITY.fqdn,
};

function codeOf(capability: Capability): number {
  return capability.type === "Unknown" ? capability.code : CODES[capability.type];
}

/** Checks a received OPEN against the configuration and our own OPEN, in the order of RFC 4271 6.2. */
export function negotiate(
  config: PeerConfig,
  offered: OpenMessage,
  received: OpenMessage,
): Decoded<Negotiated> {
  const fourOctetAsn = has(offered, "FourOctetAsn") && has(received, "FourOctetAsn");
  if (!acceptsAsn(config, received.asn)) {
    return { ok: false, error: openError(OPEN_ERROR.badPeerAs, "bad-peer-as") };
  }
  const internal = received.asn === config.localAsn;
  // RFC 6286 2.1: identifiers are unique within an AS; between two they may be equal.
  if (internal && received.bgpIdentifier === config.bgpIdentifier) {
    return { ok: false, error: openError(OPEN_ERROR.badBgpIdentifier, "bgp-identifier-is-ours") };
  }
  const families = agreedFamilies(config, offered, received);
  if (families.length === 0) {
    const missing = config.families.flatMap(multiprotocolOctets);
    const error = openError(
      OPEN_ERROR.unsupportedCapability,
      "no-family-in-both-opens",
      Uint8Array.from(missing),
    );
    return { ok: false, error };
  }
  const extended = has(offered, "ExtendedMessage") && has(received, "ExtendedMessage");
  const value: Negotiated = {
    peerAsn: received.asn,
    peerBgpIdentifier: received.bgpIdentifier,
    ...agreedTimes(config, received.holdTimeSeconds),
    wire: {
      peerType: internal ? "internal" : "external",
      fourOctetAsn,
      families,
      extendedNextHop: hasIpv6NextHop(offered) && hasIpv6NextHop(received),
      maxMessageOctets: extended ? MAX_EXTENDED_MESSAGE_OCTETS : MAX_MESSAGE_OCTETS,
    },
    routeRefresh: has(offered, "RouteRefresh") && has(received, "RouteRefresh"),
    enhancedRouteRefresh: has(offered, "EnhancedRouteRefresh") && has(received, "EnhancedRouteRefresh"),
    gracefulRestart: agreedGracefulRestart(offered.capabilities, received.capabilities, families),
  };
  return { ok: true, value };
}

function has(open: OpenMessage, type: Capability["type"]): boolean {
  return open.capabilities.some((capability) => capability.type === type);
}

function acceptsAsn({ localAsn, remoteAsn }: PeerConfig, asn: number): boolean {
  if (remoteAsn === "internal") return asn === localAsn;
  if (remoteAsn === "external") return asn !== localAsn;
  return asn === remoteAsn;
}

function agreedFamilies(
  config: PeerConfig,
  offered: OpenMessage,
  received: OpenMessage,
): readonly BgpFamily[] {
  const [ours, theirs] = [familiesOf(offered), familiesOf(received)];
  return config.families.filter((family) => ours.includes(family) && theirs.includes(family));
}

/** RFC 4760 8: a speaker that names no family speaks IPv4 unicast. */
function familiesOf({ capabilities }: OpenMessage): readonly BgpFamily[] {
  const named = capabilities.filter((capability) => capability.type === "Multiprotocol");
  if (named.length === 0) return ["ipv4-unicast"];
  return named.map(familyOfAfiSafi).filter((family) => family !== null);
}

/** RFC 5492 3: the data of Unsupported Capability lists what is missed, as in an OPEN. */
function multiprotocolOctets(family: BgpFamily): readonly number[] {
  const { afi, safi } = AFI_SAFI[family];
  return [CAPABILITY.multiprotocol, 4, 0, afi, 0, safi];
}

function hasIpv6NextHop({ capabilities }: OpenMessage): boolean {
  return capabilities.some((capability) =>
    capability.type === "ExtendedNextHop" &&
    capability.tuples.some((tuple) =>
      tuple.afi === AFI_IPV4 && tuple.safi === SAFI_UNICAST && tuple.nextHopAfi === AFI_IPV6
    )
  );
}

/** RFC 4271 4.2 and 10: the smaller hold time; keepalives at a third of it, or oftener where configured. */
function agreedTimes(
  config: PeerConfig,
  theirHoldTimeSeconds: number,
): Pick<Negotiated, "holdTimeMs" | "keepaliveMs"> {
  const holdTimeMs = 1000 * Math.min(config.holdTimeSeconds, theirHoldTimeSeconds);
  const configured = config.keepaliveTimeSeconds;
  // 4271 4.4: not more often than one a second; a third of the smallest hold time, 3 s, keeps that.
  const keepaliveMs = configured === null || configured === 0
    ? holdTimeMs / 3
    : Math.min(1000 * configured, holdTimeMs / 3);
  return { holdTimeMs, keepaliveMs };
}

/**
 * What to withhold from the next OPEN after the peer refused ours; the same value when the NOTIFICATION is about
 * something else. RFC 5492 3: a peer that refuses the parameter gets none. Unsupported Capability names what the peer
 * misses, but older speakers name what they cannot bear: of what it lists we leave out what we offered, except families,
 * without which there is nothing to say.
 */
export function withheldAfter(withheld: Withheld, notification: NotificationMessage): Withheld {
  if (notification.code !== ERROR.openMessage) return withheld;
  if (notification.subcode === OPEN_ERROR.unsupportedOptionalParameter) return "all";
  if (notification.subcode !== OPEN_ERROR.unsupportedCapability) return withheld;
  // It wants capabilities after all.
  if (withheld === "all") return [];
  if (notification.data.length === 0) return "all";
  const refused = capabilityCodes(notification.data).filter((code) =>
    WITHHOLDABLE.has(code) && !withheld.includes(code)
  );
  return refused.length === 0 ? withheld : [...withheld, ...refused];
}

const WITHHOLDABLE: ReadonlySet<number> = new Set(
  Object.values(CODES).filter((code) => code !== CAPABILITY.multiprotocol),
);

/** The codes of a list of capabilities; a broken tail is left out. */
function capabilityCodes(data: Uint8Array): readonly number[] {
  const codes: number[] = [];
  for (let offset = 0; offset + 2 <= data.length; offset += 2 + data[offset + 1]!) {
    if (!codes.includes(data[offset]!)) codes.push(data[offset]!);
  }
  return codes;
}

/**
 * UPDATE messages as they are received: routes that came and went, after RFC 7606 has been applied.
 *
 * Source: RFC 4271 sections 4.3 and 6.3, RFC 4760, RFC 4724 section 2 (End-of-RIB), RFC 7606 sections 3 and 5.
 * Shape: a framed message in, routes and the worst fault out, or the NOTIFICATION that resets the session.
 * Not here: UPDATEs to send (update_packing.ts), loop and first-AS checks and all other policy.
 *
 * @module
 */
import { readUint16 } from "../../net/bytes.ts";
import type { Prefix } from "../../net/prefix.ts";
import type { AttributeFault, FaultClass, PathAttributes } from "./attribute.ts";
import { type AttributeList, decodeAttributes } from "./attribute_list.ts";
import { type BgpError, type Decoded, UPDATE_ERROR, updateError } from "./error.ts";
import type { NextHop } from "./mp_nlri.ts";
import { type DecodedNlri, decodeNlri } from "./nlri.ts";
import { type AfiSafi, ATTRIBUTE, BGP_FAMILIES, type BgpFamily, HEADER_OCTETS } from "./registry.ts";

export type { NextHop };

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

/** A received UPDATE. */
export interface UpdateMessage {
  readonly type: "Update";
  /** No prefix stands here that is also announced; with "treat-as-withdraw" all announced ones stand here. */
  readonly withdrawn: readonly WithdrawnRoutes[];
  readonly announced: readonly AnnouncedRoutes[];
  readonly attributes: PathAttributes;
  /** The family whose initial routes are complete. */
  readonly endOfRib: BgpFamily | null;
  /** The worst class met, null when nothing was wrong. */
  readonly verdict: FaultClass | null;
  readonly faults: readonly AttributeFault[];
  /** Families of MP attributes that were not agreed on. */
  readonly ignoredFamilies: readonly AfiSafi[];
  /** Well-formed prefixes nobody can route to, multicast and the like (RFC 4271 6.3). */
  readonly ignoredPrefixes: readonly string[];
}

const EMPTY_UPDATE_OCTETS = HEADER_OCTETS + 4;

/** The three variable parts, RFC 4271 4.3. */
interface Layout {
  readonly withdrawnAt: number;
  readonly attributesAt: number;
  readonly nlriAt: number;
}

/**
 * Decodes a framed UPDATE.
 *
 *     +-----------------------------------------------------+
 *     |   Withdrawn Routes Length (2 octets)                |
 *     +-----------------------------------------------------+
 *     |   Withdrawn Routes (variable)                       |
 *     +-----------------------------------------------------+
 *     |   Total Path Attribute Length (2 octets)            |
 *     +-----------------------------------------------------+
 *     |   Path Attributes (variable)                        |
 *     +-----------------------------------------------------+
 *     |   Network Layer Reachability Information (variable) |
 *     +-----------------------------------------------------+
 */
export function decodeUpdate(message: Uint8Array, options: WireOptions): Decoded<UpdateMessage> {
  const layout = layoutOf(message);
  if (layout === null) return refuse(UPDATE_ERROR.malformedAttributeList, "update-length");
  const { withdrawnAt, attributesAt, nlriAt } = layout;
  const withdrawn = decodeNlri(message, withdrawnAt, attributesAt - 2, "ipv4-unicast");
  if (withdrawn === null) return refuse(UPDATE_ERROR.invalidNetworkField, "withdrawn-routes");
  const list = decodeAttributes(message, attributesAt, nlriAt, options);
  if (!list.ok) return list;
  const nlri = decodeNlri(message, nlriAt, message.length, "ipv4-unicast");
  if (nlri === null) return refuse(UPDATE_ERROR.invalidNetworkField, "nlri");

  const hasNlri = nlriAt < message.length;
  const faults = [...list.value.faults, ...missingAttributes(list.value, hasNlri, options)];
  // RFC 7606 5.2: where no route was found one may have been missed, so nothing can be withdrawn with confidence.
  const unsafe = hasNlri || list.value.reach !== null ? undefined : faults.find(isUnsafeAlone);
  if (unsafe !== undefined) return { ok: false, error: unsafe.error };

  const verdict = worstOf(faults);
  const routes = routesOf(withdrawn, nlri, list.value, options);
  const value: UpdateMessage = {
    type: "Update",
    ...verdict === "treat-as-withdraw" ? withAllWithdrawn(routes) : withNoneTwice(routes),
    attributes: list.value.attributes,
    endOfRib: verdict === null ? endOfRibOf(message, list.value, options) : null,
    verdict,
    faults,
    ignoredFamilies: [list.value.reach, list.value.unreach].flatMap((mp) =>
      mp !== null && mp.family === null ? [{ afi: mp.afi, safi: mp.safi }] : []
    ),
    ignoredPrefixes: [withdrawn, nlri, list.value.reach, list.value.unreach].flatMap((part) =>
      part !== null && "ignored" in part ? part.ignored : []
    ),
  };
  return { ok: true, value };
}

function refuse(subcode: number, reason: string): { readonly ok: false; readonly error: BgpError } {
  return { ok: false, error: updateError(subcode, reason) };
}

function layoutOf(message: Uint8Array): Layout | null {
  const withdrawnAt = HEADER_OCTETS + 2;
  const attributesAt = withdrawnAt + readUint16(message, HEADER_OCTETS) + 2;
  if (attributesAt > message.length) return null;
  const nlriAt = attributesAt + readUint16(message, attributesAt - 2);
  return nlriAt > message.length ? null : { withdrawnAt, attributesAt, nlriAt };
}

/** RFC 7606 3 (d): what every route must have. A malformed attribute is not missing. */
function missingAttributes(
  { codes, reach }: AttributeList,
  hasNlri: boolean,
  { peerType }: WireOptions,
): readonly AttributeFault[] {
  if (!hasNlri && (reach === null || reach.family === null)) return [];
  const required: number[] = [ATTRIBUTE.origin, ATTRIBUTE.asPath];
  if (hasNlri) required.push(ATTRIBUTE.nextHop);
  if (peerType === "internal") required.push(ATTRIBUTE.localPref);
  return required.filter((code) => !codes.has(code)).map((attributeCode) => ({
    class: "treat-as-withdraw",
    attributeCode,
    error: updateError(
      UPDATE_ERROR.missingWellKnownAttribute,
      "attribute-missing",
      Uint8Array.of(attributeCode),
    ),
  }));
}

/** A bad MP_UNREACH_NLRI can hide no announced route. */
function isUnsafeAlone(fault: AttributeFault): boolean {
  return fault.class === "treat-as-withdraw" && fault.attributeCode !== ATTRIBUTE.mpUnreachNlri;
}

function worstOf(faults: readonly AttributeFault[]): FaultClass | null {
  if (faults.some((fault) => fault.class === "treat-as-withdraw")) return "treat-as-withdraw";
  return faults.length > 0 ? "attribute-discard" : null;
}

/** Routes before a verdict: a next hop may be missing or unusable. */
interface Routes {
  readonly withdrawn: readonly WithdrawnRoutes[];
  readonly reachable: readonly (WithdrawnRoutes & { readonly nextHop: NextHop | null })[];
}

function routesOf(
  withdrawn: DecodedNlri,
  nlri: DecodedNlri,
  { nextHop, reach, unreach }: AttributeList,
  { families }: WireOptions,
): Routes {
  const ipv4 = families.includes("ipv4-unicast");
  const unreachable: WithdrawnRoutes[] = [];
  if (ipv4 && withdrawn.prefixes.length > 0) {
    unreachable.push({ family: "ipv4-unicast", prefixes: withdrawn.prefixes });
  }
  if (unreach !== null && unreach.family !== null && unreach.prefixes.length > 0) {
    unreachable.push({ family: unreach.family, prefixes: unreach.prefixes });
  }
  const reachable: Routes["reachable"][number][] = [];
  if (ipv4 && nlri.prefixes.length > 0) {
    const hop = nextHop === undefined ? null : { address: nextHop, linkLocal: null };
    reachable.push({ family: "ipv4-unicast", nextHop: hop, prefixes: nlri.prefixes });
  }
  if (reach !== null && reach.family !== null && reach.prefixes.length > 0) {
    reachable.push({ family: reach.family, nextHop: reach.nextHop, prefixes: reach.prefixes });
  }
  return { withdrawn: unreachable, reachable };
}

type Split = Pick<UpdateMessage, "withdrawn" | "announced">;

/** RFC 7606 2: the routes of a message that cannot be trusted go as if they had been withdrawn. */
function withAllWithdrawn({ withdrawn, reachable }: Routes): Split {
  const all = BGP_FAMILIES.map((family) => ({
    family,
    prefixes: [
      ...new Set(
        [...withdrawn, ...reachable].flatMap((routes) => routes.family === family ? routes.prefixes : []),
      ),
    ],
  }));
  return { withdrawn: all.filter(({ prefixes }) => prefixes.length > 0), announced: [] };
}

/** RFC 4271 4.3: a prefix in both sections counts as announced. */
function withNoneTwice({ withdrawn, reachable }: Routes): Split {
  const announced = reachable.flatMap(({ family, nextHop, prefixes }) =>
    nextHop === null ? [] : [{ family, nextHop, prefixes }]
  );
  if (withdrawn.length === 0 || announced.length === 0) return { withdrawn, announced };
  const kept = new Set(announced.flatMap(({ prefixes }) => prefixes));
  const gone = withdrawn.map(({ family, prefixes }) => ({
    family,
    prefixes: prefixes.filter((prefix) => !kept.has(prefix)),
  }));
  return { withdrawn: gone.filter(({ prefixes }) => prefixes.length > 0), announced };
}

/** An UPDATE of nothing, or of nothing but an MP_UNREACH_NLRI without prefixes. */
function endOfRibOf(
  message: Uint8Array,
  { codes, unreach }: AttributeList,
  { families }: WireOptions,
): BgpFamily | null {
  if (message.length === EMPTY_UPDATE_OCTETS) {
    return families.includes("ipv4-unicast") ? "ipv4-unicast" : null;
  }
  const isAlone = codes.size === 1 && readUint16(message, HEADER_OCTETS) === 0;
  if (unreach === null || unreach.family === null || !isAlone) return null;
  return unreach.prefixes.length + unreach.ignored.length === 0 ? unreach.family : null;
}

/**
 * The path attributes of one UPDATE: their headers, order and completeness, read under the rules of RFC 7606.
 *
 * Source: RFC 4271 sections 4.3 and 6.3, RFC 7606 sections 3 to 5 and 7, RFC 6793 section 6.
 * Shape: a span of octets in; attributes, MP routes and faults out, or the error that resets the session.
 * Not here: the values one by one (attribute_table.ts, mp_nlri.ts), the verdict on the routes (update.ts).
 *
 * @module
 */
import { readUint16 } from "../../net/bytes.ts";
import { as4AttributesOf, type AsnOctets, withAs4Attributes } from "./as_path.ts";
import type { AttributeFault, FaultClass, PathAttributes, UnknownAttribute } from "./attribute.ts";
import {
  ATTRIBUTE_BY_CODE,
  ATTRIBUTE_TABLE,
  type AttributeDraft,
  type AttributeSpec,
  type ListedAttributes,
} from "./attribute_table.ts";
import { type BgpError, type Decoded, UPDATE_ERROR, updateError } from "./error.ts";
import {
  decodeMpReach,
  decodeMpUnreach,
  type ForeignRoutes,
  type MpOptions,
  type MpReach,
  type MpUnreach,
} from "./mp_nlri.ts";
import { uint16Octets } from "./octets.ts";
import { ATTRIBUTE, ATTRIBUTE_FLAG } from "./registry.ts";

/** How attributes are to be read. */
export interface AttributeOptions extends MpOptions {
  readonly peerType: "internal" | "external";
  readonly fourOctetAsn: boolean;
}

/** All a span of attributes says. */
export interface AttributeList {
  /** With AS4_PATH and AS4_AGGREGATOR already merged. */
  readonly attributes: PathAttributes;
  readonly nextHop: ListedAttributes["nextHop"];
  readonly reach: MpReach | ForeignRoutes | null;
  readonly unreach: MpUnreach | ForeignRoutes | null;
  readonly faults: readonly AttributeFault[];
  /** The codes met, malformed ones included. */
  readonly codes: ReadonlySet<number>;
}

const KIND_FLAGS = ATTRIBUTE_FLAG.optional | ATTRIBUTE_FLAG.transitive;
const CARRIED_FLAGS = KIND_FLAGS | ATTRIBUTE_FLAG.partial;
const MP_FLAGS = ATTRIBUTE_FLAG.optional;

/** One attribute within the message. */
interface Header {
  readonly code: number;
  readonly flags: number;
  readonly start: number;
  readonly valueAt: number;
  readonly end: number;
}

/** A list being read. */
interface Draft {
  readonly listed: AttributeDraft;
  readonly unknown: UnknownAttribute[];
  readonly faults: AttributeFault[];
  readonly codes: Set<number>;
  reach: MpReach | ForeignRoutes | null;
  unreach: MpUnreach | ForeignRoutes | null;
}

/**
 * Decodes the attributes that lie from `start` to `end` of a message.
 *
 *      0                   1
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |  Attr. Flags  |Attr. Type Code|   then a length of one octet, or two when the flag for it is set
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export function decodeAttributes(
  message: Uint8Array,
  start: number,
  end: number,
  options: AttributeOptions,
): Decoded<AttributeList> {
  const draft: Draft = {
    listed: {},
    unknown: [],
    faults: [],
    codes: new Set(),
    reach: null,
    unreach: null,
  };
  for (let at = start; at < end;) {
    const header = headerAt(message, at, end);
    if (header === null || header.end > end) {
      const error = listOverrun(message, at, end, header?.code ?? 0, draft);
      if (error !== null) return { ok: false, error };
      break;
    }
    const error = readAttribute(message, header, options, draft);
    if (error !== null) return { ok: false, error };
    at = header.end;
  }
  return { ok: true, value: finish(draft) };
}

/** The header at `at`, or null when too little is left for one. */
function headerAt(message: Uint8Array, at: number, end: number): Header | null {
  const flags = message[at]!;
  const lengthOctets = (flags & ATTRIBUTE_FLAG.extendedLength) === 0 ? 1 : 2;
  const valueAt = at + 2 + lengthOctets;
  if (valueAt > end) return null;
  const length = lengthOctets === 1 ? message[at + 2]! : readUint16(message, at + 2);
  return { code: message[at + 1]!, flags, start: at, valueAt, end: valueAt + length };
}

/**
 * RFC 7606 4: the total length is what counts, so the prefixes behind it can be found and withdrawn; except when the
 * prefixes themselves are what does not fit.
 */
function listOverrun(
  message: Uint8Array,
  at: number,
  end: number,
  code: number,
  draft: Draft,
): BgpError | null {
  const data = message.slice(at, end);
  const error = updateError(UPDATE_ERROR.attributeLength, "attribute-overrun", data);
  if (isMp(code)) return error;
  draft.faults.push({ class: "treat-as-withdraw", attributeCode: code, error });
  return null;
}

function isMp(code: number): boolean {
  return code === ATTRIBUTE.mpReachNlri || code === ATTRIBUTE.mpUnreachNlri;
}

/** Reads one attribute into the draft; the error that resets the session, if it is of that kind. */
function readAttribute(
  message: Uint8Array,
  header: Header,
  options: AttributeOptions,
  draft: Draft,
): BgpError | null {
  const { code, flags, start, end } = header;
  const fail = (subcode: number, reason: string): BgpError =>
    updateError(subcode, reason, message.slice(start, end));
  const fault = (faultClass: FaultClass, subcode: number, reason: string): null => {
    draft.faults.push({ class: faultClass, attributeCode: code, error: fail(subcode, reason) });
    return null;
  };
  if (draft.codes.has(code)) {
    // RFC 7606 3 (g).
    if (isMp(code)) return updateError(UPDATE_ERROR.malformedAttributeList, "mp-attribute-twice");
    return fault("attribute-discard", UPDATE_ERROR.malformedAttributeList, "attribute-twice");
  }
  draft.codes.add(code);
  const value = message.subarray(header.valueAt, end);
  const spec = ATTRIBUTE_BY_CODE.get(code);
  if (spec === undefined && !isMp(code)) {
    if ((flags & ATTRIBUTE_FLAG.optional) === 0) {
      return fail(UPDATE_ERROR.unrecognizedWellKnownAttribute, "well-known-attribute-unknown");
    }
    draft.unknown.push({ code, flags: flags & CARRIED_FLAGS, octets: value.slice() });
    return null;
  }
  if (spec !== undefined && !isReadFrom(spec, options)) {
    return fault("attribute-discard", UPDATE_ERROR.optionalAttribute, "attribute-not-from-this-peer");
  }
  if ((flags & KIND_FLAGS) !== (spec?.flags ?? MP_FLAGS)) {
    // RFC 7606 3 (c). The prefixes of an MP attribute must be known all the same, to be withdrawn.
    fault("treat-as-withdraw", UPDATE_ERROR.attributeFlags, "attribute-flags");
    if (spec !== undefined) return null;
  }
  if (spec === undefined) return readMp(code, value, options, draft, fail, fault);
  const malformation = spec.decode(value, asnOctets(options), draft.listed);
  return malformation === null ? null : fault(spec.onMalformed, malformation.subcode, malformation.reason);
}

/** RFC 7606 7.5, 7.9, 7.10 and RFC 6793 6: some attributes mean nothing from some peers. */
function isReadFrom({ source }: AttributeSpec, { peerType, fourOctetAsn }: AttributeOptions): boolean {
  return source === "anyone" || (source === "internal-peers" ? peerType === "internal" : !fourOctetAsn);
}

function asnOctets({ fourOctetAsn }: { readonly fourOctetAsn: boolean }): AsnOctets {
  return fourOctetAsn ? 4 : 2;
}

/** RFC 7606 7.11, 7.12: when the prefixes cannot be read nothing less than a reset will do. */
function readMp(
  code: number,
  value: Uint8Array,
  options: AttributeOptions,
  draft: Draft,
  fail: (subcode: number, reason: string) => BgpError,
  fault: (faultClass: FaultClass, subcode: number, reason: string) => null,
): BgpError | null {
  if (code === ATTRIBUTE.mpUnreachNlri) {
    const unreach = decodeMpUnreach(value, options);
    if (typeof unreach === "string") return fail(UPDATE_ERROR.optionalAttribute, unreach);
    draft.unreach = unreach;
    return null;
  }
  const reach = decodeMpReach(value, options);
  if (typeof reach === "string") return fail(UPDATE_ERROR.optionalAttribute, reach);
  draft.reach = reach;
  if (reach.family !== null && reach.nextHop === null) {
    return fault("treat-as-withdraw", UPDATE_ERROR.optionalAttribute, "mp-next-hop-value");
  }
  return null;
}

function finish({ listed, unknown, faults, codes, reach, unreach }: Draft): AttributeList {
  const { nextHop, as4Path, as4Aggregator, ...attributes } = listed;
  const full = { ...(as4Path ? { as4Path } : {}), ...(as4Aggregator ? { as4Aggregator } : {}) };
  return {
    attributes: {
      ...attributes,
      ...withAs4Attributes(attributes, full),
      ...(unknown.length > 0 ? { unknown: unknown.sort((a, b) => a.code - b.code) } : {}),
    },
    nextHop,
    reach,
    unreach,
    faults,
    codes,
  };
}

/** Encodes attributes in ascending order of their codes; what the session's width cuts goes beside it (RFC 6793 4.2.2). */
export function encodeAttributes(
  attributes: ListedAttributes,
  options: { readonly fourOctetAsn: boolean },
): Uint8Array {
  const listed = options.fourOctetAsn ? attributes : { ...attributes, ...as4AttributesOf(attributes) };
  const parts: (readonly [code: number, octets: readonly number[]])[] = [];
  for (const { code, flags, encode } of ATTRIBUTE_TABLE) {
    const value = encode(listed, asnOctets(options));
    if (value !== null) parts.push([code, attributeOctets(flags, code, value)]);
  }
  for (const { flags, code, octets } of attributes.unknown ?? []) {
    parts.push([code, attributeOctets(flags, code, octets)]);
  }
  parts.sort(([a], [b]) => a - b);
  return new Uint8Array(parts.flatMap(([, octets]) => octets));
}

function attributeOctets(flags: number, code: number, value: ArrayLike<number>): readonly number[] {
  const octets = Array.from(value);
  return value.length > 0xff
    ? [flags | ATTRIBUTE_FLAG.extendedLength, code, ...uint16Octets(value.length), ...octets]
    : [flags, code, value.length, ...octets];
}

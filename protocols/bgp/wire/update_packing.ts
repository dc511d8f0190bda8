/**
 * UPDATEs to send: as few messages as will hold the prefixes, their shared attributes encoded once.
 *
 * Source: RFC 4271 section 4.3, RFC 4760 sections 3 and 4, RFC 4724 section 2 (End-of-RIB), RFC 7606 section 5.1 (MP
 * attributes first, one family a message), RFC 8654 section 4 (sizes), RFC 8950 section 3.
 * Shape: prefixes in, whole messages out, each within the agreed size. A message announces or withdraws, never both, so no
 * prefix can stand in both sections of one.
 * Not here: which prefixes share attributes and what the peer already has (adj_rib_out.ts).
 *
 * @module
 */
import { writeUint16 } from "../../net/bytes.ts";
import { familyOf, ipToBytes } from "../../net/ip.ts";
import type { Prefix } from "../../net/prefix.ts";
import type { PathAttributes } from "./attribute.ts";
import { encodeAttributes } from "./attribute_list.ts";
import { blankMessage } from "./framer.ts";
import type { NextHop } from "./mp_nlri.ts";
import { nlriOctets, writeNlri } from "./nlri.ts";
import { uint16Octets } from "./octets.ts";
import {
  AFI_SAFI,
  ATTRIBUTE,
  ATTRIBUTE_FLAG,
  type BgpFamily,
  HEADER_OCTETS,
  MESSAGE_TYPE,
} from "./registry.ts";
import type { WireOptions } from "./update.ts";

/** What the prefixes of one announcement share. */
export interface Announcement {
  readonly family: BgpFamily;
  /** IPv6 for IPv6 routes; either for IPv4 routes when the session agreed on extended next hops. */
  readonly nextHop: NextHop;
  /** Those of every route: ORIGIN, AS_PATH, and LOCAL_PREF towards internal peers. */
  readonly attributes: PathAttributes;
}

/** How large messages may be and how wide AS numbers are. */
export type PackingOptions = Pick<WireOptions, "fourOctetAsn" | "maxMessageOctets">;

/** The octets of a message around its prefixes, and where the lengths stand that depend on them. */
interface Envelope {
  readonly family: BgpFamily;
  /** What stands between the header and the prefixes, lengths zero. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** Offsets in the message of 16-bit lengths, and what each counts besides the prefixes. */
  readonly lengths: readonly (readonly [at: number, octetsBesidesPrefixes: number])[];
}

const EMPTY = new Uint8Array();
const WITHDRAWN_LENGTH = HEADER_OCTETS;
const ATTRIBUTES_LENGTH = HEADER_OCTETS + 2;
const ATTRIBUTES = HEADER_OCTETS + 4;
/** Flags, code and a length of two octets. */
const MP_HEADER_OCTETS = 4;

/**
 * Encodes the announcement of prefixes, in their order. Null when the attributes leave no room for a prefix: such a route
 * must not be announced, and one announced before must be withdrawn (RFC 8654 4).
 */
export function encodeAnnouncements(
  announcement: Announcement,
  prefixes: readonly Prefix[],
  options: PackingOptions,
): readonly Uint8Array[] | null {
  const isPlain = announcement.family === "ipv4-unicast" && familyOf(announcement.nextHop.address) === "ipv4";
  return pack(
    isPlain ? plainEnvelope(announcement, options) : reachEnvelope(announcement, options),
    prefixes,
    options,
  );
}

/** Encodes the withdrawal of prefixes, in their order. */
export function encodeWithdrawals(
  family: BgpFamily,
  prefixes: readonly Prefix[],
  options: PackingOptions,
): readonly Uint8Array[] {
  const envelope = family === "ipv4-unicast" ? withdrawnEnvelope() : unreachEnvelope(family);
  // Without attributes there is room for many prefixes in the smallest message.
  return pack(envelope, prefixes, options) ?? [];
}

/** Tells the peer that all routes of a family have been sent. */
export function encodeEndOfRib(family: BgpFamily): Uint8Array {
  return family === "ipv4-unicast"
    ? messageWith(withdrawnEnvelope(), [], 0, 0, 0)
    : messageWith(unreachEnvelope(family), [], 0, 0, 0);
}

/** IPv4 with an IPv4 next hop: the NLRI field, as every BGP speaker has it. */
function plainEnvelope({ family, nextHop, attributes }: Announcement, options: PackingOptions): Envelope {
  const encoded = encodeAttributes({ ...attributes, nextHop: nextHop.address }, options);
  const before = new Uint8Array(4 + encoded.length);
  writeUint16(before, 2, encoded.length);
  before.set(encoded, 4);
  return { family, before, after: EMPTY, lengths: [] };
}

/** Anything else: MP_REACH_NLRI, and the other attributes behind it. */
function reachEnvelope({ family, nextHop, attributes }: Announcement, options: PackingOptions): Envelope {
  const { address, linkLocal } = nextHop;
  const hop = [...ipToBytes(address), ...(linkLocal === null ? [] : ipToBytes(linkLocal))];
  const after = encodeAttributes(attributes, options);
  return mpEnvelope(family, ATTRIBUTE.mpReachNlri, [hop.length, ...hop, 0], after);
}

/** The field for IPv4; it stands before the attributes, of which there are none. */
function withdrawnEnvelope(): Envelope {
  return {
    family: "ipv4-unicast",
    before: new Uint8Array(2),
    after: new Uint8Array(2),
    lengths: [[WITHDRAWN_LENGTH, 0]],
  };
}

function unreachEnvelope(family: BgpFamily): Envelope {
  return mpEnvelope(family, ATTRIBUTE.mpUnreachNlri, [], EMPTY);
}

/** An MP attribute that starts with the family and the octets given, then prefixes; then other attributes. */
function mpEnvelope(
  family: BgpFamily,
  code: number,
  fields: readonly number[],
  after: Uint8Array,
): Envelope {
  const { afi, safi } = AFI_SAFI[family];
  const value = [...uint16Octets(afi), safi, ...fields];
  const flags = ATTRIBUTE_FLAG.optional | ATTRIBUTE_FLAG.extendedLength;
  return {
    family,
    before: Uint8Array.from([0, 0, 0, 0, flags, code, 0, 0, ...value]),
    after,
    lengths: [
      [ATTRIBUTES_LENGTH, MP_HEADER_OCTETS + value.length + after.length],
      [ATTRIBUTES + 2, value.length],
    ],
  };
}

/** Fills messages one after the other; null when not one prefix fits beside the attributes. */
function pack(
  envelope: Envelope,
  prefixes: readonly Prefix[],
  { maxMessageOctets }: PackingOptions,
): readonly Uint8Array[] | null {
  const room = maxMessageOctets - HEADER_OCTETS - envelope.before.length - envelope.after.length;
  const messages: Uint8Array[] = [];
  let octets = 0;
  let from = 0;
  for (let to = 0; to < prefixes.length; to++) {
    const next = nlriOctets(prefixes[to]!);
    if (next > room) return null;
    if (octets + next > room) {
      messages.push(messageWith(envelope, prefixes, from, to, octets));
      from = to;
      octets = 0;
    }
    octets += next;
  }
  if (octets > 0) messages.push(messageWith(envelope, prefixes, from, prefixes.length, octets));
  return messages;
}

/** One message with the prefixes from `from` to before `to`, which take `octets`. */
function messageWith(
  { family, before, after, lengths }: Envelope,
  prefixes: readonly Prefix[],
  from: number,
  to: number,
  octets: number,
): Uint8Array {
  const message = blankMessage(MESSAGE_TYPE.update, before.length + octets + after.length);
  message.set(before, HEADER_OCTETS);
  for (const [at, besides] of lengths) writeUint16(message, at, besides + octets);
  let at = HEADER_OCTETS + before.length;
  for (let i = from; i < to; i++) at = writeNlri(message, at, prefixes[i]!, family);
  message.set(after, at);
  return message;
}

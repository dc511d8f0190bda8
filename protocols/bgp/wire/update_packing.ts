/**
 * UPDATEs to send: messages that are filled prefix by prefix, their shared attributes encoded once.
 *
 * Source: RFC 4271 section 4.3, RFC 4760 sections 3 and 4, RFC 4724 section 2 (End-of-RIB), RFC 7606 section 5.1 (MP
 * attributes first, one family a message), RFC 8654 section 4 (sizes), RFC 8950 section 3.
 * Shape: an {@linkcode Envelope} for what prefixes share, an {@linkcode UpdateFiller} for each message. A message announces
 * or withdraws, never both, so no prefix can stand in both sections of one.
 * Not here: which prefixes share attributes and what the peer already has (adj_rib_out.ts).
 *
 * @module
 */
import { writeUint16 } from "../../net/bytes.ts";
import { familyOf, ipToBytes } from "../../net/ip.ts";
import type { Prefix } from "../../net/prefix.ts";
import type { PathAttributes } from "./attribute.ts";
import { encodeAttributes } from "./attribute_list.ts";
import { blankMessage, setMessageLength } from "./framer.ts";
import type { NextHop } from "./mp_nlri.ts";
import { nlriOctets, writeNlri } from "./nlri.ts";
import { uint16Octets } from "./octets.ts";
import {
  AFI_SAFI,
  ATTRIBUTE,
  ATTRIBUTE_FLAG,
  type BgpFamily,
  HEADER_OCTETS,
  MAX_MESSAGE_OCTETS,
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
export interface Envelope {
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

/** Octets of the longest prefix: a length and the whole address. */
const MOST_OCTETS: Readonly<Record<BgpFamily, number>> = { "ipv4-unicast": 5, "ipv6-unicast": 17 };

/**
 * What stands around the prefixes of an announcement. Null when it leaves no room for every prefix: such a route must not be
 * announced, and one announced before must be withdrawn (RFC 8654 4).
 */
export function announcementEnvelope(announcement: Announcement, options: PackingOptions): Envelope | null {
  const { family, nextHop } = announcement;
  const isPlain = family === "ipv4-unicast" && familyOf(nextHop.address) === "ipv4";
  const envelope = isPlain ? plainEnvelope(announcement, options) : reachEnvelope(announcement, options);
  const octets = HEADER_OCTETS + envelope.before.length + MOST_OCTETS[family] + envelope.after.length;
  return octets <= options.maxMessageOctets ? envelope : null;
}

/** What stands around the prefixes of a withdrawal: no attributes, so there is always room. */
export function withdrawalEnvelope(family: BgpFamily): Envelope {
  return family === "ipv4-unicast" ? withdrawnEnvelope() : unreachEnvelope(family);
}

/** One message that takes prefixes until it is full. */
export class UpdateFiller {
  readonly #envelope: Envelope;
  readonly #message: Uint8Array;
  readonly #most: number;
  /** Where the prefixes must end, and where the next one begins. */
  readonly #end: number;
  #at: number;

  /** For at most so many prefixes, in a message of at most so many octets. */
  constructor(envelope: Envelope, count: number, maxMessageOctets: number) {
    const { family, before, after } = envelope;
    const most = MOST_OCTETS[family];
    const around = before.length + after.length;
    const body = Math.min(around + count * most, maxMessageOctets - HEADER_OCTETS);
    this.#envelope = envelope;
    this.#message = blankMessage(MESSAGE_TYPE.update, body);
    this.#message.set(before, HEADER_OCTETS);
    this.#most = most;
    this.#end = this.#message.length - after.length;
    this.#at = HEADER_OCTETS + before.length;
  }

  /** Adds a prefix; false when there is no room for it. */
  add(prefix: Prefix): boolean {
    const room = this.#end - this.#at;
    if (room < this.#most && room < nlriOctets(prefix)) return false;
    this.#at = writeNlri(this.#message, this.#at, prefix, this.#envelope.family);
    return true;
  }

  /** The message with what was added. */
  finish(): Uint8Array {
    const { before, after, lengths } = this.#envelope;
    const octets = this.#at - HEADER_OCTETS - before.length;
    for (const [at, besides] of lengths) writeUint16(this.#message, at, besides + octets);
    this.#message.set(after, this.#at);
    const message = this.#message.subarray(0, this.#at + after.length);
    setMessageLength(message);
    return message;
  }
}

/** Tells the peer that all routes of a family have been sent. */
export function encodeEndOfRib(family: BgpFamily): Uint8Array {
  return new UpdateFiller(withdrawalEnvelope(family), 0, MAX_MESSAGE_OCTETS).finish();
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

/**
 * Network layer reachability information: prefixes as a length octet and no more octets than the length needs.
 *
 * Source: RFC 4271 sections 4.3 and 6.3, RFC 4760 section 5, RFC 7606 section 5.3.
 * Shape: spans of octets to canonical text and back. A hundred thousand of them pass here at once, hence text is written
 * straight into octets, without numbers of 128 bits or arrays between.
 * Not here: the fields and attributes that carry prefixes (update.ts, mp_nlri.ts, update_packing.ts).
 *
 * @module
 */
import { ipv4At, ipv6At, isIpv4MappedAt } from "../../net/ip.ts";
import type { Prefix } from "../../net/prefix.ts";
import type { BgpFamily } from "./registry.ts";

/** The prefixes of a span. */
export interface DecodedNlri {
  readonly prefixes: readonly Prefix[];
  /** Well-formed, but nobody can route to them: RFC 4271 6.3 has them ignored. */
  readonly ignored: readonly string[];
}

const DOT = 46;
const SLASH = 47;
const ZERO = 48;
const COLON = 58;

/** How many octets hold that many bits. */
function octetsOfBits(bits: number): number {
  return (bits + 7) >>> 3;
}

/**
 * Decodes a span that prefixes fill to its end; null when they do not. Bits past a prefix's length mean nothing.
 *
 *     +---------------------------+
 *     |   Length (1 octet)        |
 *     +---------------------------+
 *     |   Prefix (variable)       |
 *     +---------------------------+
 */
export function decodeNlri(
  bytes: Uint8Array,
  start: number,
  end: number,
  family: BgpFamily,
): DecodedNlri | null {
  const [maxBits, prefixAt] = family === "ipv4-unicast" ? [32, ipv4PrefixAt] : [128, ipv6PrefixAt];
  const prefixes: Prefix[] = [];
  const ignored: string[] = [];
  const address = new Uint8Array(maxBits / 8);
  for (let at = start; at < end;) {
    const length = bytes[at]!;
    const octets = octetsOfBits(length);
    if (length > maxBits || at + 1 + octets > end) return null;
    for (let i = 0; i < address.length; i++) address[i] = i < octets ? bytes[at + 1 + i]! : 0;
    if (length % 8 !== 0) address[octets - 1]! &= 0xff << 8 - length % 8;
    const prefix = prefixAt(address, length);
    if (prefix.routable) prefixes.push(prefix.text as Prefix);
    else ignored.push(prefix.text);
    at += 1 + octets;
  }
  return { prefixes, ignored };
}

interface PrefixText {
  readonly text: string;
  readonly routable: boolean;
}

function ipv4PrefixAt(address: Uint8Array, length: number): PrefixText {
  const isMulticast = length >= 4 && address[0]! >>> 4 === 0xe;
  return { text: `${ipv4At(address, 0)}/${length}`, routable: !isMulticast };
}

function ipv6PrefixAt(address: Uint8Array, length: number): PrefixText {
  const isMulticast = length >= 8 && address[0] === 0xff;
  const isLinkLocal = length >= 10 && address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
  // RFC 4291 2.5.5.2: not for the wire, and the text names an IPv4 prefix everywhere else.
  const isMapped = length >= 96 && isIpv4MappedAt(address, 0);
  return { text: `${ipv6At(address, 0)}/${length}`, routable: !isMulticast && !isLinkLocal && !isMapped };
}

/** The length of a prefix, read from the end of its text. */
function lengthOf(prefix: Prefix): number {
  let length = 0;
  let scale = 1;
  for (let i = prefix.length - 1; i >= 0; i--) {
    const code = prefix.charCodeAt(i);
    if (code === SLASH) break;
    length += (code - ZERO) * scale;
    scale *= 10;
  }
  return length;
}

/** How many octets a prefix takes, its length octet included. */
export function nlriOctets(prefix: Prefix): number {
  return 1 + octetsOfBits(lengthOf(prefix));
}

/** Writes a prefix of that family at `at`, where there is room for {@linkcode nlriOctets}; returns where it ends. */
export function writeNlri(into: Uint8Array, at: number, prefix: Prefix, family: BgpFamily): number {
  const length = lengthOf(prefix);
  const end = at + 1 + octetsOfBits(length);
  into[at] = length;
  if (family === "ipv4-unicast") writeIpv4Text(into, at + 1, end, prefix);
  else writeIpv6Text(into, at + 1, end, prefix);
  return end;
}

/** Writes the octets from `at` to `end` of the dotted quad a text starts with. */
function writeIpv4Text(into: Uint8Array, at: number, end: number, text: string): void {
  let octet = 0;
  for (let i = 0; at < end; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT || code === SLASH) {
      into[at++] = octet;
      octet = 0;
    } else {
      octet = octet * 10 + code - ZERO;
    }
  }
}

/** Writes the octets from `at` to `end` of the canonical IPv6 address a text starts with. */
function writeIpv6Text(into: Uint8Array, at: number, end: number, text: string): void {
  into.fill(0, at, end);
  const slash = text.lastIndexOf("/");
  const gap = text.indexOf("::");
  writeGroups(into, at, end, text, 0, gap < 0 ? slash : gap);
  if (gap < 0) return;
  let tailGroups = gap + 2 < slash ? 1 : 0;
  for (let i = gap + 2; i < slash; i++) if (text.charCodeAt(i) === COLON) tailGroups++;
  writeGroups(into, at + 16 - 2 * tailGroups, end, text, gap + 2, slash);
}

/** Writes the groups between two positions of a text from `at` on, as far as they lie before `end`. */
function writeGroups(
  into: Uint8Array,
  at: number,
  end: number,
  text: string,
  from: number,
  to: number,
): void {
  let group = 0;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    // Digits are below "a" (97), which is ten.
    if (code !== COLON) group = group << 4 | (code < 97 ? code - ZERO : code - 87);
    if (code !== COLON && i + 1 < to) continue;
    if (at < end) into[at] = group >>> 8;
    if (at + 1 < end) into[at + 1] = group;
    at += 2;
    group = 0;
  }
}

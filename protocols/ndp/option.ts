/**
 * The options that follow a Neighbor Discovery message.
 *
 * Source: RFC 4861 section 4.6 (format), RFC 2464 section 6 (link-layer addresses on Ethernet), RFC 3971 section 5.3.2
 * and RFC 7527 (nonce); the option numbers are IANA's.
 * Shape: a span of octets in, values out; what we do not know is carried as it is.
 *
 * @module
 */
import { MAC_OCTETS } from "../net/ethernet.ts";
import { type Mac, macFromBytes, writeMac } from "../net/mac.ts";

/**
 * One option. An unknown one, or one whose length is not the Ethernet one, is carried with all octets after the first two.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |     Type      |    Length     |              ...              |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     ~                              ...                              ~   Length counts units of 8 octets
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export type NdpOption =
  | { readonly type: "SourceLinkLayerAddress"; readonly mac: Mac }
  | { readonly type: "TargetLinkLayerAddress"; readonly mac: Mac }
  /** 6 octets, or 6 and a multiple of 8 more. */
  | { readonly type: "Nonce"; readonly octets: Uint8Array }
  /** As many octets as a nonce may have. */
  | { readonly type: "Unknown"; readonly code: number; readonly octets: Uint8Array };

/** Why the options cannot be told apart. */
export type OptionsDropReason = "option-length-zero" | "option-overrun";

export const SOURCE_LINK_LAYER_ADDRESS = 1;
export const TARGET_LINK_LAYER_ADDRESS = 2;
const NONCE = 14;

const UNIT_OCTETS = 8;
const HEADER_OCTETS = 2;

/** Checks that options fill the span to its end. */
export function optionsFault(bytes: Uint8Array, start: number, end: number): OptionsDropReason | null {
  let at = start;
  while (at < end) {
    if (at + HEADER_OCTETS > end) return "option-overrun";
    const length = bytes[at + 1]!;
    if (length === 0) return "option-length-zero";
    at += length * UNIT_OCTETS;
  }
  return at > end ? "option-overrun" : null;
}

/** True when a checked span has an option of that code. */
export function hasOption(bytes: Uint8Array, start: number, end: number, code: number): boolean {
  for (let at = start; at < end; at += bytes[at + 1]! * UNIT_OCTETS) {
    if (bytes[at] === code) return true;
  }
  return false;
}

/** The offset of the Ethernet address in the first such option of a checked span, or null. */
export function linkLayerAddressOffset(
  bytes: Uint8Array,
  start: number,
  end: number,
  code: number,
): number | null {
  for (let at = start; at < end; at += bytes[at + 1]! * UNIT_OCTETS) {
    if (bytes[at] === code && bytes[at + 1] === 1) return at + HEADER_OCTETS;
  }
  return null;
}

/** Decodes a checked span. */
export function decodeOptions(bytes: Uint8Array, start: number, end: number): NdpOption[] {
  const options: NdpOption[] = [];
  for (let at = start; at < end; at += bytes[at + 1]! * UNIT_OCTETS) {
    options.push(decodeOption(bytes, at));
  }
  return options;
}

function decodeOption(bytes: Uint8Array, at: number): NdpOption {
  const code = bytes[at]!;
  const length = bytes[at + 1]!;
  if (length === 1 && code === SOURCE_LINK_LAYER_ADDRESS) {
    return { type: "SourceLinkLayerAddress", mac: macFromBytes(bytes, at + HEADER_OCTETS) };
  }
  if (length === 1 && code === TARGET_LINK_LAYER_ADDRESS) {
    return { type: "TargetLinkLayerAddress", mac: macFromBytes(bytes, at + HEADER_OCTETS) };
  }
  const octets = bytes.slice(at + HEADER_OCTETS, at + length * UNIT_OCTETS);
  return code === NONCE ? { type: "Nonce", octets } : { type: "Unknown", code, octets };
}

/** How many octets the options take. */
export function optionsOctets(options: readonly NdpOption[]): number {
  let total = 0;
  for (const option of options) total += optionOctets(option);
  return total;
}

function optionOctets(option: NdpOption): number {
  return HEADER_OCTETS + ("octets" in option ? option.octets.length : MAC_OCTETS);
}

/** Writes the options one after the other from `start`. */
export function writeOptions(bytes: Uint8Array, start: number, options: readonly NdpOption[]): void {
  let at = start;
  for (const option of options) {
    const length = optionOctets(option);
    bytes[at] = codeOf(option);
    bytes[at + 1] = length / UNIT_OCTETS;
    if ("octets" in option) bytes.set(option.octets, at + HEADER_OCTETS);
    else writeMac(bytes, at + HEADER_OCTETS, option.mac);
    at += length;
  }
}

function codeOf(option: NdpOption): number {
  switch (option.type) {
    case "SourceLinkLayerAddress":
      return SOURCE_LINK_LAYER_ADDRESS;
    case "TargetLinkLayerAddress":
      return TARGET_LINK_LAYER_ADDRESS;
    case "Nonce":
      return NONCE;
    case "Unknown":
      return option.code;
  }
}

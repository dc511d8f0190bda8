/**
 * Ethernet addresses as branded canonical text: six lower-case octets with colons.
 *
 * Source: IEEE 802.3; the multicast mapping of IPv6 groups is RFC 2464 section 7.
 *
 * @module
 */

declare const macBrand: unique symbol;

/** An Ethernet address, "02:00:5e:10:00:01". */
export type Mac = string & { readonly [macBrand]: true };

export const BROADCAST: Mac = "ff:ff:ff:ff:ff:ff" as Mac;
export const ZERO_MAC: Mac = "00:00:00:00:00:00" as Mac;

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/** Parses six colon-separated hex octets; null when the text is anything else. */
export function parseMac(text: string): Mac | null {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? text.toLowerCase() as Mac : null;
}

/** Canonical text of the six octets at `offset`. */
export function macFromBytes(bytes: Uint8Array, offset = 0): Mac {
  let text = HEX[bytes[offset]!]!;
  for (let i = 1; i < 6; i++) text += ":" + HEX[bytes[offset + i]!];
  return text as Mac;
}

/** The six octets of an address. */
export function macToBytes(mac: Mac): Uint8Array {
  const bytes = new Uint8Array(6);
  writeMac(bytes, 0, mac);
  return bytes;
}

/** Writes the six octets of an address at `offset`. */
export function writeMac(bytes: Uint8Array, offset: number, mac: Mac): void {
  for (let i = 0; i < 6; i++) bytes[offset + i] = parseInt(mac.slice(3 * i, 3 * i + 2), 16);
}

/** True when the octets at `offset` are a group address, broadcast included (IEEE 802.3 3.2.3: the I/G bit). */
export function isGroupAt(bytes: Uint8Array, offset: number): boolean {
  return (bytes[offset]! & 1) === 1;
}

/** True when the octets at `offset` are the broadcast address. */
export function isBroadcastAt(bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < 6; i++) if (bytes[offset + i] !== 0xff) return false;
  return true;
}

/** The Ethernet group an IPv6 multicast address maps to (RFC 2464 section 7). */
export function macOfIpv6Group(group: Uint8Array): Mac {
  return macFromBytes(Uint8Array.of(0x33, 0x33, group[12]!, group[13]!, group[14]!, group[15]!));
}

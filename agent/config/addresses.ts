/**
 * One entry of an IPAddressPool's `addresses`: a CIDR block, or a range broken into blocks.
 *
 * Source: MetalLB's ParseCIDR (internal/config).
 * Shape: text in, ascending prefixes or the reason why not out.
 * Not here: overlap between entries (pool.ts).
 *
 * @module
 */
import { compareIps, familyOf, parseIp } from "../../protocols/net/ip.ts";
import { parsePrefix, type Prefix, prefixesOfRange } from "../../protocols/net/prefix.ts";

/** What an entry stands for; never empty. */
export type ParsedAddresses =
  | { readonly ok: true; readonly prefixes: readonly Prefix[] }
  | { readonly ok: false; readonly message: string };

/** Parses "10.0.0.0/24" or "10.0.0.1-10.0.0.9"; blanks are welcome around the hyphen only, as in MetalLB. */
export function parseAddresses(entry: string): ParsedAddresses {
  const hyphen = entry.indexOf("-");
  if (hyphen >= 0) return parseRange(entry, entry.slice(0, hyphen).trim(), entry.slice(hyphen + 1).trim());
  const prefix = parsePrefix(entry);
  if (prefix !== null) return { ok: true, prefixes: [prefix] };
  return refused(`invalid CIDR "${entry}": ${adviceOn(entry)}`);
}

function adviceOn(entry: string): string {
  const trimmed = entry.trim();
  if (trimmed !== entry) return "remove the blanks around it";
  const ip = parseIp(trimmed);
  if (ip !== null) return `add a prefix length, such as ${ip}/${familyOf(ip) === "ipv4" ? 32 : 128}`;
  return 'write a block such as "192.0.2.0/24" or a range such as "192.0.2.10-192.0.2.20"';
}

function parseRange(entry: string, firstText: string, lastText: string): ParsedAddresses {
  const [first, last] = [parseIp(firstText), parseIp(lastText)];
  if (first === null) return refused(`invalid IP range "${entry}": invalid start IP "${firstText}"`);
  if (last === null) return refused(`invalid IP range "${entry}": invalid end IP "${lastText}"`);
  // METALLB: there a range from IPv4 to IPv6 is accepted and silently holds no address.
  if (familyOf(first) !== familyOf(last)) {
    return refused(`invalid IP range "${entry}": start and end are of different address families`);
  }
  if (compareIps(first, last) > 0) {
    return refused(`invalid IP range "${entry}": start IP ${first} is after the end IP ${last}`);
  }
  return { ok: true, prefixes: prefixesOfRange(first, last) };
}

function refused(message: string): ParsedAddresses {
  return { ok: false, message };
}

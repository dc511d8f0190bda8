/**
 * Whether two advertisements would give one route two local preferences.
 *
 * Source: MetalLB's validateDuplicate and AdvertisementsConflict (internal/config).
 * Shape: pure; two advertisements and the families of the pool they are on in, yes or no out.
 *
 * @module
 */
import type { Prefix } from "../../../protocols/net/prefix.ts";
import type { BgpAdvert } from "../config.ts";

/** Which families of address a pool has. */
export interface PoolFamilies {
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}

/** The families of these blocks. */
export function familiesOf(prefixes: readonly Prefix[]): PoolFamilies {
  const ipv6 = prefixes.some((prefix) => prefix.includes(":"));
  return { ipv6, ipv4: prefixes.some((prefix) => !prefix.includes(":")) };
}

/**
 * True when some route may be announced to some peer by both, with different preference. A pool of both families needs
 * both aggregation lengths to differ.
 */
export function clashInLocalPref(a: BgpAdvert, b: BgpAdvert, { ipv4, ipv6 }: PoolFamilies): boolean {
  if (a.localPref === b.localPref) return false;
  const sameV4 = ipv4 && a.aggregationLength.ipv4 === b.aggregationLength.ipv4;
  const sameV6 = ipv6 && a.aggregationLength.ipv6 === b.aggregationLength.ipv6;
  if (!sameV4 && !sameV6) return false;
  if (a.peers !== null && b.peers !== null && a.peers.isDisjointFrom(b.peers)) return false;
  return !a.nodes.isDisjointFrom(b.nodes);
}

/**
 * What a route says besides its prefix, in the form it is desired, compared and grouped by.
 *
 * Source: RFC 4271 section 5.1; communities are RFC 1997, 4360 and 8092.
 * Shape: a value with its key; equal keys are equal sets, so routes of one key share UPDATEs. Owners who share the values
 * too save memory. The path of a session's UPDATE adds what depends on the peer.
 * Not here: octets (wire/attribute_list.ts).
 *
 * @module
 */
import type { PathAttributes } from "./wire/attribute.ts";
import type { Community, ExtendedCommunity, LargeCommunity } from "./wire/communities.ts";

/** The attributes a configuration can give to a route; lists are sorted and hold nothing twice. */
export interface AttributeSet {
  readonly key: string;
  /** Said to internal peers only (RFC 4271 5.1.5), and to them always. */
  readonly localPref: number;
  readonly communities: readonly Community[];
  readonly largeCommunities: readonly LargeCommunity[];
  readonly extendedCommunities: readonly ExtendedCommunity[];
}

/** The set of these attributes, in whatever order their values come. */
export function attributeSet(
  localPref: number,
  communities: readonly Community[] = [],
  largeCommunities: readonly LargeCommunity[] = [],
  extendedCommunities: readonly ExtendedCommunity[] = [],
): AttributeSet {
  const lists = {
    communities: sortedOnce(communities),
    largeCommunities: sortedOnce(largeCommunities),
    extendedCommunities: sortedOnce(extendedCommunities),
  };
  const key = [localPref, ...Object.values(lists).map((list) => list.join(" "))].join("|");
  return { key, localPref, ...lists };
}

/** Numbers inside the texts count as numbers. */
function sortedOnce<T extends string>(values: readonly T[]): readonly T[] {
  return [...new Set(values)].sort(compareCommunities);
}

function compareCommunities(a: string, b: string): number {
  const [x, y] = [a.split(":"), b.split(":")];
  for (let i = 0; i < x.length && i < y.length; i++) {
    const difference = Number(x[i]) - Number(y[i]);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The path attributes of an announcement to a peer of that type, RFC 4271 5.1. */
export function pathAttributes(
  set: AttributeSet,
  localAsn: number,
  peerType: "internal" | "external",
): PathAttributes {
  const { communities, largeCommunities, extendedCommunities } = set;
  const isInternal = peerType === "internal";
  return {
    origin: "igp",
    asPath: isInternal ? [] : [localAsn],
    ...isInternal && { localPref: set.localPref },
    ...communities.length > 0 && { communities },
    ...extendedCommunities.length > 0 && { extendedCommunities },
    ...largeCommunities.length > 0 && { largeCommunities },
  };
}

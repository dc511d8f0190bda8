/**
 * Communities of all three kinds as branded canonical text: "65000:1", "4200000001:1:2", and sixteen hexadecimal digits.
 *
 * Source: RFC 1997 (standard), RFC 8092 (large, the text is its section 4), RFC 4360 (extended), IANA's well-known ones.
 * Shape: text and numbers; equal communities are equal strings.
 * Not here: the attributes that carry them (attribute.ts), the names users give them (agent/config).
 *
 * @module
 */

declare const communityBrand: unique symbol;
declare const largeCommunityBrand: unique symbol;
declare const extendedCommunityBrand: unique symbol;

/** Two numbers of 16 bits, "65000:1". */
export type Community = string & { readonly [communityBrand]: true };

/** Three numbers of 32 bits, "4200000001:1:2". */
export type LargeCommunity = string & { readonly [largeCommunityBrand]: true };

/** Eight octets in lower-case hexadecimal, type first. */
export type ExtendedCommunity = string & { readonly [extendedCommunityBrand]: true };

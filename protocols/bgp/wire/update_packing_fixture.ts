/**
 * Whole lists of prefixes as UPDATEs, for tests of what a message holds.
 *
 * @module
 */
import type { Prefix } from "../../net/prefix.ts";
import type { BgpFamily } from "./registry.ts";
import {
  type Announcement,
  announcementEnvelope,
  type Envelope,
  type PackingOptions,
  UpdateFiller,
  withdrawalEnvelope,
} from "./update_packing.ts";

/** The announcement of prefixes, in their order; null when the attributes leave no room for one. */
export function encodeAnnouncements(
  announcement: Announcement,
  prefixes: readonly Prefix[],
  options: PackingOptions,
): readonly Uint8Array[] | null {
  const envelope = announcementEnvelope(announcement, options);
  return envelope === null ? null : fill(envelope, prefixes, options);
}

/** The withdrawal of prefixes, in their order. */
export function encodeWithdrawals(
  family: BgpFamily,
  prefixes: readonly Prefix[],
  options: PackingOptions,
): readonly Uint8Array[] {
  return fill(withdrawalEnvelope(family), prefixes, options);
}

function fill(
  envelope: Envelope,
  prefixes: readonly Prefix[],
  { maxMessageOctets }: PackingOptions,
): readonly Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < prefixes.length;) {
    const filler = new UpdateFiller(envelope, prefixes.length - at, maxMessageOctets);
    while (at < prefixes.length && filler.add(prefixes[at]!)) at++;
    messages.push(filler.finish());
  }
  return messages;
}

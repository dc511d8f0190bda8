/**
 * What has to change on the wire, by layer 2, to get from one desired state to another.
 *
 * Shape: two plain values in, a sorted list of changes out; equal states give no change. What is to be set stands before
 * what is to be removed: announce before withdraw.
 * Not here: BGP (bgp/diff.ts).
 *
 * @module
 */
import { compareIps, type Ip } from "../../protocols/net/ip.ts";
import type { Desired, Layer2Announcement } from "./desired.ts";

/** What is compared here. */
export type Layer2Desired = Pick<Desired, "layer2">;

/** Both lists ascend by address. */
export interface DesiredChanges {
  readonly set: readonly Layer2Announcement[];
  readonly remove: readonly Ip[];
}

/** The changes that lead from `before` to `after`. */
export function diffDesired(before: Layer2Desired, after: Layer2Desired): DesiredChanges {
  if (before.layer2 === after.layer2) return { set: [], remove: [] };
  const set: Layer2Announcement[] = [];
  const remove: Ip[] = [];
  for (const [ip, wanted] of after.layer2) {
    const had = before.layer2.get(ip);
    if (had === undefined || !sameAnnouncement(had, wanted)) set.push(wanted);
  }
  for (const ip of before.layer2.keys()) if (!after.layer2.has(ip)) remove.push(ip);
  set.sort((a, b) => compareIps(a.ip, b.ip));
  remove.sort(compareIps);
  return { set, remove };
}

/** True when both ask for the same on the wire. */
export function sameAnnouncement(a: Layer2Announcement, b: Layer2Announcement): boolean {
  return a === b || (a.ip === b.ip && a.refreshMs === b.refreshMs && sameNames(a.interfaces, b.interfaces) &&
    sameNames(a.services, b.services));
}

/** True when both name the same in the same order, or both are null. */
export function sameNames(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === b) return true;
  return a !== null && b !== null && a.length === b.length && a.every((name, i) => name === b[i]);
}

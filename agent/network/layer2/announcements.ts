/**
 * The addresses this node answers for, as its responders read them.
 *
 * Shape: changes in from the main thread, an {@linkcode AnswerTable} out for each interface. One lookup per frame.
 *
 * @module
 */
import type { Answer, AnswerTable } from "../../../protocols/net/answer_table.ts";
import { type Family, familyOf, type Ip } from "../../../protocols/net/ip.ts";
import type { Mac } from "../../../protocols/net/mac.ts";
import type { Layer2Announcement } from "../../plan/desired.ts";

/** See the module comment. */
export class Announcements {
  readonly #byIp = new Map<
    Ip,
    { readonly announcement: Layer2Announcement; readonly names: Set<string> | null }
  >();
  #ownMacs: ReadonlySet<Mac> = new Set();

  set(announcement: Layer2Announcement): void {
    const names = announcement.interfaces === null ? null : new Set(announcement.interfaces);
    this.#byIp.set(announcement.ip, { announcement, names });
  }

  remove(ip: Ip): void {
    this.#byIp.delete(ip);
  }

  /** Says which MACs are this node's: two interfaces on one segment hear each other. */
  setOwnMacs(macs: ReadonlySet<Mac>): void {
    this.#ownMacs = macs;
  }

  /** The addresses of one family that are announced on that interface. */
  on(interfaceName: string, family: Family): Layer2Announcement[] {
    const found: Layer2Announcement[] = [];
    for (const { announcement, names } of this.#byIp.values()) {
      if (familyOf(announcement.ip) === family && (names === null || names.has(interfaceName))) {
        found.push(announcement);
      }
    }
    return found;
  }

  /** The table as one interface sees it; it follows every later change. */
  tableFor(interfaceName: string): AnswerTable {
    return {
      answersFor: (ip) => this.#answer(ip, interfaceName),
      isOwnMac: (mac) => this.#ownMacs.has(mac),
    };
  }

  #answer(ip: Ip, interfaceName: string): Answer {
    const entry = this.#byIp.get(ip);
    if (entry === undefined) return "not-announced";
    return entry.names === null || entry.names.has(interfaceName) ? "yes" : "other-interface";
  }
}

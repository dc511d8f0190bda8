/**
 * Layer 2 on this node: announced addresses meet interfaces, machines meet taps.
 *
 * Shape: two inputs, what to announce and which interfaces there are; whatever changes, every tap is brought to what
 * both now say. Announcer and conflict detector are stepped here and their effects carried out at once. All times are the
 * loop's.
 * Not here: frames (voice.ts), one tap (tap.ts), deciding (agent/plan).
 *
 * @module
 */
import { type Announce, Announcer, type AnnouncerEvent } from "../../../protocols/gratuitous/announcer.ts";
import { DEFAULT_CLAIM } from "../../../protocols/conflict/claim.ts";
import {
  ConflictDetector,
  type DetectorEffect,
  type DetectorEvent,
} from "../../../protocols/conflict/detector.ts";
import { earliest, type Instant } from "../../../protocols/machine.ts";
import { type Family, familyOf, type Ip } from "../../../protocols/net/ip.ts";
import type { Mac } from "../../../protocols/net/mac.ts";
import type { Layer2Announcement } from "../../plan/desired.ts";
import { Announcements } from "./announcements.ts";
import type { Counters } from "../counters.ts";
import { GroupMemberships } from "./group_memberships.ts";
import type { Interface } from "../interface_table.ts";
import type { Loop, Timer } from "../loop.ts";
import type { NetworkOptions, Report } from "../messages.ts";
import { Tap, type TapListener, tapName } from "./tap.ts";
import { TapSchedule } from "./tap_schedule.ts";
import { FAMILY, type Protocol, voiceOf } from "./voice.ts";

/** Fits the shortest transmit queues; the announcer sends at most this many packets at one instant. */
const BURST_PACKETS = 64;
const PROTOCOLS: readonly Protocol[] = ["arp", "ndp"];
const PROTOCOL: Readonly<Record<Family, Protocol>> = { ipv4: "arp", ipv6: "ndp" };

/** What layer 2 needs around it. */
export interface Layer2Surroundings {
  readonly loop: Loop;
  readonly counters: Counters;
  readonly report: (report: Report) => void;
  readonly rng: () => number;
}

/** See the module comment. */
export class Layer2 implements Timer, TapListener, Disposable {
  readonly #around: Layer2Surroundings;
  readonly #announcements = new Announcements();
  readonly #announcer: Announcer;
  readonly #detector: ConflictDetector;
  readonly #memberships = new GroupMemberships();
  readonly #taps = new Map<string, Tap>();
  /** Muted taps of interfaces that are gone or no longer qualify, until their turn to be closed. */
  readonly #dropped = new Set<Tap>();
  /** When each tap is opened that has addresses, and closed that has none. */
  readonly #schedule = new TapSchedule<Tap>();

  constructor(options: NetworkOptions, around: Layer2Surroundings) {
    this.#around = around;
    const pacing = { packetsPerSecond: options.gratuitousPerSecond, burstPackets: BURST_PACKETS };
    this.#announcer = new Announcer(pacing);
    this.#detector = new ConflictDetector(DEFAULT_CLAIM, pacing);
  }

  /** Applies changes to what is announced. */
  change(set: readonly Layer2Announcement[], remove: readonly Ip[], now: Instant): void {
    for (const ip of remove) {
      this.#announcements.remove(ip);
      for (const tap of this.#taps.values()) this.#release(tap, ip, now);
    }
    for (const announcement of set) {
      this.#announcements.set(announcement);
      for (const tap of this.#taps.values()) this.#settle(tap, announcement, now);
    }
  }

  /** Applies a new picture of the interfaces. */
  setInterfaces(interfaces: ReadonlyMap<number, Interface>, now: Instant): void {
    const macs = new Set<Mac>();
    const present = new Set<string>();
    for (const iface of interfaces.values()) {
      if (iface.mac !== null) macs.add(iface.mac);
    }
    this.#announcements.setOwnMacs(macs);
    for (const iface of interfaces.values()) {
      for (const protocol of PROTOCOLS) {
        if (this.#bringTap(protocol, iface, now)) present.add(tapName(iface.name, protocol));
      }
    }
    for (const tap of [...this.#taps.values()]) {
      if (!present.has(tap.name)) this.#dropTap(tap, now);
    }
  }

  nextDeadline(): Instant | null {
    return earliest(this.#announcer.deadline, this.#detector.deadline, this.#schedule.deadline);
  }

  onDeadline(now: Instant): void {
    this.#announce({ type: "TimerExpired" }, now);
    this.#detect({ type: "TimerExpired" }, now);
    const tap = this.#schedule.takeDue(now);
    if (tap !== null) this.#bringToWish(tap, now);
  }

  conflict(tap: Tap, ip: Ip, mac: Mac, now: Instant): void {
    this.#detect({ type: "ConflictSeen", ip, interface: tap.name, mac }, now);
  }

  failed(tap: Tap, error: Error, now: Instant): void {
    this.#silence(tap, now);
    tap.close();
    this.#around.counters.dropped(`${tap.protocol}/capture-failed`);
    this.#tapFailed(tap, error, now);
  }

  [Symbol.dispose](): void {
    for (const tap of [...this.#taps.values(), ...this.#dropped]) tap.close();
    this.#taps.clear();
    this.#dropped.clear();
    this.#memberships[Symbol.dispose]();
  }

  /** Makes the interface's tap for that protocol what the interface now is; false when it must not have one. */
  #bringTap(protocol: Protocol, iface: Interface, now: Instant): boolean {
    const voice = voiceOf(protocol, iface, this.#announcements.tableFor(iface.name));
    if (voice === null) return false;
    const known = this.#taps.get(tapName(iface.name, protocol));
    if (known !== undefined && known.interface.index === iface.index) {
      const before = known.interface;
      known.interface = iface;
      const cameBack = iface.carrier && !before.carrier;
      if (before.mac === iface.mac && !cameBack) return true;
      known.voice = voice;
      this.#announce({ type: "Restart", interface: known.name }, now);
      return true;
    }
    if (known !== undefined) this.#dropTap(known, now);
    const tap = new Tap(protocol, iface, voice, { ...this.#around, listener: this });
    this.#taps.set(tap.name, tap);
    for (const announcement of this.#announcements.on(iface.name, FAMILY[protocol])) {
      this.#settle(tap, announcement, now);
    }
    return true;
  }

  #dropTap(tap: Tap, now: Instant): void {
    this.#taps.delete(tap.name);
    this.#silence(tap, now);
    tap.addresses.clear();
    tap.mute();
    this.#dropped.add(tap);
    if (this.#schedule.works(tap)) this.#reportFailing();
    this.#schedule.soon(tap, now);
  }

  /** Takes up, keeps or gives up one address on one tap. */
  #settle(tap: Tap, { ip, interfaces, refreshMs }: Layer2Announcement, now: Instant): void {
    if (PROTOCOL[familyOf(ip)] !== tap.protocol) return;
    if (interfaces !== null && !interfaces.includes(tap.interface.name)) return this.#release(tap, ip, now);
    const isNew = !tap.addresses.has(ip);
    tap.addresses.add(ip);
    if (!tap.isOpen) return this.#schedule.soon(tap, now);
    if (isNew) this.#claim(tap, ip, now);
    this.#announce({ type: "Set", ip, interface: tap.name, refreshMs }, now);
  }

  #release(tap: Tap, ip: Ip, now: Instant): void {
    if (!tap.addresses.delete(ip)) return;
    if (tap.addresses.size === 0) this.#schedule.whenIdle(tap, now);
    if (!tap.isOpen) return;
    if (tap.protocol === "ndp") this.#memberships.leave(ip, tap.interface.index);
    this.#announce({ type: "Remove", ip, interface: tap.name }, now);
    this.#detect({ type: "Release", ip, interface: tap.name }, now);
  }

  /** What comes with answering for an address on an open tap, but for the announcements. */
  #claim(tap: Tap, ip: Ip, now: Instant): void {
    if (tap.protocol === "ndp") this.#memberships.join(ip, tap.interface.index);
    this.#detect({ type: "Claim", ip, interface: tap.name }, now);
  }

  /** Opens a tap that has addresses; closes one that has none: its filter costs the node's traffic for nothing. */
  #bringToWish(tap: Tap, now: Instant): void {
    if (tap.addresses.size === 0) {
      tap.close();
      this.#dropped.delete(tap);
      if (this.#schedule.works(tap)) this.#reportFailing();
    } else if (!tap.isOpen) this.#openTap(tap, now);
  }

  /** Opens a tap and speaks for all its addresses; on failure it is tried again. */
  #openTap(tap: Tap, now: Instant): void {
    try {
      tap.open();
    } catch (error) {
      return this.#tapFailed(tap, error instanceof Error ? error : new Error(String(error)), now);
    }
    if (this.#schedule.works(tap)) {
      this.#log("info", "interface can be used again", tap);
      this.#reportFailing();
    }
    for (const announcement of this.#announcements.on(tap.interface.name, FAMILY[tap.protocol])) {
      this.#claim(tap, announcement.ip, now);
      const { ip, refreshMs } = announcement;
      this.#announce({ type: "Set", ip, interface: tap.name, refreshMs }, now);
    }
  }

  /** Forgets what an open tap had begun; its addresses stay. */
  #silence(tap: Tap, now: Instant): void {
    if (tap.protocol === "ndp" && tap.isOpen) {
      for (const ip of tap.addresses) this.#memberships.leave(ip, tap.interface.index);
    }
    this.#announce({ type: "RemoveInterface", interface: tap.name }, now);
    this.#detect({ type: "ReleaseInterface", interface: tap.name }, now);
  }

  #tapFailed(tap: Tap, error: Error, now: Instant): void {
    if (!this.#schedule.failed(tap, error.message, now)) return;
    this.#log("error", "interface cannot be used, trying again", tap, { err: error.message });
    this.#reportFailing();
  }

  #log(level: "info" | "error", msg: string, tap: Tap, fields: Readonly<Record<string, unknown>> = {}): void {
    const { interface: { name }, protocol } = tap;
    this.#around.report({ type: "Log", level, msg, fields: { interface: name, protocol, ...fields } });
  }

  #reportFailing(): void {
    this.#around.report({ type: "Failing", taps: this.#schedule.failing.map((tap) => tap.name) });
  }

  #announce(event: AnnouncerEvent, now: Instant): void {
    for (const announce of this.#announcer.step(event, now)) this.#sendAnnouncement(announce);
  }

  #sendAnnouncement({ ip, interface: name, packets }: Announce): void {
    const tap = this.#taps.get(name);
    if (tap === undefined) return;
    const sent = tap.voice.announcement(ip).filter((frame) => tap.send(frame));
    if (sent.length > 0) this.#around.counters.gratuitousSent(ip, Math.min(sent.length, packets));
  }

  #detect(event: DetectorEvent, now: Instant): void {
    const effects = this.#detector.step(event, { now, rng: this.#around.rng });
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: DetectorEffect): void {
    const { ip, interface: name } = effect;
    const tap = this.#taps.get(name);
    if (tap === undefined) return;
    switch (effect.type) {
      case "SendProbe":
        tap.send(tap.voice.probe(ip, effect.nonce));
        return;
      case "SendDefence":
        for (const frame of tap.voice.announcement(ip)) tap.send(frame);
        return;
      case "ReportConflict":
        return this.#around.report({ type: "Conflict", ip, interface: tap.interface.name, mac: effect.mac });
      case "ConflictEnded":
        return this.#around.report({ type: "ConflictEnded", ip, interface: tap.interface.name });
      default:
        effect satisfies never;
    }
  }
}

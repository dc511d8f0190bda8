/**
 * Finds peers that are configured by interface: the router at the other end of the link tells its link-local address.
 *
 * Source: RFC 4861 section 6.2 (advertisements, paced as MaxRtrAdvInterval), RFC 4007; FRR's interface neighbours, which
 * wait for an advertisement of ours in return.
 * Shape: one tap an interface; Router Advertisements in, {@linkcode Target} out. We advertise ourselves with lifetime
 * zero when the interface comes up, when somebody asks, and every ten seconds; until a router has, we ask for it as often.
 * A router that never advertises itself cannot be found: whoever reads the log is told what to switch on.
 * Not here: the frames (protocols/ndp/router_packet.ts), dialling (peer_driver.ts).
 *
 * @module
 */
import { SystemError } from "../../../ffi/errno.ts";
import { type Capture, openCapture } from "../../../ffi/pcap.ts";
import { after, earliest, type Instant } from "../../../protocols/machine.ts";
import {
  decodeRouterFrame,
  encodeRouterAdvertisement,
  encodeRouterSolicitation,
} from "../../../protocols/ndp/router_packet.ts";
import { ETHERTYPE_IPV6 } from "../../../protocols/net/ethernet.ts";
import type { Ip } from "../../../protocols/net/ip.ts";
import type { Reader } from "../loop.ts";
import type { PeerSettings } from "../messages.ts";
import type { Around } from "./around.ts";
import type { Target } from "./transport.ts";

/** Who looks for peers. */
export interface SearchOwner {
  found(peer: string, target: Target, now: Instant): void;
}

const FILTER = "icmp6 and (ip6[40] == 133 or ip6[40] == 134)";
const SNAPSHOT_OCTETS = 2048;
const BUFFER_OCTETS = 256 * 1024;
/** LIMIT: frames read in one turn. */
const FRAMES_PER_TURN = 16;
const ADVERTISE_MS = 10_000;
/** RFC 4861 6.2.6: not more often, however many ask. */
const ADVERTISE_LEAST_MS = 3000;
const REOPEN_MS = 1000;
/** A router that is asked answers within half a second (RFC 4861 6.2.6). */
const SILENCE_MS = 5000;

const NOBODY_ADVERTISES =
  "no router advertises itself to a BGP peer's interface: switch on its Router Advertisements, or give the peer an address";
const NO_LINK = "the interface of a BGP peer does not exist, or is down";

/** See the module comment. */
export class Unnumbered implements Disposable {
  readonly #around: Omit<Around, "routerId">;
  readonly #owner: SearchOwner;
  readonly #links = new Map<string, Link>();

  constructor(around: Omit<Around, "routerId">, owner: SearchOwner) {
    this.#around = around;
    this.#owner = owner;
  }

  /** Looks for those of these peers that have an interface and no address; the host may have changed. */
  look(peers: readonly PeerSettings[], now: Instant): void {
    const wanted = new Map<string, string[]>();
    for (const { name, address, interface: on } of peers) {
      if (address === null && on !== null) wanted.set(on, [...wanted.get(on) ?? [], name]);
    }
    for (const [name, link] of this.#links) {
      if (wanted.has(name)) continue;
      link.close();
      this.#links.delete(name);
    }
    for (const [name, searching] of wanted) {
      let link = this.#links.get(name);
      if (link === undefined) this.#links.set(name, link = new Link(name, this.#around, this.#owner));
      link.look(searching, now);
    }
  }

  nextDeadline(): Instant | null {
    let next: Instant | null = null;
    for (const link of this.#links.values()) next = earliest(next, link.nextAt);
    return next;
  }

  onDeadline(now: Instant): void {
    for (const link of this.#links.values()) {
      if (link.nextAt !== null && link.nextAt <= now) link.onDeadline(now);
    }
  }

  [Symbol.dispose](): void {
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }
}

/** One interface. */
class Link implements Reader {
  /** When to advertise next, or to try to open again. */
  nextAt: Instant | null = null;
  readonly #name: string;
  readonly #around: Omit<Around, "routerId">;
  readonly #owner: SearchOwner;
  #peers: readonly string[] = [];
  #capture: Capture | null = null;
  #index: number | null = null;
  #router: Ip | null = null;
  #advertisedAt: Instant | null = null;
  #hasToldFailure = false;
  #searchingSince: Instant | null = null;
  /** Why no router is found, as told last. */
  #toldWhy = "";

  constructor(name: string, around: Omit<Around, "routerId">, owner: SearchOwner) {
    this.#name = name;
    this.#around = around;
    this.#owner = owner;
  }

  look(peers: readonly string[], now: Instant): void {
    const newcomers = peers.filter((name) => !this.#peers.includes(name));
    this.#peers = peers;
    const link = this.#around.host.runningLink(this.#name);
    const index = link?.index ?? null;
    if (index !== this.#index) {
      this.close();
      this.#index = index;
      this.#router = this.#searchingSince = null;
    }
    if (index === null) {
      if (this.#toldWhy !== NO_LINK) this.nextAt ??= after(now, SILENCE_MS);
      return;
    }
    if (this.#capture === null) this.#open(now);
    else if (this.#advertisedAt === null) this.#advertise(now);
    if (this.#router !== null) this.#tell(newcomers, now);
  }

  onDeadline(now: Instant): void {
    if (this.#index === null) {
      this.nextAt = null;
      return this.#tellWhy(NO_LINK);
    }
    if (this.#capture === null) this.#open(now);
    else this.#advertise(now);
    const since = this.#searchingSince;
    if (this.#router !== null || since === null || now < after(since, SILENCE_MS)) return;
    this.#tellWhy(NOBODY_ADVERTISES);
  }

  onReadable(now: Instant): void {
    try {
      for (let i = 0; i < FRAMES_PER_TURN; i++) {
        const frame = this.#capture?.next() ?? null;
        if (frame === null) return;
        this.#hear(frame, now);
      }
    } catch (error) {
      this.#retryLater(error, now);
    }
  }

  close(): void {
    this.nextAt = this.#advertisedAt = null;
    if (this.#capture === null) return;
    this.#around.loop.unwatch(this.#capture.fd);
    this.#capture.close();
    this.#capture = null;
  }

  #open(now: Instant): void {
    try {
      this.#capture = openCapture({
        interface: this.#name,
        filter: FILTER,
        protocol: ETHERTYPE_IPV6,
        snapshotOctets: SNAPSHOT_OCTETS,
        bufferOctets: BUFFER_OCTETS,
      });
    } catch (error) {
      return this.#retryLater(error, now);
    }
    this.#hasToldFailure = false;
    this.#searchingSince ??= now;
    this.#around.loop.watch(this.#capture.fd, this);
    this.#advertise(now);
  }

  #hear(frame: Uint8Array, now: Instant): void {
    const heard = decodeRouterFrame(frame);
    if (heard === null) return;
    if (heard.type === "RouterSolicitation") {
      const last = this.#advertisedAt;
      if (last === null || now >= after(last, ADVERTISE_LEAST_MS)) this.#advertise(now);
      return;
    }
    // Of several routers on a link the first one stays until its session ends.
    this.#router = heard.source;
    this.#toldWhy = "";
    this.#tell(this.#peers, now);
  }

  #tell(peers: readonly string[], now: Instant): void {
    if (this.#router === null || this.#index === null) return;
    for (const name of peers) this.#owner.found(name, { ip: this.#router, scopeId: this.#index }, now);
  }

  #advertise(now: Instant): void {
    // RFC 4861 6.2.4: spread, so that many speakers do not act as one.
    this.nextAt = after(now, ADVERTISE_MS * (0.75 + 0.25 * this.#around.rng()));
    const { host } = this.#around;
    const [mac, source] = [host.runningLink(this.#name)?.mac ?? null, host.linkLocalOn(this.#name)];
    if (mac === null || source === null || this.#capture === null) return;
    try {
      this.#capture.inject(encodeRouterAdvertisement(mac, source) as Uint8Array<ArrayBuffer>);
      if (this.#router === null) {
        this.#capture.inject(encodeRouterSolicitation(mac, source) as Uint8Array<ArrayBuffer>);
      }
      this.#advertisedAt = now;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.nextAt = after(now, REOPEN_MS);
    }
  }

  /** Says it once, until a router is found. */
  #tellWhy(msg: string): void {
    if (this.#toldWhy === msg) return;
    this.#toldWhy = msg;
    const fields = { interface: this.#name, peers: this.#peers };
    this.#around.report({ type: "Log", level: "warn", msg, fields });
  }

  #retryLater(error: unknown, now: Instant): void {
    if (!(error instanceof SystemError)) throw error;
    this.close();
    this.nextAt = after(now, REOPEN_MS);
    if (this.#hasToldFailure) return;
    this.#hasToldFailure = true;
    this.#around.report({
      type: "Log",
      level: "error",
      msg: "cannot look for BGP peers on the interface, trying again",
      fields: { interface: this.#name, err: error.message },
    });
  }
}

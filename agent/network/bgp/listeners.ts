/**
 * Accepts connections of peers that may open them.
 *
 * Source: RFC 4271 section 8.2.1 (port 179), RFC 2385 (keys belong on the listener), RFC 5082 section 3 (GTSM).
 * Shape: one listener for each family and VRF in which some peer listens, none otherwise. Strangers are closed at once.
 * A listener sends with TTL 255, which every peer accepts; the kernel drops a SYN from afar if all its peers use GTSM, and
 * the accepted connection keeps its own peer's rules.
 * Not here: which of two connections stays (protocols/bgp/collision.ts).
 *
 * @module
 */
import { SystemError } from "../../../ffi/errno.ts";
import { NETWORK_CONTROL } from "../../../ffi/ip_options.ts";
import { listenTcp, type TcpListener, type TcpSocket } from "../../../ffi/tcp_socket.ts";
import type { SocketAddress } from "../../../ffi/layout.ts";
import { after, earliest, type Instant } from "../../../protocols/machine.ts";
import { type Family, familyOf, type Ip, UNSPECIFIED } from "../../../protocols/net/ip.ts";
import type { Reader } from "../loop.ts";
import type { PeerSettings } from "../messages.ts";
import type { Around } from "./around.ts";
import { sessionTtl } from "./peer_terms.ts";
import type { Target } from "./transport.ts";

/** Who gets the connections. */
export interface AcceptOwner {
  accepted(peer: string, socket: TcpSocket, now: Instant): void;
}

/** A peer and where it is. */
export interface Located {
  readonly settings: PeerSettings;
  readonly target: Target | null;
}

const BGP_PORT = 179;
const BACKLOG = 64;
/** LIMIT: connections taken in one turn. */
const ACCEPTS_PER_TURN = 16;
const REOPEN_MS = 5000;
const LISTENER_TTL = 255;

/** See the module comment. */
export class Listeners implements Disposable {
  readonly #around: Omit<Around, "routerId">;
  readonly #owner: AcceptOwner;
  readonly #listeners = new Map<string, Listener>();

  constructor(around: Omit<Around, "routerId">, owner: AcceptOwner) {
    this.#around = around;
    this.#owner = owner;
  }

  /** Listens for exactly those of these peers that are listened for. */
  listenFor(peers: readonly Located[], now: Instant): void {
    const wanted = new Map<string, Located[]>();
    for (const peer of peers) {
      if (!peer.settings.listens || peer.target === null) continue;
      const key = `${familyOf(peer.target.ip)} ${peer.settings.vrf ?? ""}`;
      wanted.set(key, [...wanted.get(key) ?? [], peer]);
    }
    for (const [key, listener] of this.#listeners) {
      if (wanted.has(key)) continue;
      listener.close();
      this.#listeners.delete(key);
    }
    for (const [key, located] of wanted) {
      let listener = this.#listeners.get(key);
      if (listener === undefined) {
        const { target, settings } = located[0]!;
        listener = new Listener(familyOf(target!.ip), settings.vrf, this.#around, this.#owner);
        this.#listeners.set(key, listener);
      }
      listener.serve(located, now);
    }
  }

  nextDeadline(): Instant | null {
    let next: Instant | null = null;
    for (const { reopenAt } of this.#listeners.values()) next = earliest(next, reopenAt);
    return next;
  }

  onDeadline(now: Instant): void {
    for (const listener of this.#listeners.values()) {
      if (listener.reopenAt !== null && listener.reopenAt <= now) listener.open(now);
    }
  }

  [Symbol.dispose](): void {
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
  }
}

/** One listening socket. */
class Listener implements Reader {
  reopenAt: Instant | null = null;
  readonly #family: Family;
  readonly #vrf: string | null;
  readonly #around: Omit<Around, "routerId">;
  readonly #owner: AcceptOwner;
  #peers: readonly Located[] = [];
  #socket: TcpListener | null = null;
  #minimumTtl: number | null = null;
  readonly #keys = new Map<Ip, Uint8Array<ArrayBuffer>>();
  #hasToldFailure = false;

  constructor(
    family: Family,
    vrf: string | null,
    around: Omit<Around, "routerId">,
    owner: AcceptOwner,
  ) {
    this.#family = family;
    this.#vrf = vrf;
    this.#around = around;
    this.#owner = owner;
  }

  serve(peers: readonly Located[], now: Instant): void {
    this.#peers = peers;
    const least = peers.map(({ settings }) => sessionTtl(settings).minimumTtl ?? 0);
    const minimumTtl = Math.min(...least) || null;
    if (minimumTtl !== this.#minimumTtl) this.close();
    this.#minimumTtl = minimumTtl;
    if (this.#socket === null) this.open(now);
    else this.#setKeys(this.#socket);
  }

  open(now: Instant): void {
    this.reopenAt = null;
    try {
      const socket = listenTcp({
        local: { ip: UNSPECIFIED[this.#family], port: BGP_PORT },
        backlog: BACKLOG,
        ttl: LISTENER_TTL,
        trafficClass: NETWORK_CONTROL,
        ...this.#minimumTtl !== null && { minimumTtl: this.#minimumTtl },
        ...this.#vrf !== null && { interface: this.#vrf },
      });
      this.#socket = socket;
      this.#setKeys(socket);
      this.#around.loop.watch(socket.fd, this);
      this.#hasToldFailure = false;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.close();
      this.reopenAt = after(now, REOPEN_MS);
      if (this.#hasToldFailure) return;
      this.#hasToldFailure = true;
      const fields = {
        port: BGP_PORT,
        family: this.#family,
        vrf: this.#vrf ?? "default",
        err: error.message,
      };
      this.#around.report({
        type: "Log",
        level: "error",
        msg: "cannot listen for BGP peers, trying again",
        fields,
      });
    }
  }

  close(): void {
    this.reopenAt = null;
    this.#keys.clear();
    if (this.#socket === null) return;
    if (!this.#socket.closed) {
      this.#around.loop.unwatch(this.#socket.fd);
      this.#socket.close();
    }
    this.#socket = null;
  }

  onReadable(now: Instant): void {
    for (let i = 0; i < ACCEPTS_PER_TURN; i++) {
      const accepted = this.#socket?.accept() ?? null;
      if (accepted === null) return;
      const peer = this.#peerAt(accepted.remote);
      if (peer === null) accepted.socket.close();
      else this.#owner.accepted(peer, accepted.socket, now);
    }
  }

  #peerAt({ ip, scopeId }: SocketAddress): string | null {
    const found = this.#peers.find(({ target }) =>
      target?.ip === ip && (target.scopeId === undefined || target.scopeId === scopeId)
    );
    return found?.settings.name ?? null;
  }

  /** A connection that stands keeps its key. */
  #setKeys(socket: TcpListener): void {
    const wanted = new Map<Ip, Uint8Array<ArrayBuffer>>();
    for (const { settings, target } of this.#peers) {
      if (settings.password !== null) wanted.set(target!.ip, settings.password);
    }
    for (const ip of this.#keys.keys()) {
      if (wanted.has(ip)) continue;
      socket.setMd5Key(ip, null, null);
      this.#keys.delete(ip);
    }
    for (const [ip, key] of wanted) {
      socket.setMd5Key(ip, null, key);
      this.#keys.set(ip, key);
    }
  }
}

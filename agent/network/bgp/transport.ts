/**
 * The TCP options of a session, dialled or accepted.
 *
 * Source: RFC 2385 (MD5), RFC 5082 section 3 (GTSM), RFC 4007 section 6 (zones of link-local addresses).
 * Shape: settings in, socket options out; an accepted socket is changed in place.
 *
 * @module
 */
import { NETWORK_CONTROL, setMinimumTtl, setUnicastTtl } from "../../../ffi/ip_options.ts";
import type { ConnectOptions, TcpSocket } from "../../../ffi/tcp_socket.ts";
import type { Family, Ip } from "../../../protocols/net/ip.ts";
import type { PeerSettings } from "../messages.ts";
import { sessionTtl } from "./peer_terms.ts";

/** Where a peer is: its address and, for a link-local one, the index of the interface. */
export interface Target {
  readonly ip: Ip;
  readonly scopeId?: number;
}

/** How to dial. */
export function connectOptions(peer: PeerSettings, target: Target): ConnectOptions {
  const { ttl, minimumTtl } = sessionTtl(peer);
  const device = peer.interface ?? peer.vrf;
  return {
    remote: { ...target, port: peer.port },
    ttl,
    trafficClass: NETWORK_CONTROL,
    ...minimumTtl !== null && { minimumTtl },
    ...peer.sourceAddress !== null && { local: { ip: peer.sourceAddress, port: 0 } },
    ...device !== null && { interface: device },
    ...peer.password !== null && { md5Key: peer.password },
  };
}

/** Makes a socket that exists keep the peer's TTLs. */
export function adoptOptions(socket: TcpSocket, peer: PeerSettings, family: Family): void {
  const { ttl, minimumTtl } = sessionTtl(peer);
  setUnicastTtl(socket, family, ttl);
  setMinimumTtl(socket, family, minimumTtl ?? 0);
}

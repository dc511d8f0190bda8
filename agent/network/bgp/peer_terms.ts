/**
 * A configured peer in the protocol's and the kernel's terms: machine configuration, families, TTLs.
 *
 * Source: MetalLB's rules for FRR (families, localASN, defaults); RFC 4271 section 5.1.3 and RFC 5082 (TTL), RFC 4724
 * section 3 with FRR's restart time, RFC 8950 (IPv4 over IPv6).
 * Shape: pure.
 * Not here: addresses of the far and the near end (peer_driver.ts, next_hops.ts).
 *
 * @module
 */
import { DEFAULT_FSM_TIMES, DEFAULT_PEER, type PeerConfig } from "../../../protocols/bgp/peer_config.ts";
import type { BgpFamily } from "../../../protocols/bgp/wire/registry.ts";
import { familyOf, type Ip } from "../../../protocols/net/ip.ts";
import type { PeerSettings, SessionLabels } from "../messages.ts";

/** FRR's, and so MetalLB's. */
const RESTART_TIME_SECONDS = 120;

const MAXIMUM_TTL = 255;

/** What the machine is told. */
export function peerConfigOf(peer: PeerSettings, routerId: Ip): PeerConfig {
  return {
    ...DEFAULT_PEER,
    localAsn: localAsnOf(peer),
    remoteAsn: peer.peerAsn,
    bgpIdentifier: peer.routerId ?? routerId,
    holdTimeSeconds: peer.holdTimeSeconds ?? DEFAULT_PEER.holdTimeSeconds,
    keepaliveTimeSeconds: peer.keepaliveTimeSeconds,
    connectRetryMs: peer.connectTimeSeconds === null
      ? DEFAULT_PEER.connectRetryMs
      : 1000 * peer.connectTimeSeconds,
    passive: !peer.dials,
    families: familiesOf(peer),
    extendedNextHop: peer.address === null || familyOf(peer.address) === "ipv6",
    restartTimeSeconds: peer.gracefulRestart ? RESTART_TIME_SECONDS : null,
    bfd: peer.bfd === null ? "off" : "loose",
    times: {
      ...DEFAULT_FSM_TIMES,
      sendHoldMs: peer.sendHoldTimeSeconds === null ? null : 1000 * peer.sendHoldTimeSeconds,
    },
  };
}

/** `localASN` stands for `myASN` towards this peer. */
function localAsnOf(peer: PeerSettings): number {
  return peer.localAsn ?? peer.myAsn;
}

/** Whether the peer is of our own AS. */
export function isInternal(peer: PeerSettings): boolean {
  return peer.peerAsn === "internal" || peer.peerAsn === localAsnOf(peer);
}

/** That of the address, or both. */
function familiesOf(peer: PeerSettings): readonly BgpFamily[] {
  if (peer.address === null || peer.dualStackAddressFamily) return ["ipv4-unicast", "ipv6-unicast"];
  return [familyOf(peer.address) === "ipv4" ? "ipv4-unicast" : "ipv6-unicast"];
}

/** TTL or hop limit of what we send, and the least we accept (null: any). */
export interface SessionTtl {
  readonly ttl: number;
  readonly minimumTtl: number | null;
}

/** An external peer is one hop away unless it is said to be farther; GTSM has both ends send 255 and expect no less. */
export function sessionTtl(peer: PeerSettings): SessionTtl {
  if (peer.ttlSecurity) return { ttl: MAXIMUM_TTL, minimumTtl: MAXIMUM_TTL };
  return { ttl: isInternal(peer) || peer.ebgpMultiHop ? MAXIMUM_TTL : 1, minimumTtl: null };
}

/** The session in metrics. */
export function labelsOf(peer: PeerSettings): SessionLabels {
  return { peer: `${peer.address ?? peer.interface}:${peer.port}`, vrf: peer.vrf ?? "default" };
}

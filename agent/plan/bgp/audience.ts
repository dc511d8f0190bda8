/**
 * Who is told what: which peers a node has, which routes a peer hears of.
 *
 * Source: MetalLB's bgpController: an advertisement's `peers`, empty for all; FRR's address families of a neighbor as
 * MetalLB activates them.
 *
 * @module
 */
import { type Family, familyOf } from "../../../protocols/net/ip.ts";
import type { BgpAdvert, Config, Peer } from "../../config/config.ts";

const peersOfConfigs = new WeakMap<Config, Map<string, readonly Peer[]>>();
const NO_PEERS: readonly Peer[] = [];

/** The peers of a node, in ascending order of name. */
export function peersOn(node: string, config: Config): readonly Peer[] {
  let byNode = peersOfConfigs.get(config);
  if (byNode === undefined) {
    byNode = new Map<string, Peer[]>();
    for (const peer of config.peers.values()) {
      for (const name of peer.nodes) byNode.set(name, [...byNode.get(name) ?? NO_PEERS, peer]);
    }
    peersOfConfigs.set(config, byNode);
  }
  return byNode.get(node) ?? NO_PEERS;
}

/** True when the advertisement is for the peer. */
export function isFor(advert: BgpAdvert, peer: Peer): boolean {
  return advert.peers === null || advert.peers.has(peer.name);
}

/** Sorted names of the peers that any of these advertisements is for, and whose session carries any of the families. */
export function namesTold(
  peers: readonly Peer[],
  adverts: readonly BgpAdvert[],
  families: readonly Family[],
): string[] {
  return peers.filter((peer) =>
    adverts.some((advert) => isFor(advert, peer)) && families.some((family) => carries(peer, family))
  ).map((peer) => peer.name);
}

/** True when the session carries routes of the family: that of its address, or both. */
export function carries(peer: Peer, family: Family): boolean {
  return peer.address === null || peer.dualStackAddressFamily || familyOf(peer.address) === family;
}

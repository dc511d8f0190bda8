/**
 * Peers that would be one and the same session on some node, and names that stand twice.
 *
 * Source: MetalLB's validatePeers for FRR (internal/config).
 *
 * METALLB: there peers that share a node must also agree in routerID, and in myASN within a VRF, because one FRR speaks for
 * them all. Here every session has its own, so that is no error.
 *
 * @module
 */
import type { Peer } from "../config.ts";
import type { Refuse } from "../error_list.ts";

/** A peer, and the way to refuse a field of it. */
export interface ParsedPeer {
  readonly peer: Peer;
  /** Whether it is for some nodes only. */
  readonly selectsNodes: boolean;
  readonly refuse: Refuse;
}

/** Refuses the later of two that clash; without known nodes any two peers may share one. */
export function refuseClashes(parsed: readonly ParsedPeer[], nodesKnown: boolean): void {
  const byTarget = new Map<string, ParsedPeer[]>();
  const names = new Set<string>();
  for (const it of parsed) {
    const { peer, refuse } = it;
    if (names.has(peer.name)) {
      refuse("metadata.name", `duplicate definition of peer "${peer.name}": rename one`);
    }
    names.add(peer.name);
    const target = peer.address ?? peer.interface;
    if (target === null) continue;
    const key = `${target} ${peer.vrf ?? ""}`;
    const earlier = byTarget.get(key) ?? [];
    const clashing = earlier.find((other) =>
      isSameSession(other.peer, peer) && shareNode(other.peer, peer, nodesKnown)
    );
    if (clashing !== undefined) {
      const needsNodes = !nodesKnown && it.selectsNodes && clashing.selectsNodes;
      refuse(
        peer.address === null ? "spec.interface" : "spec.peerAddress",
        `peer ${target} already exists${peer.vrf === null ? "" : ` in VRF ${peer.vrf}`}: BGPPeer ` +
          `"${clashing.peer.name}" is for some of the same nodes; remove one or give them different nodeSelectors`,
        needsNodes ? { collection: "nodes", name: null } : undefined,
      );
    }
    byTarget.set(key, [...earlier, it]);
  }
}

/** Of who connects only the address is known, so a peer that is listened for has no port of its own. */
function isSameSession(a: Peer, b: Peer): boolean {
  return a.port === b.port || a.listens || b.listens;
}

function shareNode(a: Peer, b: Peer, nodesKnown: boolean): boolean {
  return !nodesKnown || !a.nodes.isDisjointFrom(b.nodes);
}

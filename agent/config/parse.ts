/**
 * From what the cluster says to what it means: a whole configuration, or every error in it.
 *
 * Source: MetalLB's config.For (internal/config), which stops at the first error.
 * Shape: a snapshot and a scope in, {@linkcode Parsed} out. Objects are taken in order of name, whatever order they
 * arrived in.
 * Not here: each kind of object, in the file of its name; what stays in force meanwhile (last_good.ts).
 *
 * @module
 */
import { keyOf, type KubernetesObject, type ObjectKey } from "../../k8s/types/meta.ts";
import { bgpAdvertsOf, parseBgpAdvertisements } from "./bgp/advertisement.ts";
import { parseBfdProfiles, refuseEchoWithIpv6 } from "./bgp/bfd_profile.ts";
import { parseCommunities } from "./bgp/community.ts";
import { parsePeers } from "./bgp/peer.ts";
import type { Parsed, Pool } from "./config.ts";
import { compareText, ErrorList } from "./error_list.ts";
import { l2AdvertsOf, parseL2Advertisements } from "./l2_advertisement.ts";
import { parsePools } from "./pool.ts";
import { type ConfigObjects, type ConfigScope, objectsInScope } from "./scope.ts";

/** Parses the configuration in these objects, as far as it is in scope; never throws. */
export function parseConfig(objects: ConfigObjects, scope: ConfigScope = "everything"): Parsed {
  const errors = new ErrorList();
  const inScope = objectsInScope(objects, scope);
  const nodes = byName(inScope.nodes);
  const communities = parseCommunities(byName(inScope.communities), errors);
  const labelledPools = parsePools(byName(inScope.ipAddressPools), byName(inScope.namespaces), errors);
  const l2Advertisements = parseL2Advertisements(byName(inScope.l2Advertisements), nodes, errors);
  const profiles = parseBfdProfiles(byName(inScope.bfdProfiles), errors);
  const peers = parsePeers(byName(inScope.bgpPeers), { nodes, secrets: inScope.secrets, profiles }, errors);
  const bgpAdvertisements = parseBgpAdvertisements(
    byName(inScope.bgpAdvertisements),
    nodes,
    communities,
    errors,
  );
  const pools = labelledPools.map((it): Pool => ({
    ...it.pool,
    l2Advertisements: l2AdvertsOf(it, l2Advertisements),
    bgpAdvertisements: bgpAdvertsOf(it, bgpAdvertisements),
  }));
  refuseEchoWithIpv6(pools, peers);
  const refused = errors.sorted();
  if (refused.length > 0) return { ok: false, errors: refused, lacks: errors.lacks };
  return {
    ok: true,
    config: {
      pools: new Map(pools.map((pool) => [pool.name, pool])),
      communities,
      peers: new Map(peers.map(({ peer }) => [peer.name, peer])),
    },
  };
}

/** METALLB: its reconcilers sort by name, which decides who of two clashing objects is refused. */
function byName<T extends KubernetesObject>(objects: ReadonlyMap<ObjectKey, T>): T[] {
  return [...objects.values()].sort((a, b) =>
    compareText(a.metadata.name, b.metadata.name) || compareText(keyOf(a), keyOf(b))
  );
}

/**
 * BGPAdvertisement objects, and which pools they are attached to.
 *
 * Source: MetalLB's bgpAdvertisementFromCR, setBGPAdvertisementsToPools, validateBGPAdvPerPool (internal/config).
 * Shape: objects in order of name in; for each pool its advertisements out, each once.
 * Not here: what a node announces by them (agent/plan/bgp).
 *
 * @module
 */
import type { Node } from "../../../k8s/types/core.ts";
import type { BGPAdvertisement } from "../../../k8s/types/metallb.ts";
import { ADDRESS_BITS, type Family } from "../../../protocols/net/ip.ts";
import { boundsOf } from "../../../protocols/net/prefix.ts";
import { parseNodes, parsePoolTest, type PoolTest } from "../advertisement.ts";
import type { BgpAdvert } from "../config.ts";
import type { ErrorList, Refuse } from "../error_list.ts";
import type { LabelledPool } from "../pool.ts";
import { parseSelectors, refuseRepeated } from "../selectors.ts";
import { resolveCommunities } from "./community.ts";
import { clashInLocalPref, familiesOf } from "./local_preference.ts";

/** One object, parsed. */
export interface ParsedBgpAdvertisement {
  readonly advert: BgpAdvert;
  readonly isFor: PoolTest;
  readonly refuse: Refuse;
}

type Spec = NonNullable<BGPAdvertisement["spec"]>;

const LENGTH_FIELDS = {
  ipv4: "aggregationLength",
  ipv6: "aggregationLengthV6",
} as const satisfies Record<Family, keyof Spec>;

/** Parses all objects against the nodes, which come in ascending order of name, and the aliases. */
export function parseBgpAdvertisements(
  objects: readonly BGPAdvertisement[],
  nodes: readonly Node[],
  aliases: ReadonlyMap<string, string>,
  errors: ErrorList,
): ParsedBgpAdvertisement[] {
  const names = new Set<string>();
  return objects.map((object) => {
    const refuse = errors.of("BGPAdvertisement", object);
    const { name } = object.metadata;
    if (names.has(name)) {
      refuse("metadata.name", `duplicate definition of bgp advertisement "${name}": rename one`);
    }
    names.add(name);
    const spec = object.spec ?? {};
    refuseRepeated(spec.peers, "spec.peers", "peer", refuse);
    const peers = spec.peers ?? [];
    const advert: BgpAdvert = {
      name,
      aggregationLength: parseLengths(spec, refuse),
      localPref: spec.localPref || null,
      communities: resolveCommunities(spec.communities ?? [], aliases, refuse),
      peers: peers.length === 0 ? null : new Set([...peers].sort()),
      nodes: new Set(parseNodes(spec.nodeSelectors, nodes, refuse).map((node) => node.metadata.name)),
      serviceSelectors: parseSelectors(spec.serviceSelectors, "spec.serviceSelectors", refuse),
    };
    return { advert, isFor: parsePoolTest(spec, refuse), refuse };
  });
}

/** The advertisements of one pool; refuses those that do not fit it, or each other on it. */
export function bgpAdvertsOf(pool: LabelledPool, parsed: readonly ParsedBgpAdvertisement[]): BgpAdvert[] {
  const attached = parsed.filter(({ isFor }) => isFor(pool));
  const families = familiesOf(pool.pool.prefixes);
  for (const [index, { advert, refuse }] of attached.entries()) {
    refuseAggregation(pool, advert, refuse);
    // With service selectors only the Services can tell: then the speaker decides, Service by Service.
    if (advert.serviceSelectors.length > 0) continue;
    const clashing = attached.slice(0, index).find((it) =>
      it.advert.serviceSelectors.length === 0 && clashInLocalPref(advert, it.advert, families)
    );
    if (clashing === undefined) continue;
    refuse(
      "spec.localPref",
      `invalid localpref ${
        advert.localPref ?? 0
      }: BGPAdvertisement "${clashing.advert.name}" announces pool ` +
        `"${pool.pool.name}" with localpref ${
          clashing.advert.localPref ?? 0
        }; use the same for both, or different ` +
        "aggregation lengths, peers or nodes",
    );
  }
  return attached.map(({ advert }) => advert);
}

function parseLengths(spec: Spec, refuse: Refuse): Record<Family, number> {
  const lengths = { ...ADDRESS_BITS };
  for (const family of ["ipv4", "ipv6"] as const) {
    const bits = ADDRESS_BITS[family];
    const field = LENGTH_FIELDS[family];
    const length = spec[field] ?? bits;
    if (length < 0 || length > bits) {
      refuse(`spec.${field}`, `invalid aggregation length ${length}: must be from 0 to ${bits}`);
    }
    if (length !== bits && (spec.serviceSelectors ?? []).length > 0) {
      refuse(
        `spec.${field}`,
        "serviceSelectors and aggregationLength are mutually exclusive: " +
          "an aggregate would carry traffic of Services that are not selected",
      );
    }
    lengths[family] = length;
  }
  return lengths;
}

/** An entry may be cut into many blocks; one of them must be as large as the aggregate. */
function refuseAggregation({ entries }: LabelledPool, advert: BgpAdvert, refuse: Refuse): void {
  for (const { text, prefixes } of entries) {
    const blocks = prefixes.map(boundsOf);
    const family = blocks[0]!.family;
    const shortest = Math.min(...blocks.map((block) => block.length));
    const length = advert.aggregationLength[family];
    if (length >= shortest) continue;
    refuse(
      `spec.${LENGTH_FIELDS[family]}`,
      `invalid aggregation length ${length}: prefix ${shortest} is the largest block for addresses ${text}; ` +
        `use ${shortest} or more`,
    );
  }
}

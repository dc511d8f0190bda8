/**
 * A configuration that changes at random, and the routes it means: for tests that no edit ends a session.
 *
 * Source: MetalLB's BGPAdvertisement. Only what the protocol lets change within a session is changed.
 * Shape: a draft holds what stands in the manifests; an edit changes one thing of it. The routes are computed here from
 * the draft alone, a second time and in another way than the product does.
 *
 * @module
 */
import type { Rng } from "../../../protocols/machine.ts";
import { bgpAdvertisement, passwordSecret } from "../../lab/manifests.ts";
import { type BgpStage, OUR_ASN } from "./stage/bgp_stage.ts";

const SERVICES = 24;
const COMMUNITIES = ["64512:1", "64512:2", "64512:3", "65535:65281"];

/** What stands in the manifests. */
export interface Draft {
  readonly services: ReadonlySet<number>;
  readonly communities: readonly string[];
  readonly localPref: number;
  /** Of a second advertisement; null when there is none. */
  readonly aggregationLength: number | null;
  readonly blockCommunities: readonly string[];
  /** Whether the advertisements select this node, and whether they name this peer. */
  readonly selectsNode: boolean;
  readonly namesPeer: boolean;
  readonly password: number;
}

export const FIRST_DRAFT: Draft = {
  services: new Set([0, 1, 2]),
  communities: [],
  localPref: 0,
  aggregationLength: null,
  blockCommunities: [],
  selectsNode: true,
  namesPeer: true,
  password: 0,
};

/** The peer of the session, and one that nobody ever answers for. */
export const PEER = "frr";
export const OTHER_PEER = "nobody";

/** One change of one thing. */
export function edit(draft: Draft, rng: Rng): Draft {
  const pick = (count: number) => Math.floor(rng() * count);
  const some = () => COMMUNITIES.filter(() => rng() < 0.4);
  const service = pick(SERVICES);
  switch (pick(12)) {
    case 0:
      return { ...draft, communities: some() };
    case 1:
      return { ...draft, localPref: pick(3) * 100 };
    case 2:
      return { ...draft, aggregationLength: rng() < 0.3 ? null : 25 + pick(7) };
    case 3:
      return { ...draft, blockCommunities: some() };
    case 4:
      return { ...draft, selectsNode: rng() < 0.8 };
    case 5:
      return { ...draft, namesPeer: rng() < 0.8 };
    case 6:
      return { ...draft, password: draft.password + 1 };
    default:
      return { ...draft, services: draft.services.symmetricDifference(new Set([service])) };
  }
}

/** Writes what differs. */
export async function write(stage: BgpStage, before: Draft | null, draft: Draft): Promise<void> {
  for (const service of draft.services) {
    if (!before?.services.has(service)) await stage.writeService(`s${service}`, [addressOf(service)]);
  }
  for (const service of before?.services ?? []) {
    if (!draft.services.has(service)) await stage.manifests.remove(`s${service}`);
  }
  if (before?.password !== draft.password) {
    await stage.write("secret", passwordSecret("turning", `number-${draft.password}`));
  }
  if (before === null || advertisementsOf(before) !== advertisementsOf(draft)) {
    await stage.manifests.writeText("advertisement.yaml", advertisementsOf(draft));
  }
}

/** The prefixes a peer of another AS has from us, with their communities. */
export function routesOf(draft: Draft): Map<string, readonly string[]> {
  const routes = new Map<string, readonly string[]>();
  if (!draft.selectsNode || !draft.namesPeer) return routes;
  for (const service of draft.services) {
    routes.set(`${addressOf(service)}/32`, draft.communities.toSorted());
    if (draft.aggregationLength === null) continue;
    const size = 2 ** (32 - draft.aggregationLength);
    const block = Math.floor(lastOctetOf(service) / size) * size;
    routes.set(`198.51.100.${block}/${draft.aggregationLength}`, draft.blockCommunities.toSorted());
  }
  return routes;
}

/** YAML is a superset of JSON. */
function advertisementsOf(draft: Draft): string {
  const node = draft.selectsNode ? "n1" : "n9";
  const both = {
    nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": node } }],
    peers: [draft.namesPeer ? PEER : OTHER_PEER],
  };
  const { communities, localPref, aggregationLength, blockCommunities } = draft;
  const adverts = [bgpAdvertisement("each", { ...both, communities, localPref })];
  if (aggregationLength !== null) {
    adverts.push(bgpAdvertisement("block", { ...both, communities: blockCommunities, aggregationLength }));
  }
  return adverts.map((advert) => JSON.stringify(advert)).join("\n---\n");
}

function addressOf(service: number): string {
  return `198.51.100.${lastOctetOf(service)}`;
}

/** Spread, so that aggregates hold one, several or no Service. */
function lastOctetOf(service: number): number {
  return (service * 37 + OUR_ASN) % 250 + 1;
}

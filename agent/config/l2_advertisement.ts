/**
 * L2Advertisement objects, and which pools they are attached to.
 *
 * Source: MetalLB's l2AdvertisementFromCR, setL2AdvertisementsToPools, containsAdvertisement (internal/config).
 * Shape: objects in order of name in; for each pool its advertisements out, equivalent ones only once.
 * Not here: who of the nodes answers (agent/elect).
 *
 * @module
 */
import { parseDurationMs } from "../../k8s/duration.ts";
import type { Node } from "../../k8s/types/core.ts";
import type { L2Advertisement, PreferredNodeSelector } from "../../k8s/types/metallb.ts";
import { parseNodes, parsePoolTest, type PoolTest } from "./advertisement.ts";
import type { L2Advert } from "./config.ts";
import type { ErrorList, Refuse } from "./error_list.ts";
import type { LabelledPool } from "./pool.ts";
import { parseSelector, parseSelectors } from "./selectors.ts";

/** How often the gratuitous announcements of an advertisement are repeated for good: "60s", "1m30s"; "0" is never. */
export const REFRESH_ANNOTATION = "ingot.dev/gratuitous-refresh";

const MIN_REFRESH_MS = 1_000;

/** One object, parsed. */
export interface ParsedL2Advertisement {
  readonly advert: L2Advert;
  readonly isFor: PoolTest;
  /** Equal for advertisements that say the same; null for one with preferences, which says something of its own. */
  readonly identity: string | null;
}

/** Parses all objects against the nodes, which come in ascending order of name. */
export function parseL2Advertisements(
  objects: readonly L2Advertisement[],
  nodes: readonly Node[],
  errors: ErrorList,
): ParsedL2Advertisement[] {
  return objects.map((object) => {
    const refuse = errors.of("L2Advertisement", object);
    const spec = object.spec ?? {};
    const eligible = parseNodes(spec.nodeSelectors, nodes, refuse);
    const interfaces = spec.interfaces ?? [];
    const advert: L2Advert = {
      name: object.metadata.name,
      nodes: new Set(eligible.map((node) => node.metadata.name)),
      interfaces: interfaces.length === 0 ? null : new Set([...interfaces].sort()),
      serviceSelectors: parseSelectors(spec.serviceSelectors, "spec.serviceSelectors", refuse),
      preference: parsePreference(spec.preferredNodeSelectors ?? [], eligible, refuse),
      refreshMs: parseRefreshMs(object.metadata.annotations?.[REFRESH_ANNOTATION], refuse),
    };
    return { advert, isFor: parsePoolTest(spec, refuse), identity: identityOf(advert) };
  });
}

/**
 * The advertisements of one pool. Speakers add up the preferences of several advertisements, so one that has any is never
 * merged with another.
 */
export function l2AdvertsOf(pool: LabelledPool, parsed: readonly ParsedL2Advertisement[]): L2Advert[] {
  const identities = new Set<string>();
  const adverts: L2Advert[] = [];
  for (const { advert, isFor, identity } of parsed) {
    if (!isFor(pool) || (identity !== null && identities.has(identity))) continue;
    if (identity !== null) identities.add(identity);
    adverts.push(advert);
  }
  return adverts;
}

function identityOf(advert: L2Advert): string | null {
  if (advert.preference !== null) return null;
  const { nodes, interfaces, serviceSelectors, refreshMs } = advert;
  const selectors = serviceSelectors.map((selector) => selector.text);
  return JSON.stringify([[...nodes], interfaces && [...interfaces], selectors, refreshMs]);
}

/** The sum of the matching weights of each eligible node that has one. */
function parsePreference(
  preferred: readonly PreferredNodeSelector[],
  eligible: readonly Node[],
  refuse: Refuse,
): ReadonlyMap<string, number> | null {
  const scores = new Map<string, number>();
  const weighted = preferred.map(({ weight, preference }, index) => ({
    weight,
    selector: parseSelector(preference, `spec.preferredNodeSelectors[${index}].preference`, refuse),
  }));
  for (const node of eligible) {
    let score = 0;
    for (const { weight, selector } of weighted) {
      if (selector?.matches(node.metadata.labels)) score += weight;
    }
    if (score > 0) scores.set(node.metadata.name, score);
  }
  return scores.size === 0 ? null : scores;
}

function parseRefreshMs(text: string | undefined, refuse: Refuse): number | null {
  if (text === undefined) return null;
  const refreshMs = parseDurationMs(text);
  if (refreshMs === 0) return null;
  if (refreshMs !== null && refreshMs >= MIN_REFRESH_MS) return refreshMs;
  const why = refreshMs === null ? "not a duration" : "shorter than 1s";
  refuse(
    `metadata.annotations[${REFRESH_ANNOTATION}]`,
    `"${text}" is ${why}: write a period of 1s or more, such as "60s", or "0" to turn it off`,
  );
  return null;
}

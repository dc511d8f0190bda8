/**
 * Random labels, and selectors that match some of what carries them.
 *
 * @module
 */
import type { Labels, LabelSelector, LabelSelectorRequirement } from "../../../k8s/types/meta.ts";
import type { Dice } from "./dice.ts";

/** Label keys and the values they take. */
export type Words = Readonly<Record<string, readonly string[]>>;

export const NODE_WORDS: Words = { rack: ["a", "b"], role: ["edge", "core"] };
export const NAMESPACE_WORDS: Words = { team: ["x", "y", "z"], stage: ["live", "test"] };
export const SERVICE_WORDS: Words = { app: ["web", "db", "dns"], tier: ["gold", "silver"] };
export const POOL_WORDS: Words = { zone: ["east", "west"], net: ["lan", "dmz"] };

/** Each key most of the time. */
export function labels(dice: Dice, words: Words): Labels {
  const chosen = Object.entries(words).filter(() => dice.percent(70));
  return Object.fromEntries(chosen.map(([key, values]) => [key, dice.pick(values)]));
}

/** Up to `most` selectors of which no two say the same. */
export function selectors(dice: Dice, words: Words, most: number): LabelSelector[] {
  const all = Array.from({ length: dice.between(1, most) }, () => selector(dice, words));
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

/** Of any form that selects something now and then. */
export function selector(dice: Dice, words: Words): LabelSelector {
  const keys = dice.some(Object.keys(words), dice.percent(25) ? 2 : 1).sort();
  if (dice.percent(8)) return {};
  if (dice.percent(55)) {
    return { matchLabels: Object.fromEntries(keys.map((key) => [key, dice.pick(words[key]!)])) };
  }
  return { matchExpressions: keys.map((key) => requirement(dice, key, words[key]!)) };
}

function requirement(dice: Dice, key: string, values: readonly string[]): LabelSelectorRequirement {
  const operator = dice.pick(["In", "NotIn", "Exists", "DoesNotExist"]);
  return operator.endsWith("In")
    ? { key, operator, values: dice.some(values, dice.between(1, 2)).sort() }
    : { key, operator };
}

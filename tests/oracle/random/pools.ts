/**
 * Random IPAddressPools: small, so that they run out, and such that MetalLB's choice among them is no matter of chance.
 *
 * Source: MetalLB takes pools without serviceAllocation in the order of a Go map, and pinned ones of equal priority in no order
 * either: so there is at most one automatic pool of the first sort a family, and no priority twice.
 *
 * @module
 */
import { NAMESPACES } from "../step.ts";
import type { Body } from "../step.ts";
import type { Dice } from "./dice.ts";
import { labels, NAMESPACE_WORDS, POOL_WORDS, selectors, SERVICE_WORDS } from "./selectors.ts";

/** What pools may be like in one cluster. */
export interface PoolTraits {
  readonly hasIpv6: boolean;
}

type Spec = Readonly<Record<string, unknown>>;

/** A pool with this number: no two numbers have an address in common. */
export function pool(dice: Dice, number: number, traits: PoolTraits): Body {
  return {
    ...dice.percent(70) && { labels: labels(dice, POOL_WORDS) },
    spec: {
      addresses: addresses(dice, number, traits),
      ...dice.percent(30) && { autoAssign: dice.percent(60) },
      ...dice.percent(30) && { avoidBuggyIPs: dice.percent(80) },
      ...dice.percent(55) && { serviceAllocation: serviceAllocation(dice) },
    },
  };
}

/** The pool with one thing about it different. */
export function changedPool(dice: Dice, before: Body, number: number, traits: PoolTraits): Body {
  const fresh = pool(dice, number, traits);
  const { labels: _, ...unlabelled } = before;
  const spec = before.spec!;
  switch (dice.pick(["labels", "addresses", "more addresses", "fewer addresses", "autoAssign", "whom"])) {
    case "labels":
      return { ...unlabelled, labels: labels(dice, POOL_WORDS) };
    case "addresses":
      return { ...before, spec: { ...spec, addresses: fresh.spec!["addresses"] } };
    case "more addresses":
      return {
        ...before,
        spec: { ...spec, addresses: [...spec["addresses"] as string[], entry(dice, number, 10, traits)] },
      };
    case "fewer addresses":
      return { ...before, spec: { ...spec, addresses: (spec["addresses"] as string[]).slice(0, 1) } };
    case "autoAssign":
      return {
        ...before,
        spec: { ...spec, autoAssign: spec["autoAssign"] === false, avoidBuggyIPs: dice.percent(50) },
      };
    default: {
      const { serviceAllocation: _, ...open } = spec;
      return {
        ...before,
        spec: { ...open, ...dice.percent(75) && { serviceAllocation: serviceAllocation(dice) } },
      };
    }
  }
}

/** True when MetalLB has to choose by chance among these pools for some Service. */
export function leavesToChance(pools: Iterable<Body>): boolean {
  const taken = new Set<string>();
  const takes = (what: string): boolean => taken.size === taken.add(what).size;
  return [...pools].some(({ spec }) => {
    const { addresses, autoAssign = true, serviceAllocation } = spec as Spec;
    if (!autoAssign) return false;
    if (serviceAllocation !== undefined) {
      return takes(`priority ${(serviceAllocation as { readonly priority?: number }).priority ?? 0}`);
    }
    const families = new Set((addresses as string[]).map((entry) => entry.includes(":") ? "ipv6" : "ipv4"));
    return [...families].map((family) => takes(`open ${family}`)).includes(true);
  });
}

/** An address of each family that the pool has or, now and then, has not. */
export function addressesNear(dice: Dice, { spec }: Body): { readonly ipv4: string; readonly ipv6: string } {
  const ends = (spec!["addresses"] as string[]).flatMap((entry) =>
    entry.split("-").map((end) => end.split("/")[0]!.trim())
  );
  const one = (sign: string, other: string): string => {
    const own = ends.filter((end) => end.includes(sign));
    return own.length === 0 || dice.percent(15) ? other : dice.pick(own);
  };
  return { ipv4: one(".", "10.99.0.1"), ipv6: one(":", "fd00:99::1") };
}

function addresses(dice: Dice, number: number, traits: PoolTraits): string[] {
  return Array.from({ length: dice.between(2, 4) }, (_, index) => entry(dice, number, index * 2, traits));
}

function entry(dice: Dice, number: number, slot: number, { hasIpv6 }: PoolTraits): string {
  if (hasIpv6 && dice.percent(45)) {
    const net = `fd00:${80 + number}:${slot}::`;
    return dice.percent(60)
      ? `${net}/${dice.between(125, 128)}`
      : `${net}9-${net}${dice.pick(["9", "a", "c"])}`;
  }
  const net = `10.${80 + number}.${slot}`;
  if (dice.percent(60)) return `${net}.${dice.pick([0, 0, 2, 5])}/${dice.between(29, 32)}`;
  return dice.percent(50)
    ? `${net}.254-10.${80 + number}.${slot + 1}.${dice.between(0, 1)}`
    : `${net}.9 - ${net}.${dice.between(9, 12)}`;
}

function serviceAllocation(dice: Dice): unknown {
  return {
    ...dice.percent(65) && { priority: dice.between(1, 60) },
    ...dice.percent(25) && { namespaces: dice.some(NAMESPACES, dice.between(1, 2)).sort() },
    ...dice.percent(25) && { namespaceSelectors: selectors(dice, NAMESPACE_WORDS, 2) },
    ...dice.percent(25) && { serviceSelectors: selectors(dice, SERVICE_WORDS, 2) },
  };
}

/**
 * The form of a configuration case, and short ways to write those that are alike.
 *
 * Not here: the cases (config_cases.ts), their comparison (config_test.ts).
 *
 * @module
 */
import {
  communityObject,
  l2Object,
  namespaceObject,
  nodeObject,
  type ObjectLists,
  poolObject,
} from "../../agent/config/config_fixture.ts";
import type { Peer } from "../../agent/config/config.ts";
import type { Node } from "../../k8s/types/core.ts";
import type { IPAddressPool, L2Advertisement } from "../../k8s/types/metallb.ts";
import type { Labels, LabelSelector } from "../../k8s/types/meta.ts";

/** A pool as plain values, in the order the configuration has them. */
export interface PoolView {
  readonly prefixes: readonly string[];
  readonly autoAssign: boolean;
  readonly priority: number | null;
  readonly namespaces: readonly string[] | null;
  /** Texts of the selectors; null when the pool is not pinned at all. */
  readonly serviceSelectors: readonly string[] | null;
  readonly adverts: readonly Partial<AdvertView>[];
  readonly bgpAdverts: readonly Partial<BgpAdvertView>[];
  /** total, IPv4, IPv6 */
  readonly capacity: readonly [bigint, bigint, bigint];
}

export interface AdvertView {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly interfaces: readonly string[] | null;
  readonly serviceSelectors: readonly string[];
  readonly preference: Readonly<Record<string, number>> | null;
}

export interface BgpAdvertView {
  readonly name: string;
  readonly ipv4: number;
  readonly ipv6: number;
  readonly localPref: number | null;
  readonly communities: readonly string[];
  readonly peers: readonly string[] | null;
  readonly nodes: readonly string[];
  readonly serviceSelectors: readonly string[];
}

/** A peer, its nodes as a list, its profile by name, its password not at all. */
export type PeerView = Omit<Peer, "nodes" | "bfd" | "password"> & {
  readonly nodes: readonly string[];
  readonly bfd: string | null;
  readonly hasPassword: boolean;
};

/** One refused field; the message only has to contain the text. */
export type Refusal = readonly [object: string, field: string, message: string];

/** See the module comment. */
export interface ConfigCase {
  readonly row: string;
  readonly what: string;
  readonly objects: ObjectLists;
  readonly expected:
    | { readonly refused: readonly Refusal[] }
    | {
      readonly pools: Readonly<Record<string, Partial<PoolView>>>;
      readonly communities?: Readonly<Record<string, string>>;
      readonly peers?: Readonly<Record<string, Partial<PeerView>>>;
      /** Names of the pinned pools that a Service with these labels in this namespace is offered, in order. */
      readonly pinned?: readonly (readonly [namespace: string, labels: Labels, pools: readonly string[]])[];
    };
}

const poolA: IPAddressPool = poolObject("a", ["10.1.0.0/24"], {}, { tier: "gold" });
const poolB: IPAddressPool = poolObject("b", ["10.2.0.0/24"]);
const nodes: readonly Node[] = [
  nodeObject("n1", { role: "edge", zone: "primary" }),
  nodeObject("n2", { role: "edge" }),
  nodeObject("n3", {}),
];

export function inValues(key: string, ...values: string[]): LabelSelector {
  return { matchExpressions: [{ key, operator: "In", values }] };
}

/** Pool a with these addresses is refused for its first entry. */
export function refusedEntry(row: string, entry: string, message: string): ConfigCase {
  const expected = { refused: [["IPAddressPool/metallb-system/a", "spec.addresses[0]", message]] as const };
  return { row, what: `"${entry}" is refused`, objects: { pools: [poolObject("a", [entry])] }, expected };
}

export function allocation(
  row: string,
  what: string,
  serviceAllocation: NonNullable<IPAddressPool["spec"]["serviceAllocation"]>,
  expected: ConfigCase["expected"],
): ConfigCase {
  const namespaces = [namespaceObject("ns1", { team: "x" }), namespaceObject("ns2")];
  const pools = [poolObject("a", ["10.1.0.0/24"], { serviceAllocation })];
  return { row, what, objects: { pools, namespaces }, expected };
}

/** Pool a, labelled tier=gold, pool b, and nodes n1 to n3, with these advertisements. */
export function adverts(
  row: string,
  what: string,
  l2Advertisements: readonly L2Advertisement[],
  pools: Readonly<Record<string, readonly Partial<AdvertView>[]>>,
): ConfigCase {
  const views = Object.entries(pools).map(([name, adverts]) => [name, { adverts }] as const);
  return {
    row,
    what,
    objects: { pools: [poolA, poolB], nodes, l2Advertisements },
    expected: { pools: Object.fromEntries(views) },
  };
}

export function refusedAdvert(
  row: string,
  what: string,
  spec: NonNullable<L2Advertisement["spec"]>,
  field: string,
  message: string,
): ConfigCase {
  const expected = { refused: [["L2Advertisement/metallb-system/adv", field, message]] as const };
  return {
    row,
    what,
    objects: { pools: [poolA], nodes, l2Advertisements: [l2Object("adv", spec)] },
    expected,
  };
}

export function aliases(row: string, value: string, message: string): ConfigCase {
  return {
    row,
    what: `community "${value}" is refused`,
    objects: { communities: [communityObject("c", [["alias", value]])] },
    expected: { refused: [["Community/metallb-system/c", "spec.communities[0].value", message]] },
  };
}

export function capacity(
  row: string,
  addresses: readonly string[],
  avoidBuggyIPs: boolean,
  counts: readonly [bigint, bigint, bigint],
): ConfigCase {
  const what = `capacity of ${addresses.join(", ")}${avoidBuggyIPs ? ", avoiding buggy addresses" : ""}`;
  const pools = [poolObject("a", addresses, { avoidBuggyIPs })];
  return { row, what, objects: { pools }, expected: { pools: { a: { capacity: counts } } } };
}

/**
 * The validated configuration: what the custom resources mean, with every selector resolved or ready to match.
 *
 * Source: MetalLB's resources, `spec/metallb` behaviour tables (tests/parity).
 * Shape: plain immutable values, made only by parse.ts.
 * Not here: how resources become this (parse.ts and its neighbours).
 *
 * @module
 */
import type { Prefix } from "../../protocols/net/prefix.ts";
import type { Selector } from "../../k8s/selector.ts";
import type { ObjectError } from "../../k8s/source.ts";

/** Everything the agent acts on. */
export interface Config {
  /** By name, in ascending order of name. */
  readonly pools: ReadonlyMap<string, Pool>;
  /** Community alias to value, "65000:1" or "1:2:3". */
  readonly communities: ReadonlyMap<string, string>;
}

/** One IPAddressPool. */
export interface Pool {
  readonly name: string;
  /** The blocks in declaration order, ranges broken into their minimal prefixes; no two blocks of any pools overlap. */
  readonly prefixes: readonly Prefix[];
  readonly autoAssign: boolean;
  /** Never hand out IPv4 addresses that end in .0 or .255. */
  readonly avoidBuggyIPs: boolean;
  /** null: any Service may use the pool; otherwise it is pinned to those that match. */
  readonly serviceAllocation: ServiceAllocation | null;
  /** In ascending order of name. */
  readonly l2Advertisements: readonly L2Advert[];
}

/** Who may use a pinned pool. */
export interface ServiceAllocation {
  /** Lower positive numbers first; 0 and below last. */
  readonly priority: number;
  /** Named and selected namespaces, perhaps none at all; null when the pool has neither names nor namespace selectors. */
  readonly namespaces: ReadonlySet<string> | null;
  /** OR; empty when Service labels do not restrict. */
  readonly serviceSelectors: readonly Selector[];
}

/** One L2Advertisement as it applies to one pool. */
export interface L2Advert {
  readonly name: string;
  /** Names of the nodes its nodeSelectors match. */
  readonly nodes: ReadonlySet<string>;
  /** Interface names, or null for every interface. */
  readonly interfaces: ReadonlySet<string> | null;
  /** OR; empty matches every Service. */
  readonly serviceSelectors: readonly Selector[];
  /** Node to the sum of the weights that prefer it; null when nothing is preferred. */
  readonly preference: ReadonlyMap<string, number> | null;
  /** Period of the slow repetition of gratuitous packets, in milliseconds; null when off (the default). */
  readonly refreshMs: number | null;
}

/** A configuration, or every reason why there is none. */
export type Parsed =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly errors: readonly ObjectError[] };

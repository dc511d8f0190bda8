/**
 * MetalLB's tabled allocation behaviours, Services: rows C1 to C63, each as steps on a stage.
 *
 * Shape: data for allocation_test.ts. Names carry the row; an expectation left out is not looked at.
 * Not here: rows about the allocator alone (allocation_allocator_cases.ts).
 *
 * @module
 */
import type { AllocationReason } from "../../agent/allocate/decision.ts";
import type { PoolSketch, ServiceSketch } from "./allocation_stage.ts";

export type Pools = Readonly<Record<string, PoolSketch>>;

/** What is looked at after a step. */
export interface Expected {
  /** Published addresses, joined by commas. */
  readonly ips?: string;
  /** The annotation that names the pool; null when it must be absent. */
  readonly pool?: string | null;
  readonly reason?: AllocationReason | null;
  /** Event reasons of this step, in order. */
  readonly events?: readonly string[];
  /** True when this step must not write the object. */
  readonly isUnwritten?: boolean;
}

/** Assigned IPv4, available IPv4, assigned IPv6, available IPv6. */
export type Counters = readonly [bigint, bigint, bigint, bigint];

/** Changes that fall into one pass, then what must be so. */
export interface Step {
  /** Replaces all pools; null takes the configuration away. */
  readonly pools?: Pools | null;
  readonly apply?: Readonly<Record<string, ServiceSketch>>;
  readonly remove?: readonly string[];
  /** Starts a new Allocation, for this load-balancer class. */
  readonly restartFor?: string | null;
  readonly expect?: Readonly<Record<string, Expected>>;
  readonly counters?: Readonly<Record<string, Counters>>;
}

/** One row of the table. */
export interface Case {
  readonly row: string;
  readonly title: string;
  /** Pools from the start; the fixture's single-family pools when absent. */
  readonly pools?: Pools | null;
  readonly steps: readonly Step[];
}

/** Pools of the fixture that are pinned or manual; in force in most cases. */
const PINNED_AND_MANUAL: Pools = {
  pool2: { addresses: ["3.4.5.6/32"], manual: true },
  pool4: { addresses: ["2000::1/128"], manual: true },
  pool6: { addresses: ["7.8.9.0/31"], namespaces: ["test-ns1"], priority: 10 },
  pool7: { addresses: ["10.11.12.0/31"], namespaces: ["test-ns1"], priority: 11 },
  pool8: { addresses: ["13.14.15.0/31"], labels: { team: "metallb" }, priority: 9 },
  pool9: { addresses: ["16.17.18.0/31"], namespaces: ["test-ns2"], priority: 0 },
  pool10: { addresses: ["19.20.21.0/31"], labels: { team: "metallb" }, priority: 8 },
  pool11: {
    addresses: ["22.23.24.0/31"],
    namespaces: ["test-ns1"],
    labels: { team: "metallb" },
    priority: 8,
  },
  pool12: {
    addresses: ["25.26.27.0/31"],
    namespaces: ["test-ns1"],
    labels: { team: "metallb" },
    priority: 5,
  },
};

/** The fixture without pool5, which overlaps pool1 and pool3 there: no configuration admits overlapping pools. */
export const SINGLE: Pools = {
  ...PINNED_AND_MANUAL,
  pool1: { addresses: ["1.2.3.0/31"] },
  pool3: { addresses: ["1000::/127"] },
};

/** The fixture with pool5, and single-family pools before it in order, moved out of its way. */
export const DUAL: Pools = {
  ...PINNED_AND_MANUAL,
  pool1: { addresses: ["1.2.3.8/31"] },
  pool3: { addresses: ["1000::8/127"] },
  pool5: { addresses: ["1.2.3.0/31", "1000::/127"] },
};

const V6: ServiceSketch = { clusterIPs: ["3000::1"] };
const REQUIRE: ServiceSketch = { clusterIPs: ["10.0.0.1", "3000::1"], policy: "RequireDualStack" };
const PREFER: ServiceSketch = { clusterIPs: ["10.0.0.1", "3000::1"], policy: "PreferDualStack" };
const ONE: Pools = { one: { addresses: ["1.2.3.0/32"] } };

/** One Service, one step. */
function once(
  row: string,
  title: string,
  sketch: ServiceSketch,
  expected: Expected,
  options: { pools?: Pools; path?: string } = {},
): Case {
  const path = options.path ?? "s";
  const steps = [{ apply: { [path]: sketch }, expect: { [path]: expected } }];
  return options.pools === undefined ? { row, title, steps } : { row, title, steps, pools: options.pools };
}

const FAILED = { ips: "", events: ["AllocationFailed"] };

const SHARE_LOCAL: readonly Step[] = [
  {
    apply: { a: { share: "k" }, b: { share: "k", ports: ["TCP/81"] } },
    expect: { a: { ips: "1.2.3.0" }, b: { ips: "1.2.3.0" } },
  },
  {
    apply: { b: { share: "k", ports: ["TCP/81"], local: true } },
    expect: {
      a: { ips: "1.2.3.0", events: [] },
      b: { ips: "", reason: "noAvailableAddress", events: ["ClearAssignment", "AllocationFailed"] },
    },
  },
];
const BOTH_LOCAL: readonly Step[] = [...SHARE_LOCAL, {
  apply: { a: { share: "k", local: true } },
  expect: { a: { ips: "1.2.3.0", events: [] }, b: { ips: "1.2.3.0", events: ["IPAllocated"] } },
}];

export const SERVICE_CASES: readonly Case[] = [
  {
    row: "C1",
    title: "an unknown Service deleted",
    steps: [{ remove: ["s"], expect: { s: { events: [] } } }],
  },
  once("C2", "a ClusterIP Service without status", { type: "ClusterIP" }, { isUnwritten: true, events: [] }),
  once("C3", "network address first", {}, { ips: "1.2.3.0", pool: "pool1", events: ["IPAllocated"] }),
  once("C4", "spec.loadBalancerIP", { loadBalancerIP: "1.2.3.1" }, { ips: "1.2.3.1" }),
  once("C5", "annotation loadBalancerIPs", { ips: "1.2.3.1" }, { ips: "1.2.3.1" }),
  once("C6", "annotation and spec.loadBalancerIP", { ips: "1.2.3.1", loadBalancerIP: "1.2.3.1" }, {
    ...FAILED,
    reason: "invalidRequest",
    isUnwritten: true,
  }),
  once("C7", "prose in spec.loadBalancerIP", { loadBalancerIP: "please hand me one" }, {
    ...FAILED,
    reason: "invalidRequest",
    isUnwritten: true,
  }),
  {
    row: "C8",
    title: "an address outside the requested pool; nothing stays reserved",
    steps: [{
      apply: { s: { ips: "1.2.3.1", pool: "pool2" } },
      expect: { s: { ...FAILED, reason: "addressNotInPool" } },
      counters: { pool1: [0n, 2n, 0n, 0n], pool2: [0n, 1n, 0n, 0n] },
    }],
  },
  once("C9", "prose in loadBalancerIPs", { ips: "please hand me one" }, {
    ...FAILED,
    reason: "invalidRequest",
  }),
  once("C10", "two addresses of one family", { ips: "1.2.3.1,1.2.3.2" }, {
    ...FAILED,
    reason: "invalidRequest",
  }),
  once("C11", "a held address given up for an impossible request", { status: ["1.2.3.1"], ips: "1.2.3.4" }, {
    ...FAILED,
    reason: "addressNotInPool",
  }),
  once("C12", "a requested pool", { pool: "pool1" }, { ips: "1.2.3.0" }),
  once("C13", "moved to the requested pool", { status: ["1.2.3.0"], pool: "pool2" }, {
    ips: "3.4.5.6",
    pool: "pool2",
  }),
  once("C14", "a pool that does not exist", { pool: "nowhere" }, { ...FAILED, reason: "unknownPool" }),
  once("C15", "a published address in no pool", { status: ["2.3.4.5"] }, {
    ips: "1.2.3.0",
    events: ["ClearAssignment", "IPAllocated"],
  }),
  once("C16", "a published hostname and foreign address", { status: ["hostname", "10.10.10.10"] }, {
    ips: "1.2.3.0",
  }),
  once("C17", "a NodePort Service with status", { type: "NodePort", status: ["1.2.3.0"] }, { ips: "" }),
  once("C18", "an address of a manual pool", { ips: "3.4.5.6" }, { ips: "3.4.5.6" }),
  once("C19", "the same under externalTrafficPolicy Local", { ips: "3.4.5.6", local: true }, {
    ips: "3.4.5.6",
  }),
  once("C20", "no cluster IP", { clusterIPs: [] }, { isUnwritten: true, events: [], reason: "noClusterIP" }),
  {
    row: "C21",
    title: "an IPv4 request for an IPv6 Service",
    steps: [{
      apply: { a: { ...V6, ips: "1.2.3.1" }, b: { ...V6, loadBalancerIP: "1.2.3.1" } },
      expect: { a: { ...FAILED, reason: "familyMismatch" }, b: { ...FAILED, reason: "familyMismatch" } },
    }],
  },
  {
    row: "C22",
    title: "an IPv6 request for an IPv4 Service",
    steps: [{
      apply: { a: { ips: "1000::" }, b: { loadBalancerIP: "1000::" } },
      expect: { a: { ...FAILED, reason: "familyMismatch" }, b: { ...FAILED, reason: "familyMismatch" } },
    }],
  },
  once("C23", "an IPv4 Service with an IPv6 status", { status: ["1000::"] }, {
    ips: "1.2.3.0",
    events: ["IPAllocated"],
  }),
  once("C24", "an IPv6 Service with an IPv4 status", { ...V6, status: ["1.2.3.0"] }, { ips: "1000::" }),
  once(
    "C25",
    "RequireDualStack skips single-family pools",
    REQUIRE,
    { ips: "1.2.3.0,1000::", pool: "pool5" },
    {
      pools: DUAL,
    },
  ),
  once(
    "C26",
    "RequireDualStack, IPv6 cluster IP first",
    { ...REQUIRE, clusterIPs: ["3000::1", "10.0.0.1"] },
    {
      ips: "1.2.3.0,1000::",
    },
    { pools: DUAL },
  ),
  once("C27", "RequireDualStack from a requested pool", { ...REQUIRE, pool: "pool5" }, {
    ips: "1.2.3.0,1000::",
  }, {
    pools: DUAL,
  }),
  once("C28", "PreferDualStack", PREFER, { ips: "1.2.3.0,1000::", pool: "pool5" }, { pools: DUAL }),
  once("C29", "PreferDualStack with one cluster IP", { policy: "PreferDualStack" }, { ips: "7.8.9.0" }, {
    path: "test-ns1/s",
  }),
  once("C30", "PreferDualStack from an IPv4 pool", { ...PREFER, pool: "pool1" }, {
    ips: "1.2.3.0",
    events: ["IPAllocated"],
  }),
  once("C31", "PreferDualStack, IPv6 only, from an IPv6 pool", {
    ...V6,
    policy: "PreferDualStack",
    pool: "pool3",
  }, {
    ips: "1000::",
  }),
  once("C32", "PreferDualStack, IPv4 only, from a dual pool", { policy: "PreferDualStack", pool: "pool5" }, {
    ips: "1.2.3.0",
  }, { pools: DUAL }),
  once("C33", "RequireDualStack with one cluster IP", { policy: "RequireDualStack" }, {
    ips: "",
    events: ["not enough clusterips"],
    reason: "notEnoughClusterIPs",
  }),
  once("C34", "dual-stack Service, one spec.loadBalancerIP", { ...REQUIRE, loadBalancerIP: "1.2.3.1" }, {
    ...FAILED,
    reason: "familyMismatch",
  }, { pools: DUAL }),
  once("C35", "dual-stack Service, one requested address", { ...REQUIRE, ips: "1.2.3.1" }, {
    ...FAILED,
    reason: "familyMismatch",
  }, { pools: DUAL }),
  once("C36", "both addresses requested", { ...REQUIRE, ips: "1.2.3.0,1000::" }, { ips: "1.2.3.0,1000::" }, {
    pools: DUAL,
  }),
  once("C37", "two addresses for a Service with spec.clusterIP only", {
    clusterIP: "10.0.0.1",
    ips: "1.2.3.0,1000::",
  }, {
    ...FAILED,
    reason: "familyMismatch",
  }, { pools: DUAL }),
  once("C38", "RequireDualStack with one published address", { ...REQUIRE, status: ["hostname", "1000::"] }, {
    ips: "1.2.3.0,1000::",
  }, { pools: DUAL }),
  once("C39", "pools pinned to a namespace, by priority", {}, { ips: "7.8.9.0" }, { path: "test-ns1/s" }),
  once("C40", "a pinned pool without priority before unpinned ones", {}, { ips: "16.17.18.0" }, {
    path: "test-ns2/s",
  }),
  once("C41", "pools pinned by label, by priority", { labels: { team: "metallb" } }, { ips: "19.20.21.0" }, {
    path: "test-ns/s",
  }),
  once("C42", "pools pinned by namespace and label", { labels: { team: "metallb" } }, { ips: "25.26.27.0" }, {
    path: "test-ns1/s",
  }),
  once("C43", "three published addresses", { status: ["1.2.3.0", "1.2.3.1", "1000::"] }, {
    ips: "1.2.3.0",
    events: ["nolbIPsIPFamily", "IPAllocated"],
  }),
  {
    row: "C44",
    title: "nothing is touched before the first configuration",
    pools: null,
    steps: [{ apply: { s: { status: ["9.9.9.9"] } }, expect: { s: { ips: "9.9.9.9", isUnwritten: true } } }],
  },
  {
    row: "C45",
    title: "an empty set of pools is accepted",
    pools: {},
    steps: [{
      apply: { s: { status: ["9.9.9.9"] } },
      expect: { s: { ips: "", reason: "noPools", events: [] } },
    }],
  },
  {
    row: "C46",
    title: "all pools removed under a held address",
    steps: [
      { apply: { s: {} }, expect: { s: { ips: "1.2.3.0" } } },
      { pools: {}, expect: { s: { ips: "", pool: null, reason: "noPools", events: [] } } },
    ],
  },
  {
    row: "C47",
    title: "no configuration leaves the last one in force",
    steps: [
      { apply: { s: {} }, expect: { s: { ips: "1.2.3.0" } } },
      { pools: null, apply: { t: {} }, expect: { s: { ips: "1.2.3.0" }, t: { ips: "1.2.3.1" } } },
    ],
  },
  {
    row: "C48",
    title: "a full pool",
    pools: ONE,
    steps: [
      { apply: { a: {} }, expect: { a: { ips: "1.2.3.0" } } },
      { apply: { b: {} }, expect: { b: { ...FAILED, isUnwritten: true } } },
    ],
  },
  {
    row: "C49",
    title: "a full pool, then its holder is deleted",
    pools: ONE,
    steps: [
      { apply: { a: {} } },
      { apply: { b: {} }, expect: { b: FAILED } },
      { remove: ["a"], expect: { b: { ips: "1.2.3.0", events: ["IPAllocated"] } } },
    ],
  },
  {
    row: "C50",
    title: "a pool added beside the used one",
    pools: ONE,
    steps: [
      { apply: { s: {} } },
      {
        pools: { ...ONE, another: { addresses: ["2.2.2.0/31"] } },
        expect: { s: { ips: "1.2.3.0", isUnwritten: true } },
      },
    ],
  },
  {
    row: "C51",
    title: "the used pool deleted, another remains",
    pools: { ...ONE, two: { addresses: ["2.2.2.0/31"] } },
    steps: [
      { apply: { s: {} }, expect: { s: { ips: "1.2.3.0" } } },
      { pools: { two: { addresses: ["2.2.2.0/31"] } }, expect: { s: { ips: "2.2.2.0", pool: "two" } } },
    ],
  },
  {
    row: "C52",
    title: "the same range under another pool's name",
    pools: ONE,
    steps: [
      { apply: { s: {} }, expect: { s: { pool: "one" } } },
      { pools: { renamed: ONE["one"]! }, expect: { s: { ips: "1.2.3.0", pool: "renamed", events: [] } } },
    ],
  },
  {
    row: "C53",
    title: "a holder becomes a ClusterIP Service while another waits",
    pools: ONE,
    steps: [
      { apply: { a: {} } },
      { apply: { b: {} }, expect: { b: FAILED } },
      { apply: { a: { type: "ClusterIP" } }, expect: { a: { ips: "", pool: null }, b: { ips: "1.2.3.0" } } },
    ],
  },
  { row: "C54", title: "one of two sharers switches to Local", pools: ONE, steps: SHARE_LOCAL },
  { row: "C55", title: "then the other one does", pools: ONE, steps: BOTH_LOCAL },
  {
    row: "C56",
    title: "then one changes its selector, later the other",
    pools: ONE,
    steps: [
      ...BOTH_LOCAL,
      {
        apply: { a: { share: "k", local: true, selector: { app: "new" } } },
        expect: { a: { ips: "" }, b: { ips: "1.2.3.0" } },
      },
      {
        apply: { b: { share: "k", ports: ["TCP/81"], local: true, selector: { app: "new" } } },
        expect: { a: { ips: "1.2.3.0" }, b: { ips: "1.2.3.0" } },
      },
    ],
  },
  {
    row: "C57",
    title: "five restarts with two holders and two that wait",
    pools: { two: { addresses: ["1.2.3.0/31"] } },
    steps: [
      { apply: { y: {}, z: {} } },
      { apply: { a: {}, b: {} } },
      ...[1, 2, 3, 4, 5].map((): Step => ({
        restartFor: null,
        expect: {
          y: { ips: "1.2.3.0", isUnwritten: true },
          z: { ips: "1.2.3.1", isUnwritten: true },
          a: { ips: "" },
          b: { ips: "" },
        },
      })),
    ],
  },
  {
    row: "C58",
    title: "the pool of a PreferDualStack Service gains IPv6",
    pools: ONE,
    steps: [
      { apply: { s: PREFER }, expect: { s: { ips: "1.2.3.0" } } },
      {
        pools: { one: { addresses: ["1.2.3.0/32", "1000::/127"] } },
        expect: { s: { ips: "1.2.3.0,1000::", events: ["IPAllocated"] } },
      },
    ],
  },
  {
    row: "C59",
    title: "another, dual pool appears beside a PreferDualStack Service's",
    pools: ONE,
    steps: [
      { apply: { s: PREFER } },
      {
        pools: { ...ONE, both: { addresses: ["2.2.2.0/31", "1000::/127"] } },
        expect: { s: { ips: "1.2.3.0" } },
      },
    ],
  },
  {
    row: "C60",
    title: "the pool of two addresses loses IPv4, another dual pool exists",
    pools: { a: { addresses: ["1.2.3.0/31", "1000::/127"] }, b: { addresses: ["2.2.2.0/31", "2000::/127"] } },
    steps: [
      { apply: { s: PREFER }, expect: { s: { ips: "1.2.3.0,1000::" } } },
      {
        pools: { a: { addresses: ["1000::/127"] }, b: { addresses: ["2.2.2.0/31", "2000::/127"] } },
        expect: { s: { ips: "2.2.2.0,2000::", pool: "b" } },
      },
    ],
  },
  {
    row: "C61",
    title: "the policy goes from Prefer to Require and back, IPv4 pool only",
    pools: ONE,
    steps: [
      { apply: { s: PREFER }, expect: { s: { ips: "1.2.3.0" } } },
      { apply: { s: REQUIRE }, expect: { s: FAILED } },
      { apply: { s: PREFER }, expect: { s: { ips: "1.2.3.0" } } },
    ],
  },
  {
    row: "C62",
    title: "PreferDualStack with an IPv6 pool and an IPv4 pool",
    pools: { a: { addresses: ["1000::/127"] }, b: { addresses: ["1.2.3.0/31"] } },
    steps: [{
      apply: { s: PREFER, t: { ...PREFER, ipFamilies: ["IPv6", "IPv4"] } },
      expect: { s: { ips: "1.2.3.0" }, t: { ips: "1000::" } },
    }],
  },
  {
    row: "C63",
    title: "load-balancer classes",
    steps: [
      {
        apply: { none: {}, foo: { loadBalancerClass: "foo" }, bar: { loadBalancerClass: "bar" } },
        expect: { none: { ips: "1.2.3.0" }, foo: { isUnwritten: true }, bar: { isUnwritten: true } },
      },
      {
        restartFor: "foo",
        expect: { none: { isUnwritten: true }, foo: { ips: "1.2.3.0" }, bar: { isUnwritten: true, ips: "" } },
      },
    ],
  },
];

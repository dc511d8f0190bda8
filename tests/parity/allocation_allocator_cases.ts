/**
 * MetalLB's tabled allocation behaviours, allocator: rows A1 to A36, seen through Services; and the rows decided against.
 *
 * Shape: data for allocation_test.ts.
 *
 * @module
 */
import { type Case, DUAL, type Pools, SINGLE, type Step } from "./allocation_cases.ts";
import type { ServiceSketch } from "./allocation_stage.ts";

/** Rows without a case, each with the reason. */
export const DECIDED_AGAINST: Readonly<Record<string, string>> = {
  A34: "counters are read after each pass, not pushed; there is no callback to count",
};

const V6: ServiceSketch = { clusterIPs: ["3000::1"] };
const DUAL_STACK: ServiceSketch = { clusterIPs: ["10.0.0.1", "3000::1"], policy: "RequireDualStack" };
const ONE: Pools = { one: { addresses: ["1.2.3.0/32"] } };
const BUGGY: Pools = { tidy: { addresses: ["1.2.4.0/24", "1000::/127"], avoidBuggyIPs: true } };
const BLOCKS: Pools = { four: { addresses: ["1.2.3.0/31", "1.2.4.0/31", "1000::/127", "2000::/127"] } };
const HELD: Step = { apply: { a: { share: "k" } }, expect: { a: { ips: "1.2.3.0" } } };
const SHARED: Step = {
  apply: { a: { share: "k" }, b: { share: "k", ports: ["TCP/443"] } },
  expect: { a: { ips: "1.2.3.0" }, b: { ips: "1.2.3.0" } },
};

/** Row A16's fifth Service of one kind. */
function fifthFails(kind: string, sketch: ServiceSketch, last: string): Step[] {
  const names = [1, 2, 3, 4].map((at) => `${kind}${at}`);
  return [
    {
      apply: Object.fromEntries(names.map((name) => [name, sketch])),
      expect: { [`${kind}4`]: { ips: last } },
    },
    {
      apply: { [`${kind}5`]: sketch },
      expect: { [`${kind}5`]: { ips: "", reason: "noAvailableAddress" } },
    },
    { remove: [...names, `${kind}5`] },
  ];
}

export const ALLOCATOR_CASES: readonly Case[] = [
  {
    row: "A1",
    title: "a held address asked for by another, without keys",
    steps: [
      { apply: { a: {} } },
      { apply: { b: { ips: "1.2.3.0" } }, expect: { b: { ips: "", reason: "addressInUse" } } },
    ],
  },
  {
    row: "A2",
    title: "its own address asked for again",
    steps: [
      { apply: { a: {} } },
      { apply: { a: { ips: "1.2.3.0" } }, expect: { a: { ips: "1.2.3.0", events: [], isUnwritten: true } } },
    ],
  },
  {
    row: "A3",
    title: "a Service moves from one address to another",
    pools: ONE,
    steps: [
      { apply: { a: {} } },
      {
        pools: { ...ONE, two: { addresses: ["1.2.4.0/32"], manual: true } },
        apply: { b: {} },
        expect: { b: { ips: "" } },
      },
      { apply: { a: { ips: "1.2.4.0" } }, expect: { a: { ips: "1.2.4.0" }, b: { ips: "1.2.3.0" } } },
    ],
  },
  {
    row: "A4",
    title: "addresses that avoidBuggyIPs takes out of the pool",
    pools: BUGGY,
    steps: [{
      apply: { a: { ips: "1.2.4.0" }, b: { ips: "1.2.4.255" } },
      expect: { a: { ips: "", reason: "addressNotInPool" }, b: { ips: "", reason: "addressNotInPool" } },
    }],
  },
  {
    row: "A5",
    title: "the only holder changes its sharing key",
    pools: ONE,
    steps: [HELD, { apply: { a: { share: "l" } }, expect: { a: { ips: "1.2.3.0", events: [] } } }],
  },
  {
    row: "A6",
    title: "same key, same port",
    pools: ONE,
    steps: [HELD, {
      apply: { b: { share: "k", ips: "1.2.3.0" } },
      expect: { b: { ips: "", reason: "portInUse" } },
    }],
  },
  {
    row: "A7",
    title: "different key, different port",
    pools: ONE,
    steps: [HELD, {
      apply: { b: { share: "l", ips: "1.2.3.0", ports: ["TCP/443"] } },
      expect: { b: { ips: "", reason: "addressInUse" } },
    }],
  },
  {
    row: "A8",
    title: "same key, different backend",
    pools: ONE,
    steps: [HELD, {
      apply: { b: { share: "k", ips: "1.2.3.0", ports: ["TCP/443"], local: true } },
      expect: { b: { ips: "", reason: "addressInUse" } },
    }],
  },
  { row: "A9", title: "same key and backend, different ports", pools: ONE, steps: [SHARED] },
  {
    row: "A10",
    title: "a sharer changes its ports",
    pools: ONE,
    steps: [SHARED, {
      apply: { b: { share: "k", ports: ["UDP/53"] } },
      expect: { a: { ips: "1.2.3.0" }, b: { ips: "1.2.3.0", events: [] } },
    }],
  },
  {
    row: "A11",
    title: "a sharer changes its key while another remains",
    pools: ONE,
    steps: [SHARED, {
      apply: { b: { share: "l", ports: ["TCP/443"] } },
      expect: { a: { ips: "1.2.3.0" }, b: { ips: "", events: ["ClearAssignment", "AllocationFailed"] } },
    }],
  },
  {
    row: "A12",
    title: "two addresses from different pools",
    steps: [{
      apply: { a: { ...DUAL_STACK, ips: "1.2.3.0,1000::" } },
      expect: { a: { ips: "", reason: "addressNotInPool" } },
    }],
  },
  {
    row: "A13",
    title: "an address of a pool pinned to another namespace",
    steps: [{ apply: { a: { ips: "7.8.9.0" } }, expect: { a: { ips: "", reason: "poolNotAllowed" } } }],
  },
  {
    row: "A14",
    title: "an address of a pool pinned by a label the Service has",
    steps: [{
      apply: { a: { ips: "13.14.15.0", labels: { team: "metallb" } } },
      expect: { a: { ips: "13.14.15.0" } },
    }],
  },
  {
    row: "A15",
    title: "a pool pinned by namespace and label, one of them matching",
    steps: [{
      apply: { "test-ns1/a": { ips: "22.23.24.0" }, b: { ips: "22.23.24.1", labels: { team: "metallb" } } },
      expect: {
        "test-ns1/a": { ips: "", reason: "poolNotAllowed" },
        b: { ips: "", reason: "poolNotAllowed" },
      },
    }],
  },
  {
    row: "A16",
    title: "two blocks of each family hold four Services, not five",
    pools: BLOCKS,
    steps: [
      ...fifthFails("v4-", {}, "1.2.4.1"),
      ...fifthFails("v6-", V6, "2000::1"),
      ...fifthFails("dual-", DUAL_STACK, "1.2.4.1,2000::1"),
    ],
  },
  {
    row: "A17",
    title: "a full pool, its holder created again with a key",
    pools: ONE,
    steps: [
      { apply: { a: {} } },
      { remove: ["a"] },
      HELD,
      {
        apply: { b: { share: "k", ports: ["TCP/443"] }, c: { ports: ["TCP/444"] } },
        expect: { b: { ips: "1.2.3.0" }, c: { ips: "", reason: "noAvailableAddress" } },
      },
    ],
  },
  {
    row: "A18",
    title: "an IPv4 Service asks its pool for IPv6",
    pools: DUAL,
    steps: [
      { apply: { a: { pool: "pool5" } }, expect: { a: { ips: "1.2.3.0" } } },
      {
        apply: { a: { pool: "pool5", ips: "1000::", policy: "SingleStack" } },
        expect: { a: { ips: "", reason: "familyMismatch" } },
      },
    ],
  },
  {
    row: "A19",
    title: "PreferDualStack from an IPv4, an IPv6 and a dual pool",
    pools: DUAL,
    steps: [{
      apply: Object.fromEntries(
        ["pool1", "pool3", "pool5"].map((pool) => [pool, { ...DUAL_STACK, policy: "PreferDualStack", pool }]),
      ),
      expect: { pool1: { ips: "1.2.3.8" }, pool3: { ips: "1000::8" }, pool5: { ips: "1.2.3.0,1000::" } },
    }],
  },
  {
    row: "A20",
    title: "a pool that is not configured",
    pools: ONE,
    steps: [{ apply: { a: { pool: "pool1" } }, expect: { a: { ips: "", reason: "unknownPool" } } }],
  },
  {
    row: "A21",
    title: "plain and avoid-buggy blocks give exactly six addresses",
    pools: {
      plain: { addresses: ["1.2.3.0/31", "1.2.3.254/31"] },
      tidy: { addresses: ["1.2.4.0/31", "1.2.4.254/31"], avoidBuggyIPs: true },
    },
    steps: [{
      apply: Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((at) => [`s${at}`, {}])),
      expect: {
        s1: { ips: "1.2.3.0" },
        s2: { ips: "1.2.3.1" },
        s3: { ips: "1.2.3.254" },
        s4: { ips: "1.2.3.255" },
        s5: { ips: "1.2.4.1" },
        s6: { ips: "1.2.4.254" },
        s7: { ips: "", reason: "noAvailableAddress" },
      },
    }],
  },
  {
    row: "A22",
    title: "the same pools again, grown, and shrunk around the address",
    pools: { one: { addresses: ["1.2.3.0/30"] } },
    steps: [
      { apply: { a: {} } },
      ...["1.2.3.0/30", "1.2.3.0/24", "1.2.3.0/31"].map((block): Step => ({
        pools: { one: { addresses: [block] } },
        expect: { a: { ips: "1.2.3.0", isUnwritten: true } },
      })),
    ],
  },
  {
    row: "A23",
    title: "a pool shrunk so that one of two addresses is outside",
    pools: { one: { addresses: ["1.2.3.0/31"] } },
    steps: [
      { apply: { a: {}, b: {} } },
      {
        pools: { one: { addresses: ["1.2.3.1/32"] } },
        expect: {
          a: { ips: "", events: ["ClearAssignment", "AllocationFailed"] },
          b: { ips: "1.2.3.1", events: [] },
        },
      },
    ],
  },
  {
    row: "A24",
    title: "a pool renamed",
    pools: ONE,
    steps: [{ apply: { a: {} } }, {
      pools: { new: { addresses: ["1.2.3.0/31"] } },
      expect: { a: { ips: "1.2.3.0", pool: "new" } },
      counters: { new: [1n, 1n, 0n, 0n] },
    }],
  },
  {
    row: "A25",
    title: "a pool split in two",
    pools: { one: { addresses: ["1.2.3.0/31"] } },
    steps: [{ apply: { a: {}, b: {} } }, {
      pools: { low: { addresses: ["1.2.3.0/32"] }, high: { addresses: ["1.2.3.1/32"] } },
      expect: { a: { ips: "1.2.3.0", pool: "low" }, b: { ips: "1.2.3.1", pool: "high" } },
    }],
  },
  {
    row: "A26",
    title: "avoidBuggyIPs switched on under a held .0",
    pools: { one: { addresses: ["1.2.3.0/32", "1000::/127"] } },
    steps: [{ apply: { a: {}, b: V6 }, expect: { a: { ips: "1.2.3.0" }, b: { ips: "1000::" } } }, {
      pools: { one: { addresses: ["1.2.3.0/32", "1000::/127"], avoidBuggyIPs: true } },
      expect: { a: { ips: "" }, b: { ips: "1000::", events: [] } },
    }],
  },
  {
    row: "A27",
    title: "automatic allocation never touches a manual pool",
    pools: { ...ONE, zwei: { addresses: ["2.2.2.0/31"], manual: true } },
    steps: [{ apply: { a: {}, b: {} }, expect: { a: { ips: "1.2.3.0" }, b: { ips: "" } } }],
  },
  {
    row: "A28",
    title: "SingleStack with cluster IPs of both families",
    pools: DUAL,
    steps: [{
      apply: { a: { ...DUAL_STACK, policy: "SingleStack" } },
      expect: { a: { ips: "", reason: "policyMismatch" } },
    }],
  },
  {
    row: "A29",
    title: "capacity of a /24",
    pools: { one: { addresses: ["1.2.3.0/24"] } },
    steps: [{ counters: { one: [0n, 256n, 0n, 0n] } }],
  },
  {
    row: "A30",
    title: "capacity of a /24 and a /25, plain and avoid-buggy",
    pools: { one: { addresses: ["1.2.3.0/24", "2.3.4.128/25"] } },
    steps: [{ counters: { one: [0n, 384n, 0n, 0n] } }, {
      pools: { one: { addresses: ["1.2.3.0/24", "2.3.4.128/25"], avoidBuggyIPs: true } },
      counters: { one: [0n, 381n, 0n, 0n] },
    }],
  },
  {
    row: "A31",
    title: "capacity of an IPv6 /64 beside them",
    pools: { one: { addresses: ["1.2.3.0/24", "2.3.4.128/25", "1000::/64"], avoidBuggyIPs: true } },
    steps: [{ counters: { one: [0n, 381n, 0n, 9223372036854775807n] } }],
  },
  {
    row: "A32",
    title: "capacity of a /31 and a /127, avoid-buggy",
    pools: { one: { addresses: ["1.2.3.0/31", "1000::/127"], avoidBuggyIPs: true } },
    steps: [{ counters: { one: [0n, 1n, 0n, 2n] } }],
  },
  {
    row: "A33",
    title: "three Services on one address count as one until the last leaves",
    pools: ONE,
    steps: [
      {
        apply: {
          a: { share: "k" },
          b: { share: "k", ports: ["TCP/2"] },
          c: { share: "k", ports: ["TCP/3"] },
        },
        counters: { one: [1n, 0n, 0n, 0n] },
      },
      { remove: ["a", "b"], counters: { one: [1n, 0n, 0n, 0n] } },
      { remove: ["c"], counters: { one: [0n, 1n, 0n, 0n] } },
    ],
  },
  {
    row: "A35",
    title: "all pools removed: no counters are left (their series go with them)",
    pools: ONE,
    steps: [{ apply: { a: {} }, counters: { one: [1n, 0n, 0n, 0n] } }, { pools: {}, counters: {} }],
  },
  {
    row: "A36",
    title: "counters of a dual pool as it is used, grown and left",
    pools: { one: { addresses: ["192.168.10.0/30", "fd00::/126"] } },
    steps: [
      { apply: { a: DUAL_STACK }, counters: { one: [1n, 3n, 1n, 3n] } },
      {
        pools: { one: { addresses: ["192.168.10.0/29", "fd00::/125"] } },
        counters: { one: [1n, 7n, 1n, 7n] },
      },
      { remove: ["a"], counters: { one: [0n, 8n, 0n, 8n] } },
    ],
  },
];

/** The fixture most cases start with. */
export const DEFAULT_POOLS: Pools = SINGLE;

import assert from "node:assert/strict";
import type { ObjectError } from "../../k8s/source.ts";
import {
  communityObject,
  configOf,
  l2Object,
  nodeObject,
  type ObjectLists,
  parseLists,
  poolObject,
} from "./config_fixture.ts";
import { REFRESH_ANNOTATION } from "./l2_advertisement.ts";

function errorsOf(lists: ObjectLists): readonly ObjectError[] {
  const parsed = parseLists(lists);
  return parsed.ok ? [] : parsed.errors;
}

Deno.test("parseConfig() reports every error at once, by object, then field", () => {
  const errors = errorsOf({
    pools: [
      poolObject("b", ["10.0.0.0/8", " 10.9.0.0/16", "10.1.0.0/16"], {
        serviceAllocation: { namespaces: ["x", "x"], serviceSelectors: [{ matchLabels: { "a b": "" } }] },
      }),
      poolObject("a", []),
    ],
    l2Advertisements: [
      l2Object("adv", {
        ipAddressPools: ["b", "b"],
        nodeSelectors: [{ matchExpressions: [{ key: "k", operator: "In", values: [] }] }],
        preferredNodeSelectors: [{
          weight: 1,
          preference: { matchExpressions: [{ key: "k", operator: "Near" }] },
        }],
      }, { [REFRESH_ANNOTATION]: "soon" }),
    ],
    communities: [communityObject("c", [["x", "1:2"], ["x", "nonsense"]])],
  });
  assert.deepEqual(errors.map(({ object, field }) => `${object} ${field}`), [
    "Community/metallb-system/c spec.communities[1].name",
    "Community/metallb-system/c spec.communities[1].value",
    "IPAddressPool/metallb-system/a spec.addresses",
    "IPAddressPool/metallb-system/b spec.addresses[1]",
    "IPAddressPool/metallb-system/b spec.addresses[2]",
    "IPAddressPool/metallb-system/b spec.serviceAllocation.namespaces[1]",
    "IPAddressPool/metallb-system/b spec.serviceAllocation.serviceSelectors[0].matchLabels[a b]",
    `L2Advertisement/metallb-system/adv metadata.annotations[${REFRESH_ANNOTATION}]`,
    "L2Advertisement/metallb-system/adv spec.ipAddressPools[1]",
    "L2Advertisement/metallb-system/adv spec.nodeSelectors[0].matchExpressions[0].values",
    "L2Advertisement/metallb-system/adv spec.preferredNodeSelectors[0].preference.matchExpressions[0].operator",
  ]);
});

Deno.test("parseConfig() blames the later name for an overlap and names the earlier block and pool", () => {
  const errors = errorsOf({
    pools: [poolObject("zebra", ["10.1.0.1-10.1.0.2"]), poolObject("ant", ["10.0.0.0/8"])],
  });
  assert.deepEqual(errors, [{
    object: "IPAddressPool/metallb-system/zebra",
    field: "spec.addresses[0]",
    message:
      'CIDR "10.1.0.1/32" in pool "zebra" overlaps with already defined CIDR "10.0.0.0/8" of pool "ant"',
  }]);
});

Deno.test("parseConfig() goes by name, whatever the namespace", () => {
  const zebra = poolObject("zebra", ["10.0.0.0/24"]);
  const errors = errorsOf({
    pools: [{ ...zebra, metadata: { name: "zebra", namespace: "a" } }, poolObject("ant", ["10.0.0.0/8"])],
  });
  assert.deepEqual(errors.map((it) => it.object), ["IPAddressPool/a/zebra"]);
});

Deno.test("parseConfig() finds the one overlap among 10,000 blocks", () => {
  const pools = Array.from({ length: 10 }, (_, pool) =>
    poolObject(
      `pool-${pool}`,
      Array.from({ length: 1_000 }, (_, block) => `10.${pool}.${block >> 4}.${(block & 15) * 16}/28`),
    ));
  assert.deepEqual(errorsOf({ pools }), []);
  const errors = errorsOf({ pools: [...pools, poolObject("zz", ["10.5.7.33/32"])] });
  assert.equal(errors.length, 1);
  assert.match(errors[0]?.message ?? "", /already defined CIDR "10\.5\.7\.32\/28" of pool "pool-5"/);
});

Deno.test("parseConfig() takes null for absent wherever a field is optional", () => {
  const withSpec = <T>(object: T, spec: string): T => ({ ...object, spec: JSON.parse(spec) });
  const config = configOf({
    pools: [
      withSpec(
        poolObject("a", []),
        '{"addresses": ["10.0.0.0/24"], "autoAssign": null, "avoidBuggyIPs": null, "serviceAllocation": null}',
      ),
      withSpec(
        poolObject("b", []),
        `{"addresses": ["10.0.1.0/24"], "serviceAllocation":
           {"priority": null, "namespaces": null, "namespaceSelectors": null, "serviceSelectors": null}}`,
      ),
    ],
    l2Advertisements: [
      withSpec(l2Object("none"), "null"),
      withSpec(
        l2Object("nulls"),
        `{"ipAddressPools": null, "ipAddressPoolSelectors": null, "interfaces": null, "serviceSelectors": null,
          "nodeSelectors": [{"matchLabels": null, "matchExpressions": null}], "preferredNodeSelectors": null}`,
      ),
    ],
    communities: [withSpec(communityObject("c", []), "null")],
  });
  assert.equal(config.pools.get("a")?.autoAssign, true);
  assert.equal(config.pools.get("b")?.serviceAllocation?.priority, 0);
});

const REFRESH: readonly [string, number | null][] = [["60s", 60_000], ["1m30s", 90_000], ["1s", 1_000], [
  "0",
  null,
]];

for (const [text, refreshMs] of REFRESH) {
  Deno.test(`parseConfig() reads a gratuitous refresh of "${text}" as ${refreshMs} ms`, () => {
    const config = configOf({
      pools: [poolObject("a", ["10.0.0.0/24"])],
      l2Advertisements: [l2Object("adv", {}, { [REFRESH_ANNOTATION]: text })],
    });
    assert.equal(config.pools.get("a")?.l2Advertisements[0]?.refreshMs, refreshMs);
  });
}

for (const text of ["", "60", "-60s", "999ms", "soon"]) {
  Deno.test(`parseConfig() refuses a gratuitous refresh of "${text}"`, () => {
    const [error] = errorsOf({ l2Advertisements: [l2Object("adv", {}, { [REFRESH_ANNOTATION]: text })] });
    assert.equal(error?.field, `metadata.annotations[${REFRESH_ANNOTATION}]`);
  });
}

Deno.test("parseConfig() keeps two advertisements that differ in their refresh alone", () => {
  const config = configOf({
    pools: [poolObject("a", ["10.0.0.0/24"])],
    nodes: [nodeObject("n1")],
    l2Advertisements: [
      l2Object("slow"),
      l2Object("fast", {}, { [REFRESH_ANNOTATION]: "5s" }),
      l2Object("same"),
    ],
  });
  assert.deepEqual(config.pools.get("a")?.l2Advertisements.map((it) => it.name), ["fast", "same"]);
});

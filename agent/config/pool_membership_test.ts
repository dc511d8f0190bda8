import assert from "node:assert/strict";
import type { Ip } from "../../protocols/net/ip.ts";
import type { Config } from "./config.ts";
import { configOf, namespaceObject, poolObject, serviceObject } from "./config_fixture.ts";
import { automaticPools, isBuggy, poolAdmits, poolContains, poolOwning } from "./pool_membership.ts";

const teamX = { matchLabels: { team: "x" } };

const config = configOf({
  pools: [
    poolObject("careful", ["10.0.0.0/24", "fc00::/120"], { avoidBuggyIPs: true }),
    poolObject("plain", ["10.0.1.0/24", "10.0.9.0-10.0.9.9"]),
    poolObject("manual", ["10.0.2.0/24"], { autoAssign: false }),
    poolObject("a-last", ["10.1.0.0/24"], { serviceAllocation: { priority: 0, namespaces: ["red"] } }),
    poolObject("b-negative", ["10.1.1.0/24"], { serviceAllocation: { priority: -5, namespaces: ["red"] } }),
    poolObject("c-twenty", ["10.1.2.0/24"], { serviceAllocation: { priority: 20 } }),
    poolObject("d-ten", ["10.1.3.0/24"], { serviceAllocation: { priority: 10, serviceSelectors: [teamX] } }),
    poolObject("e-ten", ["10.1.4.0/24"], {
      serviceAllocation: { priority: 10, namespaces: ["red", "blue"] },
    }),
    poolObject("f-both", ["10.1.5.0/24"], {
      serviceAllocation: { priority: 1, namespaces: ["red"], serviceSelectors: [teamX] },
    }),
    poolObject("g-manual", ["10.1.6.0/24"], {
      autoAssign: false,
      serviceAllocation: { priority: 1, namespaces: ["red"] },
    }),
    poolObject("h-nobody", ["10.1.7.0/24"], { serviceAllocation: { namespaceSelectors: [teamX] } }),
  ],
  namespaces: [namespaceObject("red"), namespaceObject("blue")],
});

function poolNamed(name: string) {
  const pool = config.pools.get(name);
  assert.ok(pool);
  return pool;
}

Deno.test("isBuggy() is true of IPv4 addresses that end in .0 or .255", () => {
  for (const ip of ["10.0.0.0", "10.0.0.255"]) assert.equal(isBuggy(ip as Ip), true);
  for (const ip of ["10.0.0.10", "10.0.255.1", "10.0.0.250", "fc00::", "fc00::255"]) {
    assert.equal(isBuggy(ip as Ip), false);
  }
});

Deno.test("poolContains() leaves buggy addresses out of a pool that avoids them", () => {
  const careful = poolNamed("careful");
  for (const ip of ["10.0.0.1", "10.0.0.254", "fc00::", "fc00::ff"]) {
    assert.ok(poolContains(careful, ip as Ip));
  }
  for (const ip of ["10.0.0.0", "10.0.0.255", "10.0.1.1", "fc00::100"]) {
    assert.ok(!poolContains(careful, ip as Ip));
  }
  assert.ok(poolContains(poolNamed("plain"), "10.0.1.255" as Ip));
});

Deno.test("poolOwning() finds the one pool that has every address", () => {
  const owner = (...ips: string[]) => poolOwning(config, ips as Ip[])?.name;
  assert.equal(owner("10.0.9.9"), "plain");
  assert.equal(owner("10.0.9.10"), undefined);
  assert.equal(owner("10.0.0.1", "fc00::1"), "careful");
  assert.equal(owner("fc00::1", "10.0.0.255"), undefined, "one address is avoided");
  assert.equal(owner("10.0.1.1", "fc00::1"), undefined, "two pools");
  assert.equal(owner(), undefined);
});

const ADMITTED: readonly [string, string, Record<string, string>, boolean][] = [
  ["plain", "any", {}, true],
  ["a-last", "red", {}, true],
  ["a-last", "blue", { team: "x" }, false],
  ["c-twenty", "any", {}, true],
  ["d-ten", "any", { team: "x" }, true],
  ["d-ten", "any", {}, false],
  ["f-both", "red", { team: "x" }, true],
  ["f-both", "red", {}, false],
  ["f-both", "blue", { team: "x" }, false],
  ["h-nobody", "red", { team: "x" }, false],
];

for (const [pool, namespace, labels, expected] of ADMITTED) {
  const service = serviceObject(namespace, labels);
  Deno.test(`poolAdmits() ${pool} for ${JSON.stringify(labels)} in ${namespace} is ${expected}`, () => {
    assert.equal(poolAdmits(poolNamed(pool), service), expected);
  });
}

function automaticNames(config: Config, namespace: string, labels = {}): string[][] {
  const { pinned, unpinned } = automaticPools(config, serviceObject(namespace, labels));
  return [pinned.map((pool) => pool.name), unpinned.map((pool) => pool.name)];
}

Deno.test("automaticPools() orders pinned pools by priority, none and negative last, then by name", () => {
  assert.deepEqual(automaticNames(config, "red", { team: "x" }), [
    ["f-both", "d-ten", "e-ten", "c-twenty", "a-last", "b-negative"],
    ["careful", "plain"],
  ]);
});

Deno.test("automaticPools() leaves out what does not admit the Service and what is manual", () => {
  assert.deepEqual(automaticNames(config, "blue"), [["e-ten", "c-twenty"], ["careful", "plain"]]);
  assert.deepEqual(automaticNames(config, "green"), [["c-twenty"], ["careful", "plain"]]);
  assert.deepEqual(automaticNames(configOf({}), "green"), [[], []]);
});

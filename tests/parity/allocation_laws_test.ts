/**
 * Laws of allocation under random operations, against a naive reading of the rules.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { requestOf } from "../../agent/allocate/request.ts";
import type { Config } from "../../agent/config/config.ts";
import { poolAdmits, poolContains } from "../../agent/config/pool_membership.ts";
import type { Service } from "../../k8s/types/core.ts";
import type { Ip } from "../../protocols/net/ip.ts";
import { configOf, type PoolSketch, type ServiceSketch, Stage } from "./allocation_stage.ts";

const NAMES = ["a/one", "a/two", "b/one", "b/two", "c/one", "c/two"];

const CONFIGS: readonly Config[] = [
  { main: { addresses: ["10.1.0.0/30"] } },
  { main: { addresses: ["10.1.0.0/31", "10.1.0.254-10.1.0.255"], avoidBuggyIPs: true } },
  { dual: { addresses: ["10.1.0.0/31", "fd00::/127"] }, extra: { addresses: ["10.1.0.2/32"] } },
  {
    pinned: { addresses: ["10.1.0.0/31"], namespaces: ["a"], priority: 5 },
    rest: { addresses: ["10.1.0.2/31"] },
  },
  { main: { addresses: ["10.1.0.0/31"] }, manual: { addresses: ["10.1.0.2/31"], manual: true } },
  {},
].map((pools: Record<string, PoolSketch>) => configOf(pools));

const families = fc.constantFrom<ServiceSketch>(
  { clusterIPs: ["10.0.0.1"] },
  { clusterIPs: ["10.0.0.1"] },
  { clusterIPs: ["fc00::1"] },
  { clusterIPs: ["10.0.0.1", "fc00::1"], policy: "PreferDualStack" },
  { clusterIPs: ["10.0.0.1", "fc00::1"], policy: "RequireDualStack" },
);
const sharing = fc.constantFrom<ServiceSketch>({}, {}, { share: "k" }, { share: "k", local: true }, {
  share: "l",
});
const ports = fc.constantFrom<ServiceSketch>({}, { ports: ["TCP/443"] }, { ports: ["UDP/53", "TCP/80"] });
const wishes = fc.constantFrom<ServiceSketch>(
  {},
  {},
  {},
  { ips: "10.1.0.1" },
  { ips: "not an address" },
  { pool: "main" },
  { pool: "manual" },
  { type: "ClusterIP" },
);
const age = fc.constantFrom<ServiceSketch>({}, { created: "2024-01-01T00:00:00Z" }, {
  created: "2025-01-01T00:00:00Z",
});
const sketch = fc.tuple(families, sharing, ports, wishes, age).map((parts) =>
  Object.assign({}, ...parts) as ServiceSketch
);

type Operation =
  | { readonly type: "apply"; readonly name: string; readonly sketch: ServiceSketch }
  | { readonly type: "remove"; readonly name: string }
  | { readonly type: "config"; readonly config: Config };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("apply" as const), name: fc.constantFrom(...NAMES), sketch }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("remove" as const), name: fc.constantFrom(...NAMES) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("config" as const), config: fc.constantFrom(...CONFIGS) }),
  },
);
/** Several operations may fall into one pass. */
const batches = fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { maxLength: 12 });

function stageOf(): Stage {
  const stage = new Stage();
  stage.config = CONFIGS[0]!;
  return stage;
}

function carryOut(stage: Stage, operation: Operation): void {
  if (operation.type === "apply") stage.apply(operation.name, operation.sketch);
  else if (operation.type === "remove") stage.remove(operation.name);
  else stage.config = operation.config;
}

/** Every pair of Services that publish one address, and every address outside its pool, judged from the objects alone. */
function assertLawful(stage: Stage): void {
  const holders = new Map<Ip, Service[]>();
  for (const [key, service] of stage.services) {
    const ips = requestOf(key, service).published as Ip[];
    const pool = [...stage.config!.pools.values()].find((it) => ips.every((ip) => poolContains(it, ip)));
    if (ips.length > 0) assert(pool !== undefined && poolAdmits(pool, service), `${key} may have ${ips}`);
    for (const ip of ips) {
      const others = holders.get(ip) ?? [];
      for (const other of others) assertShareable(service, other, ip);
      holders.set(ip, [...others, service]);
    }
  }
}

function assertShareable(a: Service, b: Service, ip: Ip): void {
  const [x, y] = [requestOf("a", a).claim, requestOf("b", b).claim];
  assert(x.sharing !== "" && x.sharing === y.sharing, `${ip} is shared under one key`);
  assert(!x.ports.some((port) => y.ports.includes(port)), `${ip} is shared with distinct ports`);
}

/** All addresses of a pool, for pools of a few. */
function candidatesOf(config: Config, pool: string): Ip[] {
  const all = [
    "10.1.0.0",
    "10.1.0.1",
    "10.1.0.2",
    "10.1.0.3",
    "10.1.0.254",
    "10.1.0.255",
    "fd00::",
    "fd00::1",
  ];
  return all.filter((ip) => poolContains(config.pools.get(pool)!, ip as Ip)) as Ip[];
}

Deno.test("reconcile() never lets two Services hold one address without a valid share", () => {
  fc.assert(fc.property(batches, (batches) => {
    const stage = stageOf();
    for (const batch of batches) {
      for (const operation of batch) carryOut(stage, operation);
      stage.run();
      assertLawful(stage);
    }
  }));
});

Deno.test("reconcile() gives an untouched Service the same addresses as long as its pools stay as they are", () => {
  fc.assert(fc.property(batches, (batches) => {
    const stage = stageOf();
    for (const batch of batches) {
      const before = new Map(NAMES.map((name) => [name, stage.published(name)]));
      for (const operation of batch) carryOut(stage, operation);
      stage.run();
      const touched = new Set(batch.map((it) => it.type === "config" ? "*" : it.name));
      if (touched.has("*")) continue;
      for (const [name, ips] of before) {
        if (!touched.has(name) && ips !== "") assert(stage.published(name).startsWith(ips), name);
      }
    }
  }));
});

Deno.test("reconcile() after a restart decides what the statuses say already", () => {
  fc.assert(fc.property(batches, (batches) => {
    const stage = stageOf();
    for (const batch of batches) {
      for (const operation of batch) carryOut(stage, operation);
      stage.run();
    }
    const before = NAMES.map((name) => stage.published(name));
    stage.restart();
    assert.deepEqual(stage.reconcile().filter((decision) => decision.write !== null), []);
    assert.deepEqual(NAMES.map((name) => stage.published(name)), before);
  }));
});

Deno.test("reconcile() decides the same whatever the order of the Services", () => {
  fc.assert(fc.property(batches, fc.integer(), (batches, seed) => {
    const [stage, shuffled] = [stageOf(), stageOf()];
    for (const batch of batches) {
      for (const operation of batch) {
        carryOut(stage, operation);
        carryOut(shuffled, operation);
      }
      const rank = (key: string) => (NAMES.indexOf(key) * 7919 + Math.abs(seed)) % 11;
      shuffled.services = new Map([...shuffled.services].sort((a, b) => rank(a[0]) - rank(b[0])));
      assert.deepEqual(shuffled.run(), stage.run());
    }
  }));
});

Deno.test("reconcile() gives a Service without wishes the lowest address no one has", () => {
  fc.assert(fc.property(batches, (batches) => {
    const stage = stageOf();
    for (const batch of batches) {
      for (const operation of batch) carryOut(stage, operation);
      stage.run();
    }
    const taken = new Set(NAMES.flatMap((name) => stage.published(name).split(",")));
    stage.apply("z/new", {});
    stage.run();
    const [ip] = stage.published("z/new").split(",") as [Ip];
    const { pool } = stage.allocation.decisions.get("z/new")!;
    if (pool === null) return;
    const free = candidatesOf(stage.config!, pool).filter((it) => !taken.has(it));
    assert.equal(ip, free[0]);
  }));
});

Deno.test("reconcile() gives a freed address to one that waits", () => {
  fc.assert(fc.property(fc.shuffledSubarray(NAMES, { minLength: 6 }), fc.nat(3), (order, victim) => {
    const stage = stageOf();
    for (const name of order) {
      stage.apply(name, {});
      stage.run();
    }
    assert.equal(order.filter((name) => stage.published(name) !== "").length, 4);
    const leaving = order[victim]!;
    const freed = stage.published(leaving);
    stage.remove(leaving);
    stage.run();
    const first = order.slice(4).sort()[0]!;
    assert.equal(stage.published(first), freed, "all are of one age, so the name decides");
  }));
});

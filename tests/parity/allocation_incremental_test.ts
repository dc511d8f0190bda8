/**
 * Allocation that looks at what changed decides what a pass over everything decides.
 *
 * Shape: random Services, pools and unreadable Services, several changes to a pass. One allocation is shown versions of a map, as
 * the API's stores hand them out, a second one copies of it, which tell of no change; a third begins anew with every pass.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Allocation } from "../../agent/allocate/allocation.ts";
import type { Decision } from "../../agent/allocate/decision.ts";
import type { Config } from "../../agent/config/config.ts";
import { VersionedMap } from "../../k8s/versioned_map.ts";
import { configOf, type PoolSketch, type ServiceSketch, Stage } from "./allocation_stage.ts";

const NAMES = ["a/one", "a/two", "b/one", "b/two", "c/one"];
const SOME = ["10.1.0.0", "10.1.0.1", "10.1.0.2", "fd00::1"];

const CONFIGS = [
  { main: { addresses: ["10.1.0.0/32"] } },
  { main: { addresses: ["10.1.0.0/31"] } },
  { dual: { addresses: ["10.1.0.0/31", "fd00::/127"] }, extra: { addresses: ["10.1.0.2/32"] } },
  { pinned: { addresses: ["10.1.0.0/31"], namespaces: ["a"] }, rest: { addresses: ["10.1.0.2/32"] } },
  { pinned: { addresses: ["10.1.0.0/31"], namespaces: ["a", "b"] }, rest: { addresses: ["10.1.0.2/32"] } },
  { main: { addresses: ["10.1.0.0/31"] }, manual: { addresses: ["10.1.0.2/32"], manual: true } },
  {},
].map((pools: Record<string, PoolSketch>) => configOf(pools));

const sketch = fc.tuple(
  fc.constantFrom<ServiceSketch>(
    {},
    {},
    { clusterIPs: ["fc00::1"] },
    { clusterIPs: ["10.0.0.1", "fc00::1"], policy: "PreferDualStack" },
    { clusterIPs: ["10.0.0.1", "fc00::1"], policy: "RequireDualStack" },
  ),
  fc.constantFrom<ServiceSketch>({}, { share: "k" }, { share: "k" }, { share: "k", local: true }),
  fc.constantFrom<ServiceSketch>({}, { ports: ["TCP/443"] }, { ports: ["UDP/53", "TCP/80"] }),
  fc.constantFrom<ServiceSketch>(
    {},
    {},
    {},
    { ips: "10.1.0.1" },
    { pool: "main" },
    { type: "ClusterIP" },
    { loadBalancerClass: "other" },
  ),
  fc.constantFrom<ServiceSketch>({}, { uid: "1" }, { uid: "2" }, { created: "2024-01-01T00:00:00Z" }),
).map((parts) => Object.assign({}, ...parts) as ServiceSketch);

type Change = (stage: Stage) => void;

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom(...NAMES), sketch).map(([name, it]): Change => (stage) =>
      stage.apply(name, it)
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...NAMES).map((name): Change => (stage) => stage.remove(name)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...CONFIGS).map((config): Change => (stage) => {
      stage.config = config;
    }),
  },
  {
    weight: 1,
    arbitrary: fc.subarray(SOME).map((ips): Change => (stage) => {
      stage.unreadable = new Map(ips.map((ip) => [ip, "z/unreadable"]));
    }),
  },
);
const passes = fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), { maxLength: 14 });

/** A stage whose Services are versions of one map. */
class VersionedStage extends Stage {
  override config: Config | null = CONFIGS[0]!;
  #services: VersionedMap<string, ReturnType<Stage["services"]["get"]> & object> = VersionedMap.of(new Map());

  /** One pass over what has come in since the last one, with its writes carried out. */
  pass(): readonly Decision[] {
    const { services } = this;
    const before = this.#services;
    const changes = [...new Set([...before.keys(), ...services.keys()])]
      .filter((key) => before.get(key) !== services.get(key))
      .map((key) => [key, services.get(key) ?? null] as const);
    if (changes.length > 0) this.#services = before.with(changes);
    this.services = this.#services;
    const decisions = this.reconcile();
    this.write(decisions);
    return decisions;
  }
}

/** What was decided. Words of a refusal are left out: one names what was in the way then, and more may be by now. */
function outcomesOf(allocation: Allocation): unknown {
  return [...allocation.decisions.values()]
    .map(({ key, addresses, pool, reason }) => ({ key, addresses, pool, reason }))
    .sort((a, b) => a.key < b.key ? -1 : 1);
}

Deno.test("reconcile() decides the same of versions of a map as of copies of it", () => {
  fc.assert(
    fc.property(passes, (passes) => {
      const [versioned, copied] = [new VersionedStage(), new Stage()];
      copied.config = versioned.config;
      for (const pass of passes) {
        for (const change of pass) {
          change(versioned);
          change(copied);
        }
        copied.services = new Map(copied.services);
        const decisions = copied.reconcile();
        copied.write(decisions);
        assert.deepEqual(versioned.pass(), decisions);
        assert.deepEqual(outcomesOf(versioned.allocation), outcomesOf(copied.allocation));
        assert.deepEqual(versioned.allocation.counters(), copied.allocation.counters());
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("reconcile() has decided what a new allocation decides of the same objects", () => {
  fc.assert(
    fc.property(passes, (passes) => {
      const stage = new VersionedStage();
      for (const pass of passes) {
        for (const change of pass) change(stage);
        stage.pass();
        assert.deepEqual(stage.pass(), [], "a pass after its own writes has nothing left to say");
        const fresh = new Stage();
        [fresh.services, fresh.config, fresh.unreadable] = [stage.services, stage.config, stage.unreadable];
        fresh.reconcile();
        assert.deepEqual(outcomesOf(stage.allocation), outcomesOf(fresh.allocation));
        assert.deepEqual(stage.allocation.counters(), fresh.allocation.counters());
      }
    }),
    { numRuns: 300 },
  );
});

import assert from "node:assert/strict";
import fc from "fast-check";
import type { LabelSelector } from "../../k8s/types/meta.ts";
import {
  communityObject,
  l2Object,
  namespaceObject,
  nodeObject,
  type ObjectLists,
  objectsOf,
  poolObject,
} from "./config_fixture.ts";
import type { Config } from "./config.ts";
import { REFRESH_ANNOTATION } from "./l2_advertisement.ts";
import { parseConfig } from "./parse.ts";
import type { ConfigObjects } from "./scope.ts";
import { capacityOf } from "./pool_capacity.ts";

/** Anything the schema lets pass, most of it nearly right, so that both outcomes are common. */
const word = fc.oneof({ weight: 9, arbitrary: fc.constantFrom("a", "b", "c") }, fc.string({ maxLength: 8 }));
const labels = fc.dictionary(word, word, { maxKeys: 2 });
const selector: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: labels,
  matchExpressions: fc.array(
    fc.record({
      key: word,
      operator: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist") },
        word,
      ),
      values: fc.array(word, { maxLength: 2 }),
    }, { requiredKeys: ["key", "operator"] }),
    { maxLength: 1 },
  ),
}, { requiredKeys: [] });
const selectors = fc.array(selector, { maxLength: 2 });
const words = fc.array(word, { maxLength: 2 });

const address = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(fc.nat(255), fc.nat(8)).map(([c, bits]) => `10.0.${c}.0/${32 - bits}`) },
  fc.tuple(fc.nat(255), fc.nat(9), fc.nat(9)).map(([c, a, b]) => `10.1.${c}.${a}-10.1.${c}.${b}`),
  fc.tuple(fc.ipV4(), fc.nat(40)).map(([ip, length]) => `${ip}/${length}`),
  fc.tuple(fc.ipV6(), fc.nat(130)).map(([ip, length]) => `${ip}/${length}`),
  fc.tuple(fc.ipV6(), fc.ipV6()).map(([first, last]) => `${first}-${last}`),
  fc.string({ maxLength: 12 }),
);

const pool = fc.tuple(
  fc.constantFrom("pool-1", "pool-2", "pool-3", "pool-4"),
  fc.array(address, { maxLength: 3 }),
  fc.record({
    autoAssign: fc.boolean(),
    avoidBuggyIPs: fc.boolean(),
    serviceAllocation: fc.record({
      priority: fc.integer(),
      namespaces: words,
      namespaceSelectors: selectors,
      serviceSelectors: selectors,
    }, { requiredKeys: [] }),
  }, { requiredKeys: [] }),
  labels,
).map(([name, addresses, spec, labels]) => poolObject(name, addresses, spec, labels));

const advert = fc.tuple(
  fc.constantFrom("adv-1", "adv-2", "adv-3"),
  fc.record({
    ipAddressPools: words,
    ipAddressPoolSelectors: selectors,
    nodeSelectors: selectors,
    interfaces: words,
    serviceSelectors: selectors,
    preferredNodeSelectors: fc.array(
      fc.record({ weight: fc.integer({ min: 1, max: 100 }), preference: selector }),
      {
        maxLength: 2,
      },
    ),
  }, { requiredKeys: [] }),
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom("60s", "0", "1m30s") }, fc.string({ maxLength: 5 })),
).map(([name, spec, refresh]) => l2Object(name, spec, { [REFRESH_ANNOTATION]: refresh }));

const community = fc.tuple(
  fc.constantFrom("community-1", "community-2"),
  fc.array(
    fc.tuple(fc.string({ maxLength: 4 }), fc.oneof(fc.constantFrom("1:2", "large:1:2:3"), fc.string())),
    {
      maxLength: 2,
    },
  ),
).map(([name, aliases]) => communityObject(name, aliases));

const unique = { selector: (it: { metadata: { name: string } }) => it.metadata.name };
const lists: fc.Arbitrary<ObjectLists> = fc.record({
  pools: fc.uniqueArray(pool, { ...unique, maxLength: 3 }),
  l2Advertisements: fc.uniqueArray(advert, { ...unique, maxLength: 2 }),
  communities: fc.uniqueArray(community, { ...unique, maxLength: 2 }),
  nodes: fc.uniqueArray(fc.tuple(word, labels).map((it) => nodeObject(...it)), { ...unique, maxLength: 3 }),
  namespaces: fc.uniqueArray(fc.tuple(word, labels).map((it) => namespaceObject(...it)), {
    ...unique,
    maxLength: 3,
  }),
});

/** Every object that can be refused, as errors name it. */
function nameable(objects: ConfigObjects): Set<string> {
  const kinds = [objects.ipAddressPools, objects.l2Advertisements, objects.communities];
  return new Set(kinds.flatMap((kind) => [...kind].map(([key, object]) => `${object.kind}/${key}`)));
}

/** The configuration as text, its order included. */
function textOf(config: Config): string {
  return JSON.stringify(config, (_, value) => {
    if (value instanceof Map) return ["map", ...value];
    return value instanceof Set ? ["set", ...value] : value;
  });
}

Deno.test("parseConfig() turns any objects into a configuration or into errors that name one of them", () => {
  let accepted = 0;
  fc.assert(
    fc.property(lists, (lists) => {
      const objects = objectsOf(lists);
      const parsed = parseConfig(objects);
      if (parsed.ok) {
        accepted++;
        assert.equal(parsed.config.pools.size, objects.ipAddressPools.size);
        for (const pool of parsed.config.pools.values()) assert.ok(capacityOf(pool).total >= 0n);
      } else {
        const names = nameable(objects);
        assert.ok(parsed.errors.length > 0);
        for (const { object, message } of parsed.errors) {
          assert.ok(names.has(object) && message !== "", object);
        }
      }
    }),
    { numRuns: 500, seed: 1 },
  );
  assert.ok(accepted > 25 && accepted < 475, `${accepted} of 500 accepted: the property says too little`);
});

Deno.test("parseConfig() does not depend on the order objects arrive in", () => {
  const shuffled = lists.chain((lists) =>
    fc.record({
      lists: fc.constant(lists),
      pools: fc.shuffledSubarray([...lists.pools ?? []], { minLength: lists.pools?.length ?? 0 }),
      l2Advertisements: fc.shuffledSubarray([...lists.l2Advertisements ?? []], {
        minLength: lists.l2Advertisements?.length ?? 0,
      }),
      nodes: fc.shuffledSubarray([...lists.nodes ?? []], { minLength: lists.nodes?.length ?? 0 }),
    })
  );
  fc.assert(
    fc.property(shuffled, ({ lists, pools, l2Advertisements, nodes }) => {
      const [one, other] = [
        parseConfig(objectsOf(lists)),
        parseConfig(objectsOf({
          pools,
          l2Advertisements,
          nodes,
          communities: lists.communities?.toReversed() ?? [],
          namespaces: lists.namespaces?.toReversed() ?? [],
        })),
      ];
      if (one.ok && other.ok) assert.equal(textOf(one.config), textOf(other.config));
      else assert.deepEqual(one, other);
    }),
    { numRuns: 200, seed: 2 },
  );
});
